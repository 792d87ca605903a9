#include "api/upload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"
#include "view/io.h"

/* Files are named OWNER_ID_TOTAL.part. Parts are short and rare: one lock serves all. */
struct uploads {
    int folder;
    pthread_mutex_t lock;
    int64_t expired; /* when that was last looked after */
};

enum { NAME = 256, EXPIRE_EVERY = 600 };

int uploads_new(const char *folder, struct uploads **ret_uploads)
{
    int status = dir_make(folder);
    if (status < 0)
        return status;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno("%s", folder);
    struct uploads *u = mem_alloc(sizeof *u);
    u->folder = fd;
    pthread_mutex_init(&u->lock, NULL);
    uploads_expire(u, time_now());
    *ret_uploads = u;
    return 0;
}

void uploads_free(struct uploads *u)
{
    if (!u)
        return;
    close(u->folder);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

static DIR *list(const struct uploads *u)
{
    int fd = openat(u->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    return d;
}

static void expire(struct uploads *u, int64_t now)
{
    DIR *d = list(u);
    struct stat st;
    u->expired = now;
    for (struct dirent *e; d && (e = readdir(d));)
        if (str_ends(str_from(e->d_name), STR(".part")) &&
            fstatat(u->folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_mtime + UPLOAD_SECONDS < now)
            unlinkat(u->folder, e->d_name, 0);
    if (d)
        closedir(d);
}

void uploads_expire(struct uploads *u, int64_t now)
{
    pthread_mutex_lock(&u->lock);
    expire(u, now);
    pthread_mutex_unlock(&u->lock);
}

static bool plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return s.n && s.n <= UPLOAD_ID_MAX;
}

/* Another upload of the owner takes the place of its oldest. */
static void make_room(struct uploads *u, struct str owner)
{
    char prefix[NAME], oldest[NAME] = "";
    DIR *d = list(u);
    struct stat st;
    time_t since = 0;
    size_t n = 0;
    snprintf(prefix, sizeof prefix, "%.*s_", STR_ARG(owner));
    for (struct dirent *e; d && (e = readdir(d));) {
        if (!str_starts(str_from(e->d_name), str_from(prefix)) ||
            fstatat(u->folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (!n++ || st.st_mtime < since) {
            since = st.st_mtime;
            snprintf(oldest, sizeof oldest, "%s", e->d_name);
        }
    }
    if (d)
        closedir(d);
    if (n >= UPLOADS_OF_HOST)
        unlinkat(u->folder, oldest, 0);
}

static int open_part(struct uploads *u, const struct upload_part *part, const char *name)
{
    int fd = openat(u->folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        make_room(u, part->owner);
        fd = openat(u->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return fd < 0 ? err_errno("upload") : fd;
}

/* `have`: how much there is, before and after. */
static int write_part(int fd, const struct upload_part *part, uint64_t *have)
{
    if (part->offset > *have)
        return err_set(ERR_MISSING, "upload: the part begins at %llu, there are %llu bytes",
                       (unsigned long long)part->offset, (unsigned long long)*have);
    if (*have - part->offset >= part->bytes.n)
        return 0;
    struct str rest = str_slice(part->bytes, (size_t)(*have - part->offset), part->bytes.n);
    if (lseek(fd, (off_t)*have, SEEK_SET) < 0)
        return err_errno("upload");
    int status = io_write(fd, rest.p, rest.n);
    if (status < 0) /* half of it: as if it had not come */
        return ftruncate(fd, (off_t)*have) < 0 ? err_errno("upload") : status;
    *have += rest.n;
    return 0;
}

static int add(struct uploads *u, const struct upload_part *part, uint64_t *have, int *ret_fd)
{
    char name[NAME];
    struct stat st;
    snprintf(name, sizeof name, "%.*s_%.*s_%llu.part", STR_ARG(part->owner), STR_ARG(part->id),
             (unsigned long long)part->total);
    _cleanup_fd_ int fd = open_part(u, part, name);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return err_errno("upload");
    *have = (uint64_t)st.st_size;
    int status = write_part(fd, part, have);
    if (status == 0 && *have == part->total) {
        unlinkat(u->folder, name, 0);
        *ret_fd = fd;
        fd = -1;
    }
    return status;
}

int upload_add(struct uploads *u, const struct upload_part *part, uint64_t cap, int64_t now, uint64_t *have,
               int *ret_fd)
{
    int fd = -1;
    *have = 0;
    if (!plain(part->owner) || !plain(part->id))
        return err_set(ERR_INVALID, "upload: ids are 1 to %d letters, digits and '-'", UPLOAD_ID_MAX);
    if (part->total > cap)
        return err_set(ERR_LIMIT, "upload: %llu bytes are more than %llu", (unsigned long long)part->total,
                       (unsigned long long)cap);
    if (!part->bytes.n || part->offset > part->total || part->bytes.n > part->total - part->offset)
        return err_set(ERR_INVALID, "upload: the part does not lie within the whole");
    pthread_mutex_lock(&u->lock);
    if (now - u->expired >= EXPIRE_EVERY)
        expire(u, now);
    int status = add(u, part, have, &fd);
    pthread_mutex_unlock(&u->lock);
    if (status == 0)
        *ret_fd = fd;
    return status;
}
