/* The Resource Groups Tagging API: tags of many resources at once. Needs tag:GetResources. */
#ifndef ASSAY_AWS_TAGGING_H
#define ASSAY_AWS_TAGGING_H

#include "aws/aws.h"

/* {"ResourceTagMappingList": [{"ResourceARN", "Tags": [{"Key", "Value"}]}]}: the resources of a type in the
 * region, "lambda:function", that have tags or had some. */
int tagging_resources(struct aws *aws, const char *type, aws_page *page, void *ctx);

#endif
