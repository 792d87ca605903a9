/* EventBridge: rules that put events into a queue. */
#ifndef ASSAY_AWS_EVENTS_H
#define ASSAY_AWS_EVENTS_H

#include "aws/aws.h"

struct events_rule {
    struct str name, pattern; /* the pattern in JSON */
};
/* Makes the queue and the rules on the default bus, lets these and no others send to it, and sends what they
 * match there. What is there already is brought to this. The queue's URL is in the arena. */
int events_to_queue(struct aws *aws, struct arena *a, struct str queue, const struct events_rule *rules,
                    size_t n, struct str *ret_queue_url);

#endif
