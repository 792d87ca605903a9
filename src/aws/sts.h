/* Who we are to AWS. */
#ifndef ASSAY_AWS_STS_H
#define ASSAY_AWS_STS_H

#include "aws/aws.h"

struct sts_identity {
    struct str account, arn;
};
/* GetCallerIdentity, which needs no permission. In the arena. */
int sts_identity(struct aws *aws, struct arena *a, struct sts_identity *ret_identity);

#endif
