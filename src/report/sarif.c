/* SARIF 2.1.0 (OASIS), for code scanning services: a rule a vulnerability, a result a finding.
 * "security-severity" and "tags" are what GitHub reads (its documentation, "SARIF support for code
 * scanning"). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "report/remediation.h"
#include "report/report.h"
#include "score/severity.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* One item of a list is far below that; the text goes out item by item. */
enum { ITEM_MAX = 64 << 20 };

struct sarif {
    const struct report *report;
    struct json_out json;
    struct buf buf;
    FILE *to;
    struct arena *scratch; /* reset after each item */
    struct map rules;      /* id -> 1 + its index */
};

static int flush(struct sarif *s)
{
    if (buf_status(&s->buf) < 0)
        return err_set(ERR_LIMIT, "SARIF report: one entry is larger than %d bytes", ITEM_MAX);
    arena_reset(s->scratch);
    if (fwrite(s->buf.p ? s->buf.p : "", 1, s->buf.n, s->to) != s->buf.n)
        return err_errno("SARIF report");
    s->buf.n = 0;
    return 0;
}

static void text_member(struct json_out *o, const char *name, struct str text)
{
    json_key(o, name);
    json_begin_object(o);
    json_key(o, "text");
    json_out_str(o, text);
    json_end_object(o);
}

static const char *level_of(const struct finding *f)
{
    enum severity severity = SEVERITY_UNTRIAGED;
    severity_parse(f->severity, &severity);
    return severity <= SEVERITY_HIGH ? "error" : severity == SEVERITY_MEDIUM ? "warning" : "note";
}

static struct str title_of(struct arena *a, const struct finding *f)
{
    return f->title.n ? f->title : arena_printf(a, "Known vulnerability %.*s", STR_ARG(f->id));
}

/* ── rules ── */

static void rule_properties(struct json_out *o, const struct finding *f)
{
    json_key(o, "properties");
    json_begin_object(o);
    if (f->score >= 0) {
        char text[16];
        snprintf(text, sizeof text, "%.1f", f->score);
        json_member_str(o, "security-severity", str_from(text));
    }
    json_member_str(o, "precision", STR("very-high"));
    json_key(o, "tags");
    json_begin_array(o);
    json_out_str(o, STR("security"));
    json_out_str(o, STR("vulnerability"));
    if (f->kev)
        json_out_str(o, STR("known-exploited"));
    json_end_array(o);
    json_end_object(o);
}

static void write_rule(struct sarif *s, const struct finding *f)
{
    struct json_out *o = &s->json;
    struct str title = title_of(s->scratch, f);
    json_begin_object(o);
    json_member_str(o, "id", f->id);
    text_member(o, "shortDescription", title);
    text_member(o, "fullDescription", f->description.n ? f->description : title);
    json_member_str(o, "helpUri", f->source_url);
    json_key(o, "defaultConfiguration");
    json_begin_object(o);
    json_member_str(o, "level", str_from(level_of(f)));
    json_end_object(o);
    rule_properties(o, f);
    json_end_object(o);
}

static int write_rules(struct sarif *s)
{
    int status = 0;
    json_key(&s->json, "rules");
    json_begin_array(&s->json);
    for (size_t i = 0; i < s->report->findings->findings.n && status == 0; i++) {
        const struct finding *f = &s->report->findings->findings.at[i];
        size_t next = s->rules.n + 1;
        void **index = map_at(&s->rules, f->id);
        if (*index)
            continue;
        *index = (void *)next;
        write_rule(s, f);
        status = flush(s);
    }
    json_end_array(&s->json);
    return status;
}

/* ── results ── */

/* A path as a relative reference (RFC 3986, 4.2): a first segment with a colon would be a scheme, so all are
 * encoded. */
static struct str uri_of(struct arena *a, struct str path)
{
    char *to = arena_alloc(a, path.n * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (is_alnum((char)c) || memchr("-._~/!", c, 6)) {
            to[n++] = (char)c;
            continue;
        }
        to[n++] = '%';
        to[n++] = "0123456789ABCDEF"[c >> 4];
        to[n++] = "0123456789ABCDEF"[c & 15];
    }
    return (struct str){to, n};
}

static void write_location(struct sarif *s, const struct package *p)
{
    struct json_out *o = &s->json;
    json_key(o, "locations");
    json_begin_array(o);
    json_begin_object(o);
    json_key(o, "physicalLocation");
    json_begin_object(o);
    json_key(o, "artifactLocation");
    json_begin_object(o);
    json_key(o, "uri");
    json_out_str(o, uri_of(s->scratch, p->path.n ? p->path : s->report->inventory->target));
    json_end_object(o);
    json_key(o, "region"); /* GitHub shows no result without one */
    json_begin_object(o);
    json_member_int(o, "startLine", 1);
    json_end_object(o);
    json_end_object(o);
    json_key(o, "logicalLocations");
    json_begin_array(o);
    json_begin_object(o);
    json_member_str(o, "fullyQualifiedName", package_purl(s->scratch, s->report->inventory, p));
    json_member_str(o, "kind", STR("package"));
    json_end_object(o);
    json_end_array(o);
    json_end_object(o);
    json_end_array(o);
}

static struct str message_of(struct sarif *s, const struct finding *f, const struct package *p)
{
    struct arena *a = s->scratch;
    struct str version = p->version.n ? p->version : STR("without a version");
    if (f->verdict == VERDICT_UNKNOWN)
        return arena_printf(a, "%.*s %.*s could not be judged for %.*s: %.*s", STR_ARG(p->name),
                            STR_ARG(version), STR_ARG(f->id),
                            STR_ARG((f->n_matches ? f->matches[0]->range : STR(""))));
    struct str command = f->fixed.n ? remediation_command(a, s->report->inventory, p, f->fixed) : STR("");
    return arena_printf(a, "%.*s %.*s is affected by %.*s. %s%.*s%s%.*s%s", STR_ARG(p->name),
                        STR_ARG(version), STR_ARG(f->id), f->fixed.n ? "Fixed in " : "No fix is known",
                        STR_ARG(f->fixed), command.n ? ": " : "", STR_ARG(command), ".");
}

/* The same finding keeps its fingerprint from scan to scan: flaw, package and place, not the version. */
static void write_fingerprint(struct json_out *o, const struct finding *f, const struct package *p)
{
    const struct str parts[] = {f->id, p->type, p->namespace, p->name, p->path};
    uint64_t hash = 0;
    char text[24];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = hash64_with(hash, parts[i]);
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    json_key(o, "partialFingerprints");
    json_begin_object(o);
    json_member_str(o, "assayFinding/v1", str_from(text));
    json_end_object(o);
}

static void write_result_properties(struct json_out *o, const struct finding *f)
{
    json_key(o, "properties");
    json_begin_object(o);
    json_member_str(o, "severity", f->severity);
    json_member_str(o, "fixedVersion", f->fixed);
    if (f->epss >= 0) {
        json_key(o, "epss");
        json_out_double(o, f->epss, 5);
    }
    if (f->kev)
        json_member_bool(o, "knownExploited", true);
    if (f->exploit)
        json_member_bool(o, "exploitPublic", true);
    json_end_object(o);
}

static void write_result(struct sarif *s, const struct finding *f)
{
    struct json_out *o = &s->json;
    const struct package *p = &s->report->inventory->packages.at[f->package];
    bool unknown = f->verdict == VERDICT_UNKNOWN;
    json_begin_object(o);
    json_member_str(o, "ruleId", f->id);
    json_member_int(o, "ruleIndex", (int64_t)(size_t)map_get(&s->rules, f->id) - 1);
    /* 3.27.10: the level of what is no failure is "none"; "review" is for a person to decide. */
    json_member_str(o, "kind", unknown ? STR("review") : STR("fail"));
    json_member_str(o, "level", unknown ? STR("none") : str_from(level_of(f)));
    text_member(o, "message", message_of(s, f, p));
    write_location(s, p);
    write_fingerprint(o, f, p);
    if (f->ignored.n) {
        json_key(o, "suppressions");
        json_begin_array(o);
        json_begin_object(o);
        json_member_str(o, "kind", STR("external"));
        json_member_str(o, "justification", f->ignored);
        json_end_object(o);
        json_end_array(o);
    }
    write_result_properties(o, f);
    json_end_object(o);
}

static int write_results(struct sarif *s)
{
    int status = 0;
    json_key(&s->json, "results");
    json_begin_array(&s->json);
    for (size_t i = 0; i < s->report->findings->findings.n && status == 0; i++) {
        write_result(s, &s->report->findings->findings.at[i]);
        status = flush(s);
    }
    json_end_array(&s->json);
    return status;
}

/* ── the run ── */

/* What could not be read belongs to how the tool ran. */
static void write_invocation(struct sarif *s)
{
    struct json_out *o = &s->json;
    json_key(o, "invocations");
    json_begin_array(o);
    json_begin_object(o);
    json_member_bool(o, "executionSuccessful", true);
    json_key(o, "toolExecutionNotifications");
    json_begin_array(o);
    vec_each(p, &s->report->inventory->problems)
    {
        json_begin_object(o);
        json_member_str(o, "level", STR("error"));
        text_member(o, "message", arena_printf(s->scratch, "%.*s: %.*s", STR_ARG(p->path), STR_ARG(p->text)));
        json_end_object(o);
    }
    json_end_array(o);
    json_end_object(o);
    json_end_array(o);
}

static int write_run(struct sarif *s)
{
    struct json_out *o = &s->json;
    json_key(o, "tool");
    json_begin_object(o);
    json_key(o, "driver");
    json_begin_object(o);
    json_member_str(o, "name", STR("assay"));
    int status = write_rules(s);
    json_end_object(o);
    json_end_object(o);
    write_invocation(s);
    json_member_str(o, "columnKind", STR("utf16CodeUnits"));
    return status < 0 ? status : write_results(s);
}

static int write_sarif(const struct report *r, FILE *to)
{
    _cleanup_(arena_cleanup) struct arena *scratch = arena_new(0);
    struct sarif s = {.report = r, .buf = buf_new(ITEM_MAX), .to = to, .scratch = scratch};
    struct json_out *o = &s.json;
    *o = (struct json_out){.to = &s.buf, .pretty = !r->line};
    json_begin_object(o);
    json_member_str(o, "$schema", STR(SCHEMA));
    json_member_str(o, "version", STR("2.1.0"));
    json_key(o, "runs");
    json_begin_array(o);
    json_begin_object(o);
    int status = write_run(&s);
    json_end_object(o);
    json_end_array(o);
    json_end_object(o);
    buf_add_c(&s.buf, '\n');
    if (status == 0)
        status = flush(&s);
    buf_free(&s.buf);
    map_free(&s.rules);
    return status;
}

const struct report_format report_sarif = {
    .name = "sarif",
    .help = "SARIF 2.1.0, for code scanning services",
    .write = write_sarif,
};
