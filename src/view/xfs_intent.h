/* Intents in the log of XFS: what a transaction says that later ones will do, and that these have done it. A
 * mount does what was left over. Of the kinds there are, most free space or count references (extents freed,
 * reverse mappings, reference counts), which changes nothing that is read here. Two move content between
 * files: of those it matters when they were interrupted. */
#ifndef ASSAY_VIEW_XFS_INTENT_H
#define ASSAY_VIEW_XFS_INTENT_H

#include "base/arena.h"
#include "base/map.h"

struct xfs_intents {
    struct arena *arena;
    struct map open; /* by id: the inode, 0 when it was done */
};

/* An item of a committed transaction: its kind and its first region. Others than such intents and the words
 * that they are done are passed over; those come behind these. ERR_INVALID, ERR_LIMIT. */
int xfs_intent(struct xfs_intents *to, unsigned kind, const unsigned char *bytes, size_t n);
/* How many were not done, and the inode of one of them. */
size_t xfs_intents_open(const struct xfs_intents *intents, uint64_t *ret_inode);
void xfs_intents_free(struct xfs_intents *intents);

#endif
