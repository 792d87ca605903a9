/* Unpacking one entry of an archive into a spool, within the caps of view_limits. */
#ifndef ASSAY_VIEW_UNPACK_H
#define ASSAY_VIEW_UNPACK_H

#include "view/spool.h"
#include "view/view.h"

enum unpack_method { UNPACK_STORED, UNPACK_DEFLATE, UNPACK_ZSTD };

struct unpack_input {
    struct view_file *file;
    uint64_t offset, packed; /* where its bytes are */
    uint64_t size;           /* unpacked, as stated: exactly so much must come out */
};

/* Adds the unpacked bytes to `to` and gives their CRC-32. ERR_INVALID for damage and for sizes that do not
 * hold, ERR_LIMIT when the budget is spent or the ratio passed, ERR_IO. */
int unpack(enum unpack_method method, const struct unpack_input *input, struct view_budget *budget,
           struct spool *to, uint32_t *ret_crc);

#endif
