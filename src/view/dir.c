/* A directory tree, read through descriptors relative to its root.
 *
 * Depth first with an explicit stack: one open directory and one block of entries a level, so that memory
 * depends on the depth (which is capped) and not on the number of files. The kind of an entry comes with its
 * name (getdents64(2)), so only directories and wanted files are opened, and nothing else is even looked at.
 * Things may vanish or change their kind under our hands: what is not there any more, or not what it was, is
 * left out; every open refuses links.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "view/io.h"
#include "view/mount.h"
#include "view/root.h"

enum { BLOCK = 64 * 1024, LEVELS_PER_DEPTH = 16 };

struct dir_view {
    struct view view;
    int root;
};

/* A directory being read. */
struct level {
    int fd;
    size_t path; /* bytes of walk.path that name it, with the '/' at the end */
    struct mount_place place;
    char *block;
    size_t at, n; /* in block */
};

struct walk {
    struct dir_view *v;
    const struct view_visitor *visitor;
    struct mounts *mounts;
    struct arena *scratch; /* of one entry */
    char *path;            /* view_limits.path + 1 bytes */
    struct level *levels;
    unsigned depth, max_depth; /* levels in use; the block of an unused one is kept for the next */
    uint64_t entries;
    struct io_file io; /* the file being visited */
};

static void problem(struct walk *w, struct str path, int code)
{
    if (w->visitor->problem)
        w->visitor->problem(w->visitor->ctx, path.n ? path : STR("."), code);
}

/* What happens when the tree changes while it is read; anything else is a problem. */
static bool changed(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ESTALE || error == EINVAL ||
           error == ENXIO;
}

static void visit(struct walk *w, int fd, struct str path)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        problem(w, path, err_errno("status"));
        return;
    }
    if (!S_ISREG(st.st_mode))
        return;
    w->io.fd = fd;
    struct view_file f = io_file_view(&w->io, path, &st);
    w->visitor->visit(w->visitor->ctx, &f);
    io_file_reset(&w->io);
}

static void regular(struct walk *w, const struct level *l, const char *name, struct str path)
{
    w->v->view.files++;
    if (!w->visitor->wants(w->visitor->ctx, path, 0))
        return;
    _cleanup_fd_ int fd = openat(l->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        visit(w, fd, path);
    else if (!changed(errno))
        problem(w, path, err_errno("opening"));
}

/* A link with a wanted name: read under that name, unless what it leads to is wanted by its own. */
static void link_to(struct walk *w, struct str path)
{
    if (!w->visitor->wants(w->visitor->ctx, path, 0))
        return;
    arena_reset(w->scratch);
    _cleanup_fd_ int target = root_resolve(w->v->root, arena_cstr(w->scratch, path));
    struct str real;
    if (target < 0) /* dangling, or in circles */
        return;
    if (root_locate(w->v->root, target, w->scratch, &real) && w->visitor->wants(w->visitor->ctx, real, 0))
        return;
    _cleanup_fd_ int fd = root_reopen(target);
    if (fd >= 0)
        visit(w, fd, path);
    else if (!changed(errno))
        problem(w, path, err_errno("opening"));
}

/* Whether the walk goes into the open directory; says so where the user should know that it does not. */
static bool enters(struct walk *w, int fd, struct str path, const struct mount_place *parent,
                   struct mount_place *place)
{
    const char *kind;
    int status = mount_place(fd, place);
    if (status < 0) {
        problem(w, path, status);
        return false;
    }
    if (!mount_same(place, parent)) {
        enum mount_verdict verdict = mount_judge(w->mounts, fd, path, place, &kind);
        if (verdict == MOUNT_NAMED)
            problem(w, path, err_set(ERR_UNSUPPORTED, "not read: %s", kind));
        if (verdict != MOUNT_READ)
            return false;
    }
    if (mount_is_storage(path)) {
        problem(w, path,
                err_set(ERR_UNSUPPORTED, "not read: container storage; scan its images by themselves"));
        return false;
    }
    return true;
}

/* Opens the next level. `path` lies in w->path. */
static void push(struct walk *w, int fd, const struct mount_place *place, size_t path_n)
{
    struct level *l = &w->levels[w->depth++];
    if (!l->block)
        l->block = mem_grow(NULL, BLOCK, 1);
    if (path_n)
        w->path[path_n++] = '/';
    l->fd = fd;
    l->path = path_n;
    l->place = *place;
    l->at = l->n = 0;
}

static void pop(struct walk *w)
{
    close(w->levels[--w->depth].fd);
}

static void directory(struct walk *w, const struct level *l, const char *name, struct str path)
{
    if (w->depth == w->max_depth) {
        problem(w, path, err_set(ERR_LIMIT, "directories nested deeper than %u levels", w->max_depth - 1));
        return;
    }
    struct mount_place place;
    int fd = openat(l->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        if (!changed(errno))
            problem(w, path, err_errno("opening"));
        return;
    }
    if (enters(w, fd, path, &l->place, &place))
        push(w, fd, &place, path.n);
    else
        close(fd);
}

static unsigned char kind_of(const struct level *l, const struct dirent64 *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN)
        return e->d_type;
    return fstatat(l->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? IFTODT(st.st_mode) : DT_UNKNOWN;
}

static void entry(struct walk *w, const struct level *l, const struct dirent64 *e)
{
    const char *name = e->d_name;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
        return;
    w->entries++;
    size_t n = strlen(name);
    if (l->path + n + 1 > view_limits.path) {
        problem(w, (struct str){w->path, l->path},
                err_set(ERR_LIMIT, "paths longer than %zu bytes", view_limits.path));
        return;
    }
    memcpy(w->path + l->path, name, n + 1);
    struct str path = {w->path, l->path + n};
    switch (kind_of(l, e)) {
    case DT_REG:
        regular(w, l, name, path);
        return;
    case DT_LNK:
        link_to(w, path);
        return;
    case DT_DIR:
        directory(w, l, name, path);
        return;
    }
}

/* The next entry of the deepest level, or the end of that level. */
static void step(struct walk *w)
{
    struct level *l = &w->levels[w->depth - 1];
    if (l->at == l->n) {
        ssize_t n = getdents64(l->fd, l->block, BLOCK);
        if (n < 0 && !changed(errno))
            problem(w, (struct str){w->path, l->path ? l->path - 1 : 0}, err_errno("reading the directory"));
        if (n <= 0) {
            pop(w);
            return;
        }
        l->at = 0;
        l->n = (size_t)n;
    }
    const struct dirent64 *e = (const void *)(l->block + l->at);
    l->at += e->d_reclen;
    entry(w, l, e);
}

static void walk_free(struct walk *w)
{
    while (w->depth)
        pop(w);
    for (unsigned i = 0; i < w->max_depth; i++)
        free(w->levels[i].block);
    free(w->levels);
    free(w->path);
    io_file_free(&w->io);
    arena_free(w->scratch);
    mounts_free(w->mounts);
}

static int dir_walk(struct view *view, const struct view_visitor *visitor)
{
    struct dir_view *v = (struct dir_view *)view;
    struct mount_place place;
    /* A new description, so that each walk has an offset of its own. */
    int top = openat(v->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return err_errno("opening the directory");
    int status = mount_place(top, &place);
    if (status < 0) {
        close(top);
        return status;
    }
    _cleanup_(walk_free) struct walk w = {.v = v, .visitor = visitor};
    w.max_depth = view_limits.depth * LEVELS_PER_DEPTH + 1;
    w.levels = mem_alloc(w.max_depth * sizeof *w.levels);
    w.path = mem_alloc(view_limits.path + 2);
    w.scratch = arena_new(0);
    w.mounts = mounts_new(v->root, &place);
    view->files = 0;
    push(&w, top, &place, 0);
    while (w.depth) {
        step(&w);
        if (w.entries > view_limits.files) {
            problem(&w, STR(""),
                    err_set(ERR_LIMIT, "more than %llu files; the rest is not read",
                            (unsigned long long)view_limits.files));
            break;
        }
    }
    return 0;
}

static void dir_close(struct view *view)
{
    struct dir_view *v = (struct dir_view *)view;
    close(v->root);
    free(v);
}

int view_open_dir(const char *path, struct view **ret_view)
{
    static const struct view_ops ops = {dir_walk, dir_close};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int status = err_errno("%s", path);
        return errno == ENOENT ? err_set(ERR_MISSING, "%s: no such directory", path) : status;
    }
    struct dir_view *v = mem_alloc(sizeof *v);
    v->view.ops = &ops;
    v->root = fd;
    *ret_view = &v->view;
    return 0;
}
