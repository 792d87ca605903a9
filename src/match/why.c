/* --why: how every package that an id's advisories name was judged. */
#include "base/cleanup.h"
#include "base/err.h"
#include "match/match.h"
#include "match/repository.h"

struct asking {
    const struct inventory *inventory;
    const struct db *db;
    struct arena *arena;
    FILE *to;
    size_t packages; /* that were judged */
};

static const char *verdict_word(const struct evaluation *e)
{
    return e->affected ? "AFFECTED" : e->unknown ? "UNKNOWN" : "not affected";
}

static struct evaluation evaluate(struct asking *q, const struct package *p, const struct match_key *key,
                                  const struct advisory_affected *affected)
{
    _cleanup_(repositories_free) struct repositories repositories = {0};
    struct evaluation e = match_evaluate(q->arena, key, p, affected);
    if ((e.affected || e.unknown) && repositories_exclude(&repositories, q->db, q->arena, key, affected))
        e = (struct evaluation){.fix = e.fix,
                                .reason =
                                    arena_printf(q->arena, "%.*s, and the package is not of that repository",
                                                 STR_ARG(affected->purl_type_qualifier))};
    return e;
}

static void print_entry(struct asking *q, const struct package *p, const struct match_key *key,
                        uint32_t record, const struct advisory_affected *affected)
{
    struct evaluation e = evaluate(q, p, key, affected);
    struct db_feed feed = {0};
    db_feed_at(q->db, db_record_feed(q->db, record), &feed);
    struct str scheme = affected->scheme.n ? affected->scheme : str_from(key->scheme->name);
    fprintf(q->to, "%.*s %.*s%s%.*s: %s\n", STR_ARG(p->name), STR_ARG(p->version), p->path.n ? " at " : "",
            STR_ARG(p->path), verdict_word(&e));
    fprintf(q->to, "  advisory  %.*s from feed %.*s\n", STR_ARG(db_record_id(q->db, record)),
            STR_ARG(feed.name));
    fprintf(q->to, "  looked up %.*s in %.*s\n", STR_ARG(key->name), STR_ARG(key->ecosystem));
    fprintf(q->to, "  compared  %.*s as %.*s: %.*s\n", STR_ARG(key->version), STR_ARG(scheme),
            STR_ARG(e.reason));
    if (e.fixed.n)
        fprintf(q->to, "  fixed in  %.*s\n", STR_ARG(e.fixed));
    else
        fprintf(q->to, "  fix       %s\n", fix_state_name(e.fix));
    if (p->owner.n)
        fprintf(q->to, "  left to   the distribution package %.*s, which owns the file\n", STR_ARG(p->owner));
}

static int ask_entry(struct asking *q, uint32_t record, uint32_t index)
{
    struct advisory_affected affected;
    uint32_t owner;
    int status = db_affected(q->db, q->arena, index, &affected, &owner);
    if (status < 0)
        return status;
    vec_each(p, &q->inventory->packages)
    {
        struct match_key keys[MATCH_KEYS];
        size_t n = match_keys(q->arena, q->inventory, p, keys, MATCH_KEYS);
        for (size_t i = 0; i < n; i++) {
            if (!str_eq(keys[i].ecosystem, affected.ecosystem) || !str_eq(keys[i].name, affected.name))
                continue;
            print_entry(q, p, &keys[i], record, &affected);
            q->packages++;
        }
    }
    return 0;
}

static int ask_record(struct asking *q, uint32_t record)
{
    struct advisory v;
    int status = db_record(q->db, q->arena, record, false, &v);
    if (status < 0)
        return status;
    if (v.withdrawn != TIME_NONE) {
        char date[TIME_TEXT];
        fprintf(q->to, "%.*s was withdrawn on %s: it is not used\n", STR_ARG(v.id),
                time_format(v.withdrawn, date));
        return 0;
    }
    uint32_t *entries;
    size_t n;
    status = db_record_affected(q->db, q->arena, record, &entries, &n);
    for (size_t i = 0; status == 0 && i < n; i++)
        status = ask_entry(q, record, entries[i]);
    return status;
}

int match_why(const struct inventory *inv, const struct db *db, struct str id, FILE *to)
{
    struct asking q = {.inventory = inv, .db = db, .arena = arena_new(0), .to = to};
    _cleanup_(arena_cleanup) struct arena *a = q.arena;
    uint32_t *records;
    size_t n;
    if (str_starts(id, STR("cve-"))) /* as people type it */
        id = arena_printf(a, "CVE-%.*s", STR_ARG(str_slice(id, 4, id.n)));
    int status = db_records_of(db, a, id, &records, &n);
    if (status < 0)
        return status;
    if (!n)
        return err_set(ERR_MISSING, "%.*s is not in the advisory database", STR_ARG(id));
    for (size_t i = 0; status == 0 && i < n; i++)
        status = ask_record(&q, records[i]);
    if (status == 0 && !q.packages)
        fprintf(to, "%.*s: %zu record%s of it in the database; none names a package of this target\n",
                STR_ARG(id), n, n == 1 ? "" : "s");
    return status;
}
