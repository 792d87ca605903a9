/* Direct Connect's lists, with the members that the AWS CLI prints but for the keys of BGP sessions. */
#ifndef ASSAY_AWS_DIRECTCONNECT_H
#define ASSAY_AWS_DIRECTCONNECT_H

#include "aws/query.h"

/* "DescribeVirtualInterfaces", "DescribeDirectConnectGateways", "DescribeDirectConnectGatewayAssociations";
 * `body` {"directConnectGatewayId": "..."}, or empty. */
int directconnect_describe(struct aws *aws, const char *operation, struct str body, query_text *visit,
                           void *ctx);
/* The tables, that end with {0}. */
extern const struct query_operation directconnect_operations[];

#endif
