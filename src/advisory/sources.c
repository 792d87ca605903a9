/* Rules about sources in the database: written sorted by hash, found by it. */
#include <stdlib.h>

#include "advisory/finish.h"
#include "advisory/reader.h"

enum { RULES_MAX = 1000 }; /* of one binary package */

/* ---- writing ---- */

/* By numbers of the file. */
struct sorted {
    uint32_t hash, words[5];
};

static int sorted_cmp(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    for (size_t i = 0; i < sizeof x->words / sizeof *x->words; i++)
        if (x->words[i] != y->words[i])
            return x->words[i] < y->words[i] ? -1 : 1;
    return 0;
}

static struct sorted sorted_of(const struct finish *f, const struct source_row *row)
{
    const struct intern *text = &f->w->text;
    return (struct sorted){
        .hash = package_hash(intern_get(text, row->ecosystem), intern_get(text, row->binary)),
        .words = {f->text_rank[row->ecosystem], f->text_rank[row->binary], f->text_rank[row->source],
                  f->text_rank[row->from], f->text_rank[row->to]},
    };
}

void put_sources(struct finish *f)
{
    size_t n = f->w->sources.n;
    struct sorted *rows = mem_alloc(n * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = sorted_of(f, &f->w->sources.at[i]);
    if (n)
        qsort(rows, n, sizeof *rows, sorted_cmp);
    for (size_t i = 0; i < n; i++) {
        if (i && !sorted_cmp(&rows[i - 1], &rows[i]))
            continue;
        column_put(&f->out, SECTION_SOURCE_HASH, rows[i].hash);
        for (int k = 0; k < 5; k++) {
            column_put(&f->out, SECTION_SOURCE_ECOSYSTEM + k, rows[i].words[k]);
            finish_generation(f, f->text_hash[f->text_sorted[rows[i].words[k]]]);
        }
    }
    free(rows);
}

/* ---- reading ---- */

bool db_source_at(const struct db *db, uint32_t number, struct advisory_source *ret_source)
{
    bool bad = number >= db->n_sources;
    if (bad)
        return false;
    struct advisory_source s = {
        .ecosystem = db_text(db, db->source_ecosystem[number], &bad),
        .binary = db_text(db, db->source_binary[number], &bad),
        .source = db_text(db, db->source_name[number], &bad),
        .from = db_text(db, db->source_from[number], &bad),
        .to = db_text(db, db->source_to[number], &bad),
    };
    if (!bad)
        *ret_source = s;
    return !bad;
}

/* What the rules of one binary package come to: those that hold for a version, else all of them, have to
 * agree on the source. */
struct answer {
    struct str source, version; /* by a rule that holds */
    size_t from;      /* how much of the version it takes: what takes most counts, if it is of one mind */
    struct str other; /* by one that does not */
    bool torn, other_torn;
};

static void weigh(struct answer *to, struct arena *a, const struct advisory_source *rule, struct str version)
{
    struct str of_source;
    if (!source_version(a, rule, version, &of_source)) {
        to->other_torn |= to->other.n && !str_eq(to->other, rule->source);
        to->other = rule->source;
        return;
    }
    to->torn |= to->source.n && !str_eq(to->source, rule->source);
    if (to->source.n && rule->from.n < to->from)
        return;
    bool doubtful = to->source.n && rule->from.n == to->from && !str_eq(to->version, of_source);
    to->source = rule->source;
    to->version = doubtful ? (struct str){NULL, 0} : of_source;
    to->from = rule->from.n;
}

bool db_source(const struct db *db, struct arena *a, struct str ecosystem, struct str binary,
               struct str version, struct str *ret_source, struct str *ret_version)
{
    struct str name = source_binary(a, binary);
    uint32_t hash = package_hash(ecosystem, name);
    struct answer answer = {0};
    uint32_t at = db_lower_bound(db->source_hash, db->n_sources, hash);
    for (uint32_t n = 0; at < db->n_sources && db->source_hash[at] == hash && n < RULES_MAX; at++, n++) {
        struct advisory_source rule;
        if (db_source_at(db, at, &rule) && str_eq(rule.ecosystem, ecosystem) && str_eq(rule.binary, name))
            weigh(&answer, a, &rule, version);
    }
    bool holds = answer.source.n;
    if (holds ? answer.torn : !answer.other.n || answer.other_torn)
        return false;
    *ret_source = holds ? answer.source : answer.other;
    *ret_version = answer.version;
    return true;
}
