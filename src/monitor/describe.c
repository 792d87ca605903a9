/* From what the matcher found to PackageVulnerabilityDetails, in Inspector's terms. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "monitor/judge.h"
#include "score/cvss.h"

enum { DESCRIPTION_MAX = 1024, CVSS_MAX = 10, REFERENCES_MAX = 10, RELATED_MAX = 100, DETAILS_MAX = 1 << 20 };

/* Who speaks of a vulnerability, by the ecosystem in which the package was looked up; Inspector's names where
 * it has one, others by their pattern. */
static const struct {
    const char *ecosystem, *source, *url; /* of the page about a CVE, which follows */
    const char *end;
} publishers[] = {
    {"Debian", "DEBIAN_CVE", "https://security-tracker.debian.org/tracker/", ""},
    {"Ubuntu", "UBUNTU_CVE", "https://ubuntu.com/security/", ""},
    {"Alpine", "ALPINE_CVE", "https://security.alpinelinux.org/vuln/", ""},
    {"Amazon Linux", "AMAZON_CVE", "https://explore.alas.aws.amazon.com/", ".html"},
    {"Red Hat", "REDHAT_CVE", "https://access.redhat.com/security/cve/", ""},
    {"Oracle Linux", "ORACLE_CVE", "https://linux.oracle.com/cve/", ".html"},
    {"AlmaLinux", "ALMALINUX_CVE", NULL, NULL},
    {"Rocky Linux", "ROCKY_CVE", NULL, NULL},
    {"Fedora", "FEDORA_CVE", NULL, NULL},
    {"SUSE", "SUSE_CVE", "https://www.suse.com/security/cve/", ".html"},
    {"openSUSE", "SUSE_CVE", "https://www.suse.com/security/cve/", ".html"},
    {"Photon OS", "PHOTON_CVE", NULL, NULL},
    {"Azure Linux", "MICROSOFT_CVE", "https://msrc.microsoft.com/update-guide/vulnerability/", ""},
    {"Wolfi", "WOLFI_CVE", NULL, NULL},
    {"Chainguard", "CHAINGUARD_CVE", NULL, NULL},
    {"MinimOS", "MINIMOS_CVE", NULL, NULL},
    {"Mageia", "MAGEIA_CVE", NULL, NULL},
    {"openEuler", "OPENEULER_CVE", NULL, NULL},
    {"Bottlerocket", "BOTTLEROCKET_CVE", NULL, NULL},
    {"Echo", "ECHO_CVE", NULL, NULL},
};

static const struct {
    const char *prefix, *source, *url;
} identifiers[] = {
    {"CVE-", "NVD", "https://nvd.nist.gov/vuln/detail/"},
    {"GHSA-", "GITHUB", "https://github.com/advisories/"},
    {"", "OSV", "https://osv.dev/vulnerability/"},
};

/* Scorers as the database has them, and as they are shown. */
static const struct {
    const char *stored, *shown;
} scorers[] = {
    {"nvd@nist.gov", "NVD"},
    {"GHSA", "GITHUB"},
    {"134c704f-9b21-4f2e-91b3-4a467353bcc0", "CISA-ADP"},
};

static struct str scorer_name(struct str stored)
{
    for (size_t i = 0; i < sizeof scorers / sizeof *scorers; i++)
        if (str_is(stored, scorers[i].stored))
            return str_from(scorers[i].shown);
    return stored.n ? stored : STR("OTHER");
}

static void find_source(struct arena *a, const struct finding *f, struct str *ret_source, struct str *ret_url)
{
    struct str ecosystem = f->matches[0]->ecosystem, rest;
    str_cut(ecosystem, ':', &ecosystem, &rest);
    bool cve = str_starts(f->id, STR("CVE-"));
    for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++) {
        if (!str_is(ecosystem, publishers[i].ecosystem))
            continue;
        *ret_source = str_from(publishers[i].source);
        *ret_url = f->source_url;
        if (cve && publishers[i].url)
            *ret_url = arena_printf(a, "%s%.*s%s", publishers[i].url, STR_ARG(f->id), publishers[i].end);
        return;
    }
    size_t i = 0;
    while (!str_starts(f->id, str_from(identifiers[i].prefix)))
        i++;
    *ret_source = str_from(identifiers[i].source);
    *ret_url = arena_printf(a, "%s%.*s", identifiers[i].url, STR_ARG(f->id));
}

/* ---- vectors ---- */

struct vectors {
    struct json_out *to;
    struct {
        struct str source, vector;
    } seen[CVSS_MAX];
    size_t n;
};

static void add_vector(struct vectors *v, struct str source, struct str vector)
{
    struct cvss cvss;
    source = scorer_name(source);
    for (size_t i = 0; i < v->n; i++)
        if (str_eq(v->seen[i].source, source) && str_eq(v->seen[i].vector, vector))
            return;
    if (!vector.n || v->n == CVSS_MAX || cvss_parse(vector, &cvss) < 0)
        return;
    v->seen[v->n].source = source;
    v->seen[v->n++].vector = vector;
    json_begin_object(v->to);
    json_key(v->to, "baseScore");
    json_out_double(v->to, cvss.base, 1);
    json_member_str(v->to, "scoringVector", vector);
    json_member_str(v->to, "version", cvss.version);
    json_member_str(v->to, "source", source);
    json_end_object(v->to);
}

static void add_vectors(struct vectors *v, const struct advisory_severity *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_vector(v, list[i].source, list[i].vector);
}

/* ---- records ---- */

/* The records that speak of a finding: that of its id first. */
struct sources {
    const struct advisory *at;
    size_t n;
    bool own; /* at[0] is that of the id itself */
};

static struct sources sources_of(struct arena *a, const struct db *db, const struct finding *f)
{
    uint32_t number;
    struct advisory *list = arena_new_array(a, struct advisory, f->n_matches + 1);
    struct sources s = {.at = list};
    if (db_record_find(db, f->id, &number) && str_eq(db_record_id(db, number), f->id) &&
        db_record(db, a, number, false, &list[s.n]) == 0)
        s.n++, s.own = true;
    for (size_t i = 0; i < f->n_matches; i++)
        if (db_record(db, a, f->matches[i]->record, false, &list[s.n]) == 0)
            s.n++;
    return s;
}

/* Whether a record rates this flaw and no other with it. */
static bool speaks_of_one(const struct advisory *v)
{
    return v->n_upstream <= 1;
}

static void write_vectors(struct arena *a, struct json_out *to, const struct db *db, const struct finding *f,
                          const struct sources *sources)
{
    struct vectors v = {.to = to};
    json_key(to, "cvss");
    json_begin_array(to);
    add_vector(&v, f->vector_source, f->vector);
    for (size_t i = 0; i < f->n_matches; i++) {
        struct advisory_affected entry;
        uint32_t record;
        if (db_affected(db, a, f->matches[i]->affected, &entry, &record) == 0)
            add_vectors(&v, entry.severities, entry.n_severities);
    }
    for (size_t i = 0; i < sources->n; i++)
        if (speaks_of_one(&sources->at[i]))
            add_vectors(&v, sources->at[i].severities, sources->at[i].n_severities);
    json_end_array(to);
}

/* The database keeps references in no order: a sorted choice is the same each time. */
static void write_references(struct arena *a, struct json_out *to, const struct sources *sources)
{
    json_key(to, "referenceUrls");
    json_begin_array(to);
    struct str seen[REFERENCES_MAX];
    size_t n_seen = 0;
    for (size_t i = 0; i < sources->n && n_seen < REFERENCES_MAX; i++) {
        const struct advisory *v = &sources->at[i];
        struct str *urls = arena_new_array(a, struct str, v->n_references);
        for (size_t j = 0; j < v->n_references; j++)
            urls[j] = v->references[j].url;
        if (v->n_references)
            qsort(urls, v->n_references, sizeof *urls, str_order);
        for (size_t j = 0; j < v->n_references && n_seen < REFERENCES_MAX; j++) {
            size_t k = 0;
            while (k < n_seen && !str_eq(seen[k], urls[j]))
                k++;
            if (k < n_seen || !urls[j].n)
                continue;
            seen[n_seen++] = urls[j];
            json_out_str(to, urls[j]);
        }
    }
    json_end_array(to);
}

static void add_time(struct json_out *to, const char *name, int64_t time)
{
    if (time != TIME_NONE)
        json_member_int(to, name, time);
}

static int write_details(struct arena *a, const struct db *db, const struct finding *f,
                         struct vulnerability_row *v, struct str url)
{
    _cleanup_(buf_free) struct buf text = buf_new(DETAILS_MAX);
    struct json_out to = {.to = &text};
    struct sources sources = sources_of(a, db, f);
    json_begin_object(&to);
    json_member_str(&to, "vulnerabilityId", f->id);
    json_member_str(&to, "source", v->source);
    json_member_str(&to, "sourceUrl", url);
    write_vectors(a, &to, db, f, &sources);
    json_key(&to, "relatedVulnerabilities");
    json_begin_array(&to);
    for (size_t i = 0; i < v->n_related; i++)
        json_out_str(&to, v->related[i]);
    json_end_array(&to);
    json_member_str(&to, "vendorSeverity", f->rating);
    add_time(&to, "vendorCreatedAt", f->published);
    add_time(&to, "vendorUpdatedAt", f->modified);
    write_references(a, &to, &sources);
    json_end_object(&to);
    if (buf_status(&text) < 0)
        return err_set(ERR_LIMIT, "%.*s: details over %d bytes", STR_ARG(f->id), DETAILS_MAX);
    v->details = arena_str(a, buf_str(&text));
    return 0;
}

/* ---- words ---- */

static struct str describe(struct arena *a, const struct db *db, const struct finding *f)
{
    const struct match *m = f->matches[0];
    struct str text = finding_prose(a, db, f);
    if (!text.n)
        text =
            arena_printf(a, "%.*s in %.*s (%.*s).", STR_ARG(f->id), STR_ARG(m->name), STR_ARG(m->ecosystem));
    if (f->verdict == VERDICT_UNKNOWN)
        text = arena_printf(a, "Whether the package is affected is not known: %.*s. %.*s", STR_ARG(m->range),
                            STR_ARG(text));
    return utf8_cut(text, DESCRIPTION_MAX);
}

static void collect_related(struct arena *a, const struct finding *f, struct vulnerability_row *v)
{
    struct str *list = arena_new_array(a, struct str, f->n_aliases);
    for (size_t i = 0; i < f->n_aliases; i++)
        list[i] = f->aliases[i];
    if (f->n_aliases)
        qsort(list, f->n_aliases, sizeof *list, str_order);
    v->related = list;
    v->n_related = f->n_aliases < RELATED_MAX ? f->n_aliases : RELATED_MAX;
}

int judge_describe(struct arena *a, const struct db *db, const struct finding *f,
                   struct vulnerability_row *ret_row)
{
    struct str url;
    int grade = number_of(&grade_names, f->severity);
    struct vulnerability_row v = {
        .vulnerability_id = utf8_cut(f->id, 128),
        .description = describe(a, db, f),
        .severity = grade < 0 ? GRADE_UNTRIAGED : (enum grade)grade,
        .score = f->score,
        .vector = f->vector,
        .score_source = f->vector.n ? scorer_name(f->vector_source) : f->vector,
        .vendor_severity = f->rating,
        .exploit = f->exploit,
        .last_exploited = f->kev_added,
        .epss = f->epss,
    };
    if (f->verdict == VERDICT_UNKNOWN) { /* nothing is known to weigh here */
        v.severity = GRADE_UNTRIAGED;
        v.score = -1;
        v.vector = v.score_source = (struct str){NULL, 0};
    }
    find_source(a, f, &v.source, &url);
    collect_related(a, f, &v);
    int status = write_details(a, db, f, &v, url);
    if (status < 0)
        return status;
    *ret_row = v;
    return 0;
}
