#include "aws/tagging.h"

#include "aws/pages.h"
#include "base/cleanup.h"

enum { REQUEST_MAX = 4096, PAGE = 100 };

int tagging_resources(struct aws *aws, const char *type, aws_page *page, void *ctx)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_key(&o, "ResourceTypeFilters");
    json_begin_array(&o);
    json_out_str(&o, str_from(type));
    json_end_array(&o);
    json_member_int(&o, "ResourcesPerPage", PAGE);
    json_end_object(&o);
    const struct aws_call call = {.service = "tagging",
                                  .protocol = AWS_JSON,
                                  .operation = "ResourceGroupsTaggingAPI_20170126.GetResources",
                                  .body = buf_str(&b),
                                  .list = "ResourceTagMappingList"};
    return aws_pages(aws, &call, "PaginationToken", "PaginationToken", page, ctx);
}
