/* A region of an AWS account, looked at: all of a service there, or what an event names. What is new or
 * changed is put, or becomes a job; what is gone is closed; what is as it was costs no write. */
#ifndef ASSAY_MONITOR_AWS_PLACE_H
#define ASSAY_MONITOR_AWS_PLACE_H

#include "aws/aws.h"
#include "base/map.h"
#include "monitor/scan.h"

struct aws_place {
    struct monitor *m;
    struct arena *arena;
    account_id account;
    const struct scan_origin *origin;
    struct str region;
    struct aws *aws;
    struct str trouble; /* out: what went wrong with a part of it, while the rest was looked at; or empty */
};
/* Errors are those of the calls: then what is known stays as it is. */
int aws_look_instances(struct aws_place *p);
int aws_look_repositories(struct aws_place *p);
int aws_look_tasks(struct aws_place *p);
/* The region is no longer looked at: nothing is known to run there. */
int aws_leave_tasks(struct aws_place *p);
int aws_look_functions(struct aws_place *p);
int aws_look_network(struct aws_place *p);

/* One instance, which may be gone, with its network. */
int aws_look_instance(struct aws_place *p, struct str id);
int aws_look_instance_network(struct aws_place *p, struct str id);
/* The tasks of one family of task definitions: "CLUSTER DEFINITION", ARNs without a revision. */
int aws_look_family(struct aws_place *p, struct str id);
/* One repository, which may be gone, with its images. */
int aws_look_repository(struct aws_place *p, struct str name);
/* One security group. */
int aws_look_group(struct aws_place *p, struct str id);

/* The members of the organization become accounts, and those that left are closed. */
int aws_look_organization(struct aws_place *p);

/* A job about the place: "ORIGIN REGION REST". */
void aws_add_job(struct aws_place *p, struct sql *db, int kind, struct str rest, struct str payload);
/* The same in a transaction of its own. */
int aws_ask(struct aws_place *p, int kind, struct str rest, struct str payload);
/* Closes the resources of the type, origin and region that `seen` does not have by their ids, but for those
 * that an event brought since the list was begun. */
int aws_close_others(struct aws_place *p, enum resource_type type, const struct map *seen, int64_t began);
/* It could not be read, for a reason that may be gone by now. */
bool aws_may_be_read_now(struct sql *db, struct arena *a, const struct resource *r);
/* Notes the last error as trouble, unless there was some: 0. */
int aws_trouble(struct aws_place *p);
/* Tags as AWS lists them, [{"Key", "Value"}], as a resource has them: an object. In the arena. */
struct str aws_tags(struct arena *a, json_val *list);

#endif
