/* JOB_LOOK_AWS: "ORIGIN REGION WORD [ID]". */
#ifndef ASSAY_MONITOR_AWS_LOOK_H
#define ASSAY_MONITOR_AWS_LOOK_H

#define LOOK_INSTANCE     "instance"
#define LOOK_GROUP        "group"
#define LOOK_NETWORK      "network"
#define LOOK_REPOSITORY   "repository"
#define LOOK_REPOSITORIES "repositories"
#define LOOK_ORGANIZATION "organization"

#endif
