#include "view/unpack.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

enum { PIECE = 64 * 1024, RATIO_FREE = 16 << 20, ENTRY_FREE = 64 << 10, ZSTD_WINDOW_LOG = 25 };

struct unpacker {
    const struct unpack_input *input;
    struct view_budget *budget;
    struct spool *to;
    uint64_t taken, given; /* bytes in, bytes out */
    uint32_t crc;
    unsigned char in[PIECE], out[PIECE];
};

/* The next piece of packed bytes; 0 bytes at their end. */
static int take(struct unpacker *u, size_t *ret_n)
{
    uint64_t left = u->input->packed - u->taken;
    size_t n = left < PIECE ? (size_t)left : PIECE;
    int status = view_file_read_at(u->input->file, u->input->offset + u->taken, u->in, n, ret_n);
    if (status == 0 && *ret_n < n)
        status = err_set(ERR_INVALID, "the archive was cut short");
    if (status == 0)
        u->taken += n;
    return status;
}

static bool over_ratio(uint64_t unpacked, uint64_t packed, uint64_t free)
{
    return unpacked > free && unpacked / view_limits.ratio > packed;
}

static int give(struct unpacker *u, const unsigned char *data, size_t n)
{
    struct view_budget *b = u->budget;
    if (n > u->input->size - u->given)
        return err_set(ERR_INVALID, "more bytes than the stated %llu", (unsigned long long)u->input->size);
    u->given += n;
    b->unpacked += n;
    b->entry_unpacked += n;
    if (b->unpacked > view_limits.bytes)
        return err_set(ERR_LIMIT, "more than %llu bytes unpacked", (unsigned long long)view_limits.bytes);
    if (over_ratio(b->unpacked, b->packed, RATIO_FREE) &&
        over_ratio(b->entry_unpacked, b->entry_packed, ENTRY_FREE))
        return err_set(ERR_LIMIT, "unpacks to more than %u times its size", view_limits.ratio);
    u->crc = crc32_gzip_refl(u->crc, data, n);
    return spool_add(u->to, data, n);
}

static int copy_stored(struct unpacker *u)
{
    size_t n;
    int status = take(u, &n);
    while (status == 0 && n) {
        status = give(u, u->in, n);
        if (status == 0)
            status = take(u, &n);
    }
    return status;
}

static int inflate_all(struct unpacker *u)
{
    _cleanup_free_ struct inflate_state *s = mem_alloc(sizeof *s);
    isal_inflate_init(s);
    s->crc_flag = ISAL_DEFLATE;
    while (s->block_state != ISAL_BLOCK_FINISH) {
        bool stalled = false;
        if (!s->avail_in) {
            size_t n;
            int status = take(u, &n);
            if (status < 0)
                return status;
            s->next_in = u->in;
            s->avail_in = (uint32_t)n;
            stalled = n == 0;
        }
        s->next_out = u->out;
        s->avail_out = PIECE;
        if (isal_inflate(s) != ISAL_DECOMP_OK)
            return err_set(ERR_INVALID, "damaged deflate data");
        size_t made = PIECE - s->avail_out;
        int status = give(u, u->out, made);
        if (status < 0)
            return status;
        if (stalled && !made && s->block_state != ISAL_BLOCK_FINISH)
            return err_set(ERR_INVALID, "deflate data ends early");
    }
    return 0;
}

static void free_zstd(ZSTD_DStream **s)
{
    ZSTD_freeDStream(*s);
}

static int zstd_all(struct unpacker *u)
{
    _cleanup_(free_zstd) ZSTD_DStream *s = ZSTD_createDStream();
    if (!s)
        mem_exhausted(sizeof s);
    ZSTD_DCtx_setParameter(s, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    size_t n, hint = 1;
    for (;;) {
        int status = take(u, &n);
        if (status < 0)
            return status;
        if (!n)
            return hint ? err_set(ERR_INVALID, "zstd data ends early") : 0;
        ZSTD_inBuffer in = {u->in, n, 0};
        size_t made = PIECE;
        while (in.pos < in.size || (made == PIECE && hint)) { /* 0: a frame has ended, all of it given */
            ZSTD_outBuffer out = {u->out, PIECE, 0};
            hint = ZSTD_decompressStream(s, &out, &in);
            if (ZSTD_isError(hint))
                return err_set(ERR_INVALID, "damaged zstd data: %s", ZSTD_getErrorName(hint));
            made = out.pos;
            status = give(u, u->out, made);
            if (status < 0)
                return status;
        }
    }
}

int unpack(enum unpack_method method, const struct unpack_input *input, struct view_budget *budget,
           struct spool *to, uint32_t *ret_crc)
{
    if (over_ratio(input->size, input->packed, RATIO_FREE))
        return err_set(ERR_LIMIT, "unpacks to more than %u times its size", view_limits.ratio);
    _cleanup_free_ struct unpacker *u = mem_grow(NULL, 1, sizeof *u);
    u->input = input;
    u->budget = budget;
    u->to = to;
    u->taken = u->given = 0;
    u->crc = 0;
    int status = method == UNPACK_STORED    ? copy_stored(u)
                 : method == UNPACK_DEFLATE ? inflate_all(u)
                                            : zstd_all(u);
    if (status < 0)
        return status;
    if (u->given != input->size)
        return err_set(ERR_INVALID, "%llu bytes instead of the stated %llu", (unsigned long long)u->given,
                       (unsigned long long)input->size);
    *ret_crc = u->crc;
    return 0;
}
