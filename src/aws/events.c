#include "aws/events.h"

#include "aws/sqs.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { BODY_MAX = 256 << 10 };

static int call(struct aws *aws, struct arena *a, const char *operation, struct json_out *o, json_val **ret)
{
    json_end_object(o);
    struct aws_call c = {
        .service = "events", .protocol = AWS_JSON, .operation = operation, .body = buf_str(o->to)};
    if (buf_status(o->to) < 0)
        return err_set(ERR_LIMIT, "%s: a request of more than %zu bytes", operation, o->to->cap);
    return aws_json(aws, a, &c, ret);
}

static int put_rule(struct aws *aws, struct arena *a, const struct events_rule *rule, struct str *ret_arn)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    json_val *document;
    json_begin_object(&o);
    json_member_str(&o, "Name", rule->name);
    json_member_str(&o, "EventPattern", rule->pattern);
    json_member_str(&o, "State", STR("ENABLED"));
    int status = call(aws, a, "AWSEvents.PutRule", &o, &document);
    if (status < 0)
        return status;
    *ret_arn = json_get_str(document, "RuleArn");
    return ret_arn->n ? 0 : err_set(ERR_INVALID, "events PutRule: a rule without an ARN");
}

static int put_target(struct aws *aws, struct arena *a, struct str rule, struct str queue_arn)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    json_val *document;
    json_begin_object(&o);
    json_member_str(&o, "Rule", rule);
    json_key(&o, "Targets");
    json_begin_array(&o);
    json_begin_object(&o);
    json_member_str(&o, "Id", STR("queue"));
    json_member_str(&o, "Arn", queue_arn);
    json_end_object(&o);
    json_end_array(&o);
    int status = call(aws, a, "AWSEvents.PutTargets", &o, &document);
    json_val *failed = status < 0 ? NULL : yyjson_arr_get_first(json_get(document, "FailedEntries"));
    if (failed)
        return err_set(ERR_INVALID, "events PutTargets: %.*s: %.*s", STR_ARG(rule),
                       STR_ARG(json_get_str(failed, "ErrorCode")));
    return status;
}

/* "Amazon SQS permissions" in the EventBridge User Guide: the service, for these rules alone. */
static struct str policy(struct arena *a, struct str queue_arn, const struct str *rules, size_t n)
{
    _cleanup_(buf_free) struct buf text = buf_new(BODY_MAX);
    struct json_out o = {.to = &text};
    json_begin_object(&o);
    json_member_str(&o, "Version", STR("2012-10-17"));
    json_key(&o, "Statement");
    json_begin_array(&o);
    json_begin_object(&o);
    json_member_str(&o, "Effect", STR("Allow"));
    json_member_raw(&o, "Principal", STR("{\"Service\":\"events.amazonaws.com\"}"));
    json_member_str(&o, "Action", STR("sqs:SendMessage"));
    json_member_str(&o, "Resource", queue_arn);
    json_key(&o, "Condition");
    json_begin_object(&o);
    json_key(&o, "ArnEquals");
    json_begin_object(&o);
    json_key(&o, "aws:SourceArn");
    json_begin_array(&o);
    for (size_t i = 0; i < n; i++)
        json_out_str(&o, rules[i]);
    json_end_array(&o);
    json_end_object(&o);
    json_end_object(&o);
    json_end_object(&o);
    json_end_array(&o);
    json_end_object(&o);
    return arena_str(a, buf_str(&text));
}

int events_to_queue(struct aws *aws, struct arena *a, struct str queue, const struct events_rule *rules,
                    size_t n, struct str *ret_queue_url)
{
    struct str *arns = arena_new_array(a, struct str, n);
    struct sqs_queue q;
    int status = sqs_create(aws, a, queue, &q);
    for (size_t i = 0; status == 0 && i < n; i++)
        status = put_rule(aws, a, &rules[i], &arns[i]);
    if (status == 0)
        status = sqs_set_policy(aws, a, q.url, policy(a, q.arn, arns, n));
    for (size_t i = 0; status == 0 && i < n; i++)
        status = put_target(aws, a, rules[i].name, q.arn);
    if (status == 0)
        *ret_queue_url = q.url;
    return status;
}
