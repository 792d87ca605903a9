#include "aws/ecr.h"

#include "aws/pages.h"
#include "base/cleanup.h"
#include "base/err.h"

enum {
    REQUEST_MAX = 64 << 10,
    PAGE = 100,
    SCANNING_SECONDS = 10, /* how it scans is told at once, or images are not kept waiting for it */
};

bool ecr_name_read(struct str image, struct ecr_name *ret_name)
{
    static const struct str kind = STR("dkr.ecr.");
    struct ecr_name n = {0};
    struct str host, rest;
    if (!str_cut(image, '/', &host, &n.repository) || !str_cut(host, '.', &n.account, &rest) ||
        !str_starts(rest, kind) || !str_cut(str_slice(rest, kind.n, rest.n), '.', &n.region, &rest))
        return false;
    str_cut(n.repository, '@', &n.repository, &n.digest);
    ptrdiff_t colon = str_rfind(n.repository, ':');
    if (colon >= 0) {
        n.tag = str_slice(n.repository, (size_t)colon + 1, n.repository.n);
        n.repository = str_slice(n.repository, 0, (size_t)colon);
    }
    *ret_name = n;
    return n.account.n && n.region.n && n.repository.n;
}

static struct aws_call call_of(const char *operation, struct str body)
{
    return (struct aws_call){
        .service = "api.ecr", .signs = "ecr", .protocol = AWS_JSON, .operation = operation, .body = body};
}

static int call(struct aws *aws, struct arena *a, const char *operation, struct str body, json_val **ret)
{
    const struct aws_call call = call_of(operation, body);
    return aws_json(aws, a, &call, ret);
}

/* The members that say what is meant; more may follow, and then json_end_object(). */
static void begin(struct json_out *o, struct str repository)
{
    json_begin_object(o);
    if (repository.n)
        json_member_str(o, "repositoryName", repository);
}

/* Archived images, too: without a filter there are none in the list. */
static void out_any_status(struct json_out *o)
{
    json_key(o, "filter");
    json_begin_object(o);
    json_member_str(o, "imageStatus", STR("ANY"));
    json_end_object(o);
}

static int pages(struct aws *aws, const char *operation, const char *list, struct str repository,
                 aws_page *page, void *ctx)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    begin(&o, repository);
    if (repository.n)
        out_any_status(&o);
    json_member_int(&o, "maxResults", PAGE);
    json_end_object(&o);
    struct aws_call call = call_of(operation, buf_str(&b));
    call.list = list;
    return aws_pages(aws, &call, "nextToken", "nextToken", page, ctx);
}

int ecr_repositories(struct aws *aws, aws_page *page, void *ctx)
{
    return pages(aws, "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories", "repositories",
                 (struct str){NULL, 0}, page, ctx);
}

int ecr_repository(struct aws *aws, struct arena *a, struct str name, json_val **ret_document)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_key(&o, "repositoryNames");
    json_begin_array(&o);
    json_out_str(&o, name);
    json_end_array(&o);
    json_end_object(&o);
    return call(aws, a, "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories", buf_str(&b),
                ret_document);
}

int ecr_images(struct aws *aws, struct str repository, aws_page *page, void *ctx)
{
    return pages(aws, "AmazonEC2ContainerRegistry_V20150921.DescribeImages", "imageDetails", repository, page,
                 ctx);
}

static void out_image_id(struct json_out *o, struct str reference)
{
    json_key(o, "imageIds");
    json_begin_array(o);
    json_begin_object(o);
    json_member_str(o, str_find(reference, ':') >= 0 ? "imageDigest" : "imageTag", reference);
    json_end_object(o);
    json_end_array(o);
}

int ecr_image(struct aws *aws, struct arena *a, struct str repository, struct str digest,
              json_val **ret_details)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_val *document;
    begin(&o, repository);
    out_image_id(&o, digest);
    json_end_object(&o);
    int status = call(aws, a, "AmazonEC2ContainerRegistry_V20150921.DescribeImages", buf_str(&b), &document);
    if (status < 0)
        return status;
    json_val *details = yyjson_arr_get_first(json_get(document, "imageDetails"));
    if (!details)
        return err_set(ERR_MISSING, "%.*s: no image %.*s", STR_ARG(repository), STR_ARG(digest));
    *ret_details = details;
    return 0;
}

/* What the registry would otherwise turn into an older form. */
static const char *const accepted[] = {"application/vnd.oci.image.index.v1+json",
                                       "application/vnd.oci.image.manifest.v1+json",
                                       "application/vnd.docker.distribution.manifest.list.v2+json",
                                       "application/vnd.docker.distribution.manifest.v2+json", NULL};

/* Why an image is not among the answers. */
static int image_failed(json_val *document, struct str repository, struct str reference)
{
    json_val *failure = yyjson_arr_get_first(json_get(document, "failures"));
    struct str code = json_get_str(failure, "failureCode");
    bool missing = !failure || str_is(code, "ImageNotFound") || str_is(code, "ImageTagDoesNotMatchDigest");
    return err_set(missing ? ERR_MISSING : ERR_INVALID, "%.*s: no image %.*s: %.*s", STR_ARG(repository),
                   STR_ARG(reference), STR_ARG(code));
}

int ecr_manifest(struct aws *aws, struct arena *a, struct str repository, struct str reference,
                 struct str *ret_text, struct str *ret_media_type)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_val *document;
    begin(&o, repository);
    out_image_id(&o, reference);
    json_key(&o, "acceptedMediaTypes");
    json_begin_array(&o);
    for (size_t i = 0; accepted[i]; i++)
        json_out_str(&o, str_from(accepted[i]));
    json_end_array(&o);
    json_end_object(&o);
    int status = call(aws, a, "AmazonEC2ContainerRegistry_V20150921.BatchGetImage", buf_str(&b), &document);
    if (status < 0)
        return status;
    json_val *image = yyjson_arr_get_first(json_get(document, "images"));
    struct str text = json_get_str(image, "imageManifest");
    if (!text.n)
        return image_failed(document, repository, reference);
    *ret_text = text;
    *ret_media_type = json_get_str(image, "imageManifestMediaType");
    return 0;
}

int ecr_layer_url(struct aws *aws, struct arena *a, struct str repository, struct str digest,
                  struct str *ret_url)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_val *document;
    begin(&o, repository);
    json_member_str(&o, "layerDigest", digest);
    json_end_object(&o);
    int status =
        call(aws, a, "AmazonEC2ContainerRegistry_V20150921.GetDownloadUrlForLayer", buf_str(&b), &document);
    if (status < 0)
        return status;
    struct str url = json_get_str(document, "downloadUrl");
    if (!url.n)
        return err_set(ERR_INVALID, "%.*s: no address of %.*s", STR_ARG(repository), STR_ARG(digest));
    *ret_url = url;
    return 0;
}

int ecr_scanning(struct aws *aws, struct arena *a, json_val **ret_configuration)
{
    json_val *document;
    struct aws_call call =
        call_of("AmazonEC2ContainerRegistry_V20150921.GetRegistryScanningConfiguration", STR("{}"));
    call.seconds = SCANNING_SECONDS;
    int status = aws_json(aws, a, &call, &document);
    if (status == 0)
        *ret_configuration = json_get(document, "scanningConfiguration");
    return status;
}

/* "*" stands for any text, slashes too; a filter without one for all names that have it ("Filters" in the
 * user guide of ECR). */
static bool filter_fits(struct str filter, struct str name)
{
    struct str head, tail;
    if (str_find(filter, '*') < 0)
        return str_find_str(name, filter) >= 0;
    str_cut(filter, '*', &head, &tail);
    if (!str_starts(name, head))
        return false;
    name = str_slice(name, head.n, name.n);
    while (str_cut(tail, '*', &head, &tail)) {
        ptrdiff_t at = str_find_str(name, head);
        if (at < 0)
            return false;
        name = str_slice(name, (size_t)at + head.n, name.n);
    }
    return str_ends(name, tail);
}

static bool rule_fits(json_val *rule, struct str repository)
{
    for (json_each(filter, json_get(rule, "repositoryFilters")))
        if (filter_fits(json_get_str(filter, "filter"), repository))
            return true;
    return false;
}

/* Continuous scanning goes before scanning on push where both fit. */
struct str ecr_frequency(json_val *configuration, struct str repository)
{
    struct str frequency = STR("MANUAL");
    if (!str_is(json_get_str(configuration, "scanType"), "ENHANCED"))
        return (struct str){NULL, 0};
    for (json_each(rule, json_get(configuration, "rules"))) {
        struct str one = json_get_str(rule, "scanFrequency");
        if (!rule_fits(rule, repository))
            continue;
        if (str_is(one, "CONTINUOUS_SCAN"))
            return one;
        if (str_is(one, "SCAN_ON_PUSH"))
            frequency = one;
    }
    return frequency;
}
