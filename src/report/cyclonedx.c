/* CycloneDX: the inventory as components, findings as vulnerabilities. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "report/remediation.h"
#include "report/report.h"
#include "sbom/sbom.h"

/* Findings that become one vulnerability: the same flaw, rated and handled alike, on several packages. */
static int by_vulnerability(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left,
                         *b = *(const struct finding *const *)right;
    const struct str parts[][2] = {
        {a->id, b->id},
        {a->severity, b->severity},
        {a->vector, b->vector},
        {a->rating, b->rating},
        {a->source, b->source},
        {a->ignored, b->ignored},
        {a->description, b->description},
    };
    int order = 0;
    for (size_t i = 0; !order && i < sizeof parts / sizeof *parts; i++)
        order = str_cmp(parts[i][0], parts[i][1]);
    if (!order)
        order = (int)a->fix - (int)b->fix;
    return order ? order : (int)a->verdict - (int)b->verdict;
}

static int by_vulnerability_and_package(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left,
                         *b = *(const struct finding *const *)right;
    int order = by_vulnerability(left, right);
    return order ? order : (a->package > b->package) - (a->package < b->package);
}

static void member_time(struct json_out *o, const char *name, int64_t time)
{
    char text[TIME_TEXT];
    json_member_str(o, name, str_from(time_format(time, text)));
}

static struct str source_of(struct str id)
{
    static const struct {
        const char *prefix, *name;
    } sources[] = {{"CVE-", "NVD"}, {"GHSA-", "GitHub"}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (str_starts(id, str_from(sources[i].prefix)))
            return str_from(sources[i].name);
    return STR("OSV");
}

static void write_references(struct json_out *o, const struct finding *f)
{
    if (!f->n_aliases)
        return;
    json_key(o, "references");
    json_begin_array(o);
    for (size_t i = 0; i < f->n_aliases; i++) {
        json_begin_object(o);
        json_member_str(o, "id", f->aliases[i]);
        json_key(o, "source");
        json_begin_object(o);
        json_member_str(o, "name", source_of(f->aliases[i]));
        json_end_object(o);
        json_end_object(o);
    }
    json_end_array(o);
}

static const char *method_of(struct str vector)
{
    if (str_starts(vector, STR("CVSS:4.0/")))
        return "CVSSv4";
    if (str_starts(vector, STR("CVSS:3.1/")))
        return "CVSSv31";
    return str_starts(vector, STR("CVSS:3.0/")) ? "CVSSv3" : "CVSSv2";
}

static const char *severity_of(struct str severity)
{
    static const struct {
        const char *severity, *word;
    } words[] = {{"CRITICAL", "critical"},
                 {"HIGH", "high"},
                 {"MEDIUM", "medium"},
                 {"LOW", "low"},
                 {"INFORMATIONAL", "info"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(severity, words[i].severity))
            return words[i].word;
    return "unknown";
}

static void write_ratings(struct json_out *o, const struct finding *f)
{
    json_key(o, "ratings");
    json_begin_array(o);
    json_begin_object(o);
    if (f->vector_source.n) {
        json_key(o, "source");
        json_begin_object(o);
        json_member_str(o, "name", f->vector_source);
        json_end_object(o);
    }
    if (f->score >= 0) {
        json_key(o, "score");
        json_out_double(o, f->score, 1);
    }
    json_member_str(o, "severity", str_from(severity_of(f->severity)));
    if (f->vector.n) {
        json_member_str(o, "method", str_from(method_of(f->vector)));
        json_member_str(o, "vector", f->vector);
    } else if (f->rating.n) {
        json_member_str(o, "method", STR("other"));
        json_member_str(o, "justification", f->rating);
    }
    json_end_object(o);
    json_end_array(o);
}

static int by_number(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The weaknesses that the matched advisories and the record of the CVE itself name. */
static void write_cwes(struct arena *a, struct json_out *o, const struct db *db, const struct finding *f)
{
    enum { CWES_MAX = 64 };
    uint64_t numbers[CWES_MAX], last = 0;
    size_t n = 0;
    struct advisory advisory;
    for (size_t i = 0; i <= f->n_matches; i++) {
        uint32_t record = i < f->n_matches ? f->matches[i]->record : 0;
        if (i == f->n_matches && !db_record_find(db, f->id, &record))
            break;
        if (db_record(db, a, record, false, &advisory) < 0)
            continue;
        for (size_t k = 0; k < advisory.n_cwes && n < CWES_MAX; k++)
            if (str_starts(advisory.cwes[k], STR("CWE-")) &&
                str_u64(str_slice(advisory.cwes[k], 4, advisory.cwes[k].n), &numbers[n]) && numbers[n] &&
                numbers[n] <= INT32_MAX)
                n++;
    }
    if (!n)
        return;
    qsort(numbers, n, sizeof *numbers, by_number);
    json_key(o, "cwes");
    json_begin_array(o);
    for (size_t i = 0; i < n; i++) {
        if (numbers[i] != last)
            json_out_int(o, (int64_t)numbers[i]);
        last = numbers[i];
    }
    json_end_array(o);
}

/* What is known of the handling. No state is claimed for what nobody has analysed. */
static void write_analysis(struct json_out *o, const struct finding *f)
{
    const char *response = NULL;
    if (f->ignored.n || f->fix == FIX_IGNORED)
        response = "will_not_fix";
    else if (f->fix == FIX_END_OF_LIFE)
        response = "can_not_fix";
    else if (f->fixed.n)
        response = "update";
    bool unknown = f->verdict == VERDICT_UNKNOWN;
    if (!response && !unknown)
        return;
    json_key(o, "analysis");
    json_begin_object(o);
    if (unknown)
        json_member_str(o, "state", STR("in_triage"));
    if (response) {
        json_key(o, "response");
        json_begin_array(o);
        json_out_str(o, str_from(response));
        json_end_array(o);
    }
    struct str range = f->n_matches ? f->matches[0]->range : (struct str){NULL, 0};
    json_member_str(o, "detail", f->ignored.n ? f->ignored : unknown ? range : (struct str){NULL, 0});
    json_end_object(o);
}

static void write_version(struct json_out *o, struct str version, const char *status)
{
    if (!version.n)
        return;
    json_begin_object(o);
    json_member_str(o, "version", version);
    json_member_str(o, "status", str_from(status));
    json_end_object(o);
}

static void write_affects(struct arena *a, struct json_out *o, const struct inventory *inv,
                          const struct finding *const *same, size_t n)
{
    json_key(o, "affects");
    json_begin_array(o);
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = same[i];
        json_begin_object(o);
        json_member_str(o, "ref", cyclonedx_ref(a, inv, f->package));
        json_key(o, "versions");
        json_begin_array(o);
        write_version(o, inv->packages.at[f->package].version,
                      f->verdict == VERDICT_UNKNOWN ? "unknown" : "affected");
        write_version(o, f->fixed, "unaffected");
        json_end_array(o);
        json_end_object(o);
    }
    json_end_array(o);
}

static void write_properties(struct arena *a, struct json_out *o, const struct finding *f)
{
    struct str none = {NULL, 0};
    char due[TIME_TEXT];
    json_key(o, "properties");
    json_begin_array(o);
    cyclonedx_property(o, "assay:severity", f->severity);
    cyclonedx_property(o, "assay:fix", f->fix == FIX_UNSTATED ? none : str_from(fix_state_name(f->fix)));
    cyclonedx_property(o, "assay:kev", f->kev ? STR("true") : none);
    cyclonedx_property(o, "assay:kevDue", f->kev ? str_from(time_format(f->kev_due, due)) : none);
    cyclonedx_property(o, "assay:exploit", f->exploit ? STR("true") : none);
    cyclonedx_property(o, "assay:epss", f->epss >= 0 ? arena_printf(a, "%.5f", f->epss) : none);
    cyclonedx_property(o, "assay:epssPercentile",
                       f->epss >= 0 && f->epss_percentile >= 0 ? arena_printf(a, "%.5f", f->epss_percentile)
                                                               : none);
    json_end_array(o);
}

/* One line a command; equal commands once. */
static struct str recommendation(struct arena *a, const struct inventory *inv,
                                 const struct finding *const *same, size_t n)
{
    struct str all = {NULL, 0}, last = all;
    for (size_t i = 0; i < n; i++) {
        if (!same[i]->fixed.n)
            continue;
        struct str one = remediation_command(a, inv, &inv->packages.at[same[i]->package], same[i]->fixed);
        if (one.n && !str_eq(one, last))
            all = all.n ? arena_printf(a, "%.*s\n%.*s", STR_ARG(all), STR_ARG(one)) : one;
        last = one;
    }
    return all;
}

static void write_vulnerability(struct sbom_out *out, const struct report *r,
                                const struct finding *const *same, size_t n, size_t index)
{
    struct json_out *o = &out->json;
    struct arena *a = out->scratch;
    const struct finding *f = same[0];
    json_begin_object(o);
    json_member_str(o, "bom-ref", arena_printf(a, "%.*s#%zu", STR_ARG(f->id), index));
    json_member_str(o, "id", f->id);
    if (f->source.n || f->source_url.n) {
        json_key(o, "source");
        json_begin_object(o);
        json_member_str(o, "name", f->source);
        json_member_str(o, "url", f->source_url);
        json_end_object(o);
    }
    write_references(o, f);
    write_ratings(o, f);
    if (r->db)
        write_cwes(a, o, r->db, f);
    json_member_str(o, "description", f->title.n ? f->title : f->description);
    json_member_str(o, "detail", f->title.n ? f->description : (struct str){NULL, 0});
    json_member_str(o, "recommendation", recommendation(a, r->inventory, same, n));
    if (f->source_url.n) {
        json_key(o, "advisories");
        json_begin_array(o);
        json_begin_object(o);
        json_member_str(o, "url", f->source_url);
        json_end_object(o);
        json_end_array(o);
    }
    member_time(o, "published", f->published);
    member_time(o, "updated", f->modified);
    write_analysis(o, f);
    write_affects(a, o, r->inventory, same, n);
    write_properties(a, o, f);
    json_end_object(o);
}

static int write_sorted(struct sbom_out *out, const struct report *r, const struct finding *const *sorted,
                        size_t n)
{
    int status = 0;
    json_key(&out->json, "vulnerabilities");
    json_begin_array(&out->json);
    for (size_t i = 0, next, index = 0; i < n && status == 0; i = next) {
        for (next = i + 1; next < n && by_vulnerability(&sorted[i], &sorted[next]) == 0; next++)
            ;
        index = i && str_eq(sorted[i]->id, sorted[i - 1]->id) ? index + 1 : 0;
        write_vulnerability(out, r, sorted + i, next - i, index);
        status = sbom_flush(out);
    }
    json_end_array(&out->json);
    return status;
}

static int write_vulnerabilities(struct sbom_out *out, const void *ctx)
{
    const struct report *r = ctx;
    size_t n = r->findings->findings.n;
    _cleanup_free_ const struct finding **sorted = mem_alloc((n ? n : 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &r->findings->findings.at[i];
    if (n)
        qsort(sorted, n, sizeof *sorted, by_vulnerability_and_package);
    return write_sorted(out, r, sorted, n);
}

static int write_cyclonedx(const struct report *r, FILE *to)
{
    struct sbom_extra extra = {
        .seed = r->findings ? STR("findings") : STR("inventory"),
        .document = r->findings ? write_vulnerabilities : NULL,
        .ctx = r,
    };
    return cyclonedx_write(r->inventory, &extra, to);
}

extern const struct report_format report_cyclonedx;
const struct report_format report_cyclonedx = {
    .name = "cyclonedx",
    .help = "CycloneDX 1.5 JSON, with vulnerabilities",
    .write = write_cyclonedx,
    .inventory = true,
};
