/* A zip archive as a view: two passes over the central directory, the first to ask what is wanted, the second
 * over what is, in the order in which it lies in the file. Nothing is unpacked unless its content is asked
 * for, and stored entries (as jars inside jars often are) are read where they lie. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "view/io.h"
#include "view/path.h"
#include "view/unpack.h"
#include "view/zip_directory.h"

enum { LOCAL_SIZE = 30, WANTED_MAX = 1 << 20 };

struct zip_view {
    struct view view;
    struct view_file *file; /* the archive; for one opened by path, `own` */
    struct view_file own;
    struct io_file io; /* fd -1 when the file is another view's */
    struct zip_directory directory;
    struct view_budget own_budget, *budget;
};

struct wanted {
    uint64_t offset, end; /* in the file, at least */
    uint64_t record;
    uint64_t name; /* hash */
};

struct walk {
    struct zip_view *v;
    const struct view_visitor *visitor;
    struct buf path; /* of the entry at hand, with what stands before the archive's own names */
    size_t prefix;   /* bytes of that */
    VEC(struct wanted) wanted;
    struct spool spool;
};

/* The `state` of a file of the view. */
struct zip_file {
    struct walk *walk;
    struct zip_entry entry;
    uint64_t data; /* where its bytes begin in the archive, 0 until known */
    bool unpacked;
};

static void walk_free(struct walk *w)
{
    buf_free(&w->path);
    vec_free(&w->wanted);
    spool_free(&w->spool);
}

static void problem(struct walk *w, int code)
{
    struct str path = buf_str(&w->path);
    if (w->visitor->problem)
        w->visitor->problem(w->visitor->ctx, path.n ? path : STR("."), code);
}

/* Finds where the entry's bytes begin: behind its local header (4.3.7), whose name and extra field have their
 * own length. */
static int locate(struct zip_file *z)
{
    unsigned char header[LOCAL_SIZE];
    struct view_file *file = z->walk->v->file;
    size_t got;
    if (z->data)
        return 0;
    if (zip_encrypted(&z->entry))
        return err_set(ERR_UNSUPPORTED, "zip: the entry is encrypted");
    if (z->entry.offset > file->size)
        return err_set(ERR_INVALID, "zip: the entry lies behind the end of the archive");
    int status = view_file_read_at(file, z->entry.offset, header, sizeof header, &got);
    if (status < 0)
        return status;
    if (got < sizeof header || memcmp(header, "PK\3\4", 4))
        return err_set(ERR_INVALID, "zip: no local header at byte %llu", (unsigned long long)z->entry.offset);
    uint64_t data =
        z->entry.offset + LOCAL_SIZE + (header[26] | header[27] << 8) + (header[28] | header[29] << 8);
    if (data > file->size || z->entry.packed > file->size - data)
        return err_set(ERR_INVALID, "zip: the entry ends behind the archive: it was cut short");
    if (z->entry.method == ZIP_STORED && z->entry.size != z->entry.packed)
        return err_set(ERR_INVALID, "zip: a stored entry of two sizes");
    z->data = data;
    return 0;
}

static enum unpack_method method_of(const struct zip_entry *e)
{
    return e->method == ZIP_STORED ? UNPACK_STORED : e->method == ZIP_DEFLATED ? UNPACK_DEFLATE : UNPACK_ZSTD;
}

static int unpack_entry(struct zip_file *z)
{
    struct walk *w = z->walk;
    const struct zip_entry *e = &z->entry;
    uint32_t crc;
    if (z->unpacked)
        return 0;
    int status = locate(z);
    if (status < 0)
        return status;
    if (e->method != ZIP_STORED && e->method != ZIP_DEFLATED && e->method != ZIP_ZSTD)
        return err_set(ERR_UNSUPPORTED, "zip: compression method %u", e->method);
    if (e->size > view_limits.file_bytes)
        return err_set(ERR_LIMIT, "larger than %llu bytes", (unsigned long long)view_limits.file_bytes);
    const struct unpack_input input = {w->v->file, z->data, e->packed, e->size};
    spool_reset(&w->spool);
    status = unpack(method_of(e), &input, w->v->budget, &w->spool, &crc);
    if (status < 0)
        return status;
    if (crc != e->crc)
        return err_set(ERR_INVALID, "zip: the checksum differs");
    z->unpacked = true;
    return 0;
}

static int zip_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    struct zip_file *z = f->state;
    (void)cap; /* view_file_content() has compared the size, and no more than that is unpacked */
    int status = unpack_entry(z);
    return status < 0 ? status : spool_content(&z->walk->spool, ret_content);
}

static int zip_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    struct zip_file *z = f->state;
    if (z->entry.method != ZIP_STORED || z->unpacked) {
        int status = unpack_entry(z);
        return status < 0 ? status : spool_read_at(&z->walk->spool, offset, to, n, ret_read);
    }
    int status = locate(z);
    if (status < 0)
        return status;
    uint64_t left = offset < z->entry.size ? z->entry.size - offset : 0;
    return view_file_read_at(z->walk->v->file, z->data + offset, to, n < left ? n : (size_t)left, ret_read);
}

/* Sets w->path to the clean name of the entry. */
static int set_path(struct walk *w, struct str name)
{
    w->path.n = w->prefix;
    w->path.status = 0;
    int status = path_clean(name, &w->path);
    if (status < 0)
        return status;
    /* Some writers on Windows use its separator, against 4.4.17.1. */
    for (size_t i = w->prefix; i < w->path.n; i++)
        if (w->path.p[i] == '\\')
            w->path.p[i] = '/';
    return 0;
}

static bool is_file(const struct zip_entry *e)
{
    bool folder = !e->name.n || e->name.p[e->name.n - 1] == '/' || e->name.p[e->name.n - 1] == '\\';
    return !folder && (!(e->mode & S_IFMT) || S_ISREG(e->mode));
}

/* Asks for one entry. False ends the walk. */
static bool consider(struct walk *w, const struct zip_entry *e)
{
    struct view_budget *budget = w->v->budget;
    if (++budget->files > view_limits.files) {
        w->path.n = w->prefix;
        problem(w, err_set(ERR_LIMIT, "zip: more than %llu entries; the rest is not read",
                           (unsigned long long)view_limits.files));
        return false;
    }
    if (!is_file(e))
        return true;
    w->v->view.files++;
    int status = set_path(w, e->name);
    if (status < 0) {
        problem(w, status);
        return true;
    }
    struct str path = buf_str(&w->path);
    if (!w->visitor->wants(w->visitor->ctx, path, e->size))
        return true;
    if (w->wanted.n == WANTED_MAX) {
        problem(w, err_set(ERR_LIMIT, "zip: more than %d entries to read; the rest is not read", WANTED_MAX));
        return false;
    }
    uint64_t end =
        e->packed > UINT64_MAX - e->offset - LOCAL_SIZE ? UINT64_MAX : e->offset + LOCAL_SIZE + e->packed;
    vec_add(&w->wanted, (struct wanted){e->offset, end, e->record, hash64(path)});
    return true;
}

static void collect(struct walk *w)
{
    struct zip_directory *d = &w->v->directory;
    struct zip_entry e;
    int status;
    d->at = d->start;
    while ((status = zip_directory_next(d, &e)) > 0)
        if (!consider(w, &e))
            return;
    w->path.n = w->prefix;
    if (status < 0)
        problem(w, status);
}

static int by_name(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    return (x->name > y->name) - (x->name < y->name);
}

static int by_offset(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static void visit(struct walk *w, const struct wanted *wanted)
{
    static const struct view_file_ops ops = {zip_content, zip_read_at};
    struct zip_file z = {.walk = w};
    int status = zip_directory_at(&w->v->directory, wanted->record, &z.entry);
    if (status == 0)
        status = set_path(w, z.entry.name);
    if (status < 0) {
        problem(w, status);
        return;
    }
    if (w->v->budget == &w->v->own_budget) {
        w->v->budget->entry_packed = z.entry.packed;
        w->v->budget->entry_unpacked = 0;
    }
    struct view_file f = {.path = buf_str(&w->path),
                          .size = z.entry.size,
                          .mode = z.entry.mode & 07777 ? z.entry.mode & 07777 : 0644,
                          .layer = w->v->file->layer,
                          .depth = w->v->file->depth + 1,
                          .budget = w->v->budget,
                          .ops = &ops,
                          .state = &z};
    w->visitor->visit(w->visitor->ctx, &f);
}

/* Readers differ in which of two entries with one name they take: all are offered, and that is said. */
static void name_duplicates(struct walk *w)
{
    struct zip_entry e;
    if (w->wanted.n)
        qsort(w->wanted.at, w->wanted.n, sizeof *w->wanted.at, by_name);
    for (size_t i = 1; i < w->wanted.n; i++) {
        if (w->wanted.at[i].name != w->wanted.at[i - 1].name ||
            (i > 1 && w->wanted.at[i].name == w->wanted.at[i - 2].name))
            continue;
        if (zip_directory_at(&w->v->directory, w->wanted.at[i].record, &e) == 0 && set_path(w, e.name) == 0)
            problem(w,
                    err_set(ERR_INVALID, "zip: the archive has several entries of this name; all are read"));
    }
}

static void visit_all(struct walk *w)
{
    uint64_t end = 0;
    name_duplicates(w);
    if (w->wanted.n)
        qsort(w->wanted.at, w->wanted.n, sizeof *w->wanted.at, by_offset);
    vec_each(wanted, &w->wanted)
    {
        struct zip_entry e;
        if (wanted->offset >= end) {
            end = wanted->end;
            visit(w, wanted);
        } else if (zip_directory_at(&w->v->directory, wanted->record, &e) == 0 && set_path(w, e.name) == 0) {
            problem(w, err_set(ERR_INVALID, "zip: the entry overlaps another one"));
        }
    }
}

static int zip_walk(struct view *view, const struct view_visitor *visitor)
{
    struct zip_view *v = (struct zip_view *)view;
    _cleanup_(walk_free) struct walk w = {.v = v, .visitor = visitor, .spool = SPOOL_EMPTY};
    w.path = buf_new(2 * view_limits.path + v->file->path.n + 2);
    view->files = 0;
    if (v->budget == &v->own_budget)
        v->own_budget = (struct view_budget){.packed = v->file->size};
    if (v->file != &v->own) {
        buf_add_str(&w.path, v->file->path);
        buf_add(&w.path, "!/", 2);
        w.prefix = w.path.n;
    }
    collect(&w);
    visit_all(&w);
    return 0;
}

static void zip_close(struct view *view)
{
    struct zip_view *v = (struct zip_view *)view;
    zip_directory_free(&v->directory);
    io_file_free(&v->io);
    if (v->io.fd >= 0)
        close(v->io.fd);
    free(v);
}

static struct zip_view *zip_new(void)
{
    static const struct view_ops ops = {zip_walk, zip_close};
    struct zip_view *v = mem_alloc(sizeof *v);
    v->view.ops = &ops;
    v->io.fd = -1;
    v->budget = &v->own_budget;
    return v;
}

int view_open_zip_file(struct view_file *file, struct view **ret_view)
{
    struct zip_directory directory;
    if (file->depth >= view_limits.depth)
        return err_set(ERR_LIMIT, "archives nested deeper than %u levels", view_limits.depth);
    int status = zip_directory_open(file, &directory);
    if (status < 0)
        return status;
    struct zip_view *v = zip_new();
    v->file = file;
    v->directory = directory;
    if (file->budget)
        v->budget = file->budget;
    *ret_view = &v->view;
    return 0;
}

int view_open_zip(const char *path, struct view **ret_view)
{
    _cleanup_fd_ int fd = -1;
    struct stat st;
    int status = io_open(path, &fd, &st);
    if (status < 0)
        return status;
    struct zip_view *v = zip_new();
    v->io.fd = fd;
    fd = -1;
    v->own = io_file_view(&v->io, STR(""), &st);
    v->file = &v->own;
    status = zip_directory_open(v->file, &v->directory);
    if (status < 0) {
        view_close(&v->view);
        return err_context(status, "%s", path);
    }
    *ret_view = &v->view;
    return 0;
}
