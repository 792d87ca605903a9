/* A disk on which some blocks have newer content elsewhere: what a log holds that is not yet in its place. */
#ifndef ASSAY_VIEW_OVERLAY_H
#define ASSAY_VIEW_OVERLAY_H

#include <stdbool.h>

#include "view/disk.h"

enum { OVERLAY_FIRST = 4, OVERLAY_MAX = 1 << 20 /* blocks */ };
struct overlay;
/* `block` bytes each. The disk beneath outlives it. */
struct overlay *overlay_new(struct disk *beneath, unsigned block);
void overlay_free(struct overlay *o);
static inline void overlay_cleanup(struct overlay **o)
{
    if (*o)
        overlay_free(*o);
}

/* The block `number` is what the disk beneath has at `from`; the last word on a block counts. `first`
 * replaces its first bytes, or is NULL. ERR_LIMIT. */
int overlay_move(struct overlay *o, uint64_t number, uint64_t from, const unsigned char first[OVERLAY_FIRST]);
/* The bytes of the block `number`, to be changed: at first what the disk beneath has. ERR_LIMIT. */
int overlay_change(struct overlay *o, uint64_t number, unsigned char **ret_bytes);
/* The disk, when nothing more is to come; it owns the overlay. */
struct disk *overlay_disk(struct overlay *o);

#endif
