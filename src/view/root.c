#include "view/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { LINKS_MAX = 40, LEVELS_MAX = 128, LINK_BYTES = 4096 };

int root_resolve(int root, const char *path)
{
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                                 .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return root_resolve_by_hand(root, path);
    return fd;
}

/* One component after the other, each opened relative to the directory before it, so that a directory
 * replaced by a link in the meantime leads nowhere else. `levels` are the open directories from the root down
 * to where we are. */
struct climb {
    int levels[LEVELS_MAX];
    int n;
    int links;
    char rest[2 * LINK_BYTES];
};

static void climb_up_to(struct climb *c, int n)
{
    while (c->n > n)
        close(c->levels[--c->n]);
}

static int fail(int code)
{
    errno = code;
    return -1;
}

/* Puts the target of the link `fd` before the rest of the path. */
static int climb_follow(struct climb *c, int fd)
{
    char target[LINK_BYTES], rest[sizeof c->rest];
    ssize_t n = readlinkat(fd, "", target, sizeof target - 1);
    if (n <= 0)
        return n < 0 ? -1 : fail(ENOENT);
    target[n] = 0;
    if (++c->links > LINKS_MAX)
        return fail(ELOOP);
    if (target[0] == '/')
        climb_up_to(c, 1);
    if ((size_t)snprintf(rest, sizeof rest, "%s/%s", target, c->rest) >= sizeof rest)
        return fail(ENAMETOOLONG);
    memcpy(c->rest, rest, strlen(rest) + 1);
    return 0;
}

/* Takes one component. A file other than a directory must be the last. */
static int climb_step(struct climb *c, const char *name, bool last)
{
    if (!strcmp(name, "") || !strcmp(name, "."))
        return 0;
    if (!strcmp(name, "..")) {
        climb_up_to(c, c->n > 1 ? c->n - 1 : 1);
        return 0;
    }
    if (c->n == LEVELS_MAX)
        return fail(ENAMETOOLONG);
    int fd = openat(c->levels[c->n - 1], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return -1;
    int status = fstat(fd, &st);
    if (status == 0 && S_ISLNK(st.st_mode)) {
        status = climb_follow(c, fd);
        close(fd);
        return status;
    }
    if (status == 0 && !S_ISDIR(st.st_mode) && !last)
        status = fail(ENOTDIR);
    if (status < 0) {
        int saved = errno;
        close(fd);
        return fail(saved);
    }
    c->levels[c->n++] = fd;
    return 0;
}

static int climb_all(struct climb *c)
{
    while (c->rest[0]) {
        char name[LINK_BYTES];
        size_t n = strcspn(c->rest, "/"), skip = n + strspn(c->rest + n, "/");
        if (n >= sizeof name)
            return fail(ENAMETOOLONG);
        memcpy(name, c->rest, n);
        name[n] = 0;
        memmove(c->rest, c->rest + skip, strlen(c->rest + skip) + 1);
        if (climb_step(c, name, !c->rest[0]) < 0)
            return -1;
    }
    return 0;
}

int root_resolve_by_hand(int root, const char *path)
{
    struct climb c = {.n = 0};
    if (strlen(path) >= LINK_BYTES)
        return fail(ENAMETOOLONG);
    strcpy(c.rest, path);
    int top = fcntl(root, F_DUPFD_CLOEXEC, 0);
    if (top < 0)
        return -1;
    c.levels[c.n++] = top;
    int fd = climb_all(&c) < 0 ? -1 : fcntl(c.levels[c.n - 1], F_DUPFD_CLOEXEC, 0);
    int saved = errno;
    climb_up_to(&c, 0);
    errno = saved;
    return fd;
}

int root_reopen(int path_fd)
{
    struct stat st;
    char name[64];
    if (fstat(path_fd, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode))
        return fail(EINVAL);
    snprintf(name, sizeof name, "/proc/self/fd/%d", path_fd);
    return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static struct str whereabouts(int fd, struct arena *a)
{
    char name[64], path[LINK_BYTES];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, sizeof path);
    return n > 0 && n < (ssize_t)sizeof path && path[0] == '/' ? arena_str(a, (struct str){path, (size_t)n})
                                                               : (struct str){NULL, 0};
}

bool root_locate(int root, int fd, struct arena *a, struct str *ret_path)
{
    struct str top = whereabouts(root, a), path = whereabouts(fd, a);
    if (top.n == 1)
        top.n = 0; /* "/" */
    if (!path.n || !str_starts(path, top) || path.n <= top.n || path.p[top.n] != '/')
        return false;
    *ret_path = str_slice(path, top.n + 1, path.n);
    return true;
}
