#include "aws/lambda.h"

#include "aws/pages.h"
#include "base/err.h"

static struct aws_call call_of(const char *operation, struct str path)
{
    return (struct aws_call){
        .service = "lambda", .protocol = AWS_REST, .operation = operation, .method = "GET", .path = path};
}

static int call(struct aws *aws, struct arena *a, const char *operation, struct str path, json_val **ret)
{
    const struct aws_call call = call_of(operation, path);
    return aws_json(aws, a, &call, ret);
}

int lambda_functions(struct aws *aws, aws_page *page, void *ctx)
{
    struct aws_call call = call_of("ListFunctions", STR("/2015-03-31/functions?MaxItems=50"));
    call.list = "Functions";
    return aws_pages(aws, &call, "Marker", "NextMarker", page, ctx);
}

int lambda_function(struct aws *aws, struct arena *a, struct str name, json_val **ret_function)
{
    return call(aws, a, "GetFunction",
                arena_printf(a, "/2015-03-31/functions/%.*s", STR_ARG(http_encode(a, name, false))),
                ret_function);
}

int lambda_layer(struct aws *aws, struct arena *a, struct str arn, json_val **ret_layer)
{
    ptrdiff_t colon = str_rfind(arn, ':');
    uint64_t version;
    if (colon < 0 || !str_u64(str_slice(arn, (size_t)colon + 1, arn.n), &version))
        return err_set(ERR_INVALID, "%.*s: not a version of a layer", STR_ARG(arn));
    struct str layer = http_encode(a, str_slice(arn, 0, (size_t)colon), false);
    return call(
        aws, a, "GetLayerVersion",
        arena_printf(a, "/2018-10-31/layers/%.*s/versions/%llu", STR_ARG(layer), (unsigned long long)version),
        ret_layer);
}
