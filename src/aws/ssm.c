#include "aws/ssm.h"

#include "aws/pages.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { REQUEST_MAX = 4096, PAGE = 50 };

static struct aws_call call_of(const char *operation, struct str body)
{
    return (struct aws_call){.service = "ssm", .protocol = AWS_JSON, .operation = operation, .body = body};
}

int ssm_instance(struct aws *aws, struct arena *a, struct str instance, json_val **ret_information)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_val *document;
    json_begin_object(&o);
    json_key(&o, "Filters");
    json_begin_array(&o);
    json_begin_object(&o);
    json_member_str(&o, "Key", STR("InstanceIds"));
    json_key(&o, "Values");
    json_begin_array(&o);
    json_out_str(&o, instance);
    json_end_array(&o);
    json_end_object(&o);
    json_end_array(&o);
    json_end_object(&o);
    struct aws_call call = call_of("AmazonSSM.DescribeInstanceInformation", buf_str(&b));
    call.list = "InstanceInformationList";
    int status = aws_json(aws, a, &call, &document);
    if (status < 0)
        return status;
    for (json_each(one, json_get(document, call.list)))
        if (str_eq(json_get_str(one, "InstanceId"), instance)) {
            *ret_information = one;
            return 0;
        }
    return err_set(ERR_MISSING, "Systems Manager does not manage %.*s", STR_ARG(instance));
}

int ssm_inventory(struct aws *aws, struct str instance, const char *type, aws_page *visit, void *ctx)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_member_str(&o, "InstanceId", instance);
    json_member_str(&o, "TypeName", str_from(type));
    json_member_int(&o, "MaxResults", PAGE);
    json_end_object(&o);
    struct aws_call call = call_of("AmazonSSM.ListInventoryEntries", buf_str(&b));
    call.list = "Entries";
    return aws_pages(aws, &call, "NextToken", "NextToken", visit, ctx);
}
