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

/* Letters, digits, '-', '_' and '.'. */
bool function_name_valid(struct str name);
/* Inspector's name of a runtime: "PYTHON_3_11" for "python3.11"; empty for one that Inspector does not scan.
 */
struct str runtime_name(struct str runtime);

/* Where functions lie. */
struct function_place {
    struct monitor *monitor;
    const struct scan_origin *origin;
    struct arena *arena;
};
/* The function's id. */
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
