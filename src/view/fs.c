#include "view/fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

/* What is known by its magic and not read. */
static const struct {
    uint32_t at;
    struct str magic;
    const char *name;
} known[] = {
    {0, {"LUKS\xba\xbe", 6}, "an encrypted volume (LUKS)"},
    {512, {"LABELONE", 8}, "a damaged physical volume of LVM"},
    {65600, {"_BHRfS_M", 8}, "btrfs"},
    {0, {"hsqs", 4}, "squashfs"},
    {1024, {"\xe2\xe1\xf5\xe0", 4}, "EROFS"},
    {1024, {"\x10\x20\xf5\xf2", 4}, "F2FS"},
    {3, {"NTFS    ", 8}, "NTFS"},
    {3, {"-FVE-FS-", 8}, "an encrypted volume (BitLocker)"},
    {0, {"\xfc\x4e\x2b\xa9", 4}, "a RAID member"},
    {4096, {"\xfc\x4e\x2b\xa9", 4}, "a RAID member"},
    {16408, {"version\0", 8}, "ZFS"}, /* the first name of the list in its label */
};
/* Of no interest: swap by the size of its pages, FAT, CDs. */
static const struct {
    uint32_t at;
    struct str magic;
} idle[] = {
    {4086, {"SWAPSPACE2", 10}},  {8182, {"SWAPSPACE2", 10}}, {16374, {"SWAPSPACE2", 10}},
    {65526, {"SWAPSPACE2", 10}}, {54, {"FAT1", 4}},          {82, {"FAT32", 5}},
    {3, {"EXFAT", 5}},           {32769, {"CD001", 5}},
};
enum { MAGIC_MAX = 10, START = 68 << 10 };

bool fs_is_idle(struct disk *disk)
{
    size_t n = disk->size < START ? (size_t)disk->size : START, used = 0;
    _cleanup_free_ char *start = mem_alloc(START);
    if (disk_read(disk, 0, start, n) < 0)
        return false;
    while (used < n && !start[used])
        used++;
    for (size_t i = 0; used < n && i < sizeof idle / sizeof *idle; i++)
        if (!memcmp(start + idle[i].at, idle[i].magic.p, idle[i].magic.n))
            used = n;
    return used == n;
}

static int other_kind(struct disk *disk)
{
    char start[MAGIC_MAX];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].at + MAGIC_MAX > disk->size)
            continue;
        int status = disk_read(disk, known[i].at, start, MAGIC_MAX);
        if (status < 0)
            return status;
        if (!memcmp(start, known[i].magic.p, known[i].magic.n))
            return err_set(ERR_UNSUPPORTED, "%s is not read", known[i].name);
    }
    return err_set(ERR_MISSING, "no file system that is known");
}

/* The superblock, too, may be in the log. */
static int open_as(const struct fs_ops *ops, struct disk *disk, struct fs **ret_fs)
{
    unsigned char super[FS_SUPER_MAX];
    int status = ops->super(disk, super);
    if (status < 0)
        return status;
    _cleanup_(fs_cleanup) struct fs *f = mem_alloc(ops->size);
    f->ops = ops;
    f->disk = disk;
    status = ops->set_up(f, super);
    if (status == 0)
        status = ops->replay(f, super);
    if (status == 0 && f->replayed)
        status = ops->super(f->disk, super);
    if (status == 0 && f->replayed)
        status = ops->set_up(f, super);
    if (status < 0)
        return status;
    if (f->size > disk->size && !f->note[0])
        fs_note(f, "it is larger than where it lies: a part of a RAID, or of an image that was cut off");
    *ret_fs = f;
    f = NULL;
    return 0;
}

int fs_open(struct disk *disk, struct fs **ret_fs)
{
    static const struct fs_ops *const kinds[] = {&fs_xfs, &fs_ext};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int status = open_as(kinds[i], disk, ret_fs);
        if (status != ERR_MISSING)
            return status < 0 ? err_context(status, "%s", kinds[i]->name) : 0;
    }
    return other_kind(disk);
}

void fs_close(struct fs *f)
{
    if (f->replayed)
        disk_close(f->replayed);
    free(f);
}

void fs_note(struct fs *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->note, sizeof f->note, format, args);
    va_end(args);
}

int fs_inode(struct fs *f, uint64_t number, struct fs_inode *ret_inode)
{
    uint64_t at;
    size_t n;
    int status = f->ops->place(f, number, &at, &n);
    if (status == 0)
        status = disk_read(f->disk, at, ret_inode->raw, n);
    if (status < 0)
        return status;
    ret_inode->number = number;
    ret_inode->n_raw = n;
    return f->ops->inode(f, ret_inode);
}

void fs_hint(struct fs *f, uint64_t number)
{
    uint64_t at;
    size_t n;
    if (f->ops->place(f, number, &at, &n) == 0)
        disk_hint(f->disk, at, n);
}

int fs_read(struct fs *f, const struct fs_inode *i, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    size_t done = 0;
    if (offset >= i->size)
        n = 0;
    else if (n > i->size - offset)
        n = (size_t)(i->size - offset);
    while (done < n) {
        struct fs_run run;
        int status = f->ops->map(f, i, offset + done, &run);
        if (status < 0)
            return status;
        size_t piece = run.n < n - done ? (size_t)run.n : n - done;
        char *at = (char *)to + done;
        if (run.here)
            memcpy(at, run.here, piece);
        else if (!run.at)
            memset(at, 0, piece);
        else
            status = disk_read(f->disk, run.at, at, piece);
        if (status < 0)
            return status;
        done += piece;
    }
    *ret_read = done;
    return 0;
}

int fs_list(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx)
{
    if (!S_ISDIR(directory->mode))
        return err_set(ERR_INVALID, "not a directory");
    if (directory->size > FS_DIRECTORY_MAX)
        return err_set(ERR_LIMIT, "a directory larger than %d MiB", FS_DIRECTORY_MAX >> 20);
    return f->ops->list(f, directory, entry, ctx);
}

struct sought {
    struct str name;
    uint64_t number;
};

static int compare(void *ctx, struct str name, uint64_t number, unsigned kind)
{
    struct sought *s = ctx;
    (void)kind;
    if (!str_eq(name, s->name))
        return 0;
    s->number = number;
    return 1;
}

int fs_lookup(struct fs *f, const struct fs_inode *directory, struct str name, uint64_t *ret_number)
{
    struct sought s = {.name = name};
    int status = fs_list(f, directory, compare, &s);
    if (status == 0)
        return err_set(ERR_MISSING, "no %.*s in it", STR_ARG(name));
    if (status > 0)
        *ret_number = s.number;
    return status < 0 ? status : 0;
}

int fs_link(struct fs *f, const struct fs_inode *i, struct arena *a, struct str *ret_target)
{
    if (!S_ISLNK(i->mode) || !i->size || i->size > FS_LINK_MAX)
        return err_set(ERR_INVALID, "not a symbolic link, or one of %llu bytes", (unsigned long long)i->size);
    char *to = arena_alloc(a, (size_t)i->size + 1);
    int status = f->ops->link(f, i, to);
    if (status < 0)
        return status;
    struct str target = {to, (size_t)i->size};
    if (str_find(target, 0) >= 0)
        return err_set(ERR_INVALID, "a link with a NUL byte");
    *ret_target = target;
    return 0;
}
