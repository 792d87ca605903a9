/* AWS Lambda: functions and layers, and where their code can be had. Needs lambda:ListFunctions, GetFunction
 * and GetLayerVersion. */
#ifndef ASSAY_AWS_LAMBDA_H
#define ASSAY_AWS_LAMBDA_H

#include "aws/aws.h"

/* {"Functions": [{"FunctionName", "CodeSha256", ...}]}: the unpublished version of each, without tags. */
int lambda_functions(struct aws *aws, aws_page *page, void *ctx);
/* {"Configuration": {...}, "Code": {"Location", ...}, "Tags": {...}} of $LATEST. ERR_MISSING. */
int lambda_function(struct aws *aws, struct arena *a, struct str name, json_val **ret_function);
/* {"Content": {"Location", "CodeSha256", "CodeSize"}, ...} of a version, by its ARN. ERR_MISSING. */
int lambda_layer(struct aws *aws, struct arena *a, struct str arn, json_val **ret_layer);

#endif
