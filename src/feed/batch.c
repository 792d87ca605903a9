#include "feed/batch.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHORT_STRING = 64 }; /* longer ones are rarely the same twice */

struct feed_batch *batch_new(const struct batch_options *options)
{
    struct feed_batch *b = mem_alloc(sizeof *b);
    b->arena = arena_new(0);
    b->scratch = arena_new(0);
    b->options = *options;
    b->date = TIME_NONE;
    return b;
}

void batch_free(struct feed_batch *b)
{
    for (struct feed_batch *j = b->joined, *next; j; j = next) {
        next = j->joined;
        j->joined = NULL;
        batch_free(j);
    }
    arena_free(b->arena);
    arena_free(b->scratch);
    map_free(&b->strings);
    vec_free(&b->advisories);
    vec_free(&b->epss);
    vec_free(&b->sources);
    map_free(&b->source_keys);
    vec_free(&b->aliases);
    vec_free(&b->upstream);
    vec_free(&b->related);
    vec_free(&b->cwes);
    vec_free(&b->severities);
    vec_free(&b->references);
    vec_free(&b->affected);
    vec_free(&b->ranges);
    vec_free(&b->versions);
    vec_free(&b->entry_severities);
    free(b);
}

struct str batch_str(struct feed_batch *b, struct str s)
{
    if (!s.n)
        return (struct str){NULL, 0};
    if (s.n > SHORT_STRING)
        return arena_str(b->arena, s);
    const char *kept = map_get(&b->strings, s);
    if (kept)
        return (struct str){kept, s.n};
    struct str copy = arena_str(b->arena, s);
    map_set(&b->strings, copy, (void *)(uintptr_t)copy.p);
    return copy;
}

static void *freeze(struct feed_batch *b, const void *items, size_t n, size_t size)
{
    if (!n)
        return NULL;
    void *copy = arena_alloc_array(b->arena, n, size);
    memcpy(copy, items, n * size);
    return copy;
}
#define freeze_vec(b, v) freeze((b), (v)->at, (v)->n, sizeof *(v)->at)

void batch_skip(struct feed_batch *b, const char *format, ...)
{
    if (!b->skipped++) {
        va_list args;
        va_start(args, format);
        vsnprintf(b->skip_text, sizeof b->skip_text, format, args);
        va_end(args);
    }
}

void batch_add_epss(struct feed_batch *b, struct str cve, double score, double percentile)
{
    vec_add(&b->epss, (struct batch_epss){batch_str(b, cve), score, percentile});
}

void batch_add_source(struct feed_batch *b, struct str ecosystem, struct str binary,
                      struct str binary_version, struct str source, struct str source_version)
{
    if (!ecosystem.n || !binary.n || !source.n)
        return;
    struct advisory_source rule = source_rule(b->scratch, binary, binary_version, source, source_version);
    struct str key =
        arena_printf(b->scratch, "%.*s %.*s %.*s %.*s %.*s", STR_ARG(ecosystem), STR_ARG(rule.binary),
                     STR_ARG(rule.source), STR_ARG(rule.from), STR_ARG(rule.to));
    if (map_get(&b->source_keys, key))
        return;
    map_set(&b->source_keys, arena_str(b->arena, key), b);
    vec_add(&b->sources, (struct advisory_source){batch_str(b, ecosystem), batch_str(b, rule.binary),
                                                  batch_str(b, rule.source), batch_str(b, rule.from),
                                                  batch_str(b, rule.to)});
}

void record_begin(struct feed_batch *b, struct str id)
{
    b->record = (struct advisory){
        .id = batch_str(b, id),
        .published = TIME_NONE,
        .modified = TIME_NONE,
        .withdrawn = TIME_NONE,
        .kev = {.added = TIME_NONE, .due = TIME_NONE},
    };
    b->aliases.n = b->upstream.n = b->related.n = b->cwes.n = 0;
    b->severities.n = b->references.n = b->affected.n = 0;
}

static void add_id(struct feed_batch *b, id_list *list, struct str id)
{
    if (!id.n || str_eq(id, b->record.id) || list->n >= BATCH_IDS)
        return;
    vec_each(known, list) if (str_eq(*known, id)) return;
    vec_add(list, batch_str(b, id));
}

void record_alias(struct feed_batch *b, struct str id)
{
    add_id(b, &b->aliases, id);
}

void record_upstream(struct feed_batch *b, struct str id)
{
    add_id(b, &b->upstream, id);
}

void record_related(struct feed_batch *b, struct str id)
{
    add_id(b, &b->related, id);
}

void record_cwe(struct feed_batch *b, struct str cwe)
{
    if (cwe.n > 4 && cwe.n < 16 && str_starts(cwe, STR("CWE-")) && is_digit(cwe.p[4]))
        add_id(b, &b->cwes, cwe);
}

static void add_severity(struct feed_batch *b, severity_list *list, struct str source, struct str vector,
                         struct str rating)
{
    if ((!vector.n && !rating.n) || list->n >= BATCH_SEVERITIES)
        return;
    vec_each(s, list) if (str_eq(s->source, source) && str_eq(s->vector, vector) &&
                          str_eq(s->rating, rating)) return;
    vec_add(list,
            (struct advisory_severity){batch_str(b, source), batch_str(b, vector), batch_str(b, rating)});
}

void record_severity(struct feed_batch *b, struct str source, struct str vector, struct str rating)
{
    add_severity(b, &b->severities, source, vector, rating);
}

void affected_severity(struct feed_batch *b, struct str source, struct str vector, struct str rating)
{
    add_severity(b, &b->entry_severities, source, vector, rating);
}

void record_reference(struct feed_batch *b, struct str kind, struct str url)
{
    unsigned max = b->options.max_references ? b->options.max_references : BATCH_REFERENCES;
    bool exploit = str_is(kind, "EXPLOIT");
    if (!url.n || (b->references.n >= max && !exploit) || b->references.n >= BATCH_REFERENCES)
        return;
    for (size_t i = 0; i < b->references.n; i++)
        if (str_eq(b->references.at[i].url, url)) {
            if (exploit)
                b->references.at[i].kind = batch_str(b, kind);
            return;
        }
    vec_add(&b->references, (struct advisory_reference){batch_str(b, kind), batch_str(b, url)});
}

void record_prose(struct feed_batch *b, struct str summary, struct str details)
{
    if (b->options.facts_only)
        return;
    b->record.summary = batch_str(b, summary);
    b->record.details = batch_str(b, details);
}

void record_end(struct feed_batch *b)
{
    struct advisory *r = &b->record;
    r->aliases = freeze_vec(b, &b->aliases), r->n_aliases = b->aliases.n;
    r->upstream = freeze_vec(b, &b->upstream), r->n_upstream = b->upstream.n;
    r->related = freeze_vec(b, &b->related), r->n_related = b->related.n;
    r->cwes = freeze_vec(b, &b->cwes), r->n_cwes = b->cwes.n;
    r->severities = freeze_vec(b, &b->severities), r->n_severities = b->severities.n;
    r->references = freeze_vec(b, &b->references), r->n_references = b->references.n;
    r->affected = freeze_vec(b, &b->affected), r->n_affected = b->affected.n;
    vec_add(&b->advisories, *r);
}

struct advisory_affected *affected_begin(struct feed_batch *b, struct str ecosystem, struct str name)
{
    b->entry = (struct advisory_affected){.ecosystem = batch_str(b, ecosystem), .name = batch_str(b, name)};
    b->ranges.n = b->versions.n = b->entry_severities.n = 0;
    return &b->entry;
}

void affected_range(struct feed_batch *b, struct advisory_range range)
{
    vec_add(&b->ranges, (struct advisory_range){batch_str(b, range.introduced), batch_str(b, range.fixed),
                                                batch_str(b, range.last_affected), range.after});
}

void affected_version(struct feed_batch *b, struct str version)
{
    if (version.n)
        vec_add(&b->versions, batch_str(b, version));
}

void affected_end(struct feed_batch *b)
{
    struct advisory_affected *e = &b->entry;
    e->ranges = freeze_vec(b, &b->ranges), e->n_ranges = b->ranges.n;
    e->versions = freeze_vec(b, &b->versions), e->n_versions = b->versions.n;
    e->severities = freeze_vec(b, &b->entry_severities), e->n_severities = b->entry_severities.n;
    vec_add(&b->affected, *e);
}

static void append_affected(struct feed_batch *to, struct advisory *a, const struct advisory *more)
{
    size_t n = a->n_affected + more->n_affected;
    struct advisory_affected *all = arena_new_array(to->arena, struct advisory_affected, n);
    if (a->n_affected)
        memcpy(all, a->affected, a->n_affected * sizeof *all);
    size_t at = a->n_affected;
    for (size_t i = 0; i < more->n_affected; i++)
        all[at++] = more->affected[i];
    a->affected = all;
    a->n_affected = n;
}

int64_t batch_date(const struct feed_batch *b)
{
    int64_t now = time_now(), newest = TIME_NONE;
    if (b->date != TIME_NONE)
        return b->date;
    vec_each(a, &b->advisories)
    {
        int64_t date = a->modified > a->published ? a->modified : a->published;
        newest = date > newest && date <= now ? date : newest;
    }
    return newest;
}

void batch_join(struct feed_batch *to, struct feed_batch *from)
{
    struct map ids = {0};
    for (size_t i = 0; i < to->advisories.n; i++)
        map_set(&ids, to->advisories.at[i].id, (void *)(i + 1));
    vec_each(more, &from->advisories)
    {
        size_t at = (size_t)map_get(&ids, more->id);
        if (at)
            append_affected(to, &to->advisories.at[at - 1], more);
        else
            vec_add(&to->advisories, *more);
    }
    map_free(&ids);
    from->joined = to->joined;
    to->joined = from;
    to->skipped += from->skipped;
}
