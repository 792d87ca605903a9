#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

static int open_to_read(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(ERR_MISSING, "%s: no such file", path);
    if (fd < 0)
        return err_errno("%s", path);
    return fd;
}

int file_read_fd(struct arena *a, int fd, const char *name, size_t cap, struct str *ret_content)
{
    _cleanup_(buf_free) struct buf b = buf_new(cap);
    for (;;) {
        size_t room = cap - b.n < 65536 ? cap - b.n : 65536;
        char spare, *to = room ? buf_reserve(&b, room) : &spare;
        ssize_t n = read(fd, to, room ? room : 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno("%s", name);
        if (n == 0)
            break;
        if (!room)
            return err_set(ERR_LIMIT, "%s: larger than %zu bytes", name, cap);
        b.n += (size_t)n;
    }
    *ret_content = arena_str(a, buf_str(&b));
    return 0;
}

int file_read(struct arena *a, const char *path, size_t cap, struct str *ret_content)
{
    _cleanup_fd_ int fd = open_to_read(path, 0);
    if (fd < 0)
        return fd;
    return file_read_fd(a, fd, path, cap, ret_content);
}

int file_map(const char *path, struct str *ret_content)
{
    _cleanup_fd_ int fd = open_to_read(path, O_NONBLOCK | O_NOCTTY); /* a pipe is refused, not waited for */
    if (fd < 0)
        return fd;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno("%s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(ERR_INVALID, "%s: not a regular file", path);
    if (!st.st_size) {
        *ret_content = (struct str){NULL, 0};
        return 0;
    }
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return err_errno("%s: mmap", path);
    *ret_content = (struct str){p, (size_t)st.st_size};
    return 0;
}

void file_unmap(struct str content)
{
    if (content.n)
        munmap((void *)(uintptr_t)content.p, content.n);
}

static int write_all(int fd, struct str content)
{
    while (content.n) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        content = str_slice(content, (size_t)n, content.n);
    }
    return 0;
}

int file_replace(const char *path, struct str content, unsigned mode)
{
    char temp[4096];
    if ((size_t)snprintf(temp, sizeof temp, "%s.%d.tmp", path, (int)getpid()) >= sizeof temp)
        return err_set(ERR_LIMIT, "%s: path too long", path);
    _cleanup_fd_ int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno("%s", path);
    if (write_all(fd, content) < 0 || fsync(fd) < 0 || rename(temp, path) < 0) {
        int status = err_errno("%s", path);
        unlink(temp);
        return status;
    }
    return 0;
}

int draft_begin(const char *path, unsigned mode, struct draft *ret_draft)
{
    struct stat st;
    struct draft d = {0};
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        if (!(d.file = fopen(path, "we")))
            return err_errno("%s", path);
        *ret_draft = d;
        return 0;
    }
    if ((size_t)snprintf(d.temp, sizeof d.temp, "%s.%d.tmp", path, (int)getpid()) >= sizeof d.temp)
        return err_set(ERR_LIMIT, "%s: path too long", path);
    int fd = open(d.temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno("%s", path);
    if (!(d.file = fdopen(fd, "w"))) {
        int status = err_errno("%s", path);
        close(fd);
        unlink(d.temp);
        return status;
    }
    *ret_draft = d;
    return 0;
}

int draft_finish(struct draft *d, const char *path)
{
    bool bad = ferror(d->file) || fflush(d->file) || (d->temp[0] && fsync(fileno(d->file)) < 0);
    if (bad || (d->temp[0] && rename(d->temp, path) < 0))
        return err_errno("%s", path);
    d->temp[0] = 0;
    return 0;
}

void draft_cleanup(struct draft *d)
{
    if (d->file)
        fclose(d->file);
    if (d->temp[0])
        unlink(d->temp);
}

int dir_make(const char *path)
{
    char part[4096];
    if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part)
        return err_set(ERR_LIMIT, "%s: path too long", path);
    for (char *p = part + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char end = *p;
        *p = 0;
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return err_errno("%s", part);
        if (!end)
            return 0;
        *p = end;
    }
}
