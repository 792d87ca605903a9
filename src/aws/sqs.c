#include "aws/sqs.h"

#include "aws/aws_state.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { BODY_MAX = 256 << 10 };

/* `body` is closed, sent and let go. */
static int call(struct aws *aws, struct arena *a, const char *operation, struct json_out *o, json_val **ret)
{
    json_end_object(o);
    struct aws_call c = {.service = "sqs",
                         .protocol = AWS_JSON,
                         .operation = operation,
                         .version = "1.0",
                         .body = buf_str(o->to)};
    if (buf_status(o->to) < 0)
        return err_set(ERR_LIMIT, "%s: a request of more than %zu bytes", operation, o->to->cap);
    return aws_json(aws, a, &c, ret);
}

static void begin(struct json_out *o, struct str queue_url)
{
    json_begin_object(o);
    json_member_str(o, "QueueUrl", queue_url);
}

int sqs_receive(struct aws *aws, struct arena *a, struct str queue_url, unsigned wait,
                struct sqs_message ret_messages[SQS_BATCH], size_t *ret_n)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    json_val *document;
    unsigned longest = call_seconds(aws->config) / 3; /* or the call ends before the answer comes */
    longest = longest < SQS_WAIT_MAX ? longest : SQS_WAIT_MAX;
    begin(&o, queue_url);
    json_member_int(&o, "MaxNumberOfMessages", SQS_BATCH);
    json_member_int(&o, "WaitTimeSeconds", wait < longest ? wait : longest);
    int status = call(aws, a, "AmazonSQS.ReceiveMessage", &o, &document);
    size_t n = 0;
    if (status < 0)
        return status;
    for (json_each(message, json_get(document, "Messages"))) {
        if (n == SQS_BATCH)
            return err_set(ERR_INVALID, "sqs: more messages than were asked for");
        ret_messages[n++] =
            (struct sqs_message){json_get_str(message, "MessageId"), json_get_str(message, "ReceiptHandle"),
                                 json_get_str(message, "Body")};
    }
    *ret_n = n;
    return 0;
}

int sqs_delete(struct aws *aws, struct arena *a, struct str queue_url, const struct sqs_message *messages,
               size_t n)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    json_val *document;
    if (!n)
        return 0;
    begin(&o, queue_url);
    json_key(&o, "Entries");
    json_begin_array(&o);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&o);
        json_member_str(&o, "Id", arena_printf(a, "%zu", i));
        json_member_str(&o, "ReceiptHandle", messages[i].receipt);
        json_end_object(&o);
    }
    json_end_array(&o);
    int status = call(aws, a, "AmazonSQS.DeleteMessageBatch", &o, &document);
    json_val *failed = status < 0 ? NULL : yyjson_arr_get_first(json_get(document, "Failed"));
    if (failed)
        return err_set(ERR_IO, "sqs DeleteMessageBatch: %.*s", STR_ARG(json_get_str(failed, "Code")));
    return status;
}

static int queue_arn(struct aws *aws, struct arena *a, struct str url, struct str *ret_arn)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    json_val *document;
    begin(&o, url);
    json_key(&o, "AttributeNames");
    json_begin_array(&o);
    json_out_str(&o, STR("QueueArn"));
    json_end_array(&o);
    int status = call(aws, a, "AmazonSQS.GetQueueAttributes", &o, &document);
    if (status < 0)
        return status;
    *ret_arn = json_get_str(json_get(document, "Attributes"), "QueueArn");
    return ret_arn->n ? 0 : err_set(ERR_INVALID, "sqs: a queue without an ARN");
}

int sqs_create(struct aws *aws, struct arena *a, struct str name, struct sqs_queue *ret_queue)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    struct sqs_queue queue;
    json_val *document;
    json_begin_object(&o);
    json_member_str(&o, "QueueName", name);
    int status = call(aws, a, "AmazonSQS.CreateQueue", &o, &document);
    if (status == 0) {
        queue.url = json_get_str(document, "QueueUrl");
        status = queue_arn(aws, a, queue.url, &queue.arn);
    }
    if (status == 0)
        *ret_queue = queue;
    return status;
}

int sqs_set_policy(struct aws *aws, struct arena *a, struct str queue_url, struct str policy)
{
    _cleanup_(buf_free) struct buf body = buf_new(BODY_MAX);
    struct json_out o = {.to = &body};
    json_val *document;
    begin(&o, queue_url);
    json_key(&o, "Attributes");
    json_begin_object(&o);
    json_member_str(&o, "Policy", policy);
    json_end_object(&o);
    return call(aws, a, "AmazonSQS.SetQueueAttributes", &o, &document);
}
