/* What a kind of registry is: registry_oci.c, registry_ecr.c. Names and references have been checked before
 * these are called, and the digest of what comes is checked afterwards; errors as in registry.h. */
#ifndef ASSAY_SOURCE_REGISTRY_METHODS_H
#define ASSAY_SOURCE_REGISTRY_METHODS_H

#include "source/registry.h"

struct registry_methods {
    void (*free)(void *self);
    int (*manifest)(void *self, struct arena *a, struct str repository, struct str reference,
                    struct str *ret_text, struct str *ret_media_type);
    /* Into the file, or into *ret_text where `save_to` is NULL. */
    int (*blob)(void *self, struct arena *a, struct str repository, const struct descriptor *d,
                const char *save_to, struct str *ret_text);
    /* NULL for what the kind does not know, or tells in another way. */
    int (*describe)(void *self, struct arena *a, struct str repository, struct str digest,
                    struct registry_image *ret_image);
    int (*ping)(void *self, struct arena *a);
    int (*repositories)(void *self, struct arena *a, struct str *page, struct str **ret_names, size_t *ret_n);
    int (*tags)(void *self, struct arena *a, struct str repository, struct str *page, struct str **ret_tags,
                size_t *ret_n);
    int (*resolve)(void *self, struct arena *a, struct str repository, struct str reference,
                   struct str *ret_digest);
};
/* `self` is the registry's from now on, with the host in it. */
struct registry *registry_make(const struct registry_methods *methods, void *self, struct str host);

struct str text_digest(struct arena *a, struct str text);
/* How much of a blob is taken, and how long that may last. */
size_t blob_cap(const struct descriptor *d);
unsigned blob_seconds(const struct descriptor *d);

#endif
