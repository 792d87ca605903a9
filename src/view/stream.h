/* A blob read once, front to back: decompressed by a thread of its own while the caller works on what has
 * come out, and digested on both sides of the decompression.
 *
 * gzip (also of several members), zstd (also of several frames), xz (also of several streams) and plain bytes
 * are told apart by their first bytes.
 */
#ifndef ASSAY_VIEW_STREAM_H
#define ASSAY_VIEW_STREAM_H

#include "base/hash.h"
#include "view/view.h"

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD, PACKING_XZ, PACKING_BZIP2 /* not read */ };
enum { PACKING_MAGIC = 5 }; /* bytes that tell */
/* What the bytes that begin so are compressed with. */
enum packing stream_packing(struct str start);

/* A part of an open file; the descriptor is the owner's. */
struct blob {
    int fd;
    uint64_t offset, size;
    unsigned window_log; /* of the largest zstd window, memory that the sender chooses; 0: 25, 32 MiB */
};

/* sha256 of the blob as it lies there, and of what comes out of it. */
struct stream_digests {
    unsigned char packed[SHA256_SIZE], plain[SHA256_SIZE];
};

struct stream;
/* Reads no byte yet that the caller could notice. `budget` is charged with what comes out and must outlive
 * it. */
struct stream *stream_open(const struct blob *blob, struct view_budget *budget);
void stream_free(struct stream *s);
static inline void stream_cleanup(struct stream **s)
{
    stream_free(*s);
}

/* The next piece, valid until the next call; 0 bytes at the end. ERR_INVALID for damage, ERR_LIMIT over
 * view_limits, ERR_UNSUPPORTED for other compressions, ERR_IO. */
int stream_next(struct stream *s, const unsigned char **ret_p, size_t *ret_n);
/* Reads on to the end and gives the digests; errors as stream_next(). */
int stream_finish(struct stream *s, struct stream_digests *ret_digests);

#endif
