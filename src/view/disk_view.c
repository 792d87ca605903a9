/* The disks of a machine as a view.
 *
 * What is read costs: each block may come over the network. A directory is listed whole, and of what is in it
 * only directories, wanted files and wanted links are kept; they are looked at in the order of their inodes,
 * which is mostly the order on the disk, after the disk has been told of all of them at once.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "view/disk_tree.h"
#include "view/mount.h"
#include "view/view.h"

enum { LEVELS_PER_DEPTH = 16, KEPT_MAX = 2000000, HINTS = 64, BUFFER_KEPT = 1 << 20, AHEAD = 16 << 20 };

struct disk_view {
    struct view view;
    struct disk_tree tree;
    VEC(struct disk *) disks;
};

/* An entry of a directory that is to be looked at. */
struct kept {
    uint64_t number;
    struct str name;
    unsigned kind;
};
/* A directory whose entries are being looked at. */
struct level {
    struct disk_volume *volume;
    struct arena *names;
    VEC(struct kept) kept;
    size_t next, path; /* bytes of walk.path that name it, with the '/' at the end */
};
struct walk {
    struct disk_view *v;
    const struct view_visitor *visitor;
    struct arena *scratch; /* of one entry */
    struct arena *arena;   /* keys of `seen` */
    struct map seen;       /* directories, so that none is entered twice */
    char *path;            /* view_limits.path + 2 bytes */
    struct level *levels;
    unsigned depth, max_depth;
    uint64_t entries;
    struct fs_inode inode;
    struct level *listing; /* the level whose directory is being listed */
};

static void problem(struct walk *w, struct str path, int code)
{
    if (w->visitor->problem)
        w->visitor->problem(w->visitor->ctx, path.n ? path : STR("."), code);
}

/* ---- files ---- */

struct open_file {
    struct fs *fs;
    const struct fs_inode *inode;
    char *content;
};

static int file_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    struct open_file *o = f->state;
    return fs_read(o->fs, o->inode, offset, to, n, ret_read);
}

/* So that what brings the blocks may bring several at once. */
static void read_ahead(struct open_file *o, uint64_t size)
{
    for (uint64_t at = 0; at < size && at < AHEAD;) {
        struct fs_run run;
        if (o->fs->ops->map(o->fs, o->inode, at, &run) < 0)
            return;
        uint64_t n = run.n < size - at ? run.n : size - at;
        if (run.at)
            disk_hint(o->fs->disk, run.at, n);
        at += run.n;
    }
}

static int file_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    struct open_file *o = f->state;
    (void)cap;
    if (!o->content) {
        size_t got;
        o->content = mem_alloc((size_t)f->size + 1);
        read_ahead(o, f->size);
        int status = fs_read(o->fs, o->inode, 0, o->content, (size_t)f->size, &got);
        if (status < 0) {
            free(o->content);
            o->content = NULL;
            return status;
        }
    }
    *ret_content = (struct str){o->content, (size_t)f->size};
    return 0;
}

static void visit(struct walk *w, struct fs *fs, const struct fs_inode *i, struct str path)
{
    static const struct view_file_ops ops = {file_content, file_read_at};
    struct open_file o = {fs, i, NULL};
    struct view_file f = {.path = path,
                          .size = i->size,
                          .mode = i->mode & 07777,
                          .layer = UINT32_MAX,
                          .ops = &ops,
                          .state = &o};
    w->visitor->visit(w->visitor->ctx, &f);
    free(o.content);
}

/* ---- the walk ---- */

static int keep(void *ctx, struct str name, uint64_t number, unsigned kind)
{
    struct walk *w = ctx;
    struct level *l = w->listing;
    if (++w->entries > view_limits.files)
        return err_set(ERR_LIMIT, "more than %llu files; the rest is not read",
                       (unsigned long long)view_limits.files);
    if (str_find(name, '/') >= 0 || str_find(name, 0) >= 0)
        return err_set(ERR_INVALID, "a name that cannot be");
    if (l->path + name.n + 1 > view_limits.path)
        return err_set(ERR_LIMIT, "paths longer than %zu bytes", view_limits.path);
    memcpy(w->path + l->path, name.p, name.n);
    w->v->view.files += kind == S_IFREG;
    if (kind && kind != S_IFDIR && kind != S_IFREG && kind != S_IFLNK)
        return 0;
    if (kind != S_IFDIR && kind &&
        !w->visitor->wants(w->visitor->ctx, (struct str){w->path, l->path + name.n}, 0))
        return 0;
    if (l->kept.n == KEPT_MAX)
        return err_set(ERR_LIMIT, "more than %d entries in one directory", KEPT_MAX);
    vec_add(&l->kept, (struct kept){number, arena_str(l->names, name), kind});
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

enum { KEY_MAX = 40 };
static struct str key_of(const struct walk *w, const struct disk_volume *volume, uint64_t number,
                         char to[KEY_MAX])
{
    int n = snprintf(to, KEY_MAX, "%zx:%llx", (size_t)(volume - w->v->tree.volumes.at),
                     (unsigned long long)number);
    return (struct str){to, (size_t)n};
}

/* Whether the directory was not seen before. */
static bool is_new(struct walk *w, struct disk_volume *volume, uint64_t number)
{
    char to[KEY_MAX];
    struct str key = key_of(w, volume, number, to);
    if (map_get(&w->seen, key))
        return false;
    map_set(&w->seen, arena_str(w->arena, key), w);
    return true;
}

/* Opens the next level: the directory w->inode at `path`, which lies in w->path. */
static void push(struct walk *w, struct disk_volume *volume, struct str path)
{
    if (w->depth == w->max_depth) {
        problem(w, path, err_set(ERR_LIMIT, "directories nested deeper than %u levels", w->max_depth - 1));
        return;
    }
    if (!is_new(w, volume, w->inode.number)) {
        problem(w, path, err_set(ERR_INVALID, "a directory that is in the tree twice"));
        return;
    }
    struct level *l = &w->levels[w->depth++];
    size_t n = path.n;
    if (n)
        w->path[n++] = '/';
    if (!l->names)
        l->names = arena_new(0);
    arena_reset(l->names);
    l->volume = volume;
    l->kept.n = l->next = 0;
    l->path = n;
    w->listing = l;
    int status = fs_list(volume->fs, &w->inode, keep, w);
    if (status < 0)
        problem(w, (struct str){w->path, path.n}, status);
    if (l->kept.n)
        qsort(l->kept.at, l->kept.n, sizeof *l->kept.at, by_number);
}

static void pop(struct walk *w)
{
    struct level *l = &w->levels[--w->depth];
    if (l->kept.size > KEPT_MAX / 100)
        vec_free(&l->kept);
}

static void directory(struct walk *w, struct disk_volume *volume, struct str path)
{
    if (mount_is_storage(path)) {
        problem(w, path,
                err_set(ERR_UNSUPPORTED, "not read: container storage; scan its images by themselves"));
        return;
    }
    struct disk_volume *mounted = disk_tree_mount(&w->v->tree, path);
    int status = mounted ? fs_inode(mounted->fs, mounted->fs->root, &w->inode) : 0;
    if (status < 0)
        problem(w, path, status);
    else
        push(w, mounted ? mounted : volume, path);
}

/* A link with a wanted name: read under that name, unless what it leads to is wanted by its own. */
static void link_to(struct walk *w, struct str path)
{
    struct disk_volume *volume;
    struct str real;
    int status = disk_tree_find(&w->v->tree, w->scratch, path, &volume, &w->inode, &real);
    if (status == ERR_MISSING) /* dangling, or in circles */
        return;
    if (status < 0)
        problem(w, path, status);
    else if (S_ISREG(w->inode.mode) && !w->visitor->wants(w->visitor->ctx, real, 0))
        visit(w, volume->fs, &w->inode, path);
}

static void look(struct walk *w, struct level *l, const struct kept *k)
{
    memcpy(w->path + l->path, k->name.p, k->name.n);
    struct str path = {w->path, l->path + k->name.n};
    arena_reset(w->scratch);
    int status = fs_inode(l->volume->fs, k->number, &w->inode);
    if (status < 0) {
        problem(w, path, status);
        return;
    }
    unsigned kind = w->inode.mode & S_IFMT;
    if (!k->kind && kind != S_IFDIR) {
        w->v->view.files += kind == S_IFREG;
        if (!w->visitor->wants(w->visitor->ctx, path, 0))
            return;
    }
    if (kind == S_IFDIR)
        directory(w, l->volume, path);
    else if (kind == S_IFREG)
        visit(w, l->volume->fs, &w->inode, path);
    else if (kind == S_IFLNK)
        link_to(w, path);
}

/* The next entry of the deepest level, or the end of that level. */
static void step(struct walk *w)
{
    struct level *l = &w->levels[w->depth - 1];
    if (l->next == l->kept.n) {
        pop(w);
        return;
    }
    if (l->next % HINTS == 0)
        for (size_t i = l->next; i < l->kept.n && i < l->next + HINTS; i++)
            fs_hint(l->volume->fs, l->kept.at[i].number);
    look(w, l, &l->kept.at[l->next++]);
}

/* What is mounted where the walk did not come: the tree has no such directory, or it lies in one that could
 * not be read. */
static void name_unseen(struct walk *w)
{
    char key[KEY_MAX];
    vec_each(v, &w->v->tree.volumes)
    {
        if (v->used && v->mounted.n && !mount_is_storage(v->mounted) &&
            !map_get(&w->seen, key_of(w, v, v->fs->root, key)))
            problem(w, v->mounted,
                    err_set(ERR_MISSING, "not read: %.*s is mounted there, where no directory was found",
                            STR_ARG(v->name)));
    }
}

static void walk_free(struct walk *w)
{
    for (unsigned i = 0; i < w->max_depth; i++) {
        vec_free(&w->levels[i].kept);
        arena_free(w->levels[i].names);
    }
    free(w->levels);
    free(w->path);
    map_free(&w->seen);
    arena_free(w->scratch);
    arena_free(w->arena);
}

static int disk_walk(struct view *view, const struct view_visitor *visitor)
{
    struct disk_view *v = (struct disk_view *)view;
    _cleanup_(walk_free) struct walk w = {.v = v, .visitor = visitor};
    struct disk_volume *root = &v->tree.volumes.at[v->tree.root];
    w.max_depth = view_limits.depth * LEVELS_PER_DEPTH + 1;
    w.levels = mem_alloc(w.max_depth * sizeof *w.levels);
    w.path = mem_alloc(view_limits.path + 2);
    w.scratch = arena_new(0);
    w.arena = arena_new(0);
    view->files = 0;
    vec_each(text, &v->tree.problems) problem(&w, STR(""), err_set(ERR_UNSUPPORTED, "%.*s", STR_ARG(*text)));
    int status = fs_inode(root->fs, root->fs->root, &w.inode);
    if (status < 0)
        return err_context(status, "the root directory");
    push(&w, root, STR(""));
    while (w.depth && w.entries <= view_limits.files)
        step(&w);
    if (w.entries <= view_limits.files)
        name_unseen(&w);
    return 0;
}

static void disk_view_close(struct view *view)
{
    struct disk_view *v = (struct disk_view *)view;
    disk_tree_free(&v->tree);
    vec_each(d, &v->disks) disk_close(*d);
    vec_free(&v->disks);
    free(v);
}

int view_open_disks(struct disk *const *disks, size_t n, struct view **ret_view)
{
    static const struct view_ops ops = {disk_walk, disk_view_close};
    struct disk_view *v = mem_alloc(sizeof *v);
    v->view.ops = &ops;
    for (size_t i = 0; i < n; i++)
        vec_add(&v->disks, disks[i]);
    int status = disk_tree_open(&v->tree, disks, n);
    if (status < 0) {
        disk_view_close(&v->view);
        return status;
    }
    *ret_view = &v->view;
    return 0;
}

int view_open_disk(const char *path, struct view **ret_view)
{
    struct disk *disk;
    int status = disk_open_file(path, &disk);
    if (status == 0)
        status = view_open_disks(&disk, 1, ret_view);
    return status < 0 ? err_context(status, "%s", path) : 0;
}
