#include "view/disk_tree.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "view/fstab.h"
#include "view/lvm.h"
#include "view/mount_unit.h"
#include "view/view.h"

enum { LINKS_MAX = 40 };

void disk_tree_free(struct disk_tree *t)
{
    vec_each(v, &t->volumes)
    {
        if (v->fs)
            fs_close(v->fs);
        if (v->disk)
            disk_close(v->disk);
    }
    vec_each(p, &t->physical) disk_close(p->disk);
    vec_free(&t->volumes);
    vec_free(&t->physical);
    vec_free(&t->problems);
    arena_free(t->arena);
    *t = (struct disk_tree){0};
}

static void note(struct disk_tree *t, struct str text)
{
    vec_add(&t->problems, text);
}

/* ---- finding by path ---- */

struct disk_volume *disk_tree_mount(struct disk_tree *t, struct str path)
{
    vec_each(v, &t->volumes) if (v->used && v->mounted.n && str_eq(v->mounted, path)) return v;
    return NULL;
}

/* A directory on the way, by its real path. */
struct step {
    struct disk_volume *volume;
    uint64_t number;
};
struct search {
    struct disk_tree *tree;
    struct arena *arena;
    VEC(struct step) way; /* the root first */
    VEC(struct str) names;
    struct str rest; /* components to come */
    unsigned links;
};

static struct str path_of(struct search *s, size_t n)
{
    struct str path = {NULL, 0};
    for (size_t i = 0; i < n; i++)
        path = arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(path), i ? "/" : "", STR_ARG(s->names.at[i]));
    return path;
}

static int follow(struct search *s, struct fs *f, const struct fs_inode *i)
{
    struct str target;
    if (++s->links > LINKS_MAX)
        return err_set(ERR_MISSING, "a link that leads in circles");
    int status = fs_link(f, i, s->arena, &target);
    if (status < 0)
        return status;
    if (target.p[0] == '/')
        s->way.n = 1, s->names.n = 0;
    if (target.n + s->rest.n + 1 > view_limits.path)
        return err_set(ERR_LIMIT, "a path longer than %zu bytes", view_limits.path);
    s->rest = arena_printf(s->arena, "%.*s/%.*s", STR_ARG(target), STR_ARG(s->rest));
    return 0;
}

/* One component. `i` is the directory at hand, and then what the component is. */
static int step(struct search *s, struct str name, struct fs_inode *i)
{
    struct step at = s->way.at[s->way.n - 1];
    uint64_t number;
    if (!name.n || str_is(name, "."))
        return 0;
    if (str_is(name, "..")) {
        if (s->way.n > 1)
            s->way.n--, s->names.n--;
        at = s->way.at[s->way.n - 1];
        return fs_inode(at.volume->fs, at.number, i);
    }
    if (!S_ISDIR(i->mode))
        return err_set(ERR_MISSING, "not a directory on the way");
    int status = fs_lookup(at.volume->fs, i, name, &number);
    if (status == 0)
        status = fs_inode(at.volume->fs, number, i);
    if (status < 0)
        return status;
    if (S_ISLNK(i->mode)) {
        status = follow(s, at.volume->fs, i);
        at = s->way.at[s->way.n - 1];
        return status < 0 ? status : fs_inode(at.volume->fs, at.number, i);
    }
    vec_add(&s->names, name);
    struct disk_volume *mounted = disk_tree_mount(s->tree, path_of(s, s->names.n));
    if (mounted) {
        at.volume = mounted;
        number = mounted->fs->root;
        status = fs_inode(mounted->fs, number, i);
    }
    vec_add(&s->way, (struct step){at.volume, number});
    return status;
}

static int search(struct search *s, struct fs_inode *i)
{
    struct disk_volume *root = &s->tree->volumes.at[s->tree->root];
    struct str name;
    vec_add(&s->way, (struct step){root, root->fs->root});
    int status = fs_inode(root->fs, root->fs->root, i);
    while (status == 0 && str_next(&s->rest, '/', &name)) {
        if (s->names.n > view_limits.path / 2)
            return err_set(ERR_LIMIT, "a path that is too deep");
        status = step(s, name, i);
    }
    return status;
}

int disk_tree_find(struct disk_tree *t, struct arena *a, struct str path, struct disk_volume **ret_volume,
                   struct fs_inode *ret_inode, struct str *ret_path)
{
    struct search s = {.tree = t, .arena = a, .rest = path};
    int status = search(&s, ret_inode);
    if (status == 0) {
        *ret_volume = s.way.at[s.way.n - 1].volume;
        *ret_path = path_of(&s, s.names.n);
    }
    vec_free(&s.way);
    vec_free(&s.names);
    return status;
}

int disk_tree_read(struct disk_tree *t, struct arena *a, struct str path, size_t cap, struct str *ret_content)
{
    _cleanup_free_ struct fs_inode *i = mem_alloc(sizeof *i);
    struct disk_volume *v;
    struct str real;
    size_t got = 0;
    int status = disk_tree_find(t, a, path, &v, i, &real);
    if (status == 0 && (!S_ISREG(i->mode) || i->size > cap))
        status = err_set(ERR_LIMIT, "not a file of at most %zu bytes", cap);
    if (status < 0)
        return status;
    char *to = arena_alloc(a, (size_t)i->size + 1);
    status = fs_read(v->fs, i, 0, to, (size_t)i->size, &got);
    if (status == 0)
        *ret_content = (struct str){to, got};
    return status;
}

/* ---- putting together ---- */

/* Opens what is on its disk, which becomes the tree's. */
static void add_volume(struct disk_tree *t, struct disk_volume v)
{
    int status = fs_open(v.disk, &v.fs);
    bool whole = !v.partition.number && !v.group.n;
    if (status < 0 && status != ERR_MISSING)
        note(t, arena_printf(t->arena, "%.*s: %s", STR_ARG(v.name), err_text()));
    else if (status == ERR_MISSING && !(whole && t->n_disks == 1) && !v.partition.machine &&
             !fs_is_idle(v.disk))
        note(t, arena_printf(t->arena, "%.*s: what is on it is not known, and is not read", STR_ARG(v.name)));
    if (v.fs && v.fs->note[0])
        note(t, arena_printf(t->arena, "%.*s: %s", STR_ARG(v.name), v.fs->note));
    if (v.fs)
        vec_add(&t->volumes, v);
    else
        disk_close(v.disk);
}

static void add_part(struct disk_tree *t, struct disk *disk, const struct partition *p, struct str name)
{
    struct disk_volume v = {.partition = *p, .name = name, .whole = disk};
    t->partitions += p->number != 0;
    if (disk_part(disk, p->start, p->size, &v.disk) < 0)
        note(t, arena_printf(t->arena, "%.*s: %s", STR_ARG(name), err_text()));
    else if (lvm_is(v.disk))
        vec_add(&t->physical, (struct disk_physical){v.disk, disk});
    else
        add_volume(t, v);
}

/* The logical volumes of all disks together. */
static void add_logical(struct disk_tree *t)
{
    struct disk *disks[LVM_DISKS_MAX + 1];
    struct lvm_volume *found = NULL;
    struct str problem = {NULL, 0};
    size_t n = 0, n_disks = 0;
    vec_each(p, &t->physical) if (n_disks <= LVM_DISKS_MAX) disks[n_disks++] = p->disk;
    if (n_disks && lvm_read(t->arena, disks, n_disks, &found, &n, &problem) < 0)
        problem = arena_str(t->arena, str_from(err_text()));
    if (problem.n)
        note(t, arena_printf(t->arena, "LVM: %.*s", STR_ARG(problem)));
    for (size_t i = 0; i < n; i++) {
        const struct lvm_volume *l = &found[i];
        struct disk_volume v = {.disk = l->disk, .group = l->group, .logical = l->name};
        v.name = arena_printf(t->arena, "logical volume %.*s/%.*s", STR_ARG(l->group), STR_ARG(l->name));
        v.whole = t->physical.at[l->first].whole;
        if (l->disk)
            add_volume(t, v);
        else
            note(t, arena_printf(t->arena, "%.*s: %.*s", STR_ARG(v.name), STR_ARG(l->problem)));
    }
}

static void add_disk(struct disk_tree *t, struct disk *disk, size_t number, bool alone)
{
    struct partition *p;
    size_t n;
    struct str name = alone ? STR("the disk") : arena_printf(t->arena, "disk %zu", number);
    if (disk->names.device.n)
        name = arena_printf(t->arena, "%.*s (%.*s)", STR_ARG(name), STR_ARG(disk->names.device));
    int status = partitions_read(disk, t->arena, &p, &n);
    if (status < 0)
        note(t, arena_printf(t->arena, "%.*s: %s", STR_ARG(name), err_text()));
    for (size_t i = 0; status == 0 && i < n; i++)
        add_part(t, disk, &p[i],
                 p[i].number ? arena_printf(t->arena, "partition %u of %.*s", p[i].number, STR_ARG(name))
                             : name);
}

static bool has(struct disk_tree *t, size_t volume, const char *path)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_free_ struct fs_inode *i = mem_alloc(sizeof *i);
    struct disk_volume *v;
    struct str real;
    t->root = volume;
    return disk_tree_find(t, a, str_from(path), &v, i, &real) == 0;
}

/* Where /usr is a volume of its own, etc/os-release leads to nowhere before that is mounted; the fstab is
 * there always. */
static bool is_root(struct disk_tree *t, size_t volume)
{
    return has(t, volume, "etc/os-release") || has(t, volume, "usr/lib/os-release") ||
           has(t, volume, "etc/fstab");
}

static int find_root(struct disk_tree *t)
{
    size_t root = SIZE_MAX;
    if (!t->volumes.n) {
        if (t->problems.n)
            return err_set(ERR_UNSUPPORTED, "no file system that can be read: %.*s",
                           STR_ARG(t->problems.at[0]));
        if (t->partitions)
            return err_set(
                ERR_UNSUPPORTED,
                "no file system that is known: the %zu partitions are of boot loaders or swap, or empty",
                t->partitions);
        return err_set(ERR_MISSING, "no file system that is known");
    }
    for (size_t i = 0; i < t->volumes.n; i++) {
        if (!is_root(t, i))
            continue;
        if (root == SIZE_MAX)
            root = i;
        else
            note(t, arena_printf(t->arena, "%.*s: a second operating system, which is not read",
                                 STR_ARG(t->volumes.at[i].name)));
    }
    if (root == SIZE_MAX && t->volumes.n > 1)
        return err_set(ERR_MISSING, "none of its %zu file systems has an operating system", t->volumes.n);
    t->root = root == SIZE_MAX ? 0 : root;
    t->volumes.at[t->root].used = true;
    return 0;
}

static void mount_all(struct disk_tree *t)
{
    fstab_mount(t);
    mount_units(t);
    vec_each(v, &t->volumes) if (!v->used) note(
        t, arena_printf(
               t->arena,
               "%.*s (%s) is mounted neither by the root's /etc/fstab nor by a unit of systemd: not read",
               STR_ARG(v->name), v->fs->ops->name));
}

int disk_tree_open(struct disk_tree *t, struct disk *const *disks, size_t n)
{
    *t = (struct disk_tree){.arena = arena_new(0), .n_disks = n};
    for (size_t i = 0; i < n; i++)
        add_disk(t, disks[i], i + 1, n == 1);
    add_logical(t);
    int status = find_root(t);
    if (status == 0)
        mount_all(t);
    else
        disk_tree_free(t);
    return status;
}
