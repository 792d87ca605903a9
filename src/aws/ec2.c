#include "aws/ec2.h"

#include "aws/query.h"

const struct member ec2_tag[] = {{"Key"}, {"Value"}, {0}};
const struct member ec2_group[] = {{"GroupId"}, {"GroupName"}, {0}};

extern const struct query_operation ec2_vpc[], ec2_edge[], ec2_instance[];

const struct query_api query_ec2 = {
    .service = "ec2",
    .version = "2016-11-15",
    .item = "item",
    .page_size = "MaxResults",
    .token = "NextToken",
    .operations = (const struct query_operation *const[]){ec2_vpc, ec2_edge, ec2_instance, NULL}};

int ec2_call(struct aws *aws, struct arena *a, const char *operation, struct str form,
             json_val **ret_document)
{
    struct str json;
    int status = query_call(aws, a, &query_ec2, operation, form, &json);
    return status < 0 ? status : json_parse(a, json, ret_document);
}

int ec2_describe(struct aws *aws, const char *operation, struct str form, aws_page *visit, void *ctx)
{
    return query_pages(aws, &query_ec2, operation, form, visit, ctx);
}
