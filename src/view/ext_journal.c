/* The journal of ext3 and ext4, of which a machine that runs has always something that is not yet in place:
 * it is read as the kernel does before it mounts (fs/jbd2/recovery.c;
 * Documentation/filesystems/ext4/journal.rst), but nothing is written. Numbers are big-endian.
 *
 * What counts is what was committed: blocks of a transaction are kept apart until its commit block is seen.
 */
#include <isa-l/crc.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "view/ext.h"
#include "view/overlay.h"

enum { MAGIC_SIZE = 4, HEAD = 12, SUPER_SIZE = 1024, TAIL = 4, REVOKE_HEAD = 16, ID = 16 };
enum { AT_DEVICE = 0xe4, AT_INODE = 0xe0 /* in the file system's superblock */ };
enum { KIND_DESCRIPTOR = 1, KIND_COMMIT = 2, KIND_SUPER = 3, KIND_SUPER_2 = 4, KIND_REVOKE = 5 };
enum { ESCAPED = 1, SAME_ID = 2, LAST = 8 /* flags of a tag */ };
enum {
    WIDE = 0x2,
    SUMS_2 = 0x8,
    SUMS_3 = 0x10,
    FAST = 0x20,
    KNOWN = 0x1 /* revokes */ | WIDE | 0x4 /* commits that do not wait */ | SUMS_2 | SUMS_3 | FAST,
};
enum { BLOCKS_MAX = 16 << 20 /* of a journal */, TAGS_MAX = 4 << 20, AHEAD = 4 << 20 /* bytes */ };
enum { OLD_SUMS = 1 /* of the compatible features */ };
static const unsigned char magic[MAGIC_SIZE] = {0xc0, 0x3b, 0x39, 0x98};

/* A block of the file system that is in the log, or was freed there: then what the log has of it up to this
 * transaction does not count. */
struct logged {
    uint64_t number, from; /* offset on the disk */
    uint32_t age;          /* of the transaction: how many were before it */
    bool escaped;
};
struct revoked {
    uint64_t number;
    uint32_t age;
};
struct journal {
    struct ext *e;
    struct fs_inode inode;
    struct fs_run run; /* the stretch of the journal that was read last, and where it begins */
    uint64_t run_at;
    uint32_t first, last;   /* blocks of the log; the second is one behind */
    uint32_t next, left;    /* the block to be read next, and how many there are at most */
    uint32_t transaction;   /* the one at hand */
    uint32_t age;           /* and how many were before it */
    uint64_t committed;     /* when the one before was, in seconds */
    uint32_t features, sum; /* incompatible ones; of the id of the journal */
    bool old_sums;
    uint32_t old_sum; /* of the transaction at hand */
    bool damaged;     /* the transaction at hand */
    unsigned tag;     /* bytes */
    unsigned char *block, *data;
    VEC(struct logged) logged;
    VEC(struct revoked) revoked;
    size_t wrong;                        /* blocks that are not what their checksum says */
    size_t n_logged, n_revoked, n_wrong; /* of all these, committed */
};

/* As the kernel's crc32c(): not inverted. */
static uint32_t add_sum(uint32_t sum, const void *bytes, size_t n)
{
    return crc32_iscsi((unsigned char *)(uintptr_t)bytes, (int)n, sum);
}

/* Of bytes in which the sum itself, at `at`, counts as zeros. */
static bool sum_is_right(uint32_t seed, unsigned char *bytes, size_t n, size_t at)
{
    uint32_t stated = get_be32(bytes + at);
    memset(bytes + at, 0, sizeof stated);
    return add_sum(seed, bytes, n) == stated;
}

static bool has_sums(const struct journal *j)
{
    return j->features & (SUMS_2 | SUMS_3);
}

/* ---- blocks of the journal ---- */

static int place_of(struct journal *j, uint32_t number, uint64_t *ret_at)
{
    uint64_t at = (uint64_t)number * j->e->block;
    if (at < j->run_at || at - j->run_at >= j->run.n) {
        struct fs_run run;
        int status = j->e->fs.ops->map(&j->e->fs, &j->inode, at, &run);
        if (status < 0)
            return status;
        if (!run.at)
            return err_set(ERR_INVALID, "a hole in it");
        j->run = run;
        j->run_at = at;
    }
    uint64_t in = at - j->run_at;
    if (in % AHEAD == 0)
        disk_hint(j->e->fs.disk, j->run.at + in, j->run.n - in < AHEAD ? j->run.n - in : AHEAD);
    *ret_at = j->run.at + in;
    return 0;
}

/* Where the next block is; ERR_MISSING when all were seen. */
static int next_place(struct journal *j, uint64_t *ret_at)
{
    if (!j->left)
        return err_set(ERR_MISSING, "the end of the log");
    int status = place_of(j, j->next, ret_at);
    j->left--;
    if (++j->next == j->last)
        j->next = j->first;
    return status;
}

static int read_at(struct journal *j, uint64_t at, unsigned char *to)
{
    return disk_read(j->e->fs.disk, at, to, j->e->block);
}

/* ---- opening ---- */

static int set_up(struct journal *j, unsigned char super[SUPER_SIZE])
{
    uint32_t kind = get_be32(super + 4), blocks = get_be32(super + 16), fast = 0;
    if (memcmp(super, magic, MAGIC_SIZE) != 0 || (kind != KIND_SUPER && kind != KIND_SUPER_2))
        return err_set(ERR_INVALID, "it has no superblock");
    if (kind == KIND_SUPER_2) {
        j->features = get_be32(super + 40);
        j->old_sums = get_be32(super + 36) & OLD_SUMS;
    }
    if (j->features & ~(uint32_t)KNOWN)
        return err_set(ERR_UNSUPPORTED, "features that are not known (0x%x)", j->features & ~(uint32_t)KNOWN);
    if (has_sums(j) && !sum_is_right(UINT32_MAX, super, SUPER_SIZE, 252))
        return err_set(ERR_INVALID, "a superblock with a wrong checksum");
    j->sum = add_sum(UINT32_MAX, super + 48, ID);
    j->tag = j->features & SUMS_3 ? 16 : (j->features & WIDE ? 12u : 8u) + (j->features & SUMS_2 ? 2 : 0);
    if (j->features & FAST)
        fast = get_be32(super + 84) ? get_be32(super + 84) : 256;
    j->first = get_be32(super + 20);
    j->next = get_be32(super + 28);
    j->transaction = get_be32(super + 24);
    if (get_be32(super + 12) != j->e->block || blocks > BLOCKS_MAX ||
        (uint64_t)blocks * j->e->block > j->inode.size || fast >= blocks || !j->first ||
        j->first >= blocks - fast || (j->next && (j->next < j->first || j->next >= blocks - fast)))
        return err_set(ERR_INVALID, "sizes that cannot be");
    j->last = blocks - fast;
    j->left = j->next ? j->last - j->first : 0;
    return 0;
}

static int journal_open(struct journal *j, uint32_t inode)
{
    unsigned char super[SUPER_SIZE];
    uint64_t at;
    int status = fs_inode(&j->e->fs, inode, &j->inode);
    if (status == 0 && !S_ISREG(j->inode.mode))
        return err_set(ERR_INVALID, "it is not a file");
    if (status == 0)
        status = place_of(j, 0, &at);
    if (status == 0)
        status = disk_read(j->e->fs.disk, at, super, sizeof super);
    return status < 0 ? status : set_up(j, super);
}

/* ---- transactions ---- */

/* Whether the block of data is what its tag says. */
static bool tag_is_right(const struct journal *j, const unsigned char *tag, const unsigned char *data)
{
    uint32_t transaction = htobe32(j->transaction);
    uint32_t sum = add_sum(add_sum(j->sum, &transaction, sizeof transaction), data, j->e->block);
    return j->features & SUMS_3 ? get_be32(tag + 12) == sum : get_be16(tag + 4) == (sum & 0xffff);
}

static int read_tag(struct journal *j, const unsigned char *tag)
{
    struct logged l = {.number = get_be32(tag), .age = j->age};
    bool right = true;
    int status = next_place(j, &l.from);
    if (status < 0)
        return status;
    if (j->features & WIDE)
        l.number |= (uint64_t)get_be32(tag + 8) << 32;
    l.escaped = get_be16(tag + 6) & ESCAPED;
    if (has_sums(j) || j->old_sums)
        status = read_at(j, l.from, j->data);
    if (status == 0 && has_sums(j))
        right = tag_is_right(j, tag, j->data);
    if (status == 0 && j->old_sums)
        j->old_sum = ~crc32_ieee(~j->old_sum, j->data, j->e->block);
    if (status < 0)
        return status;
    if (j->logged.n == TAGS_MAX)
        return err_set(ERR_LIMIT, "more than %d blocks", TAGS_MAX);
    if (right)
        vec_add(&j->logged, l);
    j->wrong += !right;
    return 0;
}

static int read_descriptor(struct journal *j)
{
    size_t end = j->e->block - (has_sums(j) ? TAIL : 0), at = HEAD;
    if (j->old_sums)
        j->old_sum = ~crc32_ieee(~j->old_sum, j->block, j->e->block);
    while (at + j->tag <= end) {
        const unsigned char *tag = j->block + at;
        unsigned flags = get_be16(tag + 6);
        int status = read_tag(j, tag);
        if (status < 0 || flags & LAST)
            return status;
        at += j->tag + (flags & SAME_ID ? 0 : ID);
    }
    return 0;
}

static int read_revokes(struct journal *j)
{
    size_t each = j->features & WIDE ? 8 : 4, end = get_be32(j->block + HEAD);
    if (end > j->e->block - (has_sums(j) ? TAIL : 0))
        return err_set(ERR_INVALID, "a damaged list of freed blocks");
    for (size_t at = REVOKE_HEAD; at + each <= end; at += each) {
        if (j->revoked.n == TAGS_MAX)
            return err_set(ERR_LIMIT, "more than %d freed blocks", TAGS_MAX);
        vec_add(&j->revoked,
                (struct revoked){each == 8 ? get_be64(j->block + at) : get_be32(j->block + at), j->age});
    }
    return 0;
}

/* Checksums of the first kind are of a transaction as a whole; none is right, too. */
static bool old_sum_is_right(const struct journal *j)
{
    enum { CRC32 = 1, CRC32_SIZE = 4 };
    unsigned kind = j->block[HEAD], size = j->block[HEAD + 1];
    uint32_t stated = get_be32(j->block + 16);
    return (kind == CRC32 && size == CRC32_SIZE && stated == j->old_sum) || (!kind && !size && !stated);
}

/* The transaction at hand has its commit block. ERR_MISSING when that is a remnant: older than what came
 * before. */
static int commit(struct journal *j)
{
    uint64_t when = get_be64(j->block + 48);
    bool right = !j->damaged && (!j->old_sums || old_sum_is_right(j));
    if (right && has_sums(j))
        right = sum_is_right(j->sum, j->block, j->e->block, 16);
    if (!right && when < j->committed)
        return err_set(ERR_MISSING, "the end of the log");
    if (!right)
        return err_set(ERR_INVALID, "transaction %u has a wrong checksum", j->transaction);
    j->n_logged = j->logged.n;
    j->n_revoked = j->revoked.n;
    j->n_wrong = j->wrong;
    j->committed = when;
    j->transaction++;
    j->age++;
    j->old_sum = UINT32_MAX;
    return 0;
}

/* ERR_MISSING at the end of the log. */
static int read_next(struct journal *j)
{
    uint64_t at;
    int status = next_place(j, &at);
    if (status == 0)
        status = read_at(j, at, j->block);
    if (status < 0)
        return status;
    uint32_t kind = get_be32(j->block + 4);
    if (memcmp(j->block, magic, MAGIC_SIZE) != 0 || get_be32(j->block + 8) != j->transaction)
        return err_set(ERR_MISSING, "the end of the log");
    if ((kind == KIND_DESCRIPTOR || kind == KIND_REVOKE) && has_sums(j) &&
        !sum_is_right(j->sum, j->block, j->e->block, j->e->block - TAIL))
        j->damaged = true; /* its tags still tell how long it is */
    switch (kind) {
    case KIND_DESCRIPTOR:
        return read_descriptor(j);
    case KIND_REVOKE:
        return j->damaged ? 0 : read_revokes(j);
    case KIND_COMMIT:
        return commit(j);
    default:
        return err_set(ERR_MISSING, "the end of the log");
    }
}

/* ---- what is left of them ---- */

static int by_revoked(const void *a, const void *b)
{
    const struct revoked *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->age < y->age ? -1 : x->age > y->age;
}

/* Whether it was freed later, or by the same transaction. */
static bool is_revoked(const struct journal *j, const struct logged *l)
{
    const struct revoked sought = {l->number, l->age};
    size_t low = 0, high = j->n_revoked;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_revoked(&j->revoked.at[middle], &sought) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < j->n_revoked && j->revoked.at[low].number == l->number;
}

static int lay_over(struct journal *j, struct overlay *o)
{
    int status = 0;
    if (j->n_revoked)
        qsort(j->revoked.at, j->n_revoked, sizeof *j->revoked.at, by_revoked);
    for (size_t i = 0; status == 0 && i < j->n_logged; i++) {
        const struct logged *l = &j->logged.at[i];
        if (!is_revoked(j, l))
            status = overlay_move(o, l->number, l->from, l->escaped ? magic : NULL);
    }
    return status;
}

static void journal_free(struct journal **j)
{
    free((*j)->block);
    free((*j)->data);
    vec_free(&(*j)->logged);
    vec_free(&(*j)->revoked);
    free(*j);
}

/* Fast commits are another form of log, at the end of the journal, that begins with its transaction. */
static bool has_fast_commits(struct journal *j)
{
    enum { FAST_HEAD = 9, FAST_TRANSACTION = 8 };
    uint64_t at;
    return j->features & FAST && place_of(j, j->last, &at) == 0 && read_at(j, at, j->block) == 0 &&
           get_le16(j->block) == FAST_HEAD && get_le32(j->block + FAST_TRANSACTION) == j->transaction;
}

/* An end that is damaged: what comes before it counts. */
static int read_log(struct journal *j)
{
    int status = 0;
    j->block = mem_alloc(j->e->block);
    j->data = mem_alloc(j->e->block);
    j->old_sum = UINT32_MAX;
    while (status == 0)
        status = read_next(j);
    if (status == ERR_IO)
        return status;
    if (status != ERR_MISSING)
        fs_note(&j->e->fs, "its journal is replayed only up to where it is damaged: %s", err_text());
    else if (j->n_wrong)
        fs_note(&j->e->fs, "its journal has %zu blocks with a wrong checksum, which are not replayed",
                j->n_wrong);
    else if (has_fast_commits(j))
        fs_note(&j->e->fs, "its journal has fast commits, which are not replayed");
    return 0;
}

int ext_replay(struct ext *e, const unsigned char *super)
{
    _cleanup_(journal_free) struct journal *j = mem_alloc(sizeof *j);
    _cleanup_(overlay_cleanup) struct overlay *o = overlay_new(e->fs.disk, e->block);
    j->e = e;
    int status = get_le32(super + AT_DEVICE) || !get_le32(super + AT_INODE)
                     ? err_set(ERR_UNSUPPORTED, "it is on another device")
                     : journal_open(j, get_le32(super + AT_INODE));
    if (status == 0)
        status = read_log(j);
    if (status == 0)
        status = lay_over(j, o);
    if (status == ERR_IO)
        return status;
    if (status < 0) {
        fs_note(&e->fs, "its journal is not replayed: %s", err_text());
        return 0;
    }
    e->fs.disk = e->fs.replayed = overlay_disk(o);
    o = NULL;
    return 0;
}
