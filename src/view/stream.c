#include "view/stream.h"

#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "view/io.h"

/* Memory: the blocks, one piece of input, and the state of the decompressor (zstd: its window, at most 32
 * MiB; xz: its dictionary, 64 MiB for what `xz -9` made). */
enum { BLOCKS = 8, BLOCK = 256 * 1024, PIECE = 128 * 1024, RATIO_FREE = 16 << 20, ZSTD_WINDOW_LOG = 25 };
enum { XZ_MEMORY = 66 << 20 };

struct block {
    unsigned char *p;
    size_t n;
};

struct stream {
    struct blob blob;
    struct view_budget *budget; /* touched by the caller's thread only */
    uint64_t given;             /* bytes that the caller got */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: blocks first..last-1 (counted without end) are full; the one before `first` is the
     * caller's. */
    struct block blocks[BLOCKS];
    uint64_t first, last;
    bool stop;  /* the caller has had enough */
    bool ended; /* nothing comes after `last` */
    int status; /* why, when it ended early */
    char text[512];

    /* The thread's own until it ended. */
    uint64_t taken;
    bool plain; /* not compressed: both digests are one */
    struct sha256 *packed_hash;
    unsigned char packed_digest[SHA256_SIZE];
    unsigned char *in;
    struct block *filling;

    /* The caller's. */
    struct sha256 *plain_hash;
    bool finished;
};

/* The next piece of the blob; 0 bytes at its end. */
static int take(struct stream *s, size_t *ret_n)
{
    uint64_t left = s->blob.size - s->taken;
    size_t n = left < PIECE ? (size_t)left : PIECE, got;
    int status = io_read_at(s->blob.fd, s->blob.offset + s->taken, s->in, n, &got);
    if (status == 0 && got < n)
        status = err_set(ERR_INVALID, "cut short after %llu of %llu bytes",
                         (unsigned long long)(s->taken + got), (unsigned long long)s->blob.size);
    if (status < 0)
        return status;
    sha256_update(s->packed_hash, s->in, n);
    s->taken += n;
    *ret_n = n;
    return 0;
}

/* A block to fill; false when the caller wants no more. */
static bool block_wait(struct stream *s)
{
    if (s->filling && s->filling->n < BLOCK)
        return true;
    pthread_mutex_lock(&s->lock);
    if (s->filling) {
        s->last++;
        pthread_cond_broadcast(&s->changed);
    }
    while (!s->stop && s->last - s->first >= BLOCKS - 1) /* one is being read */
        pthread_cond_wait(&s->changed, &s->lock);
    bool stop = s->stop;
    s->filling = stop ? NULL : &s->blocks[s->last % BLOCKS];
    pthread_mutex_unlock(&s->lock);
    if (stop)
        return false;
    if (!s->filling->p)
        s->filling->p = mem_grow(NULL, BLOCK, 1);
    s->filling->n = 0;
    return true;
}

static void publish_end(struct stream *s, int status)
{
    pthread_mutex_lock(&s->lock);
    if (s->filling && s->filling->n)
        s->last++;
    s->filling = NULL;
    s->ended = true;
    s->status = status;
    if (status < 0)
        snprintf(s->text, sizeof s->text, "%s", err_text());
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static int copy_plain(struct stream *s, size_t n)
{
    int status = 0;
    for (; status == 0 && n; status = take(s, &n))
        for (size_t at = 0; at < n;) {
            if (!block_wait(s))
                return 0;
            size_t room = BLOCK - s->filling->n, part = n - at < room ? n - at : room;
            memcpy(s->filling->p + s->filling->n, s->in + at, part);
            s->filling->n += part;
            at += part;
        }
    return status;
}

/* After a member: another one, zeros that fill up a block of a tape, or the end. */
static int next_member(struct stream *s, struct inflate_state *z, bool *ret_more)
{
    *ret_more = false;
    for (;;) {
        while (z->avail_in && !*z->next_in) {
            z->next_in++;
            z->avail_in--;
        }
        if (z->avail_in)
            break;
        size_t n;
        int status = take(s, &n);
        if (status < 0 || !n)
            return status;
        z->next_in = s->in;
        z->avail_in = (uint32_t)n;
    }
    isal_inflate_reset(z); /* whatever follows must be a member; its header is checked as such */
    *ret_more = true;
    return 0;
}

static int inflate_all(struct stream *s, size_t n)
{
    _cleanup_free_ struct inflate_state *z = mem_alloc(sizeof *z);
    bool more = true;
    isal_inflate_init(z);
    z->crc_flag = ISAL_GZIP;
    z->next_in = s->in;
    z->avail_in = (uint32_t)n;
    while (more) {
        bool last = false;
        if (!z->avail_in) {
            int status = take(s, &n);
            if (status < 0)
                return status;
            z->next_in = s->in;
            z->avail_in = (uint32_t)n;
            last = n == 0;
        }
        if (!block_wait(s))
            return 0;
        size_t room = BLOCK - s->filling->n;
        z->next_out = s->filling->p + s->filling->n;
        z->avail_out = (uint32_t)room;
        if (isal_inflate(z) != ISAL_DECOMP_OK)
            return err_set(ERR_INVALID, "damaged gzip data before byte %llu", (unsigned long long)s->taken);
        size_t made = room - z->avail_out;
        s->filling->n += made;
        if (z->block_state == ISAL_BLOCK_FINISH) {
            int status = next_member(s, z, &more);
            if (status < 0)
                return status;
        } else if (last && !made) {
            return err_set(ERR_INVALID, "gzip data ends early, after %llu bytes",
                           (unsigned long long)s->taken);
        }
    }
    return 0;
}

static void free_zstd(ZSTD_DStream **z)
{
    ZSTD_freeDStream(*z);
}

static int zstd_error(size_t code, unsigned window_log)
{
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
        return err_set(ERR_LIMIT, "zstd window larger than %llu bytes", 1ULL << window_log);
    return err_set(ERR_INVALID, "damaged zstd data: %s", ZSTD_getErrorName(code));
}

static int zstd_all(struct stream *s, size_t n)
{
    _cleanup_(free_zstd) ZSTD_DStream *z = ZSTD_createDStream();
    if (!z)
        mem_exhausted(sizeof z);
    unsigned window_log = s->blob.window_log ? s->blob.window_log : ZSTD_WINDOW_LOG;
    ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, (int)window_log);
    size_t hint = 1;
    int status = 0;
    for (; status == 0 && n; status = take(s, &n)) {
        ZSTD_inBuffer in = {s->in, n, 0};
        bool full = false;
        while (in.pos < in.size || (full && hint)) { /* 0: a frame has ended, all of it given */
            if (!block_wait(s))
                return 0;
            ZSTD_outBuffer out = {s->filling->p, BLOCK, s->filling->n};
            hint = ZSTD_decompressStream(z, &out, &in);
            if (ZSTD_isError(hint))
                return zstd_error(hint, window_log);
            s->filling->n = out.pos;
            full = out.pos == BLOCK;
        }
    }
    if (status == 0 && hint)
        return err_set(ERR_INVALID, "zstd data ends early, after %llu bytes", (unsigned long long)s->taken);
    return status;
}

static int xz_error(lzma_ret result)
{
    if (result == LZMA_MEM_ERROR)
        mem_exhausted(XZ_MEMORY);
    if (result == LZMA_MEMLIMIT_ERROR)
        return err_set(ERR_LIMIT, "xz data that takes more than %d bytes of memory", XZ_MEMORY);
    if (result == LZMA_OPTIONS_ERROR)
        return err_set(ERR_UNSUPPORTED, "xz data of a kind that liblzma does not know");
    return err_set(ERR_INVALID, "%s", result == LZMA_BUF_ERROR ? "xz data ends early" : "damaged xz data");
}

static int xz_all(struct stream *s, size_t n)
{
    _cleanup_(lzma_end) lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret result = lzma_stream_decoder(&z, XZ_MEMORY, LZMA_CONCATENATED);
    z.next_in = s->in;
    z.avail_in = n;
    while (result == LZMA_OK) {
        if (!z.avail_in && n) {
            int status = take(s, &n);
            if (status < 0)
                return status;
            z.next_in = s->in;
            z.avail_in = n;
        }
        if (!block_wait(s))
            return 0;
        z.next_out = s->filling->p + s->filling->n;
        z.avail_out = BLOCK - s->filling->n;
        result = lzma_code(&z, n ? LZMA_RUN : LZMA_FINISH);
        s->filling->n = BLOCK - z.avail_out;
    }
    return result == LZMA_STREAM_END ? 0 : xz_error(result);
}

enum packing stream_packing(struct str start)
{
    static const struct str xz = {"\xfd"
                                  "7zXZ",
                                  5};
    if (str_starts(start, STR("\x1f\x8b")))
        return PACKING_GZIP;
    /* A zstd frame, or a skippable one (RFC 8878, 3.1). */
    if (str_starts(start, STR("\x28\xb5\x2f\xfd")) ||
        (start.n >= 4 && (start.p[0] & 0xf0) == 0x50 && !memcmp(start.p + 1, "\x2a\x4d\x18", 3)))
        return PACKING_ZSTD;
    if (str_starts(start, xz))
        return PACKING_XZ;
    return str_starts(start, STR("BZh")) ? PACKING_BZIP2 : PACKING_NONE;
}

static int pump(struct stream *s)
{
    size_t n;
    int status = take(s, &n);
    if (status < 0)
        return status;
    switch (stream_packing((struct str){(const char *)s->in, n})) {
    case PACKING_GZIP:
        return inflate_all(s, n);
    case PACKING_ZSTD:
        return zstd_all(s, n);
    case PACKING_XZ:
        return xz_all(s, n);
    case PACKING_BZIP2:
        return err_set(ERR_UNSUPPORTED, "compressed with bzip2");
    case PACKING_NONE:
        break;
    }
    s->plain = true;
    return copy_plain(s, n);
}

static void *run(void *arg)
{
    struct stream *s = arg;
    publish_end(s, pump(s));
    return NULL;
}

struct stream *stream_open(const struct blob *blob, struct view_budget *budget)
{
    struct stream *s = mem_alloc(sizeof *s);
    s->blob = *blob;
    s->budget = budget;
    s->in = mem_grow(NULL, PIECE, 1);
    s->packed_hash = sha256_new();
    s->plain_hash = sha256_new();
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->thread, NULL, run, s))
        mem_exhausted(0);
    return s;
}

void stream_free(struct stream *s)
{
    unsigned char digest[SHA256_SIZE];
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    if (!s->finished) {
        sha256_finish(s->packed_hash, digest);
        sha256_finish(s->plain_hash, digest);
    }
    for (int i = 0; i < BLOCKS; i++)
        free(s->blocks[i].p);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->in);
    free(s);
}

static int charge(struct stream *s, size_t n)
{
    struct view_budget *b = s->budget;
    s->given += n;
    b->unpacked += n;
    if (b->unpacked > view_limits.bytes)
        return err_set(ERR_LIMIT, "more than %llu bytes unpacked", (unsigned long long)view_limits.bytes);
    if (s->given > RATIO_FREE && s->given / view_limits.ratio > s->blob.size)
        return err_set(ERR_LIMIT, "unpacks to more than %u times its size", view_limits.ratio);
    return 0;
}

/* Block `first` is the caller's until the next call: only `first` moves on here, and the thread keeps one
 * block away. */
int stream_next(struct stream *s, const unsigned char **ret_p, size_t *ret_n)
{
    pthread_mutex_lock(&s->lock);
    while (s->first == s->last && !s->ended)
        pthread_cond_wait(&s->changed, &s->lock);
    bool more = s->first < s->last;
    struct block b = more ? s->blocks[s->first % BLOCKS] : (struct block){NULL, 0};
    if (more)
        s->first++;
    int status = more ? 0 : s->status;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (status < 0)
        return err_set(status, "%s", s->text);
    if (more && !s->plain)
        sha256_update(s->plain_hash, b.p, b.n);
    status = charge(s, b.n);
    if (status < 0)
        return status;
    *ret_p = b.p;
    *ret_n = b.n;
    return 0;
}

int stream_finish(struct stream *s, struct stream_digests *ret_digests)
{
    const unsigned char *p;
    size_t n = 1;
    while (n) {
        int status = stream_next(s, &p, &n);
        if (status < 0)
            return status;
    }
    struct stream_digests d;
    sha256_finish(s->packed_hash, d.packed);
    sha256_finish(s->plain_hash, d.plain);
    if (s->plain)
        memcpy(d.plain, d.packed, sizeof d.plain);
    s->finished = true;
    *ret_digests = d;
    return 0;
}
