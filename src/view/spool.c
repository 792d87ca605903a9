#include "view/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "view/io.h"

/* /var/tmp before /tmp: the latter is often memory. */
int spool_temp_file(int *ret_fd)
{
    const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    int fd = -1;
    for (size_t i = 0; i < 3 && fd < 0; i++) {
        char path[4096];
        if (!folders[i] || !folders[i][0])
            continue;
        fd = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
        if (fd < 0 && (size_t)snprintf(path, sizeof path, "%s/assay-XXXXXX", folders[i]) < sizeof path &&
            (fd = mkostemp(path, O_CLOEXEC)) >= 0)
            unlink(path);
    }
    if (fd < 0)
        return err_errno("a temporary file in $TMPDIR, /var/tmp or /tmp");
    *ret_fd = fd;
    return 0;
}

static void drop_file(struct spool *s)
{
    if (s->map)
        munmap(s->map, (size_t)s->n);
    if (s->fd >= 0)
        close(s->fd);
    s->map = NULL;
    s->fd = -1;
}

void spool_reset(struct spool *s)
{
    drop_file(s);
    s->n = 0;
}

void spool_free(struct spool *s)
{
    spool_reset(s);
    free(s->p);
    *s = SPOOL_EMPTY;
}

/* Moves what is in memory to a file. */
static int spill(struct spool *s)
{
    int status = spool_temp_file(&s->fd);
    return status < 0 ? status : io_write(s->fd, s->p, (size_t)s->n);
}

int spool_add(struct spool *s, const void *data, size_t n)
{
    int status = 0;
    if (!n)
        return 0;
    if (s->fd < 0 && s->n + n > SPOOL_MEMORY)
        status = spill(s);
    if (status < 0)
        return status;
    if (s->fd >= 0) {
        status = io_write(s->fd, data, n);
    } else {
        if (s->n + n + 1 > s->size) {
            size_t size = s->size ? s->size : 64 * 1024;
            while (size < s->n + n + 1)
                size *= 2;
            s->p = mem_grow(s->p, size, 1);
            s->size = size;
        }
        memcpy(s->p + s->n, data, n);
    }
    if (status == 0)
        s->n += n;
    return status;
}

int spool_content(struct spool *s, struct str *ret_content)
{
    if (!s->n) {
        *ret_content = STR("");
    } else if (s->fd < 0) {
        s->p[s->n] = 0;
        *ret_content = (struct str){s->p, (size_t)s->n};
    } else {
        /* The file is ours alone and has all its bytes: no fault can come from it. */
        void *map = s->map ? s->map : mmap(NULL, (size_t)s->n, PROT_READ, MAP_PRIVATE, s->fd, 0);
        if (map == MAP_FAILED)
            return err_errno("mapping a temporary file");
        s->map = map;
        *ret_content = (struct str){map, (size_t)s->n};
    }
    return 0;
}

int spool_read_at(const struct spool *s, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    if (s->fd >= 0)
        return io_read_at(s->fd, offset, to, n, ret_read);
    size_t left = offset < s->n ? (size_t)(s->n - offset) : 0;
    *ret_read = n < left ? n : left;
    if (*ret_read)
        memcpy(to, s->p + offset, *ret_read);
    return 0;
}
