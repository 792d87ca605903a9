/* ext2, ext3 and ext4, as the kernel's Documentation/filesystems/ext4 describes them. */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "view/ext.h"

enum { SUPER_AT = 1024, SUPER_SIZE = 1024, MAGIC = 0xef53, DESCRIPTOR_SIZE = 32, INODE_SIZE = 128 };
enum { IN_BLOCKS = 0x28, IN_BLOCKS_SIZE = 60, DIRECT = 12 };
enum { EXTENT_MAGIC = 0xf30a, EXTENT_SIZE = 12, EXTENT_DEPTH = 5, UNWRITTEN = 32768 };

/* Incompatible features. Compression, a journal of its own and data in directories are not read. */
enum {
    FILETYPE = 0x2,
    RECOVER = 0x4, /* the journal holds something */
    META_BG = 0x10,
    BITS64 = 0x80,
    READ = FILETYPE | RECOVER | META_BG | 0x40 /* extents */ | BITS64 | 0x100 /* MMP */ |
           0x200 /* flexible groups */ | 0x400 /* attributes in inodes */ | 0x2000 /* checksum seed */ |
           0x4000 /* large directories */ | 0x8000 /* inline data */ | 0x10000 /* encryption */ |
           0x20000 /* case folding */,
};
enum { JOURNAL = 0x4 /* compatible */, SPARSE_SUPER = 1, SPARSE_SUPER2 = 0x200 };

static int ext_super(struct disk *disk, unsigned char super[FS_SUPER_MAX])
{
    if (disk->size < SUPER_AT + SUPER_SIZE)
        return err_set(ERR_MISSING, "too small");
    int status = disk_read(disk, SUPER_AT, super, SUPER_SIZE);
    if (status == 0 && get_le16(super + 0x38) != MAGIC)
        return err_set(ERR_MISSING, "no ext file system");
    return status;
}

static int set_sizes(struct ext *e, const unsigned char *super)
{
    uint32_t log = get_le32(super + 0x18);
    bool old = get_le32(super + 0x4c) == 0;
    if (log > 6)
        return err_set(ERR_INVALID, "blocks of 2^%u KiB", log);
    e->block = 1024u << log;
    e->fs.size = e->fs.size > UINT64_MAX / e->block ? UINT64_MAX : e->fs.size * e->block;
    e->inode_size = old ? INODE_SIZE : get_le16(super + 0x58);
    e->descriptor = e->features & BITS64 ? get_le16(super + 0xfe) : DESCRIPTOR_SIZE;
    e->blocks_per_group = get_le32(super + 0x20);
    e->inodes_per_group = get_le32(super + 0x28);
    e->inodes = get_le32(super);
    e->first_block = get_le32(super + 0x14);
    e->first_meta = e->features & META_BG ? get_le32(super + 0x104) : UINT32_MAX;
    if (e->inode_size < INODE_SIZE || e->inode_size > FS_INODE_MAX || e->inode_size & (e->inode_size - 1))
        return err_set(ERR_INVALID, "inodes of %u bytes", e->inode_size);
    if (e->descriptor < DESCRIPTOR_SIZE || e->descriptor > 1024 || e->descriptor & (e->descriptor - 1))
        return err_set(ERR_INVALID, "group descriptors of %u bytes", e->descriptor);
    if (!e->blocks_per_group || !e->inodes_per_group)
        return err_set(ERR_INVALID, "empty block groups");
    return 0;
}

static int ext_set_up(struct fs *f, const unsigned char *super)
{
    struct ext *e = (struct ext *)f;
    uint32_t compatible = get_le32(super + 0x5c);
    e->features = get_le32(super + 0x60);
    if (e->features & ~(uint32_t)READ)
        return err_set(ERR_UNSUPPORTED, "features that are not known (incompatible 0x%x)",
                       e->features & ~(uint32_t)READ);
    e->sparse = get_le32(super + 0x64) & SPARSE_SUPER;
    e->backups = compatible & SPARSE_SUPER2 ? 2 : 0;
    e->backup[0] = get_le32(super + 0x24c);
    e->backup[1] = get_le32(super + 0x250);
    e->fs.root = 2;
    e->fs.size = get_le32(super + 4) | (e->features & BITS64 ? (uint64_t)get_le32(super + 0x150) << 32 : 0);
    memcpy(e->fs.uuid, super + 0x68, sizeof e->fs.uuid);
    memcpy(e->fs.label, super + 0x78, 16);
    return set_sizes(e, super);
}

static int ext_log(struct fs *f, const unsigned char *super)
{
    struct ext *e = (struct ext *)f;
    bool used = e->features & RECOVER && get_le32(super + 0x5c) & JOURNAL;
    return used ? ext_replay(e, super) : 0;
}

static bool is_power(uint64_t n, unsigned of)
{
    while (n > 1 && n % of == 0)
        n /= of;
    return n == 1;
}

static bool has_super(const struct ext *e, uint64_t group)
{
    if (group == 0)
        return true;
    if (e->backups)
        return group == e->backup[0] || group == e->backup[1];
    return !e->sparse || group == 1 || is_power(group, 3) || is_power(group, 5) || is_power(group, 7);
}

/* The block with the descriptor block `n`: behind the superblock, or with META_BG in the first group that it
 * describes. */
static uint64_t descriptor_block(const struct ext *e, uint64_t n)
{
    if (n < e->first_meta)
        return (e->block == SUPER_AT ? 1 : 0) + n + 1;
    uint64_t group = n * (e->block / e->descriptor);
    uint64_t skip = has_super(e, group);
    if (e->block == SUPER_AT && n == 0 && e->first_block == 0)
        skip++;
    return skip + e->first_block + group * e->blocks_per_group;
}

static int ext_place(struct fs *f, uint64_t number, uint64_t *ret_at, size_t *ret_n)
{
    const struct ext *e = (struct ext *)f;
    unsigned char d[64] = {0};
    if (!number || number > e->inodes)
        return err_set(ERR_INVALID, "inode %llu of %u", (unsigned long long)number, e->inodes);
    uint64_t group = (number - 1) / e->inodes_per_group, in = (number - 1) % e->inodes_per_group;
    unsigned each = e->block / e->descriptor;
    size_t n = e->descriptor < sizeof d ? e->descriptor : sizeof d;
    int status =
        disk_read(f->disk, descriptor_block(e, group / each) * e->block + group % each * e->descriptor, d, n);
    if (status < 0)
        return err_context(status, "the descriptor of block group %llu", (unsigned long long)group);
    uint64_t table = get_le32(d + 8) | (n == sizeof d ? (uint64_t)get_le32(d + 0x28) << 32 : 0);
    if (table >= f->disk->size / e->block)
        return err_set(ERR_INVALID, "block group %llu has its inodes behind the end",
                       (unsigned long long)group);
    *ret_at = table * e->block + in * e->inode_size;
    *ret_n = e->inode_size;
    return 0;
}

static int ext_inode(struct fs *f, struct fs_inode *ret)
{
    (void)f;
    ret->mode = get_le16(ret->raw);
    ret->size = get_le32(ret->raw + 4);
    if (S_ISREG(ret->mode) || S_ISDIR(ret->mode))
        ret->size |= (uint64_t)get_le32(ret->raw + 0x6c) << 32;
    if (!ret->mode)
        return err_set(ERR_INVALID, "inode %llu is not in use", (unsigned long long)ret->number);
    return 0;
}

/* ---- where content is ---- */

/* A run of `n` blocks at `block`, from the `skip`th byte on. */
static int run_of(const struct ext *e, uint64_t block, uint64_t n, uint64_t skip, struct fs_run *ret_run)
{
    uint64_t blocks = e->fs.disk->size / e->block;
    if (block && (block >= blocks || n > blocks - block))
        return err_set(ERR_INVALID, "content behind the end of the file system");
    *ret_run = (struct fs_run){.at = block ? block * e->block + skip : 0, .n = n * e->block - skip};
    return 0;
}

/* The last entry of a node that begins at or before the block; -1 when there is none. */
static int entry_before(const unsigned char *entries, unsigned n, uint64_t block)
{
    int found = -1;
    for (unsigned i = 0; i < n && get_le32(entries + (size_t)i * EXTENT_SIZE) <= block; i++)
        found = (int)i;
    return found;
}

struct extent_walk {
    const struct ext *e;
    uint64_t block, skip; /* sought */
    uint64_t bound;       /* the first block that the node at hand says nothing of */
};

static int leaf(const struct extent_walk *w, const unsigned char *entries, unsigned n, struct fs_run *ret_run)
{
    int i = entry_before(entries, n, w->block);
    uint64_t end = (unsigned)(i + 1) < n ? get_le32(entries + (size_t)(i + 1) * EXTENT_SIZE) : w->bound;
    if (i >= 0) {
        const unsigned char *x = entries + (size_t)i * EXTENT_SIZE;
        uint64_t first = get_le32(x), length = get_le16(x + 4);
        uint64_t start = get_le32(x + 8) | (uint64_t)get_le16(x + 6) << 32;
        bool unwritten = length > UNWRITTEN;
        if (unwritten)
            length -= UNWRITTEN;
        uint64_t in = w->block - first;
        if (in < length)
            return run_of(w->e, unwritten ? 0 : start + in, length - in, w->skip, ret_run);
    }
    if (end <= w->block)
        return err_set(ERR_INVALID, "extents that are not in order");
    return run_of(w->e, 0, end - w->block, w->skip, ret_run);
}

static int check_node(const unsigned char *node, size_t size, unsigned depth)
{
    unsigned n = get_le16(node + 2), max = get_le16(node + 4);
    if (get_le16(node) != EXTENT_MAGIC || n > max || (size_t)max * EXTENT_SIZE + EXTENT_SIZE > size ||
        get_le16(node + 6) != depth)
        return err_set(ERR_INVALID, "a damaged tree of extents");
    return 0;
}

static int map_extents(const struct ext *e, const unsigned char *root, uint64_t offset,
                       struct fs_run *ret_run)
{
    struct extent_walk w = {e, offset / e->block, offset % e->block, (uint64_t)1 << 32};
    _cleanup_free_ unsigned char *block = NULL;
    const unsigned char *node = root;
    size_t size = IN_BLOCKS_SIZE;
    unsigned depth = get_le16(root + 6);
    if (depth > EXTENT_DEPTH)
        return err_set(ERR_INVALID, "a tree of extents of depth %u", depth);
    for (;; depth--) {
        int status = check_node(node, size, depth);
        if (status < 0)
            return status;
        const unsigned char *entries = node + EXTENT_SIZE;
        unsigned n = get_le16(node + 2);
        if (depth == 0)
            return leaf(&w, entries, n, ret_run);
        int i = entry_before(entries, n, w.block);
        if ((unsigned)(i + 1) < n && get_le32(entries + (size_t)(i + 1) * EXTENT_SIZE) < w.bound)
            w.bound = get_le32(entries + (size_t)(i + 1) * EXTENT_SIZE);
        if (i < 0)
            return leaf(&w, entries, 0, ret_run);
        const unsigned char *x = entries + (size_t)i * EXTENT_SIZE;
        uint64_t child = get_le32(x + 4) | (uint64_t)get_le16(x + 8) << 32;
        if (!block)
            block = mem_alloc(e->block);
        status = child > UINT64_MAX / e->block ? err_set(ERR_INVALID, "a damaged tree of extents")
                                               : disk_read(e->fs.disk, child * e->block, block, e->block);
        if (status < 0)
            return status;
        node = block;
        size = e->block;
    }
}

/* Blocks by number: twelve in the inode, then through one, two and three blocks of numbers. */
static int map_blocks(const struct ext *e, const unsigned char *in_inode, uint64_t offset,
                      struct fs_run *ret_run)
{
    uint64_t block = offset / e->block, each = e->block / 4, span = 1;
    unsigned levels = 0, slot = (unsigned)block;
    if (block >= DIRECT) {
        block -= DIRECT;
        for (levels = 1, span = each; block >= span; span *= each) {
            block -= span;
            if (++levels > 3)
                return err_set(ERR_INVALID, "a file that is too large for its kind");
        }
        slot = DIRECT + levels - 1;
    }
    uint32_t at = get_le32(in_inode + (size_t)slot * 4);
    for (; levels && at; levels--) {
        unsigned char number[4];
        span /= each;
        int status = disk_read(e->fs.disk, at * (uint64_t)e->block + block / span % each * 4, number, 4);
        if (status < 0)
            return status;
        at = get_le32(number);
    }
    return run_of(e, at, 1, offset % e->block, ret_run);
}

static int ext_map(struct fs *f, const struct fs_inode *i, uint64_t offset, struct fs_run *ret_run)
{
    const struct ext *e = (struct ext *)f;
    uint32_t flags = get_le32(i->raw + EXT_FLAGS);
    if (flags & EXT_ENCRYPTED)
        return err_set(ERR_UNSUPPORTED, "encrypted");
    if (flags & EXT_INLINE)
        return ext_map_inline(i, offset, ret_run);
    if (flags & EXT_EXTENTS)
        return map_extents(e, i->raw + IN_BLOCKS, offset, ret_run);
    return map_blocks(e, i->raw + IN_BLOCKS, offset, ret_run);
}

static int ext_link(struct fs *f, const struct fs_inode *i, char *to)
{
    size_t got;
    if (!(get_le32(i->raw + EXT_FLAGS) & (EXT_EXTENTS | EXT_INLINE | EXT_ENCRYPTED)) &&
        i->size < IN_BLOCKS_SIZE) {
        memcpy(to, i->raw + IN_BLOCKS, (size_t)i->size);
        return 0;
    }
    return fs_read(f, i, 0, to, (size_t)i->size, &got);
}

const struct fs_ops fs_ext = {
    .name = "ext4",
    .size = sizeof(struct ext),
    .super = ext_super,
    .set_up = ext_set_up,
    .replay = ext_log,
    .place = ext_place,
    .inode = ext_inode,
    .map = ext_map,
    .list = ext_list,
    .link = ext_link,
};
