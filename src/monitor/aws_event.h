/* Events of EventBridge: what changed in an AWS account. Only names are taken from them; what is true is
 * asked of AWS, so that one that is late, comes twice or lies costs a call and no more.
 *
 * Understood are "EC2 Instance State-change Notification", "ECR Image Action", "ECS Task State Change", "Tag
 * Change on Resource", "EC2 State Manager Instance Association State Change", "Inventory Resource State
 * Change", and what CloudTrail tells ("AWS API Call via CloudTrail", "AWS Service Event via CloudTrail") of
 * EC2, ECR, Lambda, Elastic Load Balancing, SSM and Organizations. */
#ifndef ASSAY_MONITOR_AWS_EVENT_H
#define ASSAY_MONITOR_AWS_EVENT_H

#include "base/json.h"
#include "store/types.h"

enum aws_change {
    CHANGE_INSTANCE,     /* id: launched, stopped, terminated, tagged */
    CHANGE_INVENTORY,    /* id of an instance: what is installed there */
    CHANGE_GROUP,        /* id of a security group */
    CHANGE_NETWORK,      /* of the region */
    CHANGE_REPOSITORIES, /* of the region */
    CHANGE_IMAGE,        /* "REPOSITORY REFERENCE" */
    CHANGE_FUNCTION,     /* name */
    CHANGE_ORGANIZATION,
    CHANGE_REPOSITORY, /* name */
    CHANGE_TASKS,      /* "CLUSTER DEFINITION", ARNs without a revision: tasks that began or ended */
};
struct aws_change_of {
    enum aws_change change;
    struct str what;
};
enum { AWS_CHANGES_MAX = 100, AWS_EVENT_MAX = 1 << 20 };
struct aws_event {
    account_id account;
    struct str region;
    struct aws_change_of changes[AWS_CHANGES_MAX];
    size_t n_changes; /* 0: nothing that concerns us */
};
/* ERR_INVALID for what is no event. In the arena. */
int aws_event_read(struct arena *a, struct str text, struct aws_event *ret_event);

/* The rules that put all of them into a queue: patterns of EventBridge by name, ended by one without. */
struct aws_event_rule {
    const char *name, *pattern;
};
extern const struct aws_event_rule aws_event_rules[];

#endif
