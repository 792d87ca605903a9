#include "store/packed.h"

#include <zstd.h>

#include "base/err.h"

enum { COMPRESS_FROM = 1024, LEVEL = 1 };

int packed_put(struct buf *to, struct str plain)
{
    if (plain.n > PACKED_MAX)
        return err_set(ERR_LIMIT, "over %d bytes", PACKED_MAX);
    if (plain.n < COMPRESS_FROM) {
        buf_add_c(to, PACKED_PLAIN);
        return buf_add_str(to, plain);
    }
    size_t bound = ZSTD_compressBound(plain.n);
    buf_add_c(to, PACKED_ZSTD);
    char *at = buf_reserve(to, bound);
    if (!at)
        return buf_status(to);
    size_t n = ZSTD_compress(at, bound, plain.p, plain.n, LEVEL);
    if (ZSTD_isError(n))
        return err_set(ERR_IO, "zstd: %s", ZSTD_getErrorName(n));
    to->n += n;
    return 0;
}

int packed_get(struct arena *a, const char *what, struct str packed, struct str *ret_plain)
{
    if (packed.n && packed.p[0] == PACKED_PLAIN) {
        *ret_plain = arena_str(a, str_slice(packed, 1, packed.n));
        return 0;
    }
    if (!packed.n || packed.p[0] != PACKED_ZSTD)
        return err_set(ERR_INVALID, "%s: damaged, of no known format", what);
    unsigned long long size = ZSTD_getFrameContentSize(packed.p + 1, packed.n - 1);
    /* A frame cannot hold more than 128 KiB a block of at least 3 bytes: what claims more is not believed. */
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > PACKED_MAX ||
        size / (128 << 10) > packed.n / 3)
        return err_set(ERR_INVALID, "%s: damaged, no size", what);
    char *to = arena_alloc(a, size + 1);
    size_t n = ZSTD_decompress(to, size, packed.p + 1, packed.n - 1);
    if (ZSTD_isError(n) || n != size)
        return err_set(ERR_INVALID, "%s: damaged, does not unpack", what);
    *ret_plain = (struct str){to, n};
    return 0;
}
