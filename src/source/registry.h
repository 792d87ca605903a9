/* Registries of images: those that speak HTTP (OCI Distribution Specification 1.1), and Amazon ECR by its own
 * API. Reading only.
 *
 * Nothing that a registry says is believed: what is asked for by its digest has it, and what is larger than
 * it should be is cut off. A registry is used by one thread at a time.
 *
 * Errors: ERR_DENIED for 401 and 403, ERR_MISSING for 404, ERR_IO for what may be better the next time (no
 * answer, 429, 5xx), ERR_INVALID for lies, ERR_LIMIT, ERR_UNSUPPORTED.
 */
#ifndef ASSAY_SOURCE_REGISTRY_H
#define ASSAY_SOURCE_REGISTRY_H

#include "source/manifest.h"

struct registry_options {
    struct str url;            /* "https://host[:port]" */
    struct str user, password; /* a password without a user is a token, sent as it is; or both empty */
    struct str ca;             /* who may vouch for it, in PEM; or empty: the system's authorities */
    bool insecure;             /* TLS is not verified: loopback only */
};
struct registry;
/* The strings are copied. */
struct registry *registry_new(const struct registry_options *options);
/* Amazon ECR; `aws` has to outlive it, `host` is copied. It has no lists here: aws/ecr.h has better ones. */
struct aws;
struct registry *registry_ecr(struct aws *aws, struct str host);
void registry_free(struct registry *r);
static inline void registry_cleanup(struct registry **r)
{
    registry_free(*r);
}
/* "host[:port]" */
struct str registry_host(const struct registry *r);

/* "library/debian": ERR_INVALID for what is no name (specification, "Pulling manifests"). */
int repository_check(struct str name);
/* A tag, or a digest "sha256:...". */
int reference_check(struct str reference);

/* Whether it answers, and lets us. */
int registry_ping(struct registry *r, struct arena *a);
/* One page of names; `*page` is empty at first, and again after the last one. */
int registry_repositories(struct registry *r, struct arena *a, struct str *page, struct str **ret_names,
                          size_t *ret_n);
int registry_tags(struct registry *r, struct arena *a, struct str repository, struct str *page,
                  struct str **ret_tags, size_t *ret_n);
/* The digest that a tag stands for: one request without a body. */
int registry_resolve(struct registry *r, struct arena *a, struct str repository, struct str reference,
                     struct str *ret_digest);
/* What it knows of an image beside what that is made of; TIME_NONE for what it does not say. */
struct registry_image {
    int64_t pushed, pulled;
    bool archived; /* it is kept, but cannot be pulled until it is brought back */
};
/* As DescribeImages has them. */
struct registry_image registry_ecr_image(json_val *details);
int registry_describe(struct registry *r, struct arena *a, struct str repository, struct str digest,
                      struct registry_image *ret_image);
/* The manifest or index; *ret_digest is of its text, whatever the registry says. */
int registry_manifest(struct registry *r, struct arena *a, struct str repository, struct str reference,
                      struct str *ret_digest, struct manifest *ret_manifest);
/* A small blob. */
int registry_config(struct registry *r, struct arena *a, struct str repository, const struct descriptor *d,
                    struct str *ret_text);
/* A blob into a file, which is removed again on failure. */
int registry_blob(struct registry *r, struct str repository, const struct descriptor *d, const char *path);

#endif
