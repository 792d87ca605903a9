/* What all kinds of registries share: names are checked before they are asked for, and digests of what comes
 * after. */
#include "source/registry_methods.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"
#include "view/io.h"

enum { SLOWEST = 100000 }; /* bytes a second of a download */

struct registry {
    const struct registry_methods *methods;
    void *self;
    struct str host; /* in `self` */
};

struct registry *registry_make(const struct registry_methods *methods, void *self, struct str host)
{
    struct registry *r = mem_alloc(sizeof *r);
    *r = (struct registry){methods, self, host};
    return r;
}

void registry_free(struct registry *r)
{
    if (r)
        r->methods->free(r->self);
    free(r);
}

struct str registry_host(const struct registry *r)
{
    return r->host;
}

int repository_check(struct str name)
{
    struct str rest = name, part;
    bool valid = name.n > 0 && name.n <= 255 && name.p[name.n - 1] != '/';
    while (valid && str_next(&rest, '/', &part)) {
        valid = part.n && (is_lower(part.p[0]) || is_digit(part.p[0])) &&
                (is_lower(part.p[part.n - 1]) || is_digit(part.p[part.n - 1]));
        for (size_t i = 0; valid && i < part.n; i++)
            valid = is_lower(part.p[i]) || is_digit(part.p[i]) || strchr("._-", part.p[i]);
    }
    return valid ? 0
                 : err_set(ERR_INVALID, "no name of a repository: small letters, digits, and '.', '_', '-' "
                                        "and '/' between them");
}

int reference_check(struct str reference)
{
    bool valid = reference.n > 0 && reference.n <= 128 && reference.p[0] != '.' && reference.p[0] != '-';
    for (size_t i = 0; valid && i < reference.n; i++)
        valid = is_alnum(reference.p[i]) || (reference.p[i] && strchr("._-", reference.p[i]));
    return valid || digest_valid(reference) ? 0 : err_set(ERR_INVALID, "neither a tag nor a digest");
}

/* Lists */

static int no_lists(const struct registry *r)
{
    return err_set(ERR_UNSUPPORTED, "%.*s is not listed like this", STR_ARG(r->host));
}

int registry_ping(struct registry *r, struct arena *a)
{
    return r->methods->ping ? r->methods->ping(r->self, a) : no_lists(r);
}

int registry_repositories(struct registry *r, struct arena *a, struct str *page, struct str **ret_names,
                          size_t *ret_n)
{
    return r->methods->repositories ? r->methods->repositories(r->self, a, page, ret_names, ret_n)
                                    : no_lists(r);
}

int registry_tags(struct registry *r, struct arena *a, struct str repository, struct str *page,
                  struct str **ret_tags, size_t *ret_n)
{
    int status = repository_check(repository);
    if (status < 0)
        return status;
    return r->methods->tags ? r->methods->tags(r->self, a, repository, page, ret_tags, ret_n) : no_lists(r);
}

static int check_names(struct str repository, struct str reference)
{
    int status = repository_check(repository);
    return status < 0 ? status : reference_check(reference);
}

int registry_resolve(struct registry *r, struct arena *a, struct str repository, struct str reference,
                     struct str *ret_digest)
{
    int status = check_names(repository, reference);
    if (status < 0)
        return status;
    return r->methods->resolve ? r->methods->resolve(r->self, a, repository, reference, ret_digest)
                               : no_lists(r);
}

int registry_describe(struct registry *r, struct arena *a, struct str repository, struct str digest,
                      struct registry_image *ret_image)
{
    int status = check_names(repository, digest);
    if (status == 0 && r->methods->describe)
        return r->methods->describe(r->self, a, repository, digest, ret_image);
    if (status == 0)
        *ret_image = (struct registry_image){TIME_NONE, TIME_NONE, false};
    return status;
}

/* Manifests and blobs */

struct str text_digest(struct arena *a, struct str text)
{
    unsigned char digest[SHA256_SIZE];
    sha256_of(text, digest);
    return digest_text(a, digest);
}

int registry_manifest(struct registry *r, struct arena *a, struct str repository, struct str reference,
                      struct str *ret_digest, struct manifest *ret_manifest)
{
    struct str text, media_type;
    int status = check_names(repository, reference);
    if (status == 0)
        status = r->methods->manifest(r->self, a, repository, reference, &text, &media_type);
    if (status < 0)
        return status;
    struct str digest = text_digest(a, text);
    if (digest_valid(reference) && !str_eq(digest, reference))
        return err_set(ERR_INVALID, "%.*s: the manifest has another digest", STR_ARG(reference));
    status = manifest_parse(a, text, media_type, ret_manifest);
    if (status < 0)
        return err_context(status, "%.*s:%.*s", STR_ARG(repository), STR_ARG(reference));
    *ret_digest = digest;
    return 0;
}

size_t blob_cap(const struct descriptor *d)
{
    return d->size ? (size_t)d->size : 1;
}

unsigned blob_seconds(const struct descriptor *d)
{
    return 60 + (unsigned)(d->size / SLOWEST < 86400 ? d->size / SLOWEST : 86400);
}

static int larger(const struct descriptor *d)
{
    return err_set(ERR_INVALID, "%.*s is larger than the manifest says", STR_ARG(d->digest));
}

int registry_config(struct registry *r, struct arena *a, struct str repository, const struct descriptor *d,
                    struct str *ret_text)
{
    struct str text;
    if (d->size > CONFIG_MAX)
        return err_set(ERR_LIMIT, "the image's configuration is larger than %d bytes", CONFIG_MAX);
    int status = repository_check(repository);
    if (status == 0)
        status = r->methods->blob(r->self, a, repository, d, NULL, &text);
    if (status < 0)
        return status == ERR_LIMIT ? larger(d) : status;
    if (!str_eq(text_digest(a, text), d->digest))
        return err_set(ERR_INVALID, "what the registry gives for %.*s has another digest",
                       STR_ARG(d->digest));
    *ret_text = text;
    return 0;
}

/* The file's size and digest. */
static int check_file(const char *path, const struct descriptor *d)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_fd_ int fd = -1;
    struct stat st;
    int status = io_open(path, &fd, &st);
    if (status < 0)
        return status;
    if ((uint64_t)st.st_size != d->size)
        return err_set(ERR_INVALID, "%.*s has %lld bytes, not %llu as the manifest says", STR_ARG(d->digest),
                       (long long)st.st_size, (unsigned long long)d->size);
    unsigned char digest[SHA256_SIZE];
    status = io_digest(fd, digest);
    if (status == 0 && !str_eq(digest_text(a, digest), d->digest))
        status =
            err_set(ERR_INVALID, "what the registry gives for %.*s has another digest", STR_ARG(d->digest));
    return status;
}

int registry_blob(struct registry *r, struct str repository, const struct descriptor *d, const char *path)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int status = repository_check(repository);
    if (status == 0)
        status = r->methods->blob(r->self, a, repository, d, path, NULL);
    if (status == 0)
        status = check_file(path, d);
    else if (status == ERR_LIMIT) /* more than it should be: the next time it may be right */
        status = err_context(ERR_IO, "%.*s of %llu bytes", STR_ARG(d->digest), (unsigned long long)d->size);
    if (status < 0)
        (void)unlink(path);
    return status;
}
