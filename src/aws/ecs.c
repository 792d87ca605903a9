#include "aws/ecs.h"

#include "aws/pages.h"
#include "base/cleanup.h"

enum { REQUEST_MAX = 1 << 20, PAGE = 100 };

static struct aws_call call_of(const char *operation, struct str body)
{
    return (struct aws_call){.service = "ecs", .protocol = AWS_JSON, .operation = operation, .body = body};
}

int ecs_clusters(struct aws *aws, aws_page *page, void *ctx)
{
    struct aws_call call =
        call_of("AmazonEC2ContainerServiceV20141113.ListClusters", STR("{\"maxResults\":100}"));
    call.list = "clusterArns";
    return aws_pages(aws, &call, "nextToken", "nextToken", page, ctx);
}

struct tasks {
    struct aws *aws;
    struct str cluster;
    aws_page *page;
    void *ctx;
};

/* A page of ARNs: what they are of is asked for at once. */
static int on_arns(void *ctx, json_val *document)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    const struct tasks *t = ctx;
    struct json_out o = {.to = &b};
    json_val *arns = json_get(document, "taskArns"), *answer;
    if (!yyjson_arr_size(arns))
        return 0;
    json_begin_object(&o);
    json_member_str(&o, "cluster", t->cluster);
    json_key(&o, "tasks");
    json_begin_array(&o);
    for (json_each(arn, arns))
        json_out_str(&o, json_str(arn));
    json_end_array(&o);
    json_end_object(&o);
    struct aws_call call = call_of("AmazonEC2ContainerServiceV20141113.DescribeTasks", buf_str(&b));
    call.list = "tasks";
    int status = aws_json(t->aws, a, &call, &answer);
    return status < 0 ? status : t->page(t->ctx, answer);
}

int ecs_tasks(struct aws *aws, struct str cluster, struct str family, aws_page *page, void *ctx)
{
    _cleanup_(buf_free) struct buf b = buf_new(REQUEST_MAX);
    struct tasks t = {aws, cluster, page, ctx};
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_member_str(&o, "cluster", cluster);
    json_member_str(&o, "family", family);
    json_member_int(&o, "maxResults", PAGE);
    json_end_object(&o);
    struct aws_call call = call_of("AmazonEC2ContainerServiceV20141113.ListTasks", buf_str(&b));
    call.list = "taskArns";
    return aws_pages(aws, &call, "nextToken", "nextToken", on_arns, &t);
}
