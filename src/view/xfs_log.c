/* "XFS Algorithms & Data Structures", chapter 12, and the kernel's fs/xfs/xfs_log_recover.c.
 *
 * The log is a ring. In each of its sectors the first four bytes tell how often it was written around: the
 * head is where that number falls. What these bytes were stands in the head of the record. */
#include "view/xfs_log.h"

#include <isa-l/crc.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

#define MAGIC 0xfeedbabeu
enum { LINUX_LE = 1 /* format */, VERSION_2 = 2 };
enum { AT_FEATURES = 220 /* in the superblock */, ATTRIBUTES = 1 /* as intents */ };
enum { COVERED = 32768 /* bytes whose words a head tells */, WORDS = COVERED / XFS_SECTOR };
enum { AT_WORDS = 44, AT_WORDS_MORE = 4, AT_CRC = 32, AT_ID = 304, MORE_SIZE = 260 };
enum { RECORD_MAX = 1 << 20, RING_MAX = 1 << 22 /* sectors: 2 GiB */, AHEAD = 8192 };
/* Sectors that may be under way at once: eight buffers of 256 KiB. */
enum { UNDER_WAY = 4096 };
/* Bytes of a head that its checksum covers: as compilers for 64 bits and for 32 lay it out. */
static const size_t head_sizes[] = {328, 324};

static int read_sectors(const struct xfs_log *l, uint32_t block, uint32_t n, unsigned char *to)
{
    uint32_t first = n < l->n - block ? n : l->n - block;
    int status =
        disk_read(l->x->fs.disk, l->at + (uint64_t)block * XFS_SECTOR, to, (size_t)first * XFS_SECTOR);
    if (status == 0 && first < n)
        status = disk_read(l->x->fs.disk, l->at, to + (size_t)first * XFS_SECTOR,
                           (size_t)(n - first) * XFS_SECTOR);
    return status;
}

static void hint(struct xfs_log *l, uint32_t block)
{
    uint32_t stretch = block / AHEAD;
    if (stretch == l->hinted)
        return;
    l->hinted = stretch;
    uint32_t n = l->n - stretch * AHEAD;
    disk_hint(l->x->fs.disk, l->at + (uint64_t)stretch * AHEAD * XFS_SECTOR,
              (uint64_t)(n < AHEAD ? n : AHEAD) * XFS_SECTOR);
}

/* ---- records ---- */

static bool sum_is_right(const unsigned char *head, uint32_t heads, const unsigned char *data, size_t n)
{
    static const unsigned char none[4];
    uint32_t stated = get_le32(head + AT_CRC);
    for (size_t i = 0; i < sizeof head_sizes / sizeof *head_sizes; i++) {
        unsigned char *p = (unsigned char *)(uintptr_t)head, *d = (unsigned char *)(uintptr_t)data;
        uint32_t sum = crc32_iscsi(p, AT_CRC, UINT32_MAX);
        sum = crc32_iscsi((unsigned char *)(uintptr_t)none, sizeof none, sum);
        sum = crc32_iscsi(p + AT_CRC + 4, (int)(head_sizes[i] - AT_CRC - 4), sum);
        for (uint32_t k = 1; k < heads; k++)
            sum = crc32_iscsi(p + (size_t)k * XFS_SECTOR, MORE_SIZE, sum);
        if (~crc32_iscsi(d, (int)n, sum) == stated)
            return true;
    }
    return false;
}

/* Puts back what the first words of the sectors were. */
static void unpack(struct xfs_record *r)
{
    for (size_t i = 0; i * XFS_SECTOR < r->n; i++) {
        const unsigned char *word = i < WORDS
                                        ? r->bytes + AT_WORDS + 4 * i
                                        : r->bytes + i / WORDS * XFS_SECTOR + AT_WORDS_MORE + i % WORDS * 4;
        memcpy(r->data + i * XFS_SECTOR, word, 4);
    }
}

static struct xfs_position position(uint64_t lsn)
{
    return (struct xfs_position){(uint32_t)(lsn >> 32), (uint32_t)lsn};
}

static int check_head(const struct xfs_log *l, const unsigned char *head, uint32_t *ret_heads,
                      uint32_t *ret_n)
{
    uint32_t version = get_be32(head + 8), n = get_be32(head + 12), size = get_be32(head + 320);
    if (memcmp(head + AT_ID, l->x->fs.uuid, sizeof l->x->fs.uuid) != 0)
        return err_set(ERR_MISSING, "a record of another file system");
    if (get_be32(head + 300) != LINUX_LE)
        return err_set(ERR_UNSUPPORTED, "it was written by another kind of processor");
    if (!version || version > 3 || n > RECORD_MAX || size > RECORD_MAX)
        return err_set(ERR_INVALID, "a damaged record");
    *ret_heads = version & VERSION_2 && size > COVERED ? (size + COVERED - 1) / COVERED : 1;
    *ret_n = (n + XFS_SECTOR - 1) / XFS_SECTOR;
    if (*ret_heads + *ret_n > l->n || (n && (n - 1) / COVERED >= *ret_heads))
        return err_set(ERR_INVALID, "a damaged record");
    return 0;
}

int xfs_record_read(struct xfs_log *l, struct xfs_position at, struct xfs_record *ret_record)
{
    unsigned char head[XFS_SECTOR];
    uint32_t heads = 0, n = 0;
    hint(l, at.block);
    int status = read_sectors(l, at.block, 1, head);
    if (status < 0)
        return status;
    if (get_be32(head) != MAGIC || get_be64(head + 16) != ((uint64_t)at.cycle << 32 | at.block))
        return err_set(ERR_MISSING, "no record");
    status = check_head(l, head, &heads, &n);
    if (status < 0)
        return status;
    _cleanup_free_ unsigned char *bytes = mem_alloc((size_t)(heads + n) * XFS_SECTOR);
    status = read_sectors(l, at.block, heads + n, bytes);
    if (status < 0)
        return status;
    struct xfs_record r = {.bytes = bytes,
                           .data = bytes + (size_t)heads * XFS_SECTOR,
                           .n = get_be32(head + 12),
                           .tail = position(get_be64(head + 24)),
                           .next = {at.cycle, at.block + heads + n}};
    if (get_le32(head + AT_CRC) && !sum_is_right(bytes, heads, r.data, r.n))
        return err_set(ERR_INVALID, "a record with a wrong checksum");
    unpack(&r);
    if (r.next.block >= l->n)
        r.next = (struct xfs_position){at.cycle + 1, r.next.block - l->n};
    *ret_record = r;
    bytes = NULL;
    return 0;
}

/* ---- tail and head ---- */

static int cycle_at(struct xfs_log *l, uint32_t block, uint32_t *ret_cycle)
{
    unsigned char sector[XFS_SECTOR];
    int status = read_sectors(l, block, 1, sector);
    if (status == 0)
        *ret_cycle = get_be32(sector) == MAGIC ? get_be32(sector + 4) : get_be32(sector);
    return status;
}

/* Where the cycle falls, which is the head, or near it where a machine was interrupted. */
static int find_fall(struct xfs_log *l, struct xfs_position *ret_fall)
{
    uint32_t first = 0, low = 0, high = l->n;
    int status = cycle_at(l, 0, &first);
    if (status == 0 && !first)
        return err_set(ERR_MISSING, "the log is empty");
    while (status == 0 && high - low > 1) {
        uint32_t cycle = 0, middle = low + (high - low) / 2;
        status = cycle_at(l, middle, &cycle);
        if (cycle == first)
            low = middle;
        else
            high = middle;
    }
    *ret_fall = (struct xfs_position){first, high};
    return status;
}

/* The first record from some place before the fall on: several may have been under way at once, and not all
 * have arrived. */
static int find_any(struct xfs_log *l, struct xfs_position fall, struct xfs_position *ret_at)
{
    uint32_t back = AHEAD < l->n / 2 ? AHEAD : l->n / 2;
    struct xfs_position at = {fall.cycle, fall.block > back ? fall.block - back : 0};
    if (fall.block < back && fall.cycle > 1)
        at = (struct xfs_position){fall.cycle - 1, l->n - (back - fall.block)};
    for (uint32_t i = 0; i <= back; i++) {
        struct xfs_record r;
        int status = xfs_record_read(l, at, &r);
        if (status == 0) {
            free(r.bytes);
            *ret_at = at;
            return 0;
        }
        if (status == ERR_IO || status == ERR_UNSUPPORTED)
            return status;
        if (++at.block == l->n)
            at = (struct xfs_position){at.cycle + 1, 0};
    }
    return err_set(ERR_INVALID, "no record in it can be read");
}

/* The last record that follows from there tells the tail. */
static int find_ends(struct xfs_log *l, struct xfs_position at)
{
    uint32_t seen = 0;
    for (;;) {
        struct xfs_record r;
        int status = xfs_record_read(l, at, &r);
        if (status == ERR_IO)
            return status;
        if (status < 0)
            break;
        free(r.bytes);
        seen += (r.next.block + l->n - at.block) % l->n;
        if (seen > l->n)
            return err_set(ERR_INVALID, "its records have no end");
        l->tail = r.tail;
        at = r.next;
    }
    l->head = at;
    return l->tail.block < l->n ? 0 : err_set(ERR_INVALID, "its tail is behind its end");
}

int xfs_log_open(const struct xfs *x, const unsigned char *super, struct xfs_log *ret_log)
{
    uint64_t start = get_be64(super + 48), blocks = get_be32(super + 96);
    uint64_t group = start >> x->group_log, block = start & (((uint64_t)1 << x->group_log) - 1);
    struct xfs_log l = {.x = x, .hinted = UINT32_MAX};
    struct xfs_position fall = {0}, at = {0};
    uint32_t unknown = x->crc ? get_be32(super + AT_FEATURES) & ~(uint32_t)ATTRIBUTES : 0;
    if (unknown)
        return err_set(ERR_UNSUPPORTED, "features of it that are not known (0x%x)", unknown);
    if (!start)
        return err_set(ERR_UNSUPPORTED, "it is on another device");
    if (group >= x->groups || block >= x->group_blocks || !blocks || blocks > x->group_blocks - block ||
        blocks * x->block / XFS_SECTOR > RING_MAX)
        return err_set(ERR_INVALID, "it lies where it cannot");
    l.at = (group * x->group_blocks + block) * x->block;
    l.n = (uint32_t)(blocks * x->block / XFS_SECTOR);
    int status = find_fall(&l, &fall);
    if (status == 0)
        status = find_any(&l, fall, &at);
    if (status == 0)
        status = find_ends(&l, at);
    l.damaged = (fall.block + l.n - l.head.block) % l.n > UNDER_WAY;
    if (status == 0)
        *ret_log = l;
    return status;
}
