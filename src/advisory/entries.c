/* Packages and their entries: sorted, deduplicated, digested, and found by hash. */
#include <stdlib.h>

#include "advisory/finish.h"
#include "base/err.h"

/* An entry on its way: what it is sorted by first. */
struct sorted {
    uint64_t package; /* ecosystem and name (text of the file) */
    uint32_t record;
    uint32_t entry;
};

struct by_hash {
    uint32_t hash, package;
};

static uint64_t entry_digest(const struct finish *f, const struct entry *e)
{
    return f->ranges_hash[e->ranges] * 31 + f->shape_hash[e->shape];
}

static int sorted_cmp(const void *a, const void *b, void *ctx)
{
    const struct sorted *x = a, *y = b;
    const struct finish *f = ctx;
    if (x->package != y->package)
        return x->package < y->package ? -1 : 1;
    if (x->record != y->record)
        return x->record < y->record ? -1 : 1;
    uint64_t dx = entry_digest(f, &f->w->entries.at[x->entry]),
             dy = entry_digest(f, &f->w->entries.at[y->entry]);
    return (dx > dy) - (dx < dy);
}

static struct sorted *sort_entries(struct finish *f, size_t *ret_n)
{
    struct db_writer *w = f->w;
    struct sorted *sorted = mem_alloc(w->entries.n * sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < w->entries.n; i++) {
        const struct entry *e = &w->entries.at[i];
        if (w->parts.at[e->part].dead)
            continue;
        sorted[n++] = (struct sorted){
            .package = (uint64_t)f->text_rank[e->ecosystem] << 32 | f->text_rank[e->name],
            .record = f->id_rank[w->parts.at[e->part].id],
            .entry = (uint32_t)i,
        };
    }
    qsort_r(sorted, n, sizeof *sorted, sorted_cmp, f);
    *ret_n = n;
    return sorted;
}

static void put_entry(struct finish *f, const struct sorted *s)
{
    const struct entry *e = &f->w->entries.at[s->entry];
    const struct part *p = f->records[s->record];
    column_put(&f->out, SECTION_AFFECTED_RECORD, s->record);
    column_put(&f->out, SECTION_AFFECTED_RANGES, e->ranges);
    column_put(&f->out, SECTION_AFFECTED_SHAPE, e->shape);
    /* By value: what decides a match. */
    vec_add(&f->scratch, f->id_hash[p->id]);
    vec_add(&f->scratch, f->ranges_hash[e->ranges]);
    vec_add(&f->scratch, f->shape_hash[e->shape]);
    vec_add(&f->scratch, p->withdrawn > 0);
}

static bool same_entry(const struct finish *f, const struct sorted *a, const struct sorted *b)
{
    const struct entry *x = &f->w->entries.at[a->entry], *y = &f->w->entries.at[b->entry];
    return a->record == b->record && x->ranges == y->ranges && x->shape == y->shape;
}

/* The entries of one package, from `s` up to `end`. */
static int put_package(struct finish *f, const struct sorted *s, const struct sorted *end,
                       struct by_hash *ret_hash)
{
    struct str ecosystem = intern_get(&f->w->text, f->text_sorted[s->package >> 32]);
    struct str name = intern_get(&f->w->text, f->text_sorted[(uint32_t)s->package]);
    if (end - s > DB_PACKAGE_MAX)
        return err_set(ERR_LIMIT, "%.*s/%.*s: over %d entries", STR_ARG(ecosystem), STR_ARG(name),
                       DB_PACKAGE_MAX);
    for (const struct sorted *at = s; at < end; at++)
        if (at == s || !same_entry(f, at, at - 1))
            put_entry(f, at);
    uint64_t digest = finish_digest(f);
    column_put(&f->out, SECTION_PACKAGE_ECOSYSTEM, (uint32_t)(s->package >> 32));
    column_put(&f->out, SECTION_PACKAGE_NAME, (uint32_t)s->package);
    column_put64(&f->out, SECTION_PACKAGE_DIGEST, digest);
    column_put(&f->out, SECTION_PACKAGE_FIRST, (uint32_t)f->out.sections[SECTION_AFFECTED_RECORD].count);
    finish_generation(f, f->text_hash[f->text_sorted[s->package >> 32]]);
    finish_generation(f, f->text_hash[f->text_sorted[(uint32_t)s->package]]);
    finish_generation(f, digest);
    ret_hash->hash = package_hash(ecosystem, name);
    return 0;
}

static int by_hash_cmp(const void *a, const void *b)
{
    const struct by_hash *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->package > y->package) - (x->package < y->package);
}

int put_entries(struct finish *f)
{
    size_t n;
    int status = 0;
    struct sorted *sorted = sort_entries(f, &n);
    VEC(struct by_hash) hashes = {0};
    column_put(&f->out, SECTION_PACKAGE_FIRST, 0);
    for (size_t i = 0, end; i < n && status == 0; i = end) {
        for (end = i + 1; end < n && sorted[end].package == sorted[i].package;)
            end++;
        struct by_hash *h = vec_push(&hashes);
        h->package = (uint32_t)hashes.n - 1;
        status = put_package(f, sorted + i, sorted + end, h);
    }
    if (hashes.n)
        qsort(hashes.at, hashes.n, sizeof *hashes.at, by_hash_cmp);
    vec_each(h, &hashes)
    {
        column_put(&f->out, SECTION_PACKAGE_HASH, h->hash);
        column_put(&f->out, SECTION_PACKAGE_OF_HASH, h->package);
    }
    vec_free(&hashes);
    free(sorted);
    return status;
}
