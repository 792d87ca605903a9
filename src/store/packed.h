/* Bytes as they lie in columns that may be large: FORMAT (1 byte), then the bytes, or a zstd frame of them.
 * Internal to the store. */
#ifndef ASSAY_STORE_PACKED_H
#define ASSAY_STORE_PACKED_H

#include "base/arena.h"
#include "base/buf.h"

enum { PACKED_PLAIN = 1, PACKED_ZSTD = 2 };
enum { PACKED_MAX = 1 << 30 }; /* bytes unpacked */

/* Appends; small ones are left as they are. ERR_LIMIT. */
int packed_put(struct buf *to, struct str plain);
/* In the arena. ERR_INVALID when damaged; `what` it is of, for the message. */
int packed_get(struct arena *a, const char *what, struct str packed, struct str *ret_plain);

#endif
