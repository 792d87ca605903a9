#include "view/disk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "view/io.h"

int disk_read(struct disk *d, uint64_t offset, void *to, size_t n)
{
    if (offset > d->size || n > d->size - offset)
        return err_set(ERR_INVALID, "reading %zu bytes at %llu of a disk of %llu", n,
                       (unsigned long long)offset, (unsigned long long)d->size);
    return n ? d->ops->read(d, offset, to, n) : 0;
}

void disk_hint(struct disk *d, uint64_t offset, uint64_t n)
{
    if (d->ops->hint && offset <= d->size && n <= d->size - offset)
        d->ops->hint(d, offset, n);
}

void disk_close(struct disk *d)
{
    d->ops->close(d);
}

struct file_disk {
    struct disk disk;
    int fd;
};

static int file_read_all(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    size_t got;
    int status = io_read_at(((struct file_disk *)disk)->fd, offset, to, n, &got);
    if (status == 0 && got < n)
        return err_set(ERR_IO, "the disk image was cut short while it was read");
    return status;
}

static void file_close(struct disk *disk)
{
    close(((struct file_disk *)disk)->fd);
    free(disk);
}

int disk_open_file(const char *path, struct disk **ret_disk)
{
    static const struct disk_ops ops = {file_read_all, NULL, file_close};
    struct stat st;
    int fd, status = io_open(path, &fd, &st);
    if (status < 0)
        return status;
    struct file_disk *d = mem_alloc(sizeof *d);
    d->disk = (struct disk){&ops, (uint64_t)st.st_size};
    d->fd = fd;
    *ret_disk = &d->disk;
    return 0;
}

struct memory_disk {
    struct disk disk;
    const unsigned char *data;
};

static int memory_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    memcpy(to, ((struct memory_disk *)disk)->data + offset, n);
    return 0;
}

static void just_free(struct disk *disk)
{
    free(disk);
}

struct disk *disk_of_memory(const void *data, size_t n)
{
    static const struct disk_ops ops = {memory_read, NULL, just_free};
    struct memory_disk *d = mem_alloc(sizeof *d);
    d->disk = (struct disk){&ops, n};
    d->data = data;
    return &d->disk;
}

struct part {
    struct disk disk, *whole;
    uint64_t start;
};

static int part_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    struct part *p = (struct part *)disk;
    return disk_read(p->whole, p->start + offset, to, n);
}

static void part_hint(struct disk *disk, uint64_t offset, uint64_t n)
{
    struct part *p = (struct part *)disk;
    disk_hint(p->whole, p->start + offset, n);
}

int disk_part(struct disk *whole, uint64_t start, uint64_t size, struct disk **ret_part)
{
    static const struct disk_ops ops = {part_read, part_hint, just_free};
    if (start > whole->size || size > whole->size - start)
        return err_set(ERR_INVALID, "a partition that ends behind the end of its disk");
    struct part *p = mem_alloc(sizeof *p);
    p->disk = (struct disk){&ops, size};
    p->whole = whole;
    p->start = start;
    *ret_part = &p->disk;
    return 0;
}
