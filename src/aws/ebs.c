#include "aws/ebs.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <unistd.h>

#include "aws/pages.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/vec.h"

enum {
    WINDOW = 10000, /* blocks that are listed at once: as many as a page may have */
    AT_ONCE = 8,    /* requests */
    ATTEMPTS = 3,   /* at a block whose checksum is wrong */
    BLOCK_MIN = 512,
    BLOCK_MAX = 16 << 20,
    TOKEN_MAX = 4096,
    TEXT_MAX = 512,
    BASE64 = 4 * ((SHA256_SIZE + 2) / 3),
};
#define VOLUME_MAX ((uint64_t)64 << 40) /* bytes: what the largest kind of volume has */

/* A block that the snapshot has, and what it takes to get it. */
struct block {
    uint64_t index;
    struct str token;
};
/* A stretch of WINDOW blocks of the volume. */
struct window {
    bool listed;
    VEC(struct block) blocks; /* in order */
};
struct ebs {
    struct aws *aws;
    struct arena *arena; /* tokens */
    struct str id;
    uint64_t size, block, fetched;
    struct window *windows;
    size_t n_windows;
};

void ebs_free(struct ebs *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n_windows; i++)
        vec_free(&e->windows[i].blocks);
    free(e->windows);
    arena_free(e->arena);
    free(e);
}

static void ebs_cleanup(struct ebs **e)
{
    ebs_free(*e);
}

uint64_t ebs_size(const struct ebs *e)
{
    return e->size;
}

uint64_t ebs_block(const struct ebs *e)
{
    return e->block;
}

uint64_t ebs_fetched(const struct ebs *e)
{
    return e->fetched;
}

/* ---- what there is ---- */

static struct aws_call list_call(struct ebs *e, struct arena *a, uint64_t first, unsigned max)
{
    return (struct aws_call){
        .service = "ebs",
        .protocol = AWS_REST,
        .operation = "ListSnapshotBlocks",
        .method = "GET",
        .list = "Blocks",
        .path = arena_printf(a, "/snapshots/%.*s/blocks?maxResults=%u&startingBlockIndex=%llu",
                             STR_ARG(http_encode(a, e->id, false)), max, (unsigned long long)first)};
}

int ebs_open(struct aws *aws, struct str snapshot, struct ebs **ret_snapshot)
{
    enum { FEWEST = 100 };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(ebs_cleanup) struct ebs *e = mem_alloc(sizeof *e);
    json_val *document;
    e->aws = aws;
    e->arena = arena_new(0);
    e->id = arena_str(e->arena, snapshot);
    const struct aws_call call = list_call(e, a, 0, FEWEST);
    int status = aws_json(aws, a, &call, &document);
    if (status < 0)
        return status;
    int64_t gib = yyjson_get_sint(json_get(document, "VolumeSize"));
    int64_t block = yyjson_get_sint(json_get(document, "BlockSize"));
    if (gib <= 0 || (uint64_t)gib > VOLUME_MAX >> 30 || block < BLOCK_MIN || block > BLOCK_MAX)
        return err_set(ERR_INVALID, "%.*s: a volume of %lld GiB in blocks of %lld bytes", STR_ARG(snapshot),
                       (long long)gib, (long long)block);
    e->size = (uint64_t)gib << 30;
    e->block = (uint64_t)block;
    e->n_windows = (size_t)(e->size / e->block / WINDOW + 1);
    e->windows = mem_alloc(e->n_windows * sizeof *e->windows);
    *ret_snapshot = e;
    e = NULL;
    return 0;
}

/* A window that is being listed. */
struct listing {
    struct ebs *e;
    struct window *window;
    uint64_t next, end; /* blocks that may still come */
};

static int on_page(void *ctx, json_val *document)
{
    struct listing *l = ctx;
    for (json_each(one, json_get(document, "Blocks"))) {
        int64_t index = yyjson_get_sint(json_get(one, "BlockIndex"));
        struct str token = json_get_str(one, "BlockToken");
        if (!yyjson_is_int(json_get(one, "BlockIndex")) || index < 0 || (uint64_t)index < l->next ||
            !token.n || token.n > TOKEN_MAX)
            return err_set(ERR_INVALID, "%.*s: blocks that are not in order", STR_ARG(l->e->id));
        if ((uint64_t)index >= l->end)
            return 1;
        vec_add(&l->window->blocks, (struct block){(uint64_t)index, arena_str(l->e->arena, token)});
        l->next = (uint64_t)index + 1;
    }
    return l->next >= l->end;
}

static int list(struct ebs *e, uint64_t index)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct window *w = &e->windows[index / WINDOW];
    uint64_t first = index / WINDOW * WINDOW;
    struct listing l = {e, w, first, first + WINDOW};
    if (w->listed)
        return 0;
    w->blocks.n = 0;
    const struct aws_call call = list_call(e, a, first, WINDOW);
    int status = aws_pages(e->aws, &call, "pageToken", "NextToken", on_page, &l);
    w->listed = status >= 0;
    return status < 0 ? status : 0;
}

static const struct block *find(const struct ebs *e, uint64_t index)
{
    const struct window *w = &e->windows[index / WINDOW];
    size_t low = 0, high = w->blocks.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->blocks.at[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < w->blocks.n && w->blocks.at[low].index == index ? &w->blocks.at[low] : NULL;
}

/* ---- fetching ---- */

static int verify(const struct ebs *e, const struct aws_reply *reply)
{
    const struct client_reply r = {.headers = reply->headers, .n_headers = reply->n_headers};
    struct str stated = client_header(&r, "x-amz-checksum");
    unsigned char digest[SHA256_SIZE];
    char base64[BASE64 + 1];
    if (reply->body.n != e->block)
        return err_set(ERR_INVALID, "%.*s: a block of %zu bytes instead of %llu", STR_ARG(e->id),
                       reply->body.n, (unsigned long long)e->block);
    if (!str_is(client_header(&r, "x-amz-checksum-algorithm"), "SHA256") || !stated.n)
        return err_set(ERR_INVALID, "%.*s: a block without a SHA256 checksum", STR_ARG(e->id));
    sha256_of(reply->body, digest);
    EVP_EncodeBlock((unsigned char *)base64, digest, sizeof digest);
    return str_is(stated, base64) ? 0
                                  : err_set(ERR_IO, "%.*s: a block with a wrong checksum", STR_ARG(e->id));
}

static int write_at(int fd, struct str bytes, uint64_t at)
{
    while (bytes.n) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno("writing the spool of blocks");
        bytes = str_slice(bytes, (size_t)n, bytes.n);
        at += (uint64_t)n;
    }
    return 0;
}

static int fetch(const struct ebs_wanted *w, const struct block *b, int fd)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct ebs *e = w->snapshot;
    const struct aws_call call = {.service = "ebs",
                                  .protocol = AWS_REST,
                                  .operation = "GetSnapshotBlock",
                                  .method = "GET",
                                  .cap = (size_t)e->block,
                                  .path = arena_printf(a, "/snapshots/%.*s/blocks/%llu?blockToken=%.*s",
                                                       STR_ARG(http_encode(a, e->id, false)),
                                                       (unsigned long long)b->index,
                                                       STR_ARG(http_encode(a, b->token, false)))};
    struct aws_reply reply;
    int status = ERR_IO;
    for (int i = 0; i < ATTEMPTS && status == ERR_IO; i++) {
        status = aws_send(e->aws, a, &call, &reply);
        if (status < 0)
            return status;
        status = verify(e, &reply);
    }
    return status < 0 ? status : write_at(fd, reply.body, w->to);
}

/* What the threads of one call share. */
struct work {
    const struct ebs_wanted *wanted;
    size_t n, next;
    int fd, status;
    char text[TEXT_MAX];
    pthread_mutex_t lock;
    const _Atomic bool *stop;
};

static void *work(void *ctx)
{
    struct work *w = ctx;
    client_stop_when(w->stop);
    for (;;) {
        pthread_mutex_lock(&w->lock);
        size_t i = w->status < 0 ? w->n : w->next++;
        pthread_mutex_unlock(&w->lock);
        if (i >= w->n)
            return NULL;
        const struct block *b = find(w->wanted[i].snapshot, w->wanted[i].index);
        int status = b ? fetch(&w->wanted[i], b, w->fd) : 0;
        pthread_mutex_lock(&w->lock);
        w->wanted[i].snapshot->fetched += b != NULL;
        if (status < 0 && w->status == 0) {
            w->status = status;
            snprintf(w->text, sizeof w->text, "%s", err_text());
        }
        pthread_mutex_unlock(&w->lock);
    }
}

int ebs_bring(const struct ebs_wanted *wanted, size_t n, int fd)
{
    struct work w = {
        .wanted = wanted, .n = n, .fd = fd, .lock = PTHREAD_MUTEX_INITIALIZER, .stop = client_stop()};
    pthread_t threads[AT_ONCE];
    size_t started = 0;
    for (size_t i = 0; i < n; i++) {
        if (wanted[i].index >= wanted[i].snapshot->size / wanted[i].snapshot->block)
            return err_set(ERR_INVALID, "block %llu is behind the end", (unsigned long long)wanted[i].index);
        int status = list(wanted[i].snapshot, wanted[i].index);
        if (status < 0)
            return status;
    }
    while (started + 1 < n && started < AT_ONCE - 1 && pthread_create(&threads[started], NULL, work, &w) == 0)
        started++;
    work(&w);
    while (started)
        pthread_join(threads[--started], NULL);
    return w.status < 0 ? err_set(w.status, "%s", w.text) : 0;
}
