/* Directories of ext file systems, and content that lies in inodes. A hashed directory is read as a linear
 * one, which it also is: its inner nodes look like entries that were removed. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "view/ext.h"

enum { IN_BLOCKS = 0x28, IN_BLOCKS_SIZE = 60, EXTRA_SIZE = 0x80, PARENT = 4 };
enum { ATTRIBUTES = (int)0xea020000, ATTRIBUTE = 16, INDEX_SYSTEM = 7 };
enum { ENTRY = 8, FILETYPE = 0x2 };

/* The attribute "system.data" in the inode; empty when there is none. */
static struct str inline_attribute(const struct fs_inode *i)
{
    const struct str none = {NULL, 0};
    if (i->n_raw < EXTRA_SIZE + 4)
        return none;
    size_t start = EXTRA_SIZE + get_le16(i->raw + EXTRA_SIZE);
    if (start + 4 > i->n_raw || get_le32(i->raw + start) != (uint32_t)ATTRIBUTES)
        return none;
    start += 4;
    for (size_t at = start; at + ATTRIBUTE <= i->n_raw && get_le32(i->raw + at);) {
        const unsigned char *x = i->raw + at;
        size_t name = x[0], offset = get_le16(x + 2), size = get_le32(x + 8);
        if (x[1] == INDEX_SYSTEM && name == 4 && at + ATTRIBUTE + name <= i->n_raw &&
            !memcmp(x + ATTRIBUTE, "data", 4)) {
            if (get_le32(x + 4) || size > i->n_raw - start || offset > i->n_raw - start - size)
                return none;
            return (struct str){(const char *)i->raw + start + offset, size};
        }
        at += (ATTRIBUTE + name + 3) & ~(size_t)3;
    }
    return none;
}

int ext_map_inline(const struct fs_inode *i, uint64_t offset, struct fs_run *ret_run)
{
    if (offset < IN_BLOCKS_SIZE) {
        *ret_run = (struct fs_run){.here = i->raw + IN_BLOCKS + offset, .n = IN_BLOCKS_SIZE - offset};
        return 0;
    }
    struct str more = inline_attribute(i);
    offset -= IN_BLOCKS_SIZE;
    if (offset >= more.n)
        return err_set(ERR_INVALID, "content in the inode is cut short");
    *ret_run = (struct fs_run){.here = (const unsigned char *)more.p + offset, .n = more.n - offset};
    return 0;
}

static unsigned kind_of(unsigned type)
{
    static const unsigned kinds[] = {0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};
    return type < sizeof kinds / sizeof *kinds ? kinds[type] : 0;
}

static size_t entry_size(const unsigned char *x, size_t left)
{
    size_t size = get_le16(x);
    return left == FS_BLOCK_MAX && (size == 0 || size == 65535) ? left : size;
}

/* The entries of one block, or of a part of an inode. */
static int list_block(const struct ext *e, const unsigned char *block, size_t n, fs_entry *entry, void *ctx)
{
    for (size_t at = 0; at + ENTRY <= n;) {
        const unsigned char *x = block + at;
        uint32_t number = get_le32(x);
        size_t size = entry_size(x + 4, n - at);
        size_t length = e->features & FILETYPE ? x[6] : get_le16(x + 6);
        if (size < ENTRY || size % 4 || size > n - at || length > size - ENTRY)
            return err_set(ERR_INVALID, "a damaged directory");
        struct str name = {(const char *)x + ENTRY, length};
        if (number && length && !str_is(name, ".") && !str_is(name, "..")) {
            int status = entry(ctx, name, number, e->features & FILETYPE ? kind_of(x[7]) : 0);
            if (status)
                return status;
        }
        at += size;
    }
    return 0;
}

static int list_inline(const struct ext *e, const struct fs_inode *i, fs_entry *entry, void *ctx)
{
    struct str more = inline_attribute(i);
    int status = list_block(e, i->raw + IN_BLOCKS + PARENT, IN_BLOCKS_SIZE - PARENT, entry, ctx);
    return status || !more.n ? status : list_block(e, (const unsigned char *)more.p, more.n, entry, ctx);
}

int ext_list(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx)
{
    const struct ext *e = (struct ext *)f;
    uint32_t flags = get_le32(directory->raw + EXT_FLAGS);
    if (flags & EXT_ENCRYPTED)
        return err_set(ERR_UNSUPPORTED, "an encrypted directory");
    if (flags & EXT_INLINE)
        return list_inline(e, directory, entry, ctx);
    _cleanup_free_ unsigned char *block = mem_alloc(e->block);
    int status = 0;
    for (uint64_t at = 0; status == 0 && at < directory->size; at += e->block) {
        struct fs_run run;
        status = f->ops->map(f, directory, at, &run);
        if (status == 0 && !run.at) { /* a hole */
            at += (run.n - 1) / e->block * e->block;
            continue;
        }
        if (status == 0)
            status = disk_read(f->disk, run.at, block, e->block);
        if (status == 0)
            status = list_block(e, block, e->block, entry, ctx);
    }
    return status;
}
