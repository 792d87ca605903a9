/* The layers of an image as one tree (OCI Image Format Specification 1.1, layer.md): the top layer first, so
 * that what it holds or whites out hides the same paths below, and every layer is read once.
 *
 * Two things ask for a second look at a layer: a hard link with a wanted name to a file that was not wanted
 * itself, and a symbolic link of that kind. Both are rare, and only then is it read again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "view/image.h"
#include "view/path.h"
#include "view/path_set.h"
#include "view/spool.h"
#include "view/tar.h"

enum { LINKS_MAX = 100000 };

struct layers_view {
    struct view view;
    struct image_files *image_files;
    struct image image;
    struct layer_marks *marks; /* of a layer by itself; or NULL */
};

/* A wanted name that leads to another file of the image. */
struct link {
    struct str name;
    struct str target;
    unsigned layer;    /* where the link is */
    struct link *next; /* with the same target */
    bool done;
};

struct walk {
    struct layers_view *v;
    const struct view_visitor *visitor;
    struct arena *arena; /* of the links */
    struct view_budget budget;
    struct path_set hidden;
    VEC(struct link *) hard, soft; /* hard ones of one layer, symbolic ones of all */
    struct map targets;            /* path -> the links that lead to it */
    struct buf path, target;
    struct spool spool;
    uint64_t entries;
    unsigned layer; /* at hand */
    bool stop;
};

static void walk_free(struct walk *w)
{
    arena_free(w->arena);
    path_set_free(&w->hidden);
    map_free(&w->targets);
    vec_free(&w->hard);
    vec_free(&w->soft);
    buf_free(&w->path);
    buf_free(&w->target);
    spool_free(&w->spool);
}

static void problem(struct walk *w, struct str path, int code)
{
    if (w->visitor->problem)
        w->visitor->problem(w->visitor->ctx, path, code);
}

static void layer_problem(struct walk *w, int code)
{
    const struct layer *l = &w->v->image.layers[w->layer];
    problem(w, arena_printf(w->arena, "layer %.*s", STR_ARG(l->diff_id)), code);
}

/* The `state` of a file of the view: its data passes by once and is kept when asked for. */
struct layer_file {
    struct tar *tar;
    struct spool *spool;
    const struct tar_entry *entry;
    bool loaded;
    int status;
    char text[256]; /* of the error */
};

static int load(struct layer_file *f)
{
    const unsigned char *p;
    size_t n = 1;
    if (f->loaded)
        return f->status < 0 ? err_set(f->status, "%s", f->text) : 0;
    f->loaded = true;
    if (f->entry->type == TAR_SPARSE)
        f->status = err_set(ERR_UNSUPPORTED, "a sparse file in a layer");
    else if (f->entry->size > view_limits.file_bytes)
        f->status = err_set(ERR_LIMIT, "larger than %llu bytes", (unsigned long long)view_limits.file_bytes);
    spool_reset(f->spool);
    while (f->status == 0 && n) {
        f->status = tar_data(f->tar, &p, &n);
        if (f->status == 0)
            f->status = spool_add(f->spool, p, n);
    }
    snprintf(f->text, sizeof f->text, "%s", err_text());
    return f->status;
}

static int layer_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    struct layer_file *l = f->state;
    (void)cap;
    int status = load(l);
    return status < 0 ? status : spool_content(l->spool, ret_content);
}

static int layer_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    struct layer_file *l = f->state;
    int status = load(l);
    return status < 0 ? status : spool_read_at(l->spool, offset, to, n, ret_read);
}

static void visit(struct walk *w, struct layer_file *file, struct str path)
{
    static const struct view_file_ops ops = {layer_content, layer_read_at};
    struct view_file f = {.path = path,
                          .size = file->entry->size,
                          .mode = file->entry->mode,
                          .layer = w->layer,
                          .ops = &ops,
                          .state = file};
    w->visitor->visit(w->visitor->ctx, &f);
}

/* Whether the entry at w->path is to be seen, and wanted. */
static bool wanted(struct walk *w, uint64_t size)
{
    struct str path = buf_str(&w->path);
    return w->visitor->wants(w->visitor->ctx, path, size) && !path_set_hides(&w->hidden, path, w->layer);
}

/* Nothing lies below the lowest layer, so it need not be remembered: that is the one with most files. What a
 * layer by itself hides is its reader's business. */
static void hide(struct walk *w, struct str path, enum path_mark mark)
{
    if (w->v->marks)
        path_set_add(&w->v->marks->hides, path, mark, 0);
    else if (w->layer)
        path_set_add(&w->hidden, path, mark, w->layer);
}

static void add_link(struct walk *w, const struct tar_entry *e)
{
    bool hard = e->type == TAR_HARD_LINK;
    w->target.n = 0;
    w->target.status = 0;
    int status = hard ? path_clean(e->link, &w->target) : path_follow(buf_str(&w->path), e->link, &w->target);
    if (status == 0 && w->hard.n + w->soft.n >= LINKS_MAX)
        status = err_set(ERR_LIMIT, "more than %d links to files to read", LINKS_MAX);
    if (status < 0) {
        problem(w, buf_str(&w->path), status);
        return;
    }
    struct link *link = arena_alloc(w->arena, sizeof *link);
    *link = (struct link){arena_str(w->arena, buf_str(&w->path)), arena_str(w->arena, buf_str(&w->target)),
                          w->layer, NULL, false};
    if (hard)
        vec_add(&w->hard, link);
    else if (!w->visitor->wants(w->visitor->ctx, link->target, 0)) /* else it is read by its own name */
        vec_add(&w->soft, link);
}

/* Whiteouts are files named after what they remove, or after the whole folder they stand in. */
static bool whiteout(struct walk *w)
{
    struct str path = buf_str(&w->path), base = str_basename(path), folder = str_dirname(path);
    if (!str_starts(base, STR(".wh.")))
        return false;
    if (str_is(base, ".wh..wh..opq")) {
        hide(w, folder, PATH_BELOW);
    } else if (!str_starts(base, STR(".wh..wh."))) { /* AUFS's own business */
        size_t at = path.n - base.n;
        if (base.n == 4 || str_is(base, ".wh..") || str_is(base, ".wh...")) {
            problem(w, path, err_set(ERR_INVALID, "a whiteout that names no file"));
            return true;
        }
        memmove(w->path.p + at, w->path.p + at + 4, base.n - 4);
        w->path.n -= 4;
        hide(w, buf_str(&w->path), PATH_WHOLE);
    }
    return true;
}

static void entry(struct walk *w, struct tar *t, const struct tar_entry *e)
{
    w->path.n = 0;
    w->path.status = 0;
    int status = path_clean(e->path, &w->path);
    if (status < 0) {
        layer_problem(w, status);
        return;
    }
    if (!w->path.n || whiteout(w))
        return;
    bool file = e->type == TAR_FILE || e->type == TAR_SPARSE;
    w->v->view.files += file;
    if (e->type == TAR_DIRECTORY) {
        if ((w->layer || w->v->marks) && w->visitor->wants(w->visitor->ctx, buf_str(&w->path), 0))
            hide(w, buf_str(&w->path), PATH_SELF);
        return;
    }
    if (e->type != TAR_OTHER && wanted(w, e->size)) {
        struct layer_file f = {.tar = t, .spool = &w->spool, .entry = e};
        if (file)
            visit(w, &f, buf_str(&w->path));
        else
            add_link(w, e);
    }
    hide(w, buf_str(&w->path), PATH_WHOLE);
}

static int stream_source(void *ctx, const unsigned char **ret_p, size_t *ret_n)
{
    return stream_next(ctx, ret_p, ret_n);
}

/* Reads one layer, each entry to `each`; then, when `verify`, to the end of the blob for its digests. */
static int read_layer(struct walk *w, void (*each)(struct walk *, struct tar *, const struct tar_entry *),
                      bool verify)
{
    const struct layer *l = &w->v->image.layers[w->layer];
    struct blob blob;
    struct stream_digests got;
    struct tar_entry e;
    int status = image_files_blob(w->v->image_files, l->name, &blob);
    if (status < 0)
        return status;
    _cleanup_(stream_cleanup) struct stream *stream = stream_open(&blob, &w->budget);
    const struct tar_source source = {stream_source, NULL, stream};
    _cleanup_(tar_cleanup) struct tar *t = tar_open(&source);
    while (!w->stop && (status = tar_next(t, &e)) > 0) {
        if (++w->entries > view_limits.files) {
            w->stop = true;
            return err_set(ERR_LIMIT, "more than %llu files; the rest is not read",
                           (unsigned long long)view_limits.files);
        }
        each(w, t, &e);
    }
    if (status < 0 || !verify)
        return status;
    status = stream_finish(stream, &got);
    if (status < 0)
        return status;
    if (l->digest.n && !str_eq(digest_text(w->arena, got.packed), l->digest))
        return err_set(ERR_INVALID, "the layer's file does not have the digest %.*s", STR_ARG(l->digest));
    if (w->v->marks) {
        w->v->marks->whole = true;
        memcpy(w->v->marks->plain, got.plain, sizeof got.plain);
        return 0;
    }
    if (!str_eq(digest_text(w->arena, got.plain), l->diff_id))
        return err_set(ERR_INVALID, "the layer does not have the diff id that the configuration states");
    return 0;
}

/* Visits the file at w->path under the names of the links that lead to it. */
static void visit_links(struct walk *w, struct tar *t, const struct tar_entry *e, struct link *first)
{
    struct layer_file f = {.tar = t, .spool = &w->spool, .entry = e};
    for (struct link *link = first; link; link = link->next) {
        if (link->done)
            continue;
        link->done = true;
        visit(w, &f, link->name);
    }
}

static struct link *links_to_entry(struct walk *w, const struct tar_entry *e)
{
    w->path.n = 0;
    w->path.status = 0;
    bool file = e->type == TAR_FILE || e->type == TAR_SPARSE;
    return file && path_clean(e->path, &w->path) == 0 ? map_get(&w->targets, buf_str(&w->path)) : NULL;
}

static void hard_target(struct walk *w, struct tar *t, const struct tar_entry *e)
{
    visit_links(w, t, e, links_to_entry(w, e));
}

static void soft_target(struct walk *w, struct tar *t, const struct tar_entry *e)
{
    struct link *links = links_to_entry(w, e);
    if (links && !path_set_hides(&w->hidden, buf_str(&w->path), w->layer))
        visit_links(w, t, e, links);
}

static void index_targets(struct walk *w, struct link *const *links, size_t n)
{
    map_free(&w->targets);
    for (size_t i = 0; i < n; i++) {
        void **head = map_at(&w->targets, links[i]->target);
        links[i]->next = *head;
        *head = links[i];
    }
}

/* Reads the layer again for the hard links in it whose content has gone by. */
static void follow_hard_links(struct walk *w)
{
    if (!w->hard.n)
        return;
    index_targets(w, w->hard.at, w->hard.n);
    int status = read_layer(w, hard_target, false);
    if (status < 0)
        layer_problem(w, status);
    for (size_t i = 0; status == 0 && i < w->hard.n; i++)
        if (!w->hard.at[i]->done)
            problem(w, w->hard.at[i]->name,
                    err_set(ERR_MISSING, "a hard link to %.*s, which its layer lacks",
                            STR_ARG(w->hard.at[i]->target)));
    w->hard.n = 0;
}

/* Reads all layers again for symbolic links with wanted names to files with others. */
static void follow_soft_links(struct walk *w)
{
    if (!w->soft.n || w->stop)
        return;
    index_targets(w, w->soft.at, w->soft.n);
    for (w->layer = (unsigned)w->v->image.n_layers; w->layer-- > 0;)
        (void)read_layer(w, soft_target, false); /* what is wrong with it was said the first time */
}

/* They may lead to any layer: only the whole image can tell. */
static void note_soft_links(struct walk *w)
{
    vec_each(link, &w->soft) vec_add(&w->v->marks->links, arena_str(w->v->view.arena, (*link)->name));
}

static int layers_walk(struct view *view, const struct view_visitor *visitor)
{
    struct layers_view *v = (struct layers_view *)view;
    _cleanup_(walk_free) struct walk w = {.v = v, .visitor = visitor, .spool = SPOOL_EMPTY};
    w.arena = arena_new(0);
    w.path = buf_new(2 * view_limits.path);
    w.target = buf_new(2 * view_limits.path);
    view->files = 0;
    for (w.layer = (unsigned)v->image.n_layers; w.layer-- > 0 && !w.stop;) {
        int status = read_layer(&w, entry, true);
        if (status < 0)
            layer_problem(&w, status);
        follow_hard_links(&w);
    }
    if (v->marks)
        note_soft_links(&w);
    else
        follow_soft_links(&w);
    return 0;
}

static void layers_close(struct view *view)
{
    struct layers_view *v = (struct layers_view *)view;
    image_files_free(v->image_files);
    arena_free(view->arena);
    free(v);
}

struct view *layers_view(struct image_files *s, struct arena *a, const struct image *image)
{
    static const struct view_ops ops = {layers_walk, layers_close};
    struct layers_view *v = mem_alloc(sizeof *v);
    struct str *names = arena_new_array(a, struct str, image->n_layers);
    for (size_t i = 0; i < image->n_layers; i++)
        names[i] = image->layers[i].diff_id;
    v->view = (struct view){.ops = &ops, .arena = a, .layers = names, .n_layers = image->n_layers};
    v->image_files = s;
    v->image = *image;
    return &v->view;
}

int view_open_layers(const char *folder, const struct image *image, struct layer_marks *marks,
                     struct view **ret_view)
{
    struct image_files *files;
    int status = image_files_open(folder, &files);
    if (status < 0)
        return status;
    struct arena *a = arena_new(0);
    struct image copy = {arena_new_array(a, struct layer, image->n_layers), image->n_layers};
    for (size_t i = 0; i < image->n_layers; i++)
        copy.layers[i] =
            (struct layer){arena_str(a, image->layers[i].name), arena_str(a, image->layers[i].digest),
                           arena_str(a, image->layers[i].diff_id)};
    *ret_view = layers_view(files, a, &copy);
    ((struct layers_view *)*ret_view)->marks = image->n_layers == 1 ? marks : NULL;
    return 0;
}

void layer_marks_free(struct layer_marks *m)
{
    path_set_free(&m->hides);
    vec_free(&m->links);
}
