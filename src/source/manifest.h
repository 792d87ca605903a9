/* What a registry says of images (OCI Image Format Specification 1.1: image-index.md, manifest.md, config.md;
 * Docker Image Manifest Version 2, Schema 2). Everything here is foreign and is only believed as far as it is
 * checked: digests are well-formed, numbers within caps.
 */
#ifndef ASSAY_SOURCE_MANIFEST_H
#define ASSAY_SOURCE_MANIFEST_H

#include "base/json.h"
#include "view/image.h"

enum { MANIFEST_MAX = 4 << 20, CONFIG_MAX = 8 << 20, INDEX_IMAGES_MAX = 1000 };

struct descriptor {
    struct str digest, media_type;
    uint64_t size;
    struct str platform; /* "linux/arm64/v8", of an index's entry that states one */
    bool statement;      /* about another image (an attestation), not an image itself */
};

struct manifest {
    bool index;
    struct str media_type;
    struct descriptor config;
    struct descriptor *items; /* layers, lowest first; or the index's images */
    size_t n_items;
};

/* `media_type`: as the registry sent it, used when the text itself states none. ERR_UNSUPPORTED for schema 1
 * and artefacts that are no images, ERR_INVALID, ERR_LIMIT. In the arena. */
int manifest_parse(struct arena *a, struct str text, struct str media_type, struct manifest *ret_manifest);

struct image_config {
    struct str os, architecture, platform, author;
    int64_t created;      /* TIME_NONE when not stated */
    struct str *diff_ids; /* as many as layers */
    size_t n_diff_ids;
};
/* ERR_UNSUPPORTED for layers that are no file systems, or as manifest_parse(). */
int image_config_parse(struct arena *a, struct str text, size_t n_layers, struct image_config *ret_config);

#endif
