/* XFS, versions 4 and 5, as "XFS Algorithms & Data Structures" (3rd edition) and the kernel's
 * fs/xfs/libxfs/xfs_format.h describe it. Numbers are big-endian. */
#include "view/xfs.h"

#include <isa-l/crc.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

enum { SUPER_SIZE = 512, MAGIC = 0x58465342 /* "XFSB" */, SECTOR_MAX = 32768, LOG_DIRECTORY_MAX = 16 };
enum { V4_DIRECTORIES = 0x2000, V4_MORE = 0x8000, V4_KINDS = 0x200 /* of features2 */ };
/* Incompatible features of version 5. */
enum {
    KINDS = 0x1,
    META_UUID = 0x4,
    NEEDS_REPAIR = 0x10,
    READ = KINDS | 0x2 /* sparse inodes */ | META_UUID | 0x8 /* big times */ | 0x20 /* large counts */ |
           0x40 /* exchanged ranges */ | 0x80 /* parent pointers */,
};
enum { INODE_MAGIC = 0x494e, CORE_V2 = 100, CORE_V3 = 176, REALTIME = 1, LARGE_COUNTS = 1 << 4 };
enum { TREE_V4 = 0x424d4150 /* "BMAP" */, TREE_LEVELS = 12 };
enum { LINK_MAGIC = 0x58534c4d /* "XSLM" */, LINK_HEAD = 56 };
enum { RECORD = 16, RECORD_LOG = 4 };

uint32_t xfs_sum(const unsigned char *block, size_t n, size_t at)
{
    static const unsigned char none[4];
    unsigned char *p = (unsigned char *)(uintptr_t)block;
    uint32_t sum = crc32_iscsi(p, (int)at, UINT32_MAX);
    sum = crc32_iscsi((unsigned char *)(uintptr_t)none, sizeof none, sum);
    return ~crc32_iscsi(p + at + 4, (int)(n - at - 4), sum);
}

int xfs_check(const struct xfs *x, const unsigned char *block, size_t n, size_t crc, size_t uuid,
              size_t owner, uint64_t inode)
{
    if (xfs_sum(block, n, crc) != get_le32(block + crc))
        return err_set(ERR_INVALID, "metadata with a wrong checksum");
    if (uuid && memcmp(block + uuid, x->meta_uuid, sizeof x->meta_uuid) != 0)
        return err_set(ERR_INVALID, "metadata of another file system");
    if (owner && get_be64(block + owner) != inode)
        return err_set(ERR_INVALID, "metadata of another inode");
    return 0;
}

/* ---- opening ---- */

static int read_features(struct xfs *x, const unsigned char *super)
{
    unsigned version = get_be16(super + 100);
    switch (version & 15) {
    case 4:
        if (!(version & V4_DIRECTORIES))
            return err_set(ERR_UNSUPPORTED, "directories of version 1");
        x->kinds = version & V4_MORE && get_be32(super + 200) & V4_KINDS;
        return 0;
    case 5:
        break;
    default:
        return err_set(ERR_UNSUPPORTED, "version %u of the format", version & 15);
    }
    uint32_t features = get_be32(super + 216);
    if (features & NEEDS_REPAIR)
        return err_set(ERR_UNSUPPORTED, "it is marked as being in need of repair");
    if (features & ~(uint32_t)READ)
        return err_set(ERR_UNSUPPORTED, "features that are not known (incompatible 0x%x)",
                       features & ~(uint32_t)READ);
    x->crc = true;
    x->kinds = features & KINDS;
    memcpy(x->meta_uuid, super + (features & META_UUID ? 248 : 32), sizeof x->meta_uuid);
    return 0;
}

static int set_sizes(struct xfs *x, const unsigned char *super)
{
    unsigned block_log = super[120], inode_log = super[122], per_block_log = super[123];
    unsigned directory_log = super[192];
    x->group_log = super[124];
    if (block_log < 9 || block_log > 16 || inode_log < 8 || inode_log > 11 || inode_log > block_log ||
        per_block_log != block_log - inode_log || block_log + directory_log > LOG_DIRECTORY_MAX ||
        x->group_log > 31)
        return err_set(ERR_INVALID, "sizes that cannot be");
    x->block_log = block_log;
    x->block = 1u << block_log;
    x->inode_size = 1u << inode_log;
    x->inodes_per_block_log = per_block_log;
    x->directory_block = x->block << directory_log;
    x->sector = get_be16(super + 102);
    x->group_blocks = get_be32(super + 84);
    x->groups = get_be32(super + 88);
    if (get_be32(super + 4) != x->block || get_be16(super + 104) != x->inode_size || x->sector < 512 ||
        x->sector > SECTOR_MAX || x->sector & (x->sector - 1) || !x->group_blocks || !x->groups ||
        x->group_blocks > (uint64_t)1 << x->group_log)
        return err_set(ERR_INVALID, "sizes that do not agree");
    return 0;
}

static int check_super(const struct xfs *x)
{
    unsigned char sector[SECTOR_MAX];
    int status = disk_read(x->fs.disk, 0, sector, x->sector);
    return status < 0 ? status : xfs_check(x, sector, x->sector, XFS_SUPER_SUM, 0, 0, 0);
}

static int xfs_super(struct disk *disk, unsigned char super[FS_SUPER_MAX])
{
    if (disk->size < SUPER_SIZE)
        return err_set(ERR_MISSING, "too small");
    int status = disk_read(disk, 0, super, SUPER_SIZE);
    return status == 0 && get_be32(super) != MAGIC ? err_set(ERR_MISSING, "no XFS file system") : status;
}

static int xfs_set_up(struct fs *f, const unsigned char *super)
{
    struct xfs *x = (struct xfs *)f;
    x->fs.root = get_be64(super + 56);
    x->fs.size = get_be64(super + 8);
    x->fs.size = x->fs.size > UINT64_MAX / x->block ? UINT64_MAX : x->fs.size * x->block;
    memcpy(x->fs.uuid, super + 32, sizeof x->fs.uuid);
    memcpy(x->fs.label, super + 108, 12);
    int status = read_features(x, super);
    if (status == 0)
        status = set_sizes(x, super);
    return status == 0 && x->crc ? check_super(x) : status;
}

/* ---- inodes ---- */

static int xfs_place(struct fs *f, uint64_t number, uint64_t *ret_at, size_t *ret_n)
{
    const struct xfs *x = (struct xfs *)f;
    unsigned log = x->inodes_per_block_log;
    uint64_t group = number >> (x->group_log + log);
    uint64_t block = number >> log & (((uint64_t)1 << x->group_log) - 1);
    uint64_t in = number & (((uint64_t)1 << log) - 1);
    if (group >= x->groups || block >= x->group_blocks)
        return err_set(ERR_INVALID, "there is no inode %llu", (unsigned long long)number);
    *ret_at = (group * x->group_blocks + block) * x->block + in * x->inode_size;
    *ret_n = x->inode_size;
    return 0;
}

static int xfs_inode(struct fs *f, struct fs_inode *ret)
{
    const struct xfs *x = (struct xfs *)f;
    unsigned version = ret->raw[4];
    if (get_be16(ret->raw) != INODE_MAGIC || version != (x->crc ? 3 : version) || version < 1 ||
        version > 3 || (!x->crc && version == 3))
        return err_set(ERR_INVALID, "no inode where %llu should be", (unsigned long long)ret->number);
    int status = x->crc ? xfs_check(x, ret->raw, x->inode_size, XFS_INODE_SUM, 160, 152, ret->number) : 0;
    if (status < 0)
        return status;
    ret->mode = get_be16(ret->raw + 2);
    ret->size = get_be64(ret->raw + 56);
    if (!ret->mode)
        return err_set(ERR_INVALID, "inode %llu is not in use", (unsigned long long)ret->number);
    if (ret->size > INT64_MAX)
        return err_set(ERR_INVALID, "inode %llu has a size that cannot be", (unsigned long long)ret->number);
    return 0;
}

size_t xfs_core(const struct xfs *x)
{
    return x->crc ? CORE_V3 : CORE_V2;
}

int xfs_fork(const struct xfs *x, const struct fs_inode *i, struct xfs_fork *ret_fork)
{
    size_t core = xfs_core(x), end = i->raw[82] ? core + i->raw[82] * (size_t)8 : i->n_raw;
    unsigned format = i->raw[5];
    if (end > i->n_raw)
        return err_set(ERR_INVALID, "inode %llu is damaged", (unsigned long long)i->number);
    if (format < XFS_LOCAL || format > XFS_BTREE)
        return err_set(ERR_INVALID, "inode %llu has content of kind %u", (unsigned long long)i->number,
                       format);
    if (S_ISREG(i->mode) && get_be16(i->raw + 90) & REALTIME)
        return err_set(ERR_UNSUPPORTED, "it is on a real-time device");
    *ret_fork = (struct xfs_fork){(enum xfs_format)format, i->raw + core, end - core};
    return 0;
}

/* ---- where content is ---- */

struct sought {
    const struct xfs *x;
    const struct fs_inode *i;
    uint64_t block, skip; /* sought, and bytes into it */
    uint64_t bound;       /* the first block that the part at hand says nothing of */
};

/* A run of `n` blocks at the file system's block `at`; 0: nowhere. */
static int run_of(const struct sought *s, uint64_t at, uint64_t n, struct fs_run *ret_run)
{
    const struct xfs *x = s->x;
    uint64_t group = at >> x->group_log, block = at & (((uint64_t)1 << x->group_log) - 1);
    if (group >= x->groups || block >= x->group_blocks || (at && n > x->group_blocks - block))
        return err_set(ERR_INVALID, "content behind the end of the file system");
    uint64_t most = (uint64_t)INT64_MAX / x->block;
    uint64_t bytes = (n < most ? n : most) * x->block - s->skip;
    *ret_run =
        (struct fs_run){.at = at ? (group * x->group_blocks + block) * x->block + s->skip : 0, .n = bytes};
    return 0;
}

/* xfs_bmbt_rec: 1 bit unwritten, 54 of the file's block, 52 of the file system's, 21 of the length. */
static int in_records(const struct sought *s, const unsigned char *records, uint64_t n,
                      struct fs_run *ret_run)
{
    uint64_t end = s->bound;
    for (uint64_t k = 0; k < n; k++) {
        uint64_t high = get_be64(records + k * RECORD), low = get_be64(records + k * RECORD + 8);
        uint64_t first = high << 1 >> 10, at = (high & 511) << 43 | low >> 21, length = low & 0x1fffff;
        if (first > s->block) {
            end = first < end ? first : end;
            break;
        }
        uint64_t in = s->block - first;
        if (in < length)
            return run_of(s, high >> 63 ? 0 : at + in, length - in, ret_run);
    }
    if (end <= s->block)
        return err_set(ERR_INVALID, "extents that are not in order");
    return run_of(s, 0, end - s->block, ret_run);
}

/* Which of a node's children has the block: keys, then numbers of blocks. False when it is before all. */
static bool child_of(struct sought *s, const unsigned char *keys, size_t max, unsigned n, uint64_t *ret_child)
{
    int found = -1;
    for (unsigned k = 0; k < n; k++) {
        uint64_t first = get_be64(keys + k * (size_t)8);
        if (first > s->block) {
            s->bound = first < s->bound ? first : s->bound;
            break;
        }
        found = (int)k;
    }
    if (found < 0)
        return false;
    *ret_child = get_be64(keys + max * 8 + (size_t)found * 8);
    return true;
}

static int read_node(const struct sought *s, uint64_t at, unsigned level, unsigned char *to)
{
    const struct xfs *x = s->x;
    struct sought whole = {.x = x};
    struct fs_run run;
    int status = at ? run_of(&whole, at, 1, &run) : err_set(ERR_INVALID, "a damaged tree of extents");
    if (status == 0)
        status = disk_read(x->fs.disk, run.at, to, x->block);
    if (status < 0)
        return status;
    if (get_be32(to) != (x->crc ? XFS_TREE_V5 : TREE_V4) || get_be16(to + 4) != level)
        return err_set(ERR_INVALID, "a damaged tree of extents");
    return x->crc ? xfs_check(x, to, x->block, XFS_TREE_SUM, 40, 56, s->i->number) : 0;
}

static int in_tree(struct sought *s, const struct xfs_fork *fork, struct fs_run *ret_run)
{
    const struct xfs *x = s->x;
    _cleanup_free_ unsigned char *node = mem_alloc(x->block);
    size_t head = x->crc ? 72 : 24, max = fork->n < 4 ? 0 : (fork->n - 4) / RECORD;
    const unsigned char *keys = fork->at + 4;
    unsigned level = get_be16(fork->at), n = get_be16(fork->at + 2);
    if (fork->n < 4 || !level || level > TREE_LEVELS)
        return err_set(ERR_INVALID, "a tree of extents of %u levels", level);
    for (; level; level--) {
        uint64_t child;
        if (n > max)
            return err_set(ERR_INVALID, "a damaged tree of extents");
        if (!child_of(s, keys, max, n, &child))
            return in_records(s, NULL, 0, ret_run);
        int status = read_node(s, child, level - 1, node);
        if (status < 0)
            return status;
        n = get_be16(node + 6);
        max = (x->block - head) / RECORD;
        keys = node + head;
    }
    return n > max ? err_set(ERR_INVALID, "a damaged tree of extents") : in_records(s, keys, n, ret_run);
}

static uint64_t extents_of(const struct xfs *x, const struct fs_inode *i)
{
    if (x->crc && get_be64(i->raw + 120) & LARGE_COUNTS)
        return get_be64(i->raw + 24);
    return get_be32(i->raw + 76);
}

static int xfs_map(struct fs *f, const struct fs_inode *i, uint64_t offset, struct fs_run *ret_run)
{
    const struct xfs *x = (struct xfs *)f;
    struct sought s = {x, i, offset >> x->block_log, offset & (x->block - 1), (uint64_t)1 << 54};
    struct xfs_fork fork;
    int status = xfs_fork(x, i, &fork);
    if (status < 0)
        return status;
    if (fork.format == XFS_LOCAL) {
        if (offset >= fork.n)
            return err_set(ERR_INVALID, "content in the inode is cut short");
        *ret_run = (struct fs_run){.here = fork.at + offset, .n = fork.n - offset};
        return 0;
    }
    if (fork.format == XFS_BTREE)
        return in_tree(&s, &fork, ret_run);
    uint64_t n = extents_of(x, i);
    return n > fork.n / RECORD ? err_set(ERR_INVALID, "more extents than fit")
                               : in_records(&s, fork.at, n, ret_run);
}

/* ---- symbolic links ---- */

/* Of version 5: each block has a head of its own. */
static int link_block(struct fs *f, const struct fs_inode *i, uint64_t number, unsigned char *block, char *to,
                      size_t *done)
{
    const struct xfs *x = (struct xfs *)f;
    struct fs_run run;
    int status = xfs_map(f, i, number * x->block, &run);
    if (status == 0 && !run.at)
        status = err_set(ERR_INVALID, "a damaged link");
    if (status == 0)
        status = disk_read(f->disk, run.at, block, x->block);
    if (status == 0)
        status = xfs_check(x, block, x->block, XFS_LINK_SUM, 16, 32, i->number);
    if (status < 0)
        return status;
    size_t n = get_be32(block + 8);
    if (get_be32(block) != LINK_MAGIC || get_be32(block + 4) != *done || !n || n > x->block - LINK_HEAD ||
        n > i->size - *done)
        return err_set(ERR_INVALID, "a damaged link");
    memcpy(to + *done, block + LINK_HEAD, n);
    *done += n;
    return 0;
}

static int xfs_link(struct fs *f, const struct fs_inode *i, char *to)
{
    const struct xfs *x = (struct xfs *)f;
    struct xfs_fork fork;
    size_t done = 0;
    int status = xfs_fork(x, i, &fork);
    if (status < 0)
        return status;
    if (!x->crc || fork.format == XFS_LOCAL)
        return fs_read(f, i, 0, to, (size_t)i->size, &done);
    _cleanup_free_ unsigned char *block = mem_alloc(x->block);
    for (uint64_t n = 0; status == 0 && done < i->size; n++)
        status = link_block(f, i, n, block, to, &done);
    return status;
}

const struct fs_ops fs_xfs = {
    .name = "XFS",
    .size = sizeof(struct xfs),
    .super = xfs_super,
    .set_up = xfs_set_up,
    .replay = xfs_replay,
    .place = xfs_place,
    .inode = xfs_inode,
    .map = xfs_map,
    .list = xfs_list,
    .link = xfs_link,
};
