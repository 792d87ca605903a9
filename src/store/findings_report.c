/* CSV is RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it (OWASP, "CSV
 * Injection"), since names and paths come from whoever built the target; a leading '@' alone is left as it
 * is, because npm's names begin with it: only with a parenthesis it could be a function. */
#include "store/findings_report.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "store/condition.h"
#include "store/shown.h"

enum { PAGE = 500, OUT_MAX = 64 << 20 };

static const char header[] =
    "AWS Account Id,Severity,Fix Available,Finding Type,Title,Description,Finding ARN,First Seen,Last Seen,"
    "Last Updated,Resource ID,Container Image Tags,Region,Platform,Resource Tags,Affected Packages,"
    "Package Installed Version,Fixed in Version,Package Remediation,File Path,Network Paths,Age (Days),"
    "Remediation,Inspector Score,Inspector Score Vector,Status,Vulnerability Id,Vendor,Vendor Severity,"
    "Vendor Advisory,Vendor Advisory Published,NVD CVSS3 Score,NVD CVSS3 Vector,NVD CVSS2 Score,"
    "NVD CVSS2 Vector,Vendor CVSS3 Score,Vendor CVSS3 Vector,Vendor CVSS2 Score,Vendor CVSS2 Vector,"
    "Resource Type,Ami,Resource Public Ipv4,Resource Private Ipv4,Resource Ipv6,Resource Vpc,Port Range,"
    "Epss Score,Exploit Available,Last Exploited At,Lambda Layers,Lambda Package Type,Lambda Last Updated At,"
    "Reference Urls,Detector Name,Package Manager\r\n";

struct row {
    FILE *to;
    struct arena *arena;
    bool begun;
};

static bool is_formula(struct str s)
{
    return s.n && (memchr("=+-\t\r|", s.p[0], 6) || (s.p[0] == '@' && str_find(s, '(') >= 0));
}

static void cell(struct row *r, struct str s)
{
    bool formula = is_formula(s), quoted = formula;
    for (size_t i = 0; i < s.n && !quoted; i++)
        quoted = memchr(",\"\n\r", s.p[i], 4);
    if (r->begun)
        fputc(',', r->to);
    r->begun = true;
    if (!quoted) {
        fwrite(s.p ? s.p : "", 1, s.n, r->to);
        return;
    }
    fputs(formula ? "\"'" : "\"", r->to);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            fputc('"', r->to);
        fputc(s.p[i], r->to);
    }
    fputc('"', r->to);
}

static void cell_text(struct row *r, const char *s)
{
    cell(r, str_from(s));
}

static void cell_time(struct row *r, int64_t time)
{
    char text[TIME_TEXT];
    cell_text(r, time_format(time, text));
}

/* Numbers are never taken for formulas here: none is below 0. */
static void cell_real(struct row *r, double value, int decimals)
{
    cell(r, value < 0 ? STR("") : arena_printf(r->arena, "%.*f", decimals, value));
}

static struct str join(struct row *r, struct str all, struct str one)
{
    return all.n ? arena_printf(r->arena, "%.*s, %.*s", STR_ARG(all), STR_ARG(one)) : one;
}

static struct str join_list(struct row *r, json_val *list)
{
    struct str all = {NULL, 0};
    for (json_each(item, list))
        all = join(r, all, json_str(item));
    return all;
}

/* "key: value, key: value" */
static struct str join_tags(struct row *r, struct str tags)
{
    json_val *object = NULL;
    struct str all = {NULL, 0};
    if (tags.n && json_parse(r->arena, tags, &object) == 0)
        for (json_each_member(key, value, object))
            all =
                join(r, all,
                     arena_printf(r->arena, "%.*s: %.*s", STR_ARG(json_str(key)), STR_ARG(json_str(value))));
    return all;
}

static struct str join_path(struct row *r, struct str steps)
{
    json_val *list = NULL;
    struct str all = {NULL, 0};
    if (steps.n && json_parse(r->arena, steps, &list) == 0)
        for (json_each(step, list))
            all = join(r, all,
                       arena_printf(r->arena, "%.*s (%.*s)", STR_ARG(json_get_str(step, "componentId")),
                                    STR_ARG(json_get_str(step, "componentType"))));
    return all;
}

static struct str join_values(struct sql *db, struct row *r, const struct finding_row *f, int kind)
{
    struct str all = {NULL, 0};
    struct statement *s = resource_values_of(db, f->account, f->resource.id, kind);
    while (sql_next(s))
        all = join(r, all, arena_str(r->arena, sql_str(s, 0)));
    return all;
}

/* Score and vector of the first entry of NVD, or of anybody else, whose version begins so. */
static void cells_cvss(struct row *r, json_val *cvss, bool nvd, char version)
{
    for (json_each(item, cvss)) {
        struct str v = json_get_str(item, "version");
        if (!v.n || v.p[0] != version || str_is(json_get_str(item, "source"), "NVD") != nvd)
            continue;
        cell_real(r, yyjson_get_num(json_get(item, "baseScore")), 1);
        cell(r, json_get_str(item, "scoringVector"));
        return;
    }
    cell_text(r, "");
    cell_text(r, "");
}

/* Addresses that are not of private networks (RFC 1918). */
static void cells_addresses(struct row *r, json_val *host)
{
    struct str of[2] = {{NULL, 0}, {NULL, 0}}; /* by whether it is within one */
    for (json_each(item, json_get(host, "ipV4Addresses"))) {
        struct str ip = json_str(item);
        bool within = str_starts(ip, STR("10.")) || str_starts(ip, STR("192.168."));
        for (int i = 16; i < 32; i++)
            within |= str_starts(ip, arena_printf(r->arena, "172.%d.", i));
        of[within] = join(r, of[within], ip);
    }
    cell(r, of[false]);
    cell(r, of[true]);
    cell(r, join_list(r, json_get(host, "ipV6Addresses")));
}

static int64_t date_of(json_val *v)
{
    return yyjson_is_num(v) ? (int64_t)yyjson_get_num(v) : TIME_NONE;
}

static void cells_package(struct row *r, const struct finding_package_row *p)
{
    static const struct finding_package_row none = {.epoch = -1};
    p = p ? p : &none;
    struct str version = p->version;
    if (p->epoch > 0)
        version = arena_printf(r->arena, "%lld:%.*s", (long long)p->epoch, STR_ARG(version));
    if (p->release.n)
        version = arena_printf(r->arena, "%.*s-%.*s", STR_ARG(version), STR_ARG(p->release));
    cell(r, p->name);
    cell(r, version);
    cell(r, p->fixed);
    cell(r, p->remediation);
    cell(r, p->manager == PM_OS ? STR("") : p->path);
}

static struct str vector_of(struct row *r, const struct finding_row *f)
{
    json_val *v = NULL;
    if (f->score_details.n && json_parse(r->arena, f->score_details, &v) == 0 &&
        json_get_str(json_get(v, "adjustedCvss"), "scoringVector").n)
        return json_get_str(json_get(v, "adjustedCvss"), "scoringVector");
    return f->score < 0 ? STR("") : f->vector;
}

static void write_row(struct sql *db, struct row *r, const struct finding_row *f,
                      const struct finding_package_row *p, int64_t now)
{
    char digits[ACCOUNT_TEXT];
    json_val *facts = NULL, *details = NULL;
    if (f->details.n)
        json_parse(r->arena, f->details, &facts);
    if (f->resource.details.n)
        json_parse(r->arena, f->resource.details, &details);
    json_val *host = json_get(details, "awsEc2Instance"), *function = json_get(details, "awsLambdaFunction");
    json_val *cvss = json_get(facts, "cvss");
    r->begun = false;
    cell_text(r, account_text(f->account, digits));
    cell_text(r, name_of(&grade_names, f->severity));
    cell_text(r, f->fix < 0 ? "" : name_of(&fix_names, f->fix));
    cell_text(r, name_of(&finding_type_names, f->type));
    cell(r, f->title);
    cell(r, finding_description(r->arena, f));
    cell(r, finding_arn(r->arena, sql_place(db), f->account, f->key));
    cell_time(r, f->first_observed);
    cell_time(r, f->last_observed);
    cell_time(r, f->updated);
    cell(r, f->resource.resource_id);
    cell(r, join_values(db, r, f, RESOURCE_VALUE_IMAGE_TAG));
    cell(r, f->region);
    cell(r, f->resource.platform);
    cell(r, join_tags(r, f->resource.tags));
    cells_package(r, p);
    cell(r, join_path(r, f->network));
    cell_real(r, now > f->first_observed ? (double)((now - f->first_observed) / 86400) : 0, 0);
    cell(r, finding_remediation(f));
    cell_real(r, f->score, 1);
    cell(r, vector_of(r, f));
    cell_text(r, name_of(&finding_status_names, f->status));
    cell(r, f->vulnerability_id);
    cell(r, f->source);
    cell(r, f->vendor_severity);
    cell(r, json_get_str(facts, "sourceUrl"));
    cell_time(r, date_of(json_get(facts, "vendorCreatedAt")));
    cells_cvss(r, cvss, true, '3');
    cells_cvss(r, cvss, true, '2');
    cells_cvss(r, cvss, false, '3');
    cells_cvss(r, cvss, false, '2');
    cell_text(r, name_of(&resource_type_names, f->resource.type));
    cell(r, f->resource.ami);
    cells_addresses(r, host);
    cell(r, f->resource.vpc);
    cell(r, f->port_begin < 0 ? STR("") : arena_printf(r->arena, "%d - %d", f->port_begin, f->port_end));
    cell_real(r, f->epss, 5);
    cell_text(r, f->exploit < 0 ? "" : name_of(&answer_names, f->exploit));
    cell_time(r, f->last_exploited);
    cell(r, join_values(db, r, f, RESOURCE_VALUE_LAYER));
    cell(r, json_get_str(function, "packageType"));
    cell_time(r, f->resource.type == RESOURCE_AWS_LAMBDA_FUNCTION ? f->resource.modified : TIME_NONE);
    cell(r, join_list(r, json_get(facts, "referenceUrls")));
    cell_text(r, ""); /* of code findings */
    cell_text(r, p ? package_manager_name(p->manager) : "");
    fputs("\r\n", r->to);
}

static int write_csv(struct sql *db, struct arena *a, int64_t finding, FILE *to, int64_t now)
{
    struct row r = {to, a, false};
    struct finding_row f;
    int status = finding_get(db, a, finding, &f);
    if (status < 0)
        return status;
    for (size_t i = 0; i < f.n_packages; i++)
        write_row(db, &r, &f, &f.packages[i], now);
    if (!f.n_packages)
        write_row(db, &r, &f, NULL, now);
    return 0;
}

static int write_json(struct sql *db, struct arena *a, int64_t finding, FILE *to, bool first)
{
    _cleanup_(buf_free) struct buf text = buf_new(OUT_MAX);
    struct json_out out = {.to = &text};
    int status = finding_json(db, a, finding, &(struct finding_style){.text_times = false}, &out);
    if (status < 0)
        return status;
    fputs(first ? "\n" : ",\n", to);
    fwrite(text.p, 1, text.n, to);
    return 0;
}

/* The criteria, and ACTIVE unless they say something of the status. */
static int with_status(struct arena *a, const struct criteria *criteria, const struct criteria **ret_criteria)
{
    if (criteria_has(criteria, "findingStatus")) {
        *ret_criteria = criteria;
        return 0;
    }
    struct criteria *c;
    int r = criteria_parse(a, CRITERIA_FINDINGS,
                           STR("{\"findingStatus\":[{\"comparison\":\"EQUALS\",\"value\":\"ACTIVE\"}]}"), &c);
    if (r < 0)
        return r;
    struct condition *at = arena_new_array(a, struct condition, c->n + (criteria ? criteria->n : 0));
    at[0] = c->at[0];
    for (size_t i = 0; criteria && i < criteria->n; i++)
        at[c->n++] = criteria->at[i];
    c->at = at;
    *ret_criteria = c;
    return 0;
}

struct report {
    struct store *store;
    struct finding_query query;
    enum report_file_format format;
    FILE *to;
    int64_t now, n;
};

/* Writes a page, and puts the token of the next one into the query, in `keep`. */
static int write_page(struct report *r, struct arena *a, struct arena *keep)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(r->store);
    int64_t *ids;
    size_t n;
    struct str token;
    int status = finding_query(db, a, &r->query, &ids, &n, &token);
    for (size_t i = 0; status >= 0 && i < n; i++, r->n++)
        status = r->format == REPORT_CSV ? write_csv(db, a, ids[i], r->to, r->now)
                                         : write_json(db, a, ids[i], r->to, !r->n);
    arena_reset(keep);
    r->query.token = arena_str(keep, token);
    return status;
}

int findings_report_write(struct store *s, account_id account, const struct criteria *criteria,
                          enum report_file_format format, FILE *to, bool (*over)(void *ctx), void *ctx,
                          int64_t *ret_n)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(arena_cleanup) struct arena *page = arena_new(0);
    _cleanup_(arena_cleanup) struct arena *keep = arena_new(0);
    const struct criteria *chosen;
    int status = with_status(a, criteria, &chosen);
    if (status < 0)
        return status;
    struct report r = {.store = s,
                       .query = {.account = account, .criteria = chosen, .max = PAGE},
                       .format = format,
                       .to = to,
                       .now = time_now()};
    fputs(format == REPORT_CSV ? header : "{\"findings\":[", to);
    do {
        arena_reset(page);
        if ((status = write_page(&r, page, keep)) < 0)
            return status;
    } while (r.query.token.n && !ferror(to) && !(over && over(ctx)));
    if (format == REPORT_JSON)
        fputs("\n]}\n", to);
    if (fflush(to) || ferror(to))
        return err_errno("findings report");
    *ret_n = r.n;
    return 0;
}
