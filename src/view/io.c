#include "view/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

enum { BUFFER_KEPT = 1 << 20, PIECE = 256 << 10 };

int io_read_at(int fd, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    size_t done = 0;
    if (offset > INT64_MAX - n)
        return err_set(ERR_INVALID, "reading beyond any file");
    while (done < n) {
        ssize_t got = pread(fd, (char *)to + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("reading");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_read = done;
    return 0;
}

int io_write(int fd, const void *data, size_t n)
{
    for (const char *p = data; n;) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno("writing a temporary file");
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

int io_digest(int fd, unsigned char ret_digest[SHA256_SIZE])
{
    _cleanup_free_ char *piece = mem_alloc(PIECE);
    struct sha256 *h = sha256_new();
    int status = 0;
    size_t n = PIECE;
    for (uint64_t at = 0; status == 0 && n == PIECE; at += n) {
        status = io_read_at(fd, at, piece, PIECE, &n);
        if (status == 0)
            sha256_update(h, piece, n);
    }
    sha256_finish(h, ret_digest);
    return status;
}

static int file_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    const struct io_file *io = f->state;
    return io_read_at(io->fd, offset, to, n, ret_read);
}

/* Read, not mapped: a file that another process cuts short must not end this one. */
static int file_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    struct io_file *io = f->state;
    (void)cap; /* view_file_content() has compared the size */
    if (!io->read) {
        size_t got, size = (size_t)f->size;
        if (io->size < size + 1) {
            free(io->content);
            io->size = size + 1 < BUFFER_KEPT ? BUFFER_KEPT : size + 1;
            io->content = mem_grow(NULL, io->size, 1);
        }
        int status = io_read_at(io->fd, 0, io->content, size, &got);
        if (status < 0)
            return status;
        io->content[got] = 0;
        f->size = got;
        io->read = true;
    }
    *ret_content = (struct str){io->content, (size_t)f->size};
    return 0;
}

struct view_file io_file_view(struct io_file *io, struct str path, const struct stat *st)
{
    static const struct view_file_ops ops = {file_content, file_read_at};
    return (struct view_file){.path = path,
                              .size = (uint64_t)st->st_size,
                              .mode = st->st_mode & 07777,
                              .layer = UINT32_MAX,
                              .ops = &ops,
                              .state = io};
}

void io_file_reset(struct io_file *io)
{
    if (io->size > BUFFER_KEPT)
        io_file_free(io);
    io->read = false;
}

void io_file_free(struct io_file *io)
{
    free(io->content);
    io->content = NULL;
    io->size = 0;
}

int io_open(const char *path, int *ret_fd, struct stat *ret_st)
{
    _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return err_set(ERR_MISSING, "%s: no such file", path);
    if (fd < 0 || fstat(fd, ret_st) < 0)
        return err_errno("%s", path);
    if (!S_ISREG(ret_st->st_mode))
        return err_set(ERR_UNSUPPORTED, "%s: not a regular file", path);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

struct one_view {
    struct view view;
    struct io_file io;
    struct stat st;
    char *name;
};

static int one_walk(struct view *view, const struct view_visitor *visitor)
{
    struct one_view *v = (struct one_view *)view;
    struct view_file f = io_file_view(&v->io, str_from(v->name), &v->st);
    view->files = 1;
    v->io.read = false;
    if (visitor->wants(visitor->ctx, f.path, f.size))
        visitor->visit(visitor->ctx, &f);
    return 0;
}

static void one_close(struct view *view)
{
    struct one_view *v = (struct one_view *)view;
    io_file_free(&v->io);
    close(v->io.fd);
    free(v->name);
    free(v);
}

int view_open_file(const char *path, struct str name, struct view **ret_view)
{
    static const struct view_ops ops = {one_walk, one_close};
    struct stat st;
    int fd;
    int status = io_open(path, &fd, &st);
    if (status < 0)
        return status;
    struct one_view *v = mem_alloc(sizeof *v);
    v->view.ops = &ops;
    v->io.fd = fd;
    v->st = st;
    v->name = strndup(name.p, name.n);
    *ret_view = &v->view;
    return 0;
}
