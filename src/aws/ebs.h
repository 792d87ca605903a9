/* EBS direct APIs: the blocks of a snapshot, https://docs.aws.amazon.com/ebs/latest/APIReference/. */
#ifndef ASSAY_AWS_EBS_H
#define ASSAY_AWS_EBS_H

#include "aws/aws.h"

/* A snapshot that is complete; for one thread at a time. `aws` outlives it. ERR_INVALID for sizes that no
 * volume has. */
struct ebs;
int ebs_open(struct aws *aws, struct str snapshot, struct ebs **ret_snapshot);
void ebs_free(struct ebs *e);
uint64_t ebs_size(const struct ebs *e);  /* of the volume, in bytes */
uint64_t ebs_block(const struct ebs *e); /* in bytes: 524,288 so far */

/* A block and where it is to be written. */
struct ebs_wanted {
    struct ebs *snapshot;
    uint64_t index, to; /* of the block; offset in the file, in bytes */
};
/* Writes the blocks, a few at a time, each after its checksum was verified. One that the snapshot does not
 * have is all zeros and not written. */
int ebs_bring(const struct ebs_wanted *wanted, size_t n, int fd);
/* How many blocks were fetched. */
uint64_t ebs_fetched(const struct ebs *e);

#endif
