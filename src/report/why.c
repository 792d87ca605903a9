/* --why: how every package that an id's advisories name was judged. */
#include "base/cleanup.h"
#include "base/err.h"
#include "match/repository.h"
#include "report/report.h"
#include "report/text.h"

struct asking {
    const struct inventory *inventory;
    const struct db *db;
    struct arena *arena;
    FILE *to;
    bool utf8;
    size_t packages;  /* that were judged */
    size_t withdrawn; /* advisories that are not used */
};

static const char *verdict_word(const struct evaluation *e)
{
    return e->affected ? "AFFECTED" : e->unknown ? "UNKNOWN" : "not affected";
}

static struct evaluation evaluate(struct asking *q, const struct package *p, const struct match_key *key,
                                  const struct advisory_affected *affected)
{
    _cleanup_(repositories_free) struct repositories repositories = {0};
    struct evaluation e = match_evaluate(q->arena, key, p, affected, true);
    if ((e.affected || e.unknown) && repositories_exclude(&repositories, q->db, q->arena, key, affected))
        e = (struct evaluation){.fix = e.fix,
                                .reason =
                                    arena_printf(q->arena, "%.*s, and the package is not of that repository",
                                                 STR_ARG(affected->purl_type_qualifier))};
    return e;
}

/* Names and versions come from hostile files, ranges from advisories. */
static void print_words(struct asking *q, const char *lead, struct str words)
{
    words = text_clean(q->arena, words, q->utf8);
    fprintf(q->to, "%s%.*s", lead, STR_ARG(words));
}

static void print_entry(struct asking *q, const struct package *p, const struct match_key *key,
                        uint32_t record, const struct advisory_affected *affected)
{
    struct evaluation e = evaluate(q, p, key, affected);
    struct db_feed feed = {0};
    db_feed_at(q->db, db_record_feed(q->db, record), &feed);
    print_words(q, "", p->name);
    print_words(q, " ", p->version);
    if (p->path.n)
        print_words(q, " at ", p->path);
    fprintf(q->to, ": %s\n", verdict_word(&e));
    print_words(q, "  advisory  ", db_record_id(q->db, record));
    print_words(q, " from feed ", feed.name);
    print_words(q, "\n  looked up ", key->name);
    print_words(q, " in ", key->ecosystem);
    print_words(q, "\n  compared  ", key->version);
    print_words(q, " as ", affected->scheme.n ? affected->scheme : str_from(key->scheme->name));
    print_words(q, ": ", e.reason);
    if (e.fixed.n)
        print_words(q, "\n  fixed in  ", e.fixed);
    else
        fprintf(q->to, "\n  fix       %s", fix_state_name(e.fix));
    if (p->owner.n) {
        print_words(q, "\n  left to   the distribution package ", p->owner);
        fprintf(q->to, ", which owns the file");
    }
    fputc('\n', q->to);
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
        print_words(q, "", v.id);
        fprintf(q->to, " was withdrawn on %.10s: it is not used\n", time_format(v.withdrawn, date));
        q->withdrawn++;
        return 0;
    }
    uint32_t *entries;
    size_t n;
    status = db_record_affected(q->db, q->arena, record, &entries, &n);
    for (size_t i = 0; status == 0 && i < n; i++)
        status = ask_entry(q, record, entries[i]);
    return status;
}

int report_why(const struct inventory *inv, const struct db *db, struct str id, FILE *to)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct asking q = {.inventory = inv, .db = db, .arena = a, .to = to, .utf8 = text_locale_is_utf8()};
    uint32_t *records;
    size_t n;
    int status = db_records_typed(db, a, id, &records, &n);
    if (status < 0)
        return status;
    if (!n)
        return err_set(ERR_MISSING, "%.*s is not in the advisory database", STR_ARG(id));
    for (size_t i = 0; status == 0 && i < n; i++)
        status = ask_record(&q, records[i]);
    size_t used = n - q.withdrawn;
    if (status == 0 && used && !q.packages) {
        print_words(&q, "", id);
        fprintf(to, ": %zu record%s of it in the database; none names a package of this target\n", used,
                used == 1 ? "" : "s");
    }
    return status;
}
