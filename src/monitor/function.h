/* Functions of a folder or bucket: NAME.zip is the code of function NAME; beside it there may be NAME.json:
 *
 *   {"runtime": "python3.11", "handler": "...", "layers": ["deps.zip"], "architectures": ["arm64"],
 *    "role": "arn:...", "tags": {"key": "value"}, "lastModified": "2026-11-22T10:00:00Z"}
 *
 * all of it optional. A zip that some function has as a layer is no function itself.
 */
#ifndef ASSAY_MONITOR_FUNCTION_H
#define ASSAY_MONITOR_FUNCTION_H

#include "monitor/scan.h"

enum { FUNCTION_LAYERS_MAX = 5, FUNCTION_NAME_MAX = 64, SIDECAR_MAX = 1 << 20 };
static const uint64_t CODE_BYTES_MAX = (uint64_t)2 << 30;

/* What NAME.json says. */
struct sidecar {
    struct str runtime, architecture, role, tags;
    struct str layers[FUNCTION_LAYERS_MAX]; /* names of files */
    size_t n_layers;
    int64_t modified;
};
/* ERR_INVALID with what is wrong. `text` empty: nothing is stated. In the arena. */
int sidecar_read(struct arena *a, struct str text, struct sidecar *ret_sidecar);

/* The tags of a resource, as JSON text: of an object of strings. ERR_INVALID, ERR_LIMIT. NULL: none. */
int function_tags(struct arena *a, json_val *tags, struct str *ret_tags);

/* Letters, digits, '-', '_' and '.'. */
bool function_name_valid(struct str name);
/* Inspector's name of a runtime: "PYTHON_3_11" for "python3.11"; empty for one that Inspector does not scan.
 */
struct str runtime_name(struct str runtime);

/* What a function resource is made of. Strings may be empty but for name, arn, runtime, sha256 and role. */
enum { FUNCTION_NETWORKS_MAX = 100 };
struct function_facts {
    struct str name, arn, region, origin;
    struct str runtime; /* Inspector's name */
    struct str sha256;  /* of the code, in base64 */
    struct str role, architecture, tags, package;
    struct str layers[FUNCTION_LAYERS_MAX]; /* ARNs */
    size_t n_layers;
    struct str vpc, subnets[FUNCTION_NETWORKS_MAX], groups[FUNCTION_NETWORKS_MAX];
    size_t n_subnets, n_groups;
    int64_t modified;
};
/* In the arena, to be put. */
struct resource function_resource(struct arena *a, account_id account, const struct function_facts *f);
/* What Lambda tells of a function: a FunctionConfiguration and, where known, its tags. ERR_INVALID for what
 * is none. In the arena; slices point into the document. */
struct lambda_facts {
    struct function_facts facts;
    struct str runtime; /* as Lambda spells it */
    bool is_image;      /* its code is an image, not a zip */
};
int lambda_facts_read(struct arena *a, json_val *configuration, json_val *tags,
                      struct lambda_facts *ret_facts);

/* Where functions lie. */
struct function_place {
    struct monitor *monitor;
    const struct scan_origin *origin;
    struct arena *arena;
    struct str region; /* of an AWS account */
};
/* The function's id: with its name, and with its origin when a function of another origin has that id. */
struct str function_arn(const struct function_place *p, account_id account, struct str name);
/* There is no such function (any more): if it is known from here, it is closed. */
int function_gone(const struct function_place *p, account_id account, struct str name);
/* One file; `signature` changes when the file does. */
struct function_file {
    struct str name, signature;
    int64_t modified;
};
/* The zip and JSON files that lie directly there, sorted by name. ERR_MISSING, ERR_DENIED, ERR_IO. */
int function_files(const struct function_place *p, struct function_file **ret_files, size_t *ret_n);
/* A small one. */
int function_read(const struct function_place *p, struct str name, struct str *ret_text);
/* A copy of one at `path`. */
int function_fetch(const struct function_place *p, struct str name, const char *path);

#endif
