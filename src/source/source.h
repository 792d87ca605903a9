/* Where a target comes from: decides by looking what TARGET is, opens the view for it, and reads its
 * inventory. */
#ifndef ASSAY_SOURCE_SOURCE_H
#define ASSAY_SOURCE_SOURCE_H

#include "ecosystem/inventory.h"

struct source_options {
    const char *platform; /* for images: "linux/arm64"; NULL: this machine's */
    bool insecure;        /* for images of a registry on this machine: plain HTTP */
};

/* Reads `target`: "host" or "/", a directory or root file system, an image (OCI layout folder or tar, docker
 * archive; "registry:HOST/NAME" or "docker://HOST/NAME"), a zip/jar/wheel, a single lock file or package
 * database, or an inventory in JSON. The inventory is finished. ERR_MISSING, ERR_UNSUPPORTED with what was
 * found instead, or what the view says. */
int source_inventory(const char *target, const struct source_options *options,
                     struct inventory **ret_inventory);

#endif
