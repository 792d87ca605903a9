/* Directories of XFS: in the inode, in one block, or in many, whose index is not needed. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "view/xfs.h"

enum { SHORT_HEAD = 6, SHORT_PARENT = 4, TAIL = 8, LEAF_ENTRY = 8, FREE_TAG = 0xffff };
enum {
    BLOCK_V4 = 0x58443242 /* "XD2B" */,
    BLOCK_V5 = 0x58444233 /* "XDB3" */,
    DATA_V4 = 0x58443244 /* "XD2D" */,
    DATA_V5 = 0x58444433 /* "XDD3" */,
    HEAD_V4 = 16,
    HEAD_V5 = 64,
};

static unsigned kind_of(unsigned type)
{
    static const unsigned kinds[] = {0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};
    return type < sizeof kinds / sizeof *kinds ? kinds[type] : 0;
}

static int damaged(void)
{
    return err_set(ERR_INVALID, "a damaged directory");
}

/* In the inode: how many, whether with long numbers, the parent, then the entries. */
static int list_short(const struct xfs *x, const struct xfs_fork *fork, fs_entry *entry, void *ctx)
{
    if (fork->n < SHORT_HEAD)
        return damaged();
    unsigned n = fork->at[0];
    size_t number = fork->at[1] ? 8 : 4, at = SHORT_HEAD - SHORT_PARENT + number;
    for (unsigned k = 0; k < n; k++) {
        if (at + 3 > fork->n)
            return damaged();
        size_t length = fork->at[at], end = at + 3 + length + x->kinds + number;
        if (!length || end > fork->n)
            return damaged();
        const unsigned char *last = fork->at + end - number;
        int status = entry(ctx, (struct str){(const char *)fork->at + at + 3, length},
                           number == 8 ? get_be64(last) : get_be32(last), x->kinds ? kind_of(last[-1]) : 0);
        if (status)
            return status;
        at = end;
    }
    return 0;
}

/* Where the entries of a block end: a directory of one block has its index behind them. */
static int end_of(const unsigned char *block, size_t n, bool single, size_t *ret_end)
{
    uint64_t index = single ? TAIL + (uint64_t)get_be32(block + n - TAIL) * LEAF_ENTRY : 0;
    if (index > n)
        return damaged();
    *ret_end = n - (size_t)index;
    return 0;
}

static int list_block(const struct xfs *x, unsigned char *block, uint64_t inode, fs_entry *entry, void *ctx)
{
    size_t n = x->directory_block, at = x->crc ? HEAD_V5 : HEAD_V4, end = 0;
    uint32_t magic = get_be32(block);
    bool single = magic == (x->crc ? BLOCK_V5 : BLOCK_V4);
    if (!single && magic != (x->crc ? DATA_V5 : DATA_V4))
        return damaged();
    int status = x->crc ? xfs_check(x, block, n, XFS_DIRECTORY_SUM, 24, 40, inode) : 0;
    if (status == 0)
        status = end_of(block, n, single, &end);
    while (status == 0 && at + 12 <= end) {
        const unsigned char *e = block + at;
        if (get_be16(e) == FREE_TAG) {
            size_t skip = get_be16(e + 2);
            if (!skip || skip % 8 || skip > end - at)
                return damaged();
            at += skip;
            continue;
        }
        size_t length = e[8], size = (9 + length + x->kinds + 2 + 7) & ~(size_t)7;
        if (!length || size > end - at)
            return damaged();
        struct str name = {(const char *)e + 9, length};
        if (!str_is(name, ".") && !str_is(name, ".."))
            status = entry(ctx, name, get_be64(e), x->kinds ? kind_of(e[9 + length]) : 0);
        at += size;
    }
    return status;
}

/* A directory's block may lie in several pieces. */
static int read_block(struct fs *f, const struct fs_inode *i, uint64_t at, unsigned char *block)
{
    size_t got;
    int status = fs_read(f, i, at, block, ((struct xfs *)f)->directory_block, &got);
    return status == 0 && got < ((struct xfs *)f)->directory_block ? damaged() : status;
}

int xfs_list(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx)
{
    const struct xfs *x = (struct xfs *)f;
    struct xfs_fork fork;
    int status = xfs_fork(x, directory, &fork);
    if (status < 0)
        return status;
    if (fork.format == XFS_LOCAL)
        return list_short(x, &fork, entry, ctx);
    _cleanup_free_ unsigned char *block = mem_alloc(x->directory_block);
    for (uint64_t at = 0; status == 0 && at < directory->size; at += x->directory_block) {
        struct fs_run run;
        status = f->ops->map(f, directory, at, &run);
        if (status == 0 && !run.at) { /* a hole */
            at += (run.n - 1) / x->directory_block * x->directory_block;
            continue;
        }
        if (status == 0)
            status = read_block(f, directory, at, block);
        if (status == 0)
            status = list_block(x, block, directory->number, entry, ctx);
    }
    return status;
}
