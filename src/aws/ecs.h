/* Amazon ECS: clusters and the tasks that run in them. Needs ecs:ListClusters, ListTasks and DescribeTasks.
 */
#ifndef ASSAY_AWS_ECS_H
#define ASSAY_AWS_ECS_H

#include "aws/aws.h"

/* {"clusterArns": ["..."]} */
int ecs_clusters(struct aws *aws, aws_page *page, void *ctx);
/* {"tasks": [{"taskDefinitionArn", "group", "lastStatus", "attributes", "containers": [{"image",
 * "imageDigest", "lastStatus"}]}]}: those of a cluster that run, or are to, a hundred at a time; of one
 * family of task definitions, or (empty) of all. */
int ecs_tasks(struct aws *aws, struct str cluster, struct str family, aws_page *page, void *ctx);

#endif
