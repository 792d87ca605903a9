#include "api/intelligence.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "score/cvss.h"

static void add(struct text_list *list, struct str s)
{
    if (!s.n || list->n == INTELLIGENCE_LIST_MAX)
        return;
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->at[i], s))
            return;
    list->at[list->n++] = s;
}

static void add_ids(struct intelligence *i, const struct str *ids, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!str_eq(ids[k], i->id))
            add(&i->related, ids[k]);
}

/* NVD's vector counts before any other; else the first. */
static void consider(struct intelligence *i, const struct advisory_severity *s)
{
    struct cvss cvss;
    if (s->rating.n && !i->vendor_severity.n)
        i->vendor_severity = s->rating;
    if (!s->vector.n || cvss_parse(s->vector, &cvss) < 0)
        return;
    struct cvss_vector *v = cvss.version.p[0] == '2'   ? &i->cvss2
                            : cvss.version.p[0] == '3' ? &i->cvss3
                                                       : &i->cvss4;
    if (!v->vector.n || (str_is(s->source, "nvd@nist.gov") && !str_is(v->source, "nvd@nist.gov")))
        *v = (struct cvss_vector){s->vector, s->source, cvss.base};
}

static void take_record(struct intelligence *i, const struct advisory *v)
{
    bool own = str_eq(v->id, i->id);
    if (!own)
        add(&i->related, v->id);
    add_ids(i, v->aliases, v->n_aliases);
    /* An advisory may fix many flaws: the others are not related to this one. */
    if (own)
        add_ids(i, v->related, v->n_related);
    if (own || !i->description.n)
        i->description = v->details.n ? v->details : v->summary.n ? v->summary : i->description;
    if (own) {
        i->published = v->published;
        i->modified = v->modified;
        i->source_url = v->source_url;
    }
    for (size_t k = 0; k < v->n_severities; k++)
        consider(i, &v->severities[k]);
    for (size_t k = 0; k < v->n_cwes; k++)
        add(&i->cwes, v->cwes[k]);
    for (size_t k = 0; k < v->n_references; k++) {
        add(&i->references, v->references[k].url);
        if (str_is(v->references[k].kind, "EXPLOIT"))
            add(&i->exploits, v->references[k].url);
    }
    if (v->kev.added != TIME_NONE && i->kev.added == TIME_NONE)
        i->kev = v->kev;
    if (v->ssvc.n && !i->ssvc.n)
        i->ssvc = v->ssvc;
}

/* "Debian:12" -> "DEBIAN_12", as platforms of findings are spelled: the name and the first part that is a
 * release. */
static struct str platform(struct arena *a, struct str ecosystem)
{
    struct str rest = ecosystem, name = {0}, part, release = {0};
    str_next(&rest, ':', &name);
    while (!release.n && str_next(&rest, ':', &part)) {
        struct str digits = part.n && part.p[0] == 'v' ? str_slice(part, 1, part.n) : part;
        if (digits.n && is_digit(digits.p[0]))
            release = digits;
    }
    if (!release.n)
        name = ecosystem;
    if (str_is(name, "Alpine"))
        name = STR("Alpine Linux");
    else if (str_is(name, "Red Hat"))
        name = STR("Red Hat Enterprise Linux");
    struct str text =
        release.n ? arena_printf(a, "%.*s_%.*s", STR_ARG(name), STR_ARG(release)) : arena_str(a, name);
    char *p = (char *)(uintptr_t)text.p;
    for (size_t k = 0; k < text.n; k++)
        p[k] = !is_alnum(p[k]) ? '_' : is_lower(p[k]) ? (char)(p[k] - 'a' + 'A') : p[k];
    return text;
}

/* The distributions and ecosystems whose packages are judged for it. */
static int take_platforms(struct arena *a, const struct db *db, uint32_t record, struct intelligence *i,
                          struct map *seen)
{
    uint32_t *indices, number;
    size_t n;
    int r = db_record_affected(db, a, record, &indices, &n);
    for (size_t k = 0; k < n && r == 0; k++) {
        struct advisory_affected affected;
        r = db_affected(db, a, indices[k], &affected, &number);
        if (r < 0 || affected.fix == FIX_NOT_AFFECTED || str_is(affected.ecosystem, "cpe"))
            continue;
        void **at = map_at(seen, affected.ecosystem);
        if (!*at)
            add(&i->platforms, platform(a, affected.ecosystem));
        *at = i;
    }
    return r;
}

int intelligence_read(struct arena *a, const struct db *db, struct str id, struct intelligence *ret)
{
    uint32_t *records;
    size_t n;
    _cleanup_(map_free) struct map seen = {0};
    int r = db_records_of(db, a, id, &records, &n);
    if (r < 0)
        return r;
    *ret = (struct intelligence){.id = id,
                                 .published = TIME_NONE,
                                 .modified = TIME_NONE,
                                 .kev = {.added = TIME_NONE, .due = TIME_NONE},
                                 .epss = -1,
                                 .epss_percentile = -1};
    size_t taken = 0;
    for (size_t k = 0; k < n; k++) {
        struct advisory v;
        if ((r = db_record(db, a, records[k], true, &v)) < 0)
            return r;
        if (v.withdrawn != TIME_NONE)
            continue;
        take_record(ret, &v);
        taken++;
        if ((r = take_platforms(a, db, records[k], ret, &seen)) < 0)
            return r;
    }
    if (!taken)
        return err_set(ERR_MISSING, "no advisory speaks of %.*s", STR_ARG(id));
    db_epss(db, id, &ret->epss, &ret->epss_percentile);
    return 0;
}

static bool ssvc_says(const struct intelligence *i, const char *word)
{
    return str_find_str(i->ssvc, str_from(word)) >= 0;
}

int intelligence_risk(const struct intelligence *i)
{
    /* What has happened counts most, then what can be bought or copied, then what is foretold. */
    const struct cvss_vector *v = i->cvss3.vector.n ? &i->cvss3 : i->cvss4.vector.n ? &i->cvss4 : &i->cvss2;
    int risk = (int)lround(v->score * 5);
    int grounds[] = {
        i->kev.added != TIME_NONE && i->kev.ransomware ? 99 : 0,
        i->kev.added != TIME_NONE ? 95 : 0,
        ssvc_says(i, "exploitation=active") ? 90 : 0,
        i->exploits.n ? 70 : 0,
        ssvc_says(i, "exploitation=poc") ? 60 : 0,
        i->epss > 0 ? (int)lround(i->epss * 89) : 0,
    };
    for (size_t k = 0; k < sizeof grounds / sizeof *grounds; k++)
        risk = grounds[k] > risk ? grounds[k] : risk;
    return risk;
}

void json_member_texts(struct json_out *out, const char *name, const struct text_list *list)
{
    if (!list->n)
        return;
    json_key(out, name);
    json_begin_array(out);
    for (size_t i = 0; i < list->n; i++)
        json_out_str(out, list->at[i]);
    json_end_array(out);
}

static void evidence(struct json_out *out, const char *rule, const char *severity, struct str detail)
{
    json_begin_object(out);
    json_member_str(out, "evidenceRule", str_from(rule));
    json_member_str(out, "evidenceDetail", detail);
    json_member_str(out, "severity", str_from(severity));
    json_end_object(out);
}

static struct str day(struct arena *a, int64_t time)
{
    char text[TIME_TEXT];
    return arena_str(a, (struct str){time_format(time, text), 10});
}

static void evidences(struct json_out *out, struct arena *a, const struct intelligence *i)
{
    json_key(out, "evidences");
    json_begin_array(out);
    if (i->kev.added != TIME_NONE)
        evidence(out, "CISA Known Exploited Vulnerability", "CRITICAL",
                 arena_printf(a, "In CISA's catalogue since %.*s", STR_ARG(day(a, i->kev.added))));
    if (i->kev.added != TIME_NONE && i->kev.ransomware)
        evidence(out, "Used in Ransomware Campaigns", "CRITICAL",
                 STR("CISA knows of ransomware campaigns that use it"));
    if (ssvc_says(i, "exploitation=active"))
        evidence(out, "Active Exploitation", "HIGH", arena_printf(a, "CISA's SSVC: %.*s", STR_ARG(i->ssvc)));
    else if (ssvc_says(i, "exploitation=poc"))
        evidence(out, "Proof of Concept", "MEDIUM", arena_printf(a, "CISA's SSVC: %.*s", STR_ARG(i->ssvc)));
    for (size_t k = 0; k < i->exploits.n && k < 10; k++)
        evidence(out, "Public Exploit", "HIGH", i->exploits.at[k]);
    if (i->epss_percentile >= 0.95)
        evidence(out, "Exploitation Predicted", "MEDIUM",
                 arena_printf(a, "EPSS %.5f, higher than that of %.1f%% of all CVEs", i->epss,
                              i->epss_percentile * 100));
    json_end_array(out);
}

void intelligence_cisa(struct json_out *out, const struct intelligence *i)
{
    if (i->kev.added == TIME_NONE)
        return;
    json_key(out, "cisaData");
    json_begin_object(out);
    json_member_int(out, "dateAdded", i->kev.added);
    if (i->kev.due != TIME_NONE)
        json_member_int(out, "dateDue", i->kev.due);
    json_member_str(out, "action", i->kev.action);
    json_end_object(out);
    /* The catalogue holds what was seen exploited: on that day at the latest. */
    json_key(out, "exploitObserved");
    json_begin_object(out);
    json_member_int(out, "firstSeen", i->kev.added);
    json_member_int(out, "lastSeen", i->kev.added);
    json_end_object(out);
}

void intelligence_details(struct json_out *out, struct arena *a, const struct intelligence *i)
{
    intelligence_cisa(out, i);
    json_member_int(out, "riskScore", intelligence_risk(i));
    evidences(out, a, i);
    json_member_texts(out, "referenceUrls", &i->references);
    json_member_texts(out, "cwes", &i->cwes);
    if (i->epss >= 0) {
        json_key(out, "epssScore");
        json_out_double(out, i->epss, 5);
    }
}
