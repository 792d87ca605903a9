/* Systems Manager: which instances it manages, and the inventory that its agent collects. */
#ifndef ASSAY_AWS_SSM_H
#define ASSAY_AWS_SSM_H

#include "aws/aws.h"

/* What the agent says of the instance: {"InstanceId", "PingStatus", "PlatformType", "PlatformName",
 * "PlatformVersion", ...}. ERR_MISSING when it is not managed. In the arena. */
int ssm_instance(struct aws *aws, struct arena *a, struct str instance, json_val **ret_information);
/* ListInventoryEntries of a type, "AWS:Application": {"CaptureTime", "Entries": [{...}]}. */
int ssm_inventory(struct aws *aws, struct str instance, const char *type, aws_page *visit, void *ctx);

#endif
