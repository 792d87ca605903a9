/* Reading an artefact into the form that is kept. */
#include <stdlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/ecosystem.h"
#include "source/artefact.h"
#include "source/artefact_form.h"

enum { LEVEL = 3 };

struct reading {
    struct inventory *one; /* what the file at hand gives; used again for the next */
    struct buf records;
    uint64_t n_records;
    unsigned languages;
    const struct layer_marks *marks; /* of a layer by itself */
    int status;                      /* why the artefact as a whole cannot be kept */
    char text[512];
};

static void reading_free(struct reading *r)
{
    inventory_free(r->one);
    buf_free(&r->records);
}

static void fail(struct reading *r, struct str path, int code)
{
    if (r->status == 0) {
        r->status = code;
        snprintf(r->text, sizeof r->text, "%.*s: %s", STR_ARG(path), err_text());
    }
}

static void put_int(struct buf *b, uint64_t value)
{
    unsigned char bytes[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (unsigned char)(value | 0x80);
    bytes[n++] = (unsigned char)value;
    buf_add(b, bytes, n);
}

static void put_str(struct buf *b, struct str s)
{
    put_int(b, s.n);
    if (s.n)
        buf_add_str(b, s);
}

static void put_package(struct buf *b, struct str path, const struct package *p)
{
    const struct str *const strings[PACKAGE_STRINGS] = PACKAGE_STRINGS_OF(p);
    bool same_path = str_eq(p->path, path);
    put_int(b, (p->dev ? FLAG_DEV : 0) | (p->unresolved ? FLAG_UNRESOLVED : 0) |
                   (same_path ? FLAG_SAME_PATH : 0));
    put_int(b, p->manager);
    put_int(b, p->layer == NO_LAYER ? 0 : (uint64_t)p->layer + 1);
    for (size_t i = 0; i < PACKAGE_STRINGS; i++)
        put_str(b, *strings[i]);
    if (!same_path)
        put_str(b, p->path);
}

static void put_claim(struct buf *b, const struct os_claim *c)
{
    put_int(b, c->rank);
    put_str(b, c->os.family);
    put_str(b, c->os.version);
    put_str(b, c->os.codename);
    put_str(b, c->os.name);
    put_str(b, c->os.like);
}

/* Everything that the inventory of one file holds. */
static void put_record(struct reading *r, struct str path)
{
    struct inventory *one = r->one;
    struct buf *b = &r->records;
    if (!one->packages.n && !one->os_claims.n && !one->owned.n && !one->problems.n)
        return;
    r->n_records++;
    put_str(b, path);
    put_int(b, one->packages.n);
    vec_each(p, &one->packages) put_package(b, path, p);
    put_int(b, one->os_claims.n);
    vec_each(c, &one->os_claims) put_claim(b, c);
    put_int(b, one->owned.n);
    for (size_t i = 0; i < one->owned.n; i++) {
        put_str(b, one->owned.entries[i].key);
        put_str(b, *(const struct str *)one->owned.entries[i].value);
    }
    put_int(b, one->problems.n);
    vec_each(p, &one->problems)
    {
        put_str(b, p->path);
        put_int(b, (uint64_t)-p->code);
        put_str(b, p->text);
        if (p->code == ERR_IO) {
            err_set(ERR_IO, "%.*s", STR_ARG(p->text));
            fail(r, p->path, ERR_IO);
        }
    }
}

static void reset(struct inventory *one)
{
    one->packages.n = one->os_claims.n = one->problems.n = 0;
    map_free(&one->owned);
    one->os = (struct os){0};
    one->last_path = (struct str){NULL, 0};
    one->in_row = 0;
    one->full = false;
    arena_reset(one->arena);
}

static unsigned language_of(struct str path)
{
    static const struct {
        struct str end;
        unsigned language;
    } ends[] = {
        {STR(".py"), LANGUAGE_PYTHON}, {STR(".pyc"), LANGUAGE_PYTHON}, {STR(".js"), LANGUAGE_NODE},
        {STR(".mjs"), LANGUAGE_NODE},  {STR(".cjs"), LANGUAGE_NODE},   {STR(".class"), LANGUAGE_JAVA},
        {STR(".jar"), LANGUAGE_JAVA},  {STR(".rb"), LANGUAGE_RUBY},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(path, ends[i].end))
            return ends[i].language;
    return 0;
}

static bool reading_wants(void *ctx, struct str path, uint64_t size)
{
    struct reading *r = ctx;
    (void)size;
    if (!r->marks)
        r->languages |= language_of(path);
    return ecosystem_wants(path);
}

static void reading_visit(void *ctx, struct view_file *file)
{
    struct reading *r = ctx;
    ecosystem_offer(r->one, file);
    put_record(r, file->path);
    reset(r->one);
}

static void reading_problem(void *ctx, struct str path, int code)
{
    struct reading *r = ctx;
    if (r->marks && !r->marks->whole && str_starts(path, STR("layer ")))
        fail(r, path, code); /* counts if the layer is not read to its end */
    inventory_problem(r->one, path, code);
    put_record(r, path);
    reset(r->one);
}

static void put_marks(struct buf *b, const struct layer_marks *m)
{
    _cleanup_free_ uint64_t *marks = mem_alloc((m->hides.n + 1) * sizeof *marks);
    size_t n = path_set_marks(&m->hides, marks);
    uint64_t before = 0;
    put_int(b, n);
    for (size_t i = 0; i < n; before = marks[i++])
        put_int(b, marks[i] - before);
}

static int pack(struct str plain, struct buf *to)
{
    size_t bound = ZSTD_compressBound(plain.n);
    _cleanup_free_ char *packed = mem_alloc(bound);
    size_t n = ZSTD_compress(packed, bound, plain.p, plain.n, LEVEL);
    if (ZSTD_isError(n))
        return err_set(ERR_IO, "zstd: %s", ZSTD_getErrorName(n));
    buf_add_str(to, FORM_MAGIC);
    return buf_add(to, packed, n);
}

static int write_form(struct reading *r, uint64_t files, struct buf *to)
{
    static const struct layer_marks none;
    const struct layer_marks *m = r->marks ? r->marks : &none;
    _cleanup_(buf_free) struct buf b = buf_new(ARTEFACT_PLAIN_MAX);
    _cleanup_(buf_free) struct buf part = buf_new(ARTEFACT_PLAIN_MAX);
    buf_add(&b, m->plain, SHA256_SIZE);
    put_int(&b, files);
    put_int(&b, r->languages);
    put_int(&part, m->links.n);
    vec_each(link, &m->links) put_str(&part, *link);
    put_str(&b, buf_str(&part));
    part.n = 0;
    put_int(&part, r->n_records);
    if (r->records.n)
        buf_add_str(&part, buf_str(&r->records));
    put_str(&b, buf_str(&part));
    part.n = 0;
    put_marks(&part, m);
    put_str(&b, buf_str(&part));
    if (buf_status(&r->records) < 0 || buf_status(&part) < 0 || buf_status(&b) < 0)
        return err_set(ERR_LIMIT, "what is in the artefact takes more than %d MiB", ARTEFACT_PLAIN_MAX >> 20);
    int status = pack(buf_str(&b), to);
    return status == ERR_LIMIT ? err_set(ERR_LIMIT, "what is in the artefact takes more than %d MiB packed",
                                         ARTEFACT_MAX >> 20)
                               : status;
}

static int read_view(struct reading *r, struct view *v, struct buf *to)
{
    const struct view_visitor visitor = {reading_wants, reading_visit, reading_problem, r};
    r->one = inventory_new();
    r->records = buf_new(ARTEFACT_PLAIN_MAX);
    int status = view_walk(v, &visitor);
    if (status == 0 && r->status < 0 && (r->status == ERR_IO || !r->marks || !r->marks->whole))
        status = err_set(r->status, "%s", r->text);
    return status < 0 ? status : write_form(r, v->files, to);
}

int artefact_read_layer(const char *folder, const struct layer *layer, struct buf *to)
{
    _cleanup_(layer_marks_free) struct layer_marks marks = {0};
    _cleanup_(view_cleanup) struct view *v = NULL;
    _cleanup_(reading_free) struct reading r = {.marks = &marks};
    struct layer copy = *layer;
    const struct image image = {&copy, 1};
    int status = view_open_layers(folder, &image, &marks, &v);
    return status < 0 ? status : read_view(&r, v, to);
}

int artefact_read_image(const char *folder, const struct image *image, struct buf *to)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    _cleanup_(reading_free) struct reading r = {0};
    int status = view_open_layers(folder, image, NULL, &v);
    return status < 0 ? status : read_view(&r, v, to);
}

int artefact_read_zip(const char *path, struct buf *to)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    _cleanup_(reading_free) struct reading r = {0};
    int status = view_open_zip(path, &v);
    if (status < 0)
        return status == ERR_INVALID ? err_set(ERR_UNSUPPORTED, "%s", err_text()) : status;
    return read_view(&r, v, to);
}

int artefact_read_disks(struct disk *const *disks, size_t n, struct buf *to)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    _cleanup_(reading_free) struct reading r = {0};
    int status = view_open_disks(disks, n, &v);
    return status < 0 ? status : read_view(&r, v, to);
}
