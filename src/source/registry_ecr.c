/* Amazon ECR by its own API: which says of an image when it was pushed and pulled, and gives addresses of
 * layers. */
#include <stdlib.h>

#include "aws/download.h"
#include "aws/ecr.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "source/registry_methods.h"

struct ecr {
    struct aws *aws;
    struct str host; /* behind it */
};

static int manifest(void *self, struct arena *a, struct str repository, struct str reference,
                    struct str *ret_text, struct str *ret_media_type)
{
    struct ecr *r = self;
    return ecr_manifest(r->aws, a, repository, reference, ret_text, ret_media_type);
}

static int blob(void *self, struct arena *a, struct str repository, const struct descriptor *d,
                const char *save_to, struct str *ret_text)
{
    struct ecr *r = self;
    struct str url;
    int status = ecr_layer_url(r->aws, a, repository, d->digest, &url);
    if (status < 0)
        return status;
    const struct aws_download download = {
        .url = url, .cap = blob_cap(d), .seconds = blob_seconds(d), .save_to = save_to};
    status = aws_download(r->aws, a, &download, ret_text);
    return status < 0 ? err_context(status, "%.*s", STR_ARG(d->digest)) : 0;
}

/* Seconds, with a fraction perhaps. */
static int64_t time_of(json_val *v)
{
    double seconds = yyjson_get_num(v);
    return yyjson_is_num(v) && seconds > 0 && seconds < 253402300800.0 ? (int64_t)seconds : TIME_NONE;
}

struct registry_image registry_ecr_image(json_val *details)
{
    /* On its way back it is ACTIVATING. */
    struct str status = json_get_str(details, "imageStatus");
    return (struct registry_image){time_of(json_get(details, "imagePushedAt")),
                                   time_of(json_get(details, "lastRecordedPullTime")),
                                   status.n && !str_is(status, "ACTIVE")};
}

static int describe(void *self, struct arena *a, struct str repository, struct str digest,
                    struct registry_image *ret_image)
{
    struct ecr *r = self;
    json_val *details;
    int status = ecr_image(r->aws, a, repository, digest, &details);
    if (status == 0)
        *ret_image = registry_ecr_image(details);
    return status;
}

static const struct registry_methods methods = {
    .free = free,
    .manifest = manifest,
    .blob = blob,
    .describe = describe,
};

struct registry *registry_ecr(struct aws *aws, struct str host)
{
    struct ecr *r = mem_alloc(sizeof *r + host.n);
    memcpy(r + 1, host.p, host.n);
    *r = (struct ecr){aws, {(const char *)(r + 1), host.n}};
    return registry_make(&methods, r, r->host);
}
