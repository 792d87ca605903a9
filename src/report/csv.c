/* CSV (RFC 4180) for spreadsheets: one finding a line, or one package a line of an inventory; the first line
 * names the columns. New columns are added at the end.
 *
 * A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, "CSV Injection"),
 * since names and paths come from whoever built the target. What a terminal would obey, and broken UTF-8,
 * becomes
 * '?' for the same reason. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"
#include "report/remediation.h"
#include "report/report.h"
#include "report/text.h"

struct row {
    FILE *to;
    struct arena *arena; /* reset after each row */
    bool begun;
};

static bool is_formula(struct str s)
{
    return s.n && memchr("=+-@\t\r\n|", s.p[0], 8);
}

static void cell(struct row *r, struct str s)
{
    s = text_clean(r->arena, s, true);
    bool formula = is_formula(s), quoted = formula;
    for (size_t i = 0; i < s.n && !quoted; i++)
        quoted = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
    if (r->begun)
        fputc(',', r->to);
    r->begun = true;
    if (quoted)
        fputs(formula ? "\"'" : "\"", r->to);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            fputc('"', r->to);
        fputc(s.p[i], r->to);
    }
    if (quoted)
        fputc('"', r->to);
}

static void end_row(struct row *r)
{
    fputs("\r\n", r->to);
    r->begun = false;
    arena_reset(r->arena);
}

static void cells(struct row *r, const char *const *names)
{
    for (; *names; names++)
        cell(r, str_from(*names));
    end_row(r);
}

/* Numbers are written here and never begin with a sign. */
static void number(struct row *r, double value, int decimals)
{
    cell(r, value < 0 ? STR("") : arena_printf(r->arena, "%.*f", decimals, value));
}

static void date(struct row *r, int64_t time)
{
    char text[TIME_TEXT];
    time_format(time, text);
    cell(r, arena_str(r->arena, str_from(text)));
}

static void flag(struct row *r, bool value)
{
    cell(r, value ? STR("yes") : STR(""));
}

static struct str layer_of(const struct inventory *inv, const struct package *p)
{
    return p->layer < inv->layers.n ? inv->layers.at[p->layer] : (struct str){NULL, 0};
}

static struct str joined(struct arena *a, const struct str *items, size_t n)
{
    struct str all = {NULL, 0};
    for (size_t i = 0; i < n; i++)
        all = arena_printf(a, "%.*s%s%.*s", STR_ARG(all), i ? " " : "", STR_ARG(items[i]));
    return all;
}

static const char *const finding_columns[] = {
    "id",      "aliases",         "severity",  "score",       "vector",   "verdict",         "package",
    "version", "fixed",           "fix_state", "remediation", "epss",     "epss_percentile", "kev_added",
    "kev_due", "exploit",         "ecosystem", "compared",    "range",    "advisory",        "path",
    "layer",   "package_manager", "purl",      "published",   "modified", "source",          "url",
    "title",   "ignored",         NULL,
};

static void finding_row(struct row *r, const struct report *report, const struct finding *f)
{
    const struct inventory *inv = report->inventory;
    const struct package *p = &inv->packages.at[f->package];
    const struct match *m = f->n_matches ? f->matches[0] : &(const struct match){0};
    cell(r, f->id);
    cell(r, joined(r->arena, f->aliases, f->n_aliases));
    cell(r, f->severity);
    number(r, f->score, 1);
    cell(r, f->vector);
    cell(r, f->verdict == VERDICT_AFFECTED ? STR("affected") : STR("unknown"));
    cell(r, p->namespace.n && p->manager != PM_OS
                ? arena_printf(r->arena, "%.*s%c%.*s", STR_ARG(p->namespace),
                               str_is(p->type, "maven") ? ':' : '/', STR_ARG(p->name))
                : p->name);
    cell(r, p->version);
    cell(r, f->fixed);
    cell(r, f->fix == FIX_UNSTATED ? STR("") : str_from(fix_state_name(f->fix)));
    cell(r, f->fixed.n ? remediation_command(r->arena, inv, p, f->fixed) : STR(""));
    number(r, f->epss, 5);
    number(r, f->epss_percentile, 5);
    date(r, f->kev ? f->kev_added : TIME_NONE);
    date(r, f->kev ? f->kev_due : TIME_NONE);
    flag(r, f->exploit);
    cell(r, m->ecosystem);
    cell(r, m->compared);
    cell(r, m->range);
    cell(r, report->db && f->n_matches ? db_record_id(report->db, m->record) : STR(""));
    cell(r, p->path);
    cell(r, layer_of(inv, p));
    cell(r, str_from(package_manager_name(p->manager)));
    cell(r, package_purl(r->arena, inv, p));
    date(r, f->published);
    date(r, f->modified);
    cell(r, f->source);
    cell(r, f->source_url);
    cell(r, f->title);
    cell(r, f->ignored);
    end_row(r);
}

static const char *const package_columns[] = {
    "type",       "namespace", "name",  "version", "arch",   "source", "source_version",  "modularity",
    "vendor",     "path",      "owner", "license", "digest", "layer",  "package_manager", "dev",
    "unresolved", "purl",      NULL,
};

static void package_row(struct row *r, const struct inventory *inv, const struct package *p)
{
    const struct str plain[] = {
        p->type,           p->namespace,     p->name,
        p->version,        p->arch,          p->source,
        p->source_version, p->modularity,    p->vendor,
        p->path,           p->owner,         p->license,
        p->digest,         layer_of(inv, p), str_from(package_manager_name(p->manager))};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        cell(r, plain[i]);
    flag(r, p->dev);
    flag(r, p->unresolved);
    cell(r, package_purl(r->arena, inv, p));
    end_row(r);
}

static int write_csv(const struct report *report, FILE *to)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct row r = {.to = to, .arena = a};
    cells(&r, report->findings ? finding_columns : package_columns);
    if (report->findings) {
        vec_each(f, &report->findings->findings) finding_row(&r, report, f);
    } else {
        vec_each(p, &report->inventory->packages) package_row(&r, report->inventory, p);
    }
    return ferror(to) ? err_errno("CSV report") : 0;
}

const struct report_format report_csv = {
    .name = "csv",
    .help = "one line a finding, for spreadsheets",
    .write = write_csv,
    .inventory = true,
};
