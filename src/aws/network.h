/* All that AWS says of a region's network: the documents of docs/reach.md, "What to save". */
#ifndef ASSAY_AWS_NETWORK_H
#define ASSAY_AWS_NETWORK_H

#include "aws/aws.h"

/* A call that is not allowed, or that the region does not know: what it would say is missing, and nothing
 * else.
 */
struct network_gap {
    const char *operation; /* "ec2:DescribeVpcs" */
    int code;              /* of base/err.h */
    struct str text;
};
enum { NETWORK_GAPS_MAX = 64 };
struct network_gaps {
    struct network_gap at[NETWORK_GAPS_MAX];
    size_t n;
};
/* A document, which lasts as long as the call; a result other than 0 ends it all and is returned. What did
 * not change in AWS comes in the same words, but not always in the same order. The last one names the lists
 * of which gaps left out something: {"NotRead": [...]}. */
typedef int network_document(void *ctx, struct str json);
/* Texts of gaps are in the arena. An error when nothing can be had, or when something cannot be had just now
 * (ERR_IO): what came before is then no picture of the region. */
int network_describe(struct aws *aws, struct arena *a, network_document *visit, void *ctx,
                     struct network_gaps *ret_gaps);
/* The lists of one instance and of one security group, for what an event names: the same as above. An
 * instance or group that is gone gives none of it. */
int network_describe_instance(struct aws *aws, struct str instance_id, network_document *visit, void *ctx);
int network_describe_group(struct aws *aws, struct str group_id, network_document *visit, void *ctx);

#endif
