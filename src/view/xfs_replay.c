/* What the log of XFS holds and is not yet in its place, laid over the disk: buffers and inodes of committed
 * transactions, as the kernel does before it mounts (fs/xfs/xfs_log_recover.c, xfs_buf_item_recover.c,
 * xfs_inode_item_recover.c). Left out is what changes nothing that is read here: lists of unlinked inodes,
 * inodes that were only allocated, quotas, attributes. Nor are intents carried out, which a mount does at
 * last: where that matters (xfs_intent.h) it is said.
 *
 * All transactions from the tail on are replayed in order, so that it does not matter which of them have
 * reached their place. Numbers of items are little-endian, unlike those of the disk. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "view/overlay.h"
#include "view/view.h"
#include "view/xfs_intent.h"
#include "view/xfs_log.h"

enum { OP_HEAD = 12, TRANSACTION_HEAD = 16, TRANSACTIONS_MAX = 1024, REGION_MAX = 1 << 20 };
enum {
    START = 1,
    COMMIT = 2,
    CONTINUES = 4,
    CONTINUED = 8,
    END = 16,
    UNMOUNT = 32 /* flags of operations */
};
enum { BUFFER = 0x123c, INODE = 0x123b, BUFFER_HEAD = 20, INODE_HEAD = 56, CHUNK = 128 };
enum { OF_INODES = 1, CANCELS = 2 /* flags of buffers */ };
enum { HAS_DATA = 2, HAS_EXTENTS = 4, HAS_ROOT = 8 /* fields of inodes */ };
struct region {
    unsigned char *at;
    size_t n, size;
};
struct item {
    size_t first, n, total; /* regions: which, how many there are, how many there will be */
};
struct transaction {
    uint32_t id;
    bool used;
    size_t head; /* bytes of its head that were seen */
    struct arena *arena;
    VEC(struct region) regions;
    VEC(struct item) items;
};
struct replay {
    struct xfs *x;
    struct overlay *overlay;
    struct arena *arena;
    struct map cancelled; /* how often buffers are cancelled by what is still to come: by place and length */
    VEC(struct transaction) transactions;
    struct xfs_intents intents;
    bool second; /* the first pass finds what is cancelled, the second replays */
};

static int damaged(void)
{
    return err_set(ERR_INVALID, "a damaged transaction");
}

/* ---- buffers ---- */

struct buffer {
    uint64_t at; /* sector */
    unsigned sectors, flags;
};

static int read_buffer(const struct region *r, struct buffer *to)
{
    if (r->n < BUFFER_HEAD)
        return damaged();
    *to = (struct buffer){get_le64(r->at + 8), get_le16(r->at + 6), get_le16(r->at + 4)};
    return 0;
}

/* How often it is cancelled later on. */
static uint64_t *cancels_of(struct replay *p, uint64_t at, uint64_t sectors, bool add)
{
    const uint64_t key[] = {at, sectors};
    struct str k = {(const char *)key, sizeof key};
    uint64_t *n = map_get(&p->cancelled, k);
    if (!n && add) {
        n = arena_alloc(p->arena, sizeof *n);
        map_set(&p->cancelled, arena_str(p->arena, k), n);
    }
    return n;
}

static bool is_cancelled(struct replay *p, uint64_t at, uint64_t sectors)
{
    const uint64_t *n = cancels_of(p, at, sectors, false);
    return n && *n;
}

static int change(struct replay *p, uint64_t at, unsigned sectors, unsigned char *bytes, bool write)
{
    for (unsigned i = 0; i < sectors; i++) {
        unsigned char *sector;
        int status = overlay_change(p->overlay, at + i, &sector);
        if (status < 0)
            return status;
        if (write)
            memcpy(sector, bytes + (size_t)i * XFS_SECTOR, XFS_SECTOR);
        else
            memcpy(bytes + (size_t)i * XFS_SECTOR, sector, XFS_SECTOR);
    }
    return 0;
}

static void put_sum(unsigned char *block, size_t n, size_t at)
{
    uint32_t sum = htole32(xfs_sum(block, n, at));
    memcpy(block + at, &sum, sizeof sum);
}

/* Of the kinds that are verified when they are read. */
static void sum_buffer(const struct xfs *x, const struct buffer *b, unsigned char *bytes, size_t n)
{
    enum { TREE = 4, LINK = 9, DIRECTORY = 10, DIRECTORY_DATA = 11, SUPER = 18 };
    switch (b->flags >> 11 & 31) {
    case TREE:
        if (get_be32(bytes) == XFS_TREE_V5 && n == x->block)
            put_sum(bytes, n, XFS_TREE_SUM);
        break;
    case LINK:
        put_sum(bytes, n, XFS_LINK_SUM);
        break;
    case DIRECTORY:
    case DIRECTORY_DATA:
        put_sum(bytes, n, XFS_DIRECTORY_SUM);
        break;
    case SUPER:
        put_sum(bytes, n, XFS_SUPER_SUM);
    }
}

/* Chunks of 128 bytes, where the bits of the map say; each stretch of them is a region, or several where it
 * was in several pieces of memory. */
static int copy_chunks(const struct region *r, size_t n_regions, unsigned char *bytes, size_t n)
{
    size_t bits = (size_t)get_le32(r->at + 16) * 32, k = 1;
    if (bits / 8 > r->n - BUFFER_HEAD)
        return damaged();
    const unsigned char *map = r->at + BUFFER_HEAD;
    for (size_t i = 0; i < bits;) {
        size_t first = i;
        while (i < bits && map[i / 8] >> i % 8 & 1)
            i++;
        if (i == first) {
            i++;
            continue;
        }
        if (k == n_regions)
            return damaged();
        if (i - first > r[k].n / CHUNK)
            i = first + r[k].n / CHUNK;
        size_t size = (i - first) * CHUNK;
        if (!size || first * CHUNK > n || size > n - first * CHUNK)
            return damaged();
        memcpy(bytes + first * CHUNK, r[k].at, size);
        k++;
    }
    return 0;
}

static int replay_buffer(struct replay *p, const struct region *r, size_t n)
{
    unsigned char bytes[FS_BLOCK_MAX];
    struct buffer b = {0};
    int status = read_buffer(r, &b);
    if (status < 0 || b.flags & OF_INODES || is_cancelled(p, b.at, b.sectors))
        return status;
    size_t size = (size_t)b.sectors * XFS_SECTOR;
    if (!size || size > sizeof bytes)
        return damaged();
    status = change(p, b.at, b.sectors, bytes, false);
    if (status == 0)
        status = copy_chunks(r, n, bytes, size);
    if (status < 0)
        return status;
    if (p->x->crc)
        sum_buffer(p->x, &b, bytes, size);
    return change(p, b.at, b.sectors, bytes, true);
}

static int cancel(struct replay *p, const struct region *r)
{
    struct buffer b = {0};
    int status = read_buffer(r, &b);
    if (status < 0)
        return status;
    uint64_t *n = cancels_of(p, b.at, b.sectors, !p->second);
    if (!p->second)
        ++*n;
    else if (n && *n)
        --*n;
    return 0;
}

/* ---- inodes ---- */

/* As the disk has it, from as the log has it: the same places, numbers the other way round. */
static void copy_core(const struct xfs *x, const unsigned char *from, unsigned char *to)
{
    static const struct {
        unsigned char at, n;
    } fields[] = {{0, 2},  {2, 2},  {4, 1},  {5, 1},  {8, 4},  {12, 4}, {16, 4}, {56, 8},  {64, 8}, {72, 4},
                  {76, 4}, {80, 2}, {82, 1}, {83, 1}, {90, 2}, {92, 4}, {24, 8}, {120, 8}, {152, 8}};
    enum { OF_V3 = 3 /* of the last ones */, ID_AT = 160, ID = 16 };
    size_t n = sizeof fields / sizeof *fields - (x->crc ? 0 : OF_V3);
    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; k < fields[i].n; k++)
            to[fields[i].at + k] = from[fields[i].at + fields[i].n - 1 - k];
    if (x->crc)
        memcpy(to + ID_AT, from + ID_AT, ID);
}

/* The root of a tree of extents: in the log as a block is, in the inode without most of its head, and with
 * room for fewer. */
static int copy_root(const struct xfs *x, const struct region *r, unsigned char *fork, size_t n)
{
    size_t head = x->crc ? 72 : 24, records = r->n < head ? 0 : get_be16(r->at + 6);
    if (r->n < head || n < 4 || records > (r->n - head) / 16 || records > (n - 4) / 16)
        return damaged();
    memcpy(fork, r->at + 4, 4);
    memcpy(fork + 4, r->at + head, records * 8);
    memcpy(fork + 4 + (n - 4) / 16 * 8, r->at + head + (r->n - head) / 16 * 8, records * 8);
    return 0;
}

static int copy_fork(const struct xfs *x, const struct region *r, unsigned fields, unsigned char *inode)
{
    size_t core = xfs_core(x), end = inode[82] ? core + inode[82] * (size_t)8 : x->inode_size;
    if (end > x->inode_size)
        return damaged();
    if (fields & HAS_ROOT)
        return copy_root(x, r, inode + core, end - core);
    if (r->n > x->inode_size - core)
        return damaged();
    memcpy(inode + core, r->at, r->n);
    return 0;
}

static int replay_inode(struct replay *p, const struct region *r, size_t n)
{
    enum { CORE_V2_LOGGED = 96, CORE_V3_LOGGED = 176 };
    const struct xfs *x = p->x;
    unsigned char bytes[FS_INODE_MAX + XFS_SECTOR];
    uint64_t at;
    size_t size;
    if (n < 2 || r[0].n < INODE_HEAD || r[1].n < (x->crc ? CORE_V3_LOGGED : CORE_V2_LOGGED))
        return damaged();
    uint32_t fields = get_le32(r[0].at + 4);
    if (is_cancelled(p, get_le64(r[0].at + 40), get_le32(r[0].at + 48)))
        return 0;
    int status = p->x->fs.ops->place(&p->x->fs, get_le64(r[0].at + 16), &at, &size);
    if (status < 0)
        return status;
    unsigned sectors = (unsigned)((at % XFS_SECTOR + size + XFS_SECTOR - 1) / XFS_SECTOR);
    status = change(p, at / XFS_SECTOR, sectors, bytes, false);
    if (status < 0)
        return status;
    unsigned char *inode = bytes + at % XFS_SECTOR;
    copy_core(x, r[1].at, inode);
    if (fields & (HAS_DATA | HAS_EXTENTS | HAS_ROOT))
        status = n > 2 ? copy_fork(x, &r[2], fields, inode) : damaged();
    if (status < 0)
        return status;
    if (x->crc)
        put_sum(inode, x->inode_size, XFS_INODE_SUM);
    return change(p, at / XFS_SECTOR, sectors, bytes, true);
}

/* ---- transactions ---- */

static unsigned kind_of(const struct region *r)
{
    return r->n < 4 ? 0 : get_le16(r->at);
}

static bool cancels(const struct region *r)
{
    return r->n >= BUFFER_HEAD && get_le16(r->at + 4) & CANCELS;
}

/* Buffers first, then inodes, at last what is cancelled; intents in the order in which they were written. */
static int commit(struct replay *p, struct transaction *t)
{
    enum { BUFFERS, INODES, CANCELLED, ORDER };
    int status = 0;
    for (int order = p->second ? BUFFERS : CANCELLED; order < ORDER; order++)
        for (size_t i = 0; status == 0 && i < t->items.n; i++) {
            const struct item *item = &t->items.at[i];
            const struct region *r = &t->regions.at[item->first];
            unsigned kind = kind_of(r);
            if (order == INODES && kind == INODE)
                status = replay_inode(p, r, item->n);
            else if (order == BUFFERS && kind == BUFFER && !cancels(r))
                status = replay_buffer(p, r, item->n);
            else if (order == CANCELLED && kind == BUFFER && cancels(r))
                status = cancel(p, r);
            else if (order == CANCELLED && p->second)
                status = xfs_intent(&p->intents, kind, r->at, r->n);
        }
    return status;
}

static void forget(struct transaction *t)
{
    arena_free(t->arena);
    vec_free(&t->regions);
    vec_free(&t->items);
    *t = (struct transaction){0};
}

static struct transaction *find(struct replay *p, uint32_t id)
{
    vec_each(t, &p->transactions) if (t->used && t->id == id) return t;
    return NULL;
}

static int begin(struct replay *p, uint32_t id)
{
    struct transaction *t = find(p, id);
    vec_each(other, &p->transactions) if (!t && !other->used) t = other;
    if (!t && p->transactions.n == TRANSACTIONS_MAX)
        return err_set(ERR_LIMIT, "more than %d transactions at once", TRANSACTIONS_MAX);
    if (t && t->used)
        forget(t);
    if (!t)
        t = vec_push(&p->transactions);
    *t = (struct transaction){.id = id, .used = true, .arena = arena_new(0)};
    return 0;
}

static void append(struct transaction *t, struct region *r, const unsigned char *bytes, size_t n)
{
    if (r->n + n > r->size) {
        size_t size = r->n ? 2 * (r->n + n) : n;
        unsigned char *to = arena_alloc(t->arena, size);
        if (r->n)
            memcpy(to, r->at, r->n);
        r->at = to;
        r->size = size;
    }
    memcpy(r->at + r->n, bytes, n);
    r->n += n;
}

/* Bytes that all transactions under way hold. */
static size_t held(const struct replay *p)
{
    size_t n = 0;
    vec_each(t, &p->transactions) n += (t->arena ? arena_used(t->arena) : 0) +
                                       t->regions.n * sizeof *t->regions.at +
                                       t->items.n * sizeof *t->items.at;
    return n;
}

/* Of the head only the length counts; it may come in pieces. */
static int add_region(const struct replay *p, struct transaction *t, const unsigned char *bytes, size_t n,
                      bool more)
{
    if (!n)
        return 0;
    if (t->head < TRANSACTION_HEAD) {
        t->head += n;
        return t->head > TRANSACTION_HEAD ? damaged() : 0;
    }
    if (held(p) > view_limits.log_bytes / 2)
        return err_set(ERR_LIMIT, "transactions of more than %zu bytes", view_limits.log_bytes / 2);
    struct item *item = t->items.n ? &t->items.at[t->items.n - 1] : NULL;
    if (more) {
        struct region *last = item ? &t->regions.at[t->regions.n - 1] : NULL;
        if (!last || last->n + n > REGION_MAX)
            return damaged();
        append(t, last, bytes, n);
        return 0;
    }
    if (n > REGION_MAX)
        return damaged();
    if (!item || item->n == item->total) {
        unsigned total = n < 4 ? 0 : get_le16(bytes + 2);
        if (!total)
            return damaged();
        item = vec_push(&t->items);
        *item = (struct item){.first = t->regions.n, .total = total};
    }
    append(t, vec_push(&t->regions), bytes, n);
    item->n++;
    return 0;
}

static int operation(struct replay *p, const unsigned char *op, const unsigned char *bytes, size_t n)
{
    uint32_t id = get_be32(op);
    unsigned flags = op[9] & ~(unsigned)END;
    struct transaction *t = find(p, id);
    if (flags & START)
        return begin(p, id);
    if (!t)
        return 0; /* it began before the tail, or is the word that all is in place */
    if (flags & (COMMIT | UNMOUNT)) {
        int status = flags & COMMIT ? commit(p, t) : 0;
        forget(t);
        return status;
    }
    return add_region(p, t, bytes, n, flags & CONTINUED);
}

static int replay_record(struct replay *p, const struct xfs_record *r)
{
    const unsigned char *at = r->data, *end = r->data + r->n;
    uint32_t left = get_be32(r->bytes + 40);
    int status = 0;
    for (; status == 0 && left && end - at >= OP_HEAD; left--) {
        uint32_t n = get_be32(at + 4);
        if (n > (size_t)(end - at) - OP_HEAD)
            return damaged();
        status = operation(p, at, at + OP_HEAD, n);
        at += OP_HEAD + n;
    }
    return status;
}

static void forget_all(struct replay *p)
{
    vec_each(t, &p->transactions) forget(t);
    p->transactions.n = 0;
}

/* Everything between tail and head. */
static int pass(struct replay *p, struct xfs_log *l, bool second)
{
    struct xfs_position at = l->tail;
    int status = 0;
    p->second = second;
    for (uint64_t seen = 0; status == 0 && (at.block != l->head.block || at.cycle != l->head.cycle);) {
        struct xfs_record r;
        status = xfs_record_read(l, at, &r);
        if (status < 0)
            break;
        status = replay_record(p, &r);
        free(r.bytes);
        seen += (r.next.block + l->n - at.block) % l->n;
        if (seen > l->n)
            status = err_set(ERR_INVALID, "its records have no end");
        at = r.next;
    }
    forget_all(p);
    return status;
}

static void replay_free(struct replay *p)
{
    vec_free(&p->transactions);
    map_free(&p->cancelled);
    arena_free(p->arena);
    xfs_intents_free(&p->intents);
    if (p->overlay)
        overlay_free(p->overlay);
}

int xfs_replay(struct fs *f, const unsigned char *super)
{
    struct xfs *x = (struct xfs *)f;
    _cleanup_(replay_free) struct replay p = {
        .x = x, .overlay = overlay_new(x->fs.disk, XFS_SECTOR), .arena = arena_new(0)};
    struct xfs_log l = {0};
    int status = xfs_log_open(x, super, &l);
    if (status == ERR_MISSING)
        return 0;
    if (status == 0)
        status = pass(&p, &l, false);
    if (status == 0)
        status = pass(&p, &l, true);
    if (status == ERR_IO)
        return status;
    if (status < 0) {
        fs_note(&x->fs, "its log is not replayed: %s", err_text());
        return 0;
    }
    uint64_t inode = 0;
    size_t open = xfs_intents_open(&p.intents, &inode);
    if (l.damaged)
        fs_note(&x->fs, "its log is replayed only up to where it is damaged");
    else if (open)
        fs_note(&x->fs,
                "%zu changes of where content lies were under way, and are seen half done: files may be "
                "incomplete (inode %llu)",
                open, (unsigned long long)inode);
    x->fs.disk = x->fs.replayed = overlay_disk(p.overlay);
    p.overlay = NULL;
    return 0;
}
