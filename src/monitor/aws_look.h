/* Looking at a service in a region of an AWS account, or at what an event names there. Each service is a kind
 * of job, JOB_LOOK_EC2 and so on, so that one which does not answer keeps none of the others waiting. */
#ifndef ASSAY_MONITOR_AWS_LOOK_H
#define ASSAY_MONITOR_AWS_LOOK_H

#include "monitor/aws_place.h"

/* Subjects are "ORIGIN REGION WORD [ID]". */
#define LOOK_INSTANCES    "instances"
#define LOOK_INSTANCE     "instance"
#define LOOK_NETWORK      "network"
#define LOOK_GROUP        "group"
#define LOOK_REPOSITORIES "repositories"
#define LOOK_REPOSITORY   "repository"
#define LOOK_CLUSTERS     "clusters"
#define LOOK_FAMILY       "family"
#define LOOK_FUNCTIONS    "functions"
#define LOOK_ORGANIZATION "organization"

struct aws_look {
    enum job_number kind;
    const char *service; /* as problems call it */
    const char *word;
    int (*look)(struct aws_place *p, struct str id);
    bool whole; /* all of the service in the region */
    int type;   /* enum resource_scan_type that has to be enabled; -1: none */
};
/* Ended by one without a word. */
extern const struct aws_look aws_looks[];

#endif
