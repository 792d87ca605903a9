#include "source/disk_feed.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "view/io.h"

uint64_t feed_blocks(const uint64_t *sizes, size_t n, uint64_t block)
{
    uint64_t blocks = 0;
    for (size_t i = 0; i < n; i++)
        blocks += sizes[i] / block + (sizes[i] % block != 0);
    return blocks;
}

/* ---- the child ---- */

struct feed {
    struct disk disk;
    int spool, socket;
    uint64_t block;
    unsigned char *brought; /* a bit a block */
    /* The blocks of the next request: first the one that is needed now, then those that will be. */
    uint64_t wanted[FEED_AT_ONCE];
    size_t n;
};

static bool is_brought(const struct feed *f, uint64_t block)
{
    return f->brought[block / 8] & 1u << block % 8;
}

static void want(struct feed *f, uint64_t block)
{
    if (f->n == FEED_AT_ONCE || is_brought(f, block))
        return;
    for (size_t i = 0; i < f->n; i++)
        if (f->wanted[i] == block)
            return;
    f->wanted[f->n++] = block;
}

static int receive(int socket, void *to, size_t n)
{
    for (char *at = to; n;) {
        ssize_t got = read(socket, at, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("the socket for blocks");
        if (got == 0)
            return err_set(ERR_MISSING, "the other side is gone");
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

static int ask(struct feed *f)
{
    uint64_t request[FEED_AT_ONCE + 1] = {f->n};
    unsigned char answer = 0;
    memcpy(request + 1, f->wanted, f->n * sizeof *request);
    int status = io_write(f->socket, request, (f->n + 1) * sizeof *request);
    if (status == 0)
        status = receive(f->socket, &answer, 1);
    if (status < 0 || !answer)
        return err_set(ERR_IO, "a block of the disk could not be brought");
    for (size_t i = 0; i < f->n; i++)
        f->brought[f->wanted[i] / 8] |= (unsigned char)(1u << f->wanted[i] % 8);
    f->n = 0;
    return 0;
}

static int bring(struct feed *f, uint64_t block)
{
    if (is_brought(f, block))
        return 0;
    if (f->n == FEED_AT_ONCE) /* what was only hinted at can wait */
        f->n--;
    want(f, block);
    return ask(f);
}

static int feed_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    struct feed *f = (struct feed *)disk;
    size_t got = 0;
    int status = 0;
    for (uint64_t b = offset / f->block; status == 0 && b <= (offset + n - 1) / f->block; b++)
        status = bring(f, b);
    if (status == 0)
        status = io_read_at(f->spool, offset, to, n, &got);
    return status == 0 && got < n ? err_set(ERR_IO, "the spool of blocks is too short") : status;
}

static void feed_hint(struct disk *disk, uint64_t offset, uint64_t n)
{
    struct feed *f = (struct feed *)disk;
    if (!n)
        return;
    for (uint64_t b = offset / f->block; f->n < FEED_AT_ONCE && b <= (offset + n - 1) / f->block; b++)
        want(f, b);
}

static void feed_close(struct disk *disk)
{
    free(((struct feed *)disk)->brought);
    free(disk);
}

struct disk *feed_open(int spool, int socket, uint64_t block, uint64_t blocks)
{
    static const struct disk_ops ops = {feed_read, feed_hint, feed_close};
    struct feed *f = mem_alloc(sizeof *f);
    f->disk = (struct disk){&ops, blocks * block};
    f->spool = spool;
    f->socket = socket;
    f->block = block;
    f->brought = mem_alloc((size_t)(blocks / 8 + 1));
    return &f->disk;
}

/* ---- the parent ---- */

int feed_request(int socket, uint64_t blocks, uint64_t ret_wanted[FEED_AT_ONCE], size_t *ret_n)
{
    uint64_t n, wanted[FEED_AT_ONCE];
    int status = receive(socket, &n, sizeof n);
    if (status == 0 && (!n || n > FEED_AT_ONCE))
        return err_set(ERR_INVALID, "a request for %llu blocks", (unsigned long long)n);
    if (status == 0)
        status = receive(socket, wanted, (size_t)n * sizeof *wanted);
    if (status == ERR_MISSING) {
        *ret_n = 0;
        return 0;
    }
    if (status < 0)
        return status;
    for (size_t i = 0; i < n; i++)
        if (wanted[i] >= blocks)
            return err_set(ERR_INVALID, "a request for block %llu of %llu", (unsigned long long)wanted[i],
                           (unsigned long long)blocks);
    memcpy(ret_wanted, wanted, (size_t)n * sizeof *wanted);
    *ret_n = (size_t)n;
    return 0;
}

int feed_answer(int socket, bool brought)
{
    unsigned char answer = brought;
    return send(socket, &answer, 1, MSG_NOSIGNAL) == 1 ? 0 : err_errno("the socket for blocks");
}
