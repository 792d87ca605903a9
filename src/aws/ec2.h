/* EC2's calls, as documents like the AWS CLI's: {"Reservations": [...]}. The members are those that something
 * here reads; query_ec2.c and the files beside it are their tables. */
#ifndef ASSAY_AWS_EC2_H
#define ASSAY_AWS_EC2_H

#include "aws/aws.h"

/* One call, for what is not a list, or one page: "CreateSnapshots", "DeleteSnapshot". `form` holds its
 * parameters, percent-encoded: "SnapshotId=snap-1". The document is in the arena. */
int ec2_call(struct aws *aws, struct arena *a, const char *operation, struct str form,
             json_val **ret_document);
/* All pages of a list, "DescribeInstances"; form: "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1", or empty. */
int ec2_describe(struct aws *aws, const char *operation, struct str form, aws_page *visit, void *ctx);

#endif
