#include "match/repository.h"

enum { LINE_NUMBERS = 2 };

/* Without epoch and release. */
static struct str bare(struct str evr)
{
    struct str head, tail;
    if (str_cut(evr, ':', &head, &tail))
        evr = tail;
    return str_cut(evr, '-', &head, &tail) ? head : evr;
}

/* How many of the first numbers two versions share. */
static size_t shared_line(struct str a, struct str b)
{
    size_t n = 0;
    struct str x, y;
    a = bare(a), b = bare(b);
    while (n < LINE_NUMBERS && str_next(&a, '.', &x) && str_next(&b, '.', &y) && str_eq(x, y))
        n++;
    return n;
}

static struct repository *repository_of(struct repositories *all, struct str name)
{
    vec_each(r, &all->list)
    {
        if (str_eq(r->name, name))
            return r;
    }
    return NULL;
}

static void find_all(struct repositories *all, const struct db *db, struct arena *scratch,
                     const struct match_key *key)
{
    struct db_span span = db_package(db, key->ecosystem, key->name);
    all->known = true;
    for (uint32_t i = 0; i < span.n; i++) {
        struct advisory_affected entry;
        uint32_t record;
        if (db_affected(db, scratch, span.first + i, &entry, &record) < 0 || !entry.n_ranges)
            continue;
        struct repository *r = repository_of(all, entry.purl_type_qualifier);
        if (!r) {
            r = vec_push(&all->list);
            r->name = entry.purl_type_qualifier;
        }
        size_t line = shared_line(key->version, entry.ranges[0].fixed);
        r->line = line > r->line ? line : r->line;
        all->most = line > all->most ? line : all->most;
    }
}

bool repositories_exclude(struct repositories *all, const struct db *db, struct arena *scratch,
                          const struct match_key *key, const struct advisory_affected *affected)
{
    if (!affected->purl_type_qualifier.n || !str_starts(key->ecosystem, STR("Amazon Linux:")))
        return false;
    if (!all->known)
        find_all(all, db, scratch, key);
    const struct repository *r = repository_of(all, affected->purl_type_qualifier);
    return r && r->line < all->most;
}

void repositories_free(struct repositories *all)
{
    vec_free(&all->list);
}
