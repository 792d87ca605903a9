/* Queues: what EventBridge puts in, we take out. */
#ifndef ASSAY_AWS_SQS_H
#define ASSAY_AWS_SQS_H

#include "aws/aws.h"

enum { SQS_BATCH = 10, SQS_WAIT_MAX = 20 };

struct sqs_message {
    struct str id, receipt, body;
};
/* At most SQS_BATCH messages, after `wait` seconds (SQS_WAIT_MAX) at the latest; *ret_n may be 0. In the
 * arena. A message is not shown to others for the queue's time; then it comes again unless it was deleted. */
int sqs_receive(struct aws *aws, struct arena *a, struct str queue_url, unsigned wait,
                struct sqs_message ret_messages[SQS_BATCH], size_t *ret_n);
/* ERR_IO when some are still there: they come again. */
int sqs_delete(struct aws *aws, struct arena *a, struct str queue_url, const struct sqs_message *messages,
               size_t n);

struct sqs_queue {
    struct str url, arn;
};
/* Makes the queue, or finds the one of this name. */
int sqs_create(struct aws *aws, struct arena *a, struct str name, struct sqs_queue *ret_queue);
/* Who may send: a policy in JSON. */
int sqs_set_policy(struct aws *aws, struct arena *a, struct str queue_url, struct str policy);

#endif
