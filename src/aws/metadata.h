/* The metadata service of an EC2 instance, version 2 ("Use the Instance Metadata Service" in the EC2 User
 * Guide): version 1, which answers whoever can be led to ask, is not spoken. */
#ifndef ASSAY_AWS_METADATA_H
#define ASSAY_AWS_METADATA_H

#include "aws/aws_state.h"

/* The text at a path below /latest/. ERR_MISSING, said why, where there is no such service, it is turned off,
 * or it has no such thing: where nobody answers within a second, this is no instance. */
int metadata_get(struct arena *a, const char *path, struct str *ret_text);

#endif
