#include "view/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "view/io.h"
#include "view/root.h"

struct places {
    struct view view;
    int root;
    const struct str *patterns;
    size_t n;
};

struct walk {
    struct places *p;
    const struct view_visitor *visitor;
    struct arena *scratch; /* of one pattern */
    struct io_file io;
};

/* What is not there is not missed: nobody has all package databases. */
static void problem(struct walk *w, struct str path)
{
    int status = err_errno("opening");
    if (w->visitor->problem && errno != ENOENT && errno != ENOTDIR && errno != ELOOP && errno != EINVAL)
        w->visitor->problem(w->visitor->ctx, path, status);
}

/* As in a walk of the whole tree: a link is read under its name unless what it leads to is read anyway. */
static void visit(struct walk *w, struct str path)
{
    struct stat st;
    struct str real;
    const struct view_visitor *visitor = w->visitor;
    if (!visitor->wants(visitor->ctx, path, 0))
        return;
    _cleanup_fd_ int target = root_resolve(w->p->root, arena_cstr(w->scratch, path));
    if (target < 0) {
        problem(w, path);
        return;
    }
    if (root_locate(w->p->root, target, w->scratch, &real) && !str_eq(real, path) &&
        visitor->wants(visitor->ctx, real, 0))
        return;
    _cleanup_fd_ int fd = root_reopen(target);
    if (fd < 0 || fstat(fd, &st) < 0) {
        problem(w, path);
        return;
    }
    w->io.fd = fd;
    w->p->view.files++;
    struct view_file f = io_file_view(&w->io, path, &st);
    visitor->visit(visitor->ctx, &f);
    io_file_reset(&w->io);
}

static DIR *open_folder(const struct walk *w, struct str folder)
{
    _cleanup_fd_ int at = root_resolve(w->p->root, folder.n ? arena_cstr(w->scratch, folder) : ".");
    int fd = at < 0 ? -1 : openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    return d;
}

static void visit_folder(struct walk *w, struct str pattern)
{
    struct str folder = str_dirname(pattern);
    DIR *d = open_folder(w, folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct str path = arena_printf(w->scratch, "%.*s/%s", STR_ARG(folder), e->d_name);
        if (e->d_name[0] != '.' && str_glob(pattern, path))
            visit(w, path);
    }
    if (d)
        closedir(d);
}

static int places_walk(struct view *view, const struct view_visitor *visitor)
{
    struct places *p = (struct places *)view;
    struct walk w = {.p = p, .visitor = visitor, .scratch = arena_new(0)};
    view->files = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (str_find(p->patterns[i], '*') >= 0)
            visit_folder(&w, p->patterns[i]);
        else
            visit(&w, p->patterns[i]);
        arena_reset(w.scratch);
    }
    arena_free(w.scratch);
    io_file_free(&w.io);
    return 0;
}

static void places_close(struct view *view)
{
    close(((struct places *)view)->root);
    free(view);
}

int view_open_places(const char *root, const struct str *patterns, size_t n, struct view **ret_view)
{
    static const struct view_ops ops = {places_walk, places_close};
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno("%s", root);
    struct places *p = mem_alloc(sizeof *p);
    *p = (struct places){.view = {.ops = &ops}, .root = fd, .patterns = patterns, .n = n};
    *ret_view = &p->view;
    return 0;
}
