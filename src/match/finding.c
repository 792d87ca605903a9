/* Matches become findings: one vulnerability on one package, with what is known about it.
 *
 * Advisories of several publishers speak of one flaw. They are brought together by the CVEs they name; where
 * none names one, by the best known of their other ids. An advisory that names several CVEs (DSA, ALSA, ALAS)
 * gives a finding for each.
 */
#include "match/finding.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "score/cvss.h"
#include "score/severity.h"

/* What the run needs of one database record, read once. */
struct record {
    struct advisory advisory;
    struct str feed;
    const struct str *ids; /* the findings it leads to */
    size_t n_ids;
};

static bool is_cve(struct str id)
{
    return str_starts(id, STR("CVE-"));
}

/* Which id names a flaw without a CVE: GitHub's, whose advisories others point to, then the rest in
 * alphabetical order.
 */
static bool better_id(struct str a, struct str b)
{
    bool ghsa_a = str_starts(a, STR("GHSA-")), ghsa_b = str_starts(b, STR("GHSA-"));
    return ghsa_a != ghsa_b ? ghsa_a : str_cmp(a, b) < 0;
}

struct ids {
    VEC(struct str) list;
};

static void ids_add(struct ids *ids, struct str id)
{
    vec_each(known, &ids->list)
    {
        if (str_eq(*known, id))
            return;
    }
    vec_add(&ids->list, id);
}

static void add_cves(struct ids *ids, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_cve(list[i]))
            ids_add(ids, list[i]);
}

static void cves_of(struct ids *ids, const struct advisory *v)
{
    if (is_cve(v->id))
        ids_add(ids, v->id);
    add_cves(ids, v->aliases, v->n_aliases);
    add_cves(ids, v->upstream, v->n_upstream);
}

/* CVEs that other records tie to `id`: a PYSEC record may lack the CVE that the GHSA it is an alias of has.
 */
static void cves_through(struct matching *m, struct ids *ids, struct str id)
{
    uint32_t *records;
    size_t n;
    if (db_records_of(m->db, m->scratch, id, &records, &n) < 0)
        return;
    for (size_t i = 0; i < n; i++) {
        struct advisory other;
        if (db_record(m->db, m->scratch, records[i], false, &other) == 0 && other.withdrawn == TIME_NONE) {
            if (is_cve(other.id))
                ids_add(ids, other.id);
            add_cves(ids, other.aliases, other.n_aliases);
        }
    }
}

/* Advisories of distributions tie their CVEs by `related` alone where they stem from before OSV had
 * `upstream`; elsewhere `related` means a similar flaw. */
static bool is_errata(struct str id)
{
    static const char *const prefixes[] = {"DSA-",  "DLA-",  "DTSA-", "ALSA-",    "ALBA-", "ALEA-",
                                           "RLSA-", "RXSA-", "RHSA-", "RHBA-",    "RHEA-", "ALAS",
                                           "USN-",  "LSN-",  "SUSE-", "openSUSE-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (str_starts(id, str_from(prefixes[i])))
            return true;
    return false;
}

static void find_ids(struct matching *m, struct record *r)
{
    const struct advisory *v = &r->advisory;
    struct ids ids = {0};
    cves_of(&ids, v);
    if (!ids.list.n && is_errata(v->id))
        add_cves(&ids, v->related, v->n_related);
    if (!ids.list.n) {
        cves_through(m, &ids, v->id);
        for (size_t i = 0; i < v->n_aliases; i++)
            cves_through(m, &ids, v->aliases[i]);
    }
    if (!ids.list.n) {
        struct str best = v->id;
        for (size_t i = 0; i < v->n_aliases; i++)
            if (better_id(v->aliases[i], best))
                best = v->aliases[i];
        ids_add(&ids, best);
    }
    struct str *copy = arena_new_array(m->findings->arena, struct str, ids.list.n);
    memcpy(copy, ids.list.at, ids.list.n * sizeof *copy);
    r->ids = copy;
    r->n_ids = ids.list.n;
    vec_free(&ids.list);
}

/* NULL when the database is damaged there; m->status then tells. */
static const struct record *record_of(struct matching *m, uint32_t number)
{
    struct str key = {(const char *)&number, sizeof number};
    struct record *r = map_get(&m->records, key);
    if (r)
        return r;
    struct arena *a = m->findings->arena;
    r = arena_alloc(a, sizeof *r);
    if (db_record(m->db, a, number, false, &r->advisory) < 0) {
        m->status = ERR_INVALID;
        return NULL;
    }
    struct db_feed feed;
    if (db_feed_at(m->db, db_record_feed(m->db, number), &feed))
        r->feed = feed.name;
    find_ids(m, r);
    map_set(&m->records, arena_str(a, key), r);
    return r;
}

/* One finding in the making. */
struct group {
    struct str id;
    bool excluded;
    VEC(const struct match *) matches;
};

struct groups {
    VEC(struct group) list;
};

static struct group *group_of(struct groups *groups, struct str id)
{
    vec_each(g, &groups->list)
    {
        if (str_eq(g->id, id))
            return g;
    }
    struct group *g = vec_push(&groups->list);
    g->id = id;
    return g;
}

/* ---- scores ---- */

struct choice {
    struct str vector, source;
    struct cvss cvss;
    int rank; /* lower is better */
};

/* Newer standards count before CVSS 2; 3.x before 4.0, because Inspector's scores and its contextual rules
 * speak 3.1.
 */
static int version_rank(struct str version)
{
    return str_is(version, "3.1") ? 0 : str_is(version, "3.0") ? 1 : str_is(version, "4.0") ? 2 : 3;
}

/* `publisher` 0 is whoever published the advisory, 1 NVD, 2 anybody else. */
static void consider(struct choice *best, const struct advisory_severity *list, size_t n, int publisher)
{
    for (size_t i = 0; i < n; i++) {
        struct cvss cvss;
        int from = publisher == 2 && str_is(list[i].source, "nvd@nist.gov") ? 1 : publisher;
        if (!list[i].vector.n || cvss_parse(list[i].vector, &cvss) < 0)
            continue;
        int standard = version_rank(cvss.version);
        int rank = (standard <= 1 ? 0 : standard) * 10 + from * 2 + (standard == 1);
        if (!best->vector.n || rank < best->rank)
            *best = (struct choice){list[i].vector, list[i].source, cvss, rank};
    }
}

static void consider_rating(struct str *rating, const struct advisory_severity *list, size_t n)
{
    for (size_t i = 0; i < n && !rating->n; i++)
        *rating = list[i].rating;
}

static void score_matches(struct matching *m, struct finding *f, struct choice *best)
{
    for (size_t i = 0; i < f->n_matches; i++) {
        struct advisory_affected affected;
        uint32_t number;
        if (db_affected(m->db, m->scratch, f->matches[i]->affected, &affected, &number) == 0) {
            consider(best, affected.severities, affected.n_severities, 0);
            consider_rating(&f->rating, affected.severities, affected.n_severities);
        }
        const struct record *r = record_of(m, f->matches[i]->record);
        if (r && r->n_ids == 1) { /* a rating of several flaws together is none of this one */
            consider(best, r->advisory.severities, r->advisory.n_severities, 0);
            consider_rating(&f->rating, r->advisory.severities, r->advisory.n_severities);
        }
    }
}

/* Advisories of other publishers about the same flaw, in other ecosystems, for a vector when nobody nearer
 * has one. */
static void score_others(struct matching *m, struct finding *f, struct choice *best)
{
    uint32_t *records;
    size_t n;
    if (db_records_of(m->db, m->scratch, f->id, &records, &n) < 0)
        return;
    for (size_t i = 0; i < n && i < 64; i++) {
        const struct record *r = record_of(m, records[i]);
        if (r && r->n_ids == 1)
            consider(best, r->advisory.severities, r->advisory.n_severities, 2);
    }
}

static bool names_exploit(const struct advisory *v)
{
    for (size_t i = 0; i < v->n_references; i++)
        if (str_is(v->references[i].kind, "EXPLOIT"))
            return true;
    return str_find_str(v->ssvc, STR("exploitation=active")) >= 0 ||
           str_find_str(v->ssvc, STR("exploitation=poc")) >= 0;
}

static void weigh(struct matching *m, struct finding *f)
{
    struct choice best = {0};
    uint32_t number;
    const struct record *own = NULL;
    score_matches(m, f, &best);
    f->epss = f->epss_percentile = -1;
    if (db_record_find(m->db, f->id, &number) && str_eq(db_record_id(m->db, number), f->id))
        own = record_of(m, number);
    if (own) {
        const struct advisory *v = &own->advisory;
        consider(&best, v->severities, v->n_severities, 2);
        consider_rating(&f->rating, v->severities, v->n_severities);
        f->published = v->published;
        f->modified = v->modified;
        f->kev = v->kev.added != TIME_NONE;
        f->kev_added = v->kev.added;
        f->kev_due = v->kev.due;
        f->exploit = f->kev || names_exploit(v);
    }
    if (!best.vector.n)
        score_others(m, f, &best);
    db_epss(m->db, f->id, &f->epss, &f->epss_percentile);

    f->vector = best.vector;
    f->vector_source = best.source;
    f->score = best.vector.n ? best.cvss.score : -1;
    f->severity = str_from(best.vector.n ? severity_name(severity_of_score(f->score))
                                         : severity_name(severity_of_rating(f->rating)));
}

/* ---- fixes ---- */

/* The lowest version that ends every match for which a fix is known. */
static void choose_fix(struct finding *f)
{
    const struct version_scheme *scheme = version_scheme_find(f->matches[0]->scheme);
    f->fix = f->matches[0]->fix;
    for (size_t i = 0; i < f->n_matches; i++) {
        const struct match *m = f->matches[i];
        int order;
        if (!m->fixed.n)
            continue;
        if (!f->fixed.n || (scheme && version_compare(scheme, m->fixed, f->fixed, &order) == 0 && order > 0))
            f->fixed = m->fixed;
        f->fix = FIX_FIXED;
    }
}

static void collect_aliases(struct matching *m, struct finding *f)
{
    struct ids ids = {0};
    for (size_t i = 0; i < f->n_matches; i++) {
        const struct record *r = record_of(m, f->matches[i]->record);
        if (!r)
            continue;
        ids_add(&ids, r->advisory.id);
        for (size_t j = 0; r->n_ids == 1 && j < r->advisory.n_aliases; j++)
            ids_add(&ids, r->advisory.aliases[j]);
    }
    struct str *copy = arena_new_array(m->findings->arena, struct str, ids.list.n);
    vec_each(id, &ids.list)
    {
        if (!str_eq(*id, f->id))
            copy[f->n_aliases++] = *id;
    }
    f->aliases = copy;
    vec_free(&ids.list);
}

static void finding_from(struct matching *m, const struct group *g, uint32_t package)
{
    struct finding f = {.id = g->id,
                        .package = package,
                        .n_matches = g->matches.n,
                        .verdict = VERDICT_UNKNOWN,
                        .published = TIME_NONE,
                        .modified = TIME_NONE,
                        .kev_added = TIME_NONE,
                        .kev_due = TIME_NONE};
    f.matches = arena_new_array(m->findings->arena, const struct match *, g->matches.n);
    memcpy(f.matches, g->matches.at, g->matches.n * sizeof *f.matches);
    for (size_t i = 0; i < f.n_matches; i++)
        if (f.matches[i]->verdict == VERDICT_AFFECTED)
            f.verdict = VERDICT_AFFECTED;
    choose_fix(&f);
    weigh(m, &f);
    collect_aliases(m, &f);
    const struct record *first = record_of(m, f.matches[0]->record);
    if (!first)
        return;
    f.source = first->feed;
    f.source_url = first->advisory.source_url;
    if (f.published == TIME_NONE)
        f.published = first->advisory.published;
    if (f.modified == TIME_NONE)
        f.modified = first->advisory.modified;
    vec_add(&m->findings->findings, f);
}

void findings_of_package(struct matching *m, uint32_t package)
{
    struct groups groups = {0};
    vec_each(c, &m->candidates)
    {
        const struct record *r = record_of(m, c->match.record);
        if (!r)
            break;
        if (r->advisory.withdrawn != TIME_NONE)
            continue;
        struct match *kept = arena_alloc(m->findings->arena, sizeof *kept);
        *kept = c->match;
        for (size_t i = 0; i < r->n_ids; i++) {
            struct group *g = group_of(&groups, r->ids[i]);
            g->excluded = g->excluded || c->excluded;
            *vec_push(&g->matches) = kept;
        }
    }
    vec_each(g, &groups.list)
    {
        if (!g->excluded && m->status == 0)
            finding_from(m, g, package);
        vec_free(&g->matches);
    }
    vec_free(&groups.list);
}

static int by_urgency(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->verdict != b->verdict)
        return (int)a->verdict - (int)b->verdict;
    if (a->kev != b->kev)
        return b->kev - a->kev;
    enum severity severity_a = SEVERITY_UNTRIAGED, severity_b = SEVERITY_UNTRIAGED;
    severity_parse(a->severity, &severity_a);
    severity_parse(b->severity, &severity_b);
    if (severity_a != severity_b)
        return (int)severity_a - (int)severity_b;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    int order = str_cmp(a->id, b->id);
    return order ? order : (a->package > b->package) - (a->package < b->package);
}

void findings_complete(struct matching *m)
{
    struct findings *f = m->findings;
    if (f->findings.n)
        qsort(f->findings.at, f->findings.n, sizeof *f->findings.at, by_urgency);
    map_free(&m->records);
}

/* ---- words ---- */

static struct str from_facts(struct arena *a, const struct finding *f, const struct package *p)
{
    const struct match *m = f->matches[0];
    return arena_printf(
        a, "%.*s %.*s is %s %.*s (%.*s: %.*s). %s%.*s.%s", STR_ARG(p->name), STR_ARG(p->version),
        f->verdict == VERDICT_AFFECTED ? "affected by" : "perhaps affected by", STR_ARG(f->id),
        STR_ARG(m->ecosystem), STR_ARG(m->range), f->fixed.n ? "Fixed in " : "No fix is known",
        STR_ARG(f->fixed), f->kev ? " CISA lists it as exploited." : "");
}

/* A record's prose is unpacked once, in however many packages it is found. */
struct described {
    const struct db *db;
    struct arena *arena, *scratch;
    struct map texts; /* record number -> struct str */
};

static void described_free(struct described *d)
{
    map_free(&d->texts);
    arena_free(d->scratch);
}

static struct str prose_of(struct described *d, uint32_t record)
{
    struct str *text = map_get(&d->texts, (struct str){(const char *)&record, sizeof record});
    if (text)
        return *text;
    struct advisory v = {0};
    text = arena_alloc(d->arena, sizeof *text);
    arena_reset(d->scratch);
    if (db_record(d->db, d->scratch, record, true, &v) == 0)
        *text = arena_str(d->arena, v.details.n ? v.details : v.summary);
    map_set(&d->texts, arena_str(d->arena, (struct str){(const char *)&record, sizeof record}), text);
    return *text;
}

static struct str finding_text(struct described *d, const struct finding *f)
{
    uint32_t number;
    struct str text = {0};
    if (db_record_find(d->db, f->id, &number))
        text = prose_of(d, number);
    for (size_t i = 0; i < f->n_matches && !text.n; i++)
        text = prose_of(d, f->matches[i]->record);
    return text;
}

struct str finding_prose(struct arena *a, const struct db *db, const struct finding *f)
{
    _cleanup_(described_free) struct described d = {.db = db, .arena = a, .scratch = arena_new(0)};
    return finding_text(&d, f);
}

void findings_describe(struct findings *f, const struct inventory *inv, const struct db *db)
{
    _cleanup_(described_free) struct described d = {.db = db, .arena = f->arena, .scratch = arena_new(0)};
    vec_each(finding, &f->findings)
    {
        const struct package *p = &inv->packages.at[finding->package];
        struct str text = finding_text(&d, finding);
        finding->title = arena_printf(f->arena, "%.*s - %.*s", STR_ARG(finding->id), STR_ARG(p->name));
        finding->description = text.n ? text : from_facts(f->arena, finding, p);
    }
}
