/* JSON, for programs: the whole scan, or the inventory alone, which `assay match` and `assay scan` read back.
 *
 * Members that are empty or false are left out. Names are stable: new ones may be added, none changes its
 * meaning. */
#include "base/json.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "report/remediation.h"
#include "report/report.h"
#include "report/tally.h"

/* One item of a list is far below that; the text goes out item by item. */
enum { ITEM_MAX = 64 << 20 };

struct out {
    struct json_out json;
    struct buf buf;
    FILE *to;
    struct arena *scratch; /* reset after each item */
};

static int flush(struct out *o)
{
    if (buf_status(&o->buf) < 0)
        return err_set(ERR_LIMIT, "JSON report: one entry is larger than %d bytes", ITEM_MAX);
    arena_reset(o->scratch);
    if (fwrite(o->buf.p ? o->buf.p : "", 1, o->buf.n, o->to) != o->buf.n)
        return err_errno("JSON report");
    o->buf.n = 0;
    return 0;
}

static void out_true(struct json_out *o, const char *name, bool value)
{
    if (value)
        json_member_bool(o, name, true);
}

static void out_time(struct json_out *o, const char *name, int64_t time)
{
    char text[TIME_TEXT];
    json_member_str(o, name, str_from(time_format(time, text)));
}

/* Dates without a time of day, as CISA gives them. */
static void out_date(struct json_out *o, const char *name, int64_t time)
{
    char text[TIME_TEXT];
    struct str s = str_from(time_format(time, text));
    json_member_str(o, name, s.n > 10 ? str_slice(s, 0, 10) : s);
}

static void out_strings(struct json_out *o, const char *name, const struct str *items, size_t n)
{
    if (!n)
        return;
    json_key(o, name);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_out_str(o, items[i]);
    json_end_array(o);
}

static void out_os(struct json_out *o, const struct os *os)
{
    if (!os->family.n && !os->name.n)
        return;
    json_key(o, "os");
    json_begin_object(o);
    json_member_str(o, "family", os->family);
    json_member_str(o, "version", os->version);
    json_member_str(o, "codename", os->codename);
    json_member_str(o, "name", os->name);
    json_member_str(o, "like", os->like);
    json_end_object(o);
}

static void out_target(struct json_out *o, const struct inventory *inv)
{
    json_member_str(o, "target", inv->target);
    json_member_str(o, "kind", inv->target_kind);
    out_os(o, &inv->os);
    out_strings(o, "layers", inv->layers.at, inv->layers.n);
}

static void out_package(struct out *out, const struct inventory *inv, const struct package *p)
{
    struct json_out *o = &out->json;
    json_begin_object(o);
    json_member_str(o, "type", p->type);
    json_member_str(o, "namespace", p->namespace);
    json_member_str(o, "name", p->name);
    json_member_str(o, "version", p->version);
    json_member_str(o, "arch", p->arch);
    json_member_str(o, "source", p->source);
    json_member_str(o, "sourceVersion", p->source_version);
    json_member_str(o, "modularity", p->modularity);
    json_member_str(o, "vendor", p->vendor);
    json_member_str(o, "path", p->path);
    json_member_str(o, "owner", p->owner);
    json_member_str(o, "license", p->license);
    json_member_str(o, "digest", p->digest);
    if (p->layer < inv->layers.n)
        json_member_str(o, "layer", inv->layers.at[p->layer]);
    json_member_str(o, "packageManager", str_from(package_manager_name(p->manager)));
    out_true(o, "dev", p->dev);
    out_true(o, "unresolved", p->unresolved);
    json_member_str(o, "purl", package_purl(out->scratch, inv, p));
    json_end_object(o);
}

static int out_problems(struct out *out, const struct inventory *inv)
{
    struct json_out *o = &out->json;
    int status = 0;
    if (!inv->problems.n)
        return 0;
    json_key(o, "problems");
    json_begin_array(o);
    for (size_t i = 0; i < inv->problems.n && status == 0; i++) {
        const struct problem *p = &inv->problems.at[i];
        json_begin_object(o);
        json_member_str(o, "path", p->path);
        json_member_str(o, "error", str_from(err_name(p->code)));
        json_member_str(o, "text", p->text);
        json_end_object(o);
        status = flush(out);
    }
    json_end_array(o);
    return status;
}

static void out_database(struct json_out *o, const struct db *db)
{
    json_key(o, "database");
    json_begin_object(o);
    json_member_str(o, "generation", db_generation(db));
    out_time(o, "built", db_built(db));
    out_true(o, "factsOnly", db_facts_only(db));
    json_key(o, "feeds");
    json_begin_array(o);
    struct db_feed feed;
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++) {
        json_begin_object(o);
        json_member_str(o, "name", feed.name);
        out_time(o, "date", feed.date);
        json_member_str(o, "state", feed.state);
        json_end_object(o);
    }
    json_end_array(o);
    json_end_object(o);
}

static void out_summary(struct json_out *o, const struct report *r, const struct tally *t)
{
    json_key(o, "summary");
    json_begin_object(o);
    json_member_int(o, "files", (int64_t)r->inventory->files);
    json_member_int(o, "elapsedMs", (int64_t)(r->elapsed_ns / 1000000));
    json_key(o, "packages");
    json_begin_object(o);
    json_member_int(o, "total", (int64_t)r->inventory->packages.n);
    json_member_int(o, "owned", (int64_t)t->owned);
    json_member_int(o, "unresolved", (int64_t)t->unresolved);
    json_member_int(o, "notCovered", (int64_t)t->not_covered);
    json_key(o, "byType");
    json_begin_object(o);
    for (size_t i = 0; i < t->n_types; i++) {
        json_key_str(o, t->types[i].type);
        json_out_int(o, (int64_t)t->types[i].n);
    }
    json_end_object(o);
    json_end_object(o);
    json_key(o, "findings");
    json_begin_object(o);
    json_member_int(o, "total", (int64_t)t->findings);
    json_member_int(o, "ignored", (int64_t)t->ignored);
    if (r->unfixed) /* by --only-fixed */
        json_member_int(o, "leftOut", (int64_t)r->unfixed);
    json_member_int(o, "unknown", (int64_t)t->unknown);
    json_member_int(o, "fixable", (int64_t)t->fixable);
    json_member_int(o, "knownExploited", (int64_t)t->kev);
    json_member_int(o, "exploitPublic", (int64_t)t->exploit);
    json_key(o, "bySeverity");
    json_begin_object(o);
    for (enum severity s = 0; s < N_SEVERITIES; s++)
        json_member_int(o, severity_name(s), (int64_t)t->by_severity[s]);
    json_end_object(o);
    json_end_object(o);
    json_end_object(o);
}

static void out_verdict(struct json_out *o, enum verdict verdict)
{
    json_member_str(o, "verdict", verdict == VERDICT_AFFECTED ? STR("affected") : STR("unknown"));
}

static void out_fix(struct json_out *o, enum fix_state state, struct str fixed)
{
    if (state != FIX_UNSTATED)
        json_member_str(o, "fixState", str_from(fix_state_name(state)));
    json_member_str(o, "fixed", fixed);
}

static void out_match(struct json_out *o, const struct db *db, const struct match *m)
{
    struct db_feed feed;
    json_begin_object(o);
    if (db) {
        json_member_str(o, "advisory", db_record_id(db, m->record));
        if (db_feed_at(db, db_record_feed(db, m->record), &feed))
            json_member_str(o, "feed", feed.name);
    }
    out_verdict(o, m->verdict);
    json_member_str(o, "ecosystem", m->ecosystem);
    json_member_str(o, "name", m->name);
    json_member_str(o, "compared", m->compared);
    json_member_str(o, "scheme", m->scheme);
    json_member_str(o, "range", m->range);
    out_fix(o, m->fix, m->fixed);
    json_end_object(o);
}

static void out_exploitation(struct json_out *o, const struct finding *f)
{
    if (f->epss >= 0) {
        json_key(o, "epss");
        json_begin_object(o);
        json_key(o, "score");
        json_out_double(o, f->epss, 5);
        if (f->epss_percentile >= 0) {
            json_key(o, "percentile");
            json_out_double(o, f->epss_percentile, 5);
        }
        json_end_object(o);
    }
    if (f->kev) {
        json_key(o, "kev");
        json_begin_object(o);
        out_date(o, "added", f->kev_added);
        out_date(o, "due", f->kev_due);
        json_end_object(o);
    }
    out_true(o, "exploit", f->exploit);
}

static void out_finding(struct out *out, const struct report *r, const struct finding *f)
{
    struct json_out *o = &out->json;
    const struct package *p = &r->inventory->packages.at[f->package];
    json_begin_object(o);
    json_member_str(o, "id", f->id);
    out_strings(o, "aliases", f->aliases, f->n_aliases);
    json_member_str(o, "severity", f->severity);
    if (f->score >= 0) {
        json_key(o, "score");
        json_out_double(o, f->score, 1);
    }
    json_member_str(o, "vector", f->vector);
    json_member_str(o, "vectorSource", f->vector_source);
    json_member_str(o, "rating", f->rating);
    out_verdict(o, f->verdict);
    out_fix(o, f->fix, f->fixed);
    out_exploitation(o, f);
    json_member_str(o, "title", f->title);
    json_member_str(o, "description", f->description);
    out_time(o, "published", f->published);
    out_time(o, "modified", f->modified);
    json_member_str(o, "source", f->source);
    json_member_str(o, "sourceUrl", f->source_url);
    json_member_str(o, "ignored", f->ignored);
    json_key(o, "package");
    out_package(out, r->inventory, p);
    if (f->fixed.n)
        json_member_str(o, "remediation", remediation_command(out->scratch, r->inventory, p, f->fixed));
    json_key(o, "matches");
    json_begin_array(o);
    for (size_t i = 0; i < f->n_matches; i++)
        out_match(o, r->db, f->matches[i]);
    json_end_array(o);
    json_end_object(o);
}

static int out_inventory(struct out *out, const struct report *r)
{
    struct json_out *o = &out->json;
    int status = 0;
    out_target(o, r->inventory);
    json_key(o, "packages");
    json_begin_array(o);
    for (size_t i = 0; i < r->inventory->packages.n && status == 0; i++) {
        out_package(out, r->inventory, &r->inventory->packages.at[i]);
        status = flush(out);
    }
    json_end_array(o);
    return status < 0 ? status : out_problems(out, r->inventory);
}

static int out_scan(struct out *out, const struct report *r)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct json_out *o = &out->json;
    struct tally t = tally_of(a, r);
    int status = 0;
    out_target(o, r->inventory);
    if (r->db)
        out_database(o, r->db);
    out_summary(o, r, &t);
    json_key(o, "findings");
    json_begin_array(o);
    for (size_t i = 0; i < r->findings->findings.n && status == 0; i++) {
        out_finding(out, r, &r->findings->findings.at[i]);
        status = flush(out);
    }
    json_end_array(o);
    return status < 0 ? status : out_problems(out, r->inventory);
}

static int write_json(const struct report *r, FILE *to)
{
    _cleanup_(arena_cleanup) struct arena *scratch = arena_new(0);
    struct out out = {.buf = buf_new(ITEM_MAX), .to = to, .scratch = scratch};
    out.json = (struct json_out){.to = &out.buf, .pretty = !r->line};
    json_begin_object(&out.json);
    int status = r->findings ? out_scan(&out, r) : out_inventory(&out, r);
    json_end_object(&out.json);
    buf_add_c(&out.buf, '\n');
    if (status == 0)
        status = flush(&out);
    buf_free(&out.buf);
    return status;
}

const struct report_format report_json = {
    .name = "json",
    .help = "everything, for programs; an inventory can be read back",
    .write = write_json,
    .inventory = true,
};
