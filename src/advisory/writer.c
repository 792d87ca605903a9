#include "advisory/writer.h"

#include "advisory/build.h"
#include "advisory/covered.h"
#include "base/err.h"

struct db_writer *db_writer_new(const struct db_writer_options *options)
{
    struct db_writer *w = mem_alloc(sizeof *w);
    if (options)
        w->options = *options;
    /* Number 0 means "empty" wherever a number is kept. */
    intern_add(&w->text, STR(""));
    intern_add(&w->ranges, STR(""));
    intern_add(&w->versions, STR(""));
    vec_add(&w->words, 0);
    return w;
}

void db_writer_free(struct db_writer *w)
{
    if (!w)
        return;
    struct intern *interns[] = {&w->text,       &w->ids,    &w->links,    &w->kinds,
                                &w->severities, &w->ranges, &w->versions, &w->shapes};
    for (size_t i = 0; i < sizeof interns / sizeof *interns; i++)
        intern_free(interns[i]);
    vec_free(&w->feeds);
    vec_free(&w->parts);
    vec_free(&w->entries);
    vec_free(&w->epss);
    vec_free(&w->sources);
    vec_free(&w->words);
    vec_free(&w->part_of);
    vec_free(&w->scratch);
    prose_free(&w->prose);
    free(w);
}

uint32_t db_writer_feed(struct db_writer *w, const struct db_feed *feed)
{
    vec_add(&w->feeds, (struct feed_row){
                           .name = intern_add(&w->text, feed->name),
                           .url = intern_add(&w->text, feed->url),
                           .licence = intern_add(&w->text, feed->licence),
                           .digest = intern_add(&w->text, feed->digest),
                           .state = intern_add(&w->text, feed->state),
                           .date = feed->date,
                       });
    return (uint32_t)w->feeds.n - 1;
}

/* Checking comes first, so that an advisory is taken whole or not at all. */

static int check_text(struct str s, size_t max, const char *what)
{
    if (s.n > max)
        return err_set(ERR_LIMIT, "%s of %zu bytes, at most %zu are kept", what, s.n, max);
    return 0;
}

static int check_texts(const struct str *s, size_t n, size_t max, const char *what)
{
    if (n > DB_LIST_MAX)
        return err_set(ERR_LIMIT, "%zu %s, at most %d are kept", n, what, DB_LIST_MAX);
    for (size_t i = 0; i < n; i++)
        if (check_text(s[i], max, what) < 0)
            return ERR_LIMIT;
    return 0;
}

static int check_severities(const struct advisory_severity *s, size_t n)
{
    if (n > DB_LIST_MAX)
        return err_set(ERR_LIMIT, "%zu severities, at most %d are kept", n, DB_LIST_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct str texts[] = {s[i].source, s[i].vector, s[i].rating};
        if (check_texts(texts, 3, DB_TEXT_MAX, "severity") < 0)
            return ERR_LIMIT;
    }
    return 0;
}

static int check_affected(const struct advisory_affected *e)
{
    const struct str texts[] = {e->ecosystem, e->name, e->scheme, e->module, e->arch, e->purl_type_qualifier};
    if (!e->ecosystem.n || !e->name.n)
        return err_set(ERR_INVALID, "affected package without %s", e->name.n ? "ecosystem" : "name");
    if (check_texts(texts, sizeof texts / sizeof *texts, DB_TEXT_MAX, "affected package") < 0 ||
        check_texts(e->versions, e->n_versions, DB_TEXT_MAX, "versions") < 0 ||
        check_severities(e->severities, e->n_severities) < 0)
        return ERR_LIMIT;
    if (e->n_ranges > DB_LIST_MAX)
        return err_set(ERR_LIMIT, "%zu ranges, at most %d are kept", e->n_ranges, DB_LIST_MAX);
    for (size_t i = 0; i < e->n_ranges; i++) {
        const struct str bounds[] = {e->ranges[i].introduced, e->ranges[i].fixed, e->ranges[i].last_affected};
        if (check_texts(bounds, 3, DB_TEXT_MAX, "range") < 0)
            return ERR_LIMIT;
    }
    return 0;
}

static int check(const struct db_writer *w, const struct advisory *a)
{
    const struct str texts[] = {a->source_url, a->ssvc, a->kev.action};
    if (!w->feeds.n)
        return err_set(ERR_INVALID, "a record before any feed");
    if (!a->id.n)
        return err_set(ERR_INVALID, "a record without id");
    if (check_text(a->id, DB_ID_MAX, "id") < 0 ||
        check_texts(a->aliases, a->n_aliases, DB_ID_MAX, "aliases") < 0 ||
        check_texts(a->upstream, a->n_upstream, DB_ID_MAX, "upstream ids") < 0 ||
        check_texts(a->related, a->n_related, DB_ID_MAX, "related ids") < 0 ||
        check_texts(a->cwes, a->n_cwes, DB_TEXT_MAX, "CWEs") < 0 ||
        check_texts(texts, 3, DB_TEXT_MAX, "text") < 0 ||
        check_severities(a->severities, a->n_severities) < 0)
        return ERR_LIMIT;
    if (a->n_references > DB_LIST_MAX || a->n_affected > DB_LIST_MAX)
        return err_set(ERR_LIMIT, "over %d references or affected packages", DB_LIST_MAX);
    if (a->summary.n > DB_PROSE_MAX || a->details.n > DB_PROSE_MAX - a->summary.n)
        return err_set(ERR_LIMIT, "prose over %d bytes", DB_PROSE_MAX);
    for (size_t i = 0; i < a->n_affected; i++) {
        int status = check_affected(&a->affected[i]);
        if (status < 0)
            return status;
    }
    return 0;
}

/* Interning. */

static uint32_t add_severity(struct db_writer *w, const struct advisory_severity *s)
{
    const uint32_t fields[] = {intern_add(&w->text, s->source), intern_add(&w->text, s->rating),
                               intern_add(&w->text, s->vector)};
    return intern_add_words(&w->severities, fields, 3);
}

/* Control bytes cannot be in a URL; they stand for ids in the file. */
static bool link_fits(struct str url)
{
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] < LINK_TEMPLATES)
            return false;
    return url.n && url.n < DB_LINK_MAX;
}

/* 1 + the number of the link; 0 for one that is not kept. */
static uint32_t add_link(struct db_writer *w, struct str kind, struct str url)
{
    char text[DB_LINK_MAX + 1];
    if (!link_fits(url))
        return 0;
    uint32_t number = intern_add(&w->kinds, kind);
    if (number > UINT8_MAX)
        return 0;
    text[0] = (char)number;
    memcpy(text + 1, url.p, url.n);
    return 1 + intern_add(&w->links, (struct str){text, url.n + 1});
}

/* Keeps what stands in `scratch`; its place in `words`. */
static uint32_t add_list(struct db_writer *w)
{
    if (!w->scratch.n)
        return 0;
    uint32_t at = (uint32_t)w->words.n;
    vec_add(&w->words, (uint32_t)w->scratch.n);
    vec_each(word, &w->scratch) vec_add(&w->words, *word);
    w->scratch.n = 0;
    return at;
}

static uint32_t add_strings(struct db_writer *w, struct intern *to, const struct str *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i].n)
            vec_add(&w->scratch, intern_add(to, s[i]));
    return add_list(w);
}

static uint32_t add_severities(struct db_writer *w, const struct advisory_severity *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        vec_add(&w->scratch, add_severity(w, &s[i]));
    return add_list(w);
}

static uint32_t add_links(struct db_writer *w, const struct advisory_reference *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t link = add_link(w, r[i].kind, r[i].url);
        if (link)
            vec_add(&w->scratch, link - 1);
    }
    return add_list(w);
}

static uint32_t add_ranges(struct db_writer *w, const struct advisory_affected *e)
{
    for (size_t i = 0; i < e->n_ranges; i++) {
        const struct advisory_range *r = &e->ranges[i];
        vec_add(&w->scratch, intern_add(&w->text, r->introduced));
        vec_add(&w->scratch, intern_add(&w->text, r->fixed));
        vec_add(&w->scratch, intern_add(&w->text, r->last_affected));
        vec_add(&w->scratch, r->after);
    }
    uint32_t number = intern_add_words(&w->ranges, w->scratch.at, w->scratch.n);
    w->scratch.n = 0;
    return number;
}

static uint32_t add_versions(struct db_writer *w, const struct advisory_affected *e)
{
    const struct version_scheme *scheme = covered_scheme(e);
    for (size_t i = 0; i < e->n_versions; i++)
        if (!covered(scheme, e, e->versions[i]))
            vec_add(&w->scratch, intern_add(&w->text, e->versions[i]));
    uint32_t number = intern_add_words(&w->versions, w->scratch.at, w->scratch.n);
    w->scratch.n = 0;
    return number;
}

static void add_entry(struct db_writer *w, const struct advisory_affected *e, uint32_t part)
{
    uint32_t ranges = add_ranges(w, e), versions = add_versions(w, e);
    const uint32_t fields[SHAPE_SEVERITIES] = {
        [SHAPE_SCHEME] = intern_add(&w->text, e->scheme),
        [SHAPE_MODULE] = intern_add(&w->text, e->module),
        [SHAPE_ARCH] = intern_add(&w->text, e->arch),
        [SHAPE_QUALIFIER] = intern_add(&w->text, e->purl_type_qualifier),
        [SHAPE_FIX] = (uint32_t)e->fix * 2 + e->binary,
        [SHAPE_VERSIONS] = versions,
    };
    for (size_t i = 0; i < SHAPE_SEVERITIES; i++)
        vec_add(&w->scratch, fields[i]);
    for (size_t i = 0; i < e->n_severities; i++)
        vec_add(&w->scratch, add_severity(w, &e->severities[i]));
    vec_add(&w->entries, (struct entry){
                             .ecosystem = intern_add(&w->text, e->ecosystem),
                             .name = intern_add(&w->text, e->name),
                             .part = part,
                             .ranges = ranges,
                             .shape = intern_add_words(&w->shapes, w->scratch.at, w->scratch.n),
                         });
    w->scratch.n = 0;
}

/* Whether the record is wanted; older parts that it replaces die. Vulnerability records are united, and so
 * are two states of an advisory with the same date: leaving one out could hide a package. */
static bool supersede(struct db_writer *w, uint32_t id, const struct advisory *a)
{
    while (w->part_of.n <= id)
        vec_add(&w->part_of, 0);
    if (str_starts(a->id, STR("CVE-")))
        return true;
    for (uint32_t at = w->part_of.at[id]; at; at = w->parts.at[at - 1].next) {
        struct part *p = &w->parts.at[at - 1];
        if (p->modified > a->modified)
            return false;
        if (p->modified < a->modified)
            p->dead = true;
    }
    return true;
}

static void chain(struct db_writer *w, uint32_t number)
{
    uint32_t *at = &w->part_of.at[w->parts.at[number].id];
    while (*at)
        at = &w->parts.at[*at - 1].next;
    *at = number + 1;
}

int db_writer_add(struct db_writer *w, const struct advisory *a)
{
    int status = check(w, a);
    if (status < 0)
        return err_context(status, "%.*s", STR_ARG(str_slice(a->id, 0, a->id.n < 80 ? a->id.n : 80)));
    uint32_t id = intern_add(&w->ids, a->id);
    if (!supersede(w, id, a))
        return 0;
    struct part part = {
        .id = id,
        .feed = (uint32_t)w->feeds.n - 1,
        .ransomware = a->kev.ransomware,
        .published = a->published,
        .modified = a->modified,
        .withdrawn = a->withdrawn,
        .kev_added = a->kev.added,
        .kev_due = a->kev.due,
        .kev_action = intern_add(&w->text, w->options.facts_only ? STR("") : a->kev.action),
        .ssvc = intern_add(&w->text, a->ssvc),
        .url = add_link(w, STR(""), a->source_url),
        .lists[LIST_ALIASES] = add_strings(w, &w->ids, a->aliases, a->n_aliases),
        .lists[LIST_UPSTREAM] = add_strings(w, &w->ids, a->upstream, a->n_upstream),
        .lists[LIST_RELATED] = add_strings(w, &w->ids, a->related, a->n_related),
        .lists[LIST_SEVERITIES] = add_severities(w, a->severities, a->n_severities),
        .lists[LIST_CWES] = add_strings(w, &w->text, a->cwes, a->n_cwes),
        .lists[LIST_LINKS] = add_links(w, a->references, a->n_references),
    };
    if (!w->options.facts_only && a->summary.n + a->details.n)
        status = prose_add(&w->prose, &part, a->summary, a->details);
    if (status < 0)
        return status;
    for (size_t i = 0; i < a->n_affected; i++)
        add_entry(w, &a->affected[i], (uint32_t)w->parts.n);
    vec_add(&w->parts, part);
    while (w->part_of.n < w->ids.n)
        vec_add(&w->part_of, 0);
    chain(w, (uint32_t)w->parts.n - 1);
    return 0;
}

int db_writer_epss(struct db_writer *w, struct str cve, double score, double percentile)
{
    uint32_t packed;
    if (!cve_pack(cve, &packed))
        return err_set(ERR_INVALID, "EPSS of '%.*s', which is no CVE id",
                       STR_ARG(str_slice(cve, 0, cve.n < 80 ? cve.n : 80)));
    if (!(score >= 0 && score <= 1 && percentile >= 0 && percentile <= 1))
        return err_set(ERR_INVALID, "EPSS of %.*s is outside 0..1", STR_ARG(cve));
    vec_add(&w->epss,
            (struct epss){packed, (uint32_t)(score * 1e5 + 0.5), (uint32_t)(percentile * 1e5 + 0.5)});
    return 0;
}

int db_writer_source(struct db_writer *w, const struct advisory_source *source)
{
    const struct str texts[] = {source->ecosystem, source->binary, source->source, source->from, source->to};
    if (check_texts(texts, sizeof texts / sizeof *texts, DB_TEXT_MAX, "source package") < 0)
        return ERR_LIMIT;
    vec_add(&w->sources, (struct source_row){.ecosystem = intern_add(&w->text, source->ecosystem),
                                             .binary = intern_add(&w->text, source->binary),
                                             .source = intern_add(&w->text, source->source),
                                             .from = intern_add(&w->text, source->from),
                                             .to = intern_add(&w->text, source->to)});
    return 0;
}
