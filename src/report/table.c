/* The table for people. It answers "what do I do now": one entry an upgrade, the most urgent first, its
 * command, and what it ends. What cannot be fixed, was not judged or could not be read is counted, and never
 * hidden. */
#include "base/cleanup.h"
#include "base/time.h"
#include "ecosystem/os_eol.h"
#include "report/group.h"
#include "report/inventory_table.h"
#include "report/remediation.h"
#include "report/report.h"
#include "report/tally.h"
#include "report/text.h"

/* Rows an entry without --all: the first entries are told in full, the others in short. */
enum { TOLD_IN_FULL = 5, ROWS_IN_FULL = 4, ROWS_IN_SHORT = 1, NOTES_MAX = 5, OPEN_MAX = 10 };
enum {
    ID_MIN = 14,
    ID_MAX = 19,
    EVIDENCE_WIDTH = 9,
    EPSS_WIDTH = 9,
    MIN_COLUMNS = 72,
    MAX_COLUMNS = 160,
    SECONDS_PER_DAY = 86400,
    STALE_DAYS = 7
};

static const struct {
    const char *shown, *word; /* in the list; in the summary */
    enum colour colour;
} looks[N_SEVERITIES] = {
    [SEVERITY_CRITICAL] = {"CRITICAL", "critical", BOLD_RED},
    [SEVERITY_HIGH] = {"HIGH", "high", RED},
    [SEVERITY_MEDIUM] = {"MEDIUM", "medium", YELLOW},
    [SEVERITY_LOW] = {"LOW", "low", BLUE},
    [SEVERITY_INFORMATIONAL] = {"INFO", "informational", DIM},
    [SEVERITY_UNTRIAGED] = {"UNRATED", "not rated", DIM},
};

static bool is_shown(const struct finding *f)
{
    return !f->ignored.n && f->verdict == VERDICT_AFFECTED;
}

static bool is_fixable(const struct finding *f)
{
    return is_shown(f) && f->fixed.n;
}

static bool is_unfixed(const struct finding *f)
{
    return is_shown(f) && !f->fixed.n;
}

static bool is_unfixed_but_exploited(const struct finding *f)
{
    return is_unfixed(f) && f->kev;
}

static bool is_unfixed_and_quiet(const struct finding *f)
{
    return is_unfixed(f) && !f->kev;
}

static bool is_undecided(const struct finding *f)
{
    return !f->ignored.n && f->verdict == VERDICT_UNKNOWN;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* "2 critical, 5 high" of the findings from `from` on. */
static struct str severities(struct arena *a, const struct finding *const *findings, size_t from, size_t n)
{
    size_t counts[N_SEVERITIES] = {0};
    struct str s = {NULL, 0};
    for (size_t i = from; i < n; i++)
        counts[severity_from(findings[i]->severity)]++;
    for (enum severity v = 0; v < N_SEVERITIES; v++)
        if (counts[v])
            s = arena_printf(a, "%.*s%s%zu %s", STR_ARG(s), s.n ? ", " : "", counts[v], looks[v].word);
    return s;
}

/* ── one finding ── */

static struct str epss_text(struct arena *a, const struct finding *f)
{
    if (f->epss < 0.0005)
        return (struct str){NULL, 0};
    if (f->epss >= 0.995)
        return STR("EPSS >99%");
    return arena_printf(a, f->epss < 0.095 ? "EPSS %.1f%%" : "EPSS %.0f%%", f->epss * 100);
}

/* Cells are padded only where more follows. */
static void print_evidence(struct page *p, const struct finding *f, bool more)
{
    struct str epss = epss_text(p->arena, f), seen = f->kev       ? STR("exploited")
                                                     : f->exploit ? STR("exploit")
                                                                  : STR("");
    bool padded = more || epss.n;
    page_cell(p, f->kev ? BOLD_RED : YELLOW, seen, padded ? EVIDENCE_WIDTH : -EVIDENCE_WIDTH);
    if (!padded)
        return;
    page_blank(p, 1);
    page_cell(p, f->epss >= 0.5 ? RED : f->epss >= 0.1 ? YELLOW : DIM, epss, more ? EPSS_WIDTH : -EPSS_WIDTH);
}

/* The publisher's words where the database has them, else what is to be said of the fix. */
static struct str remark(struct page *p, const struct report *r, const struct finding *f)
{
    struct str prose = finding_prose(p->arena, r->db, f);
    if (prose.n)
        return prose;
    if (f->fixed.n)
        return arena_printf(p->arena, "fixed in %.*s", STR_ARG(f->fixed));
    bool plain = f->fix == FIX_UNSTATED || f->fix == FIX_UNFIXED;
    return plain ? (struct str){NULL, 0} : str_from(fix_state_name(f->fix));
}

static void print_finding(struct page *p, const struct report *r, const struct finding *f, int id_width,
                          bool last)
{
    enum severity severity = severity_from(f->severity);
    page_print(p, DIM, "   %s ", page_branch(p, last));
    page_cell(p, looks[severity].colour, str_from(looks[severity].shown), 8);
    page_print(p, looks[severity].colour, f->score >= 0 ? " %4.1f  " : "    -  ", f->score);
    struct str words = remark(p, r, f);
    bool more = words.n || f->kev || f->exploit || f->epss >= 0.0005;
    page_cell(p, PLAIN, f->id, more ? id_width : -id_width);
    if (more) {
        page_blank(p, 1);
        print_evidence(p, f, words.n > 0);
    }
    int used = 6 + 8 + 7 + id_width + 1 + EVIDENCE_WIDTH + 1 + EPSS_WIDTH + 2;
    if (words.n) {
        page_blank(p, 2);
        page_cell(p, DIM, words, used - p->columns);
    }
    fputc('\n', p->to);
}

/* CVE numbers are short, GHSA ids are not: as wide as the longest, so that titles get the rest. */
static int id_width_of(const struct finding_group *g, size_t rows)
{
    int width = ID_MIN;
    for (size_t i = 0; i < rows; i++)
        if ((int)g->findings[i]->id.n > width)
            width = g->findings[i]->id.n > ID_MAX ? ID_MAX : (int)g->findings[i]->id.n;
    return width;
}

/* ── one upgrade ── */

static void print_upgrade(struct page *p, const struct finding_group *g)
{
    struct str count = g->fixed.n ? arena_printf(p->arena, "fixes %zu", g->n_findings)
                                  : arena_printf(p->arena, "%zu open", g->n_findings);
    struct str version = g->fixed.n ? arena_printf(p->arena, "%.*s %s %.*s", STR_ARG(g->version),
                                                   page_arrow(p), STR_ARG(g->fixed))
                                    : g->version;
    version = text_fit(p->arena, version, p->columns / 2, p->utf8);
    int room = p->columns - 4 - text_width(version) - (int)count.n;
    fputc(' ', p->to);
    int used = 2 + page_cell(p, BOLD, g->name, -room);
    fputc(' ', p->to);
    used += page_cell(p, PLAIN, version, -p->columns);
    page_blank(p, p->columns - used - (int)count.n);
    page_print(p, DIM, "%.*s\n", STR_ARG(count));
}

/* Where language packages lie; distribution packages need no telling, their manager finds them. */
static void print_places(struct page *p, const struct report *r, const struct finding_group *g)
{
    const struct package *first = g->packages[0];
    if (first->manager == PM_OS || !first->path.n)
        return;
    struct str more = {NULL, 0};
    if (g->n_packages > 1)
        more = arena_printf(p->arena, "  and %zu more place%s", g->n_packages - 1, plural(g->n_packages - 1));
    page_print(p, DIM, "   in ");
    struct str path = text_fit_middle(p->arena, first->path, p->columns - 6 - (int)more.n, p->utf8);
    page_print(p, DIM, "%.*s%.*s\n", STR_ARG(path), STR_ARG(more));
    for (size_t i = 1; r->all && i < g->n_packages; i++) {
        path = text_fit_middle(p->arena, g->packages[i]->path, p->columns - 6, p->utf8);
        page_print(p, DIM, "      %.*s\n", STR_ARG(path));
    }
}

static void print_command(struct page *p, const struct report *r, const struct finding_group *g)
{
    struct str command = remediation_command_all(
        p->arena, r->inventory, (const struct package *const *)g->packages, g->n_packages, g->fixed);
    if (command.n) /* whole, even over the edge: it is there to be copied */
        page_print(p, GREEN, "   %.*s\n", STR_ARG(command));
}

static void print_group(struct page *p, const struct report *r, const struct finding_group *g, size_t rows)
{
    print_upgrade(p, g);
    print_command(p, r, g);
    print_places(p, r, g);
    /* A row that says "1 more" is no shorter than the one it stands for. */
    if (r->all || g->n_findings <= rows + 1)
        rows = g->n_findings;
    for (size_t i = 0; i < rows; i++)
        print_finding(p, r, g->findings[i], id_width_of(g, rows), i + 1 == g->n_findings);
    if (rows < g->n_findings) {
        struct str rest = severities(p->arena, g->findings, rows, g->n_findings);
        page_print(p, DIM, "   %s %zu more: %.*s\n", page_branch(p, true), g->n_findings - rows,
                   STR_ARG(rest));
    }
    fputc('\n', p->to);
}

static size_t print_groups(struct page *p, const struct report *r, const char *title,
                           bool (*wanted)(const struct finding *))
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct finding_groups groups = finding_groups_of(a, r, wanted);
    if (groups.n)
        page_print(p, BOLD, "%s\n\n", title);
    for (size_t i = 0; i < groups.n; i++) {
        print_group(p, r, &groups.at[i], i < TOLD_IN_FULL ? ROWS_IN_FULL : ROWS_IN_SHORT);
        arena_reset(p->arena);
    }
    return groups.n;
}

/* ── what is not in the list ── */

/* A package that waits for fixes, on one line: its worst flaw, and how many there are. */
static void print_open(struct page *p, const struct finding_group *g)
{
    const struct finding *worst = g->findings[0];
    enum severity severity = severity_from(worst->severity);
    struct str count = arena_printf(p->arena, "%zu open", g->n_findings);
    struct str package = arena_printf(p->arena, "%.*s %.*s", STR_ARG(g->name), STR_ARG(g->version));
    int used = 1 + 2 + 8 + 7 + ID_MAX + 1 + 9;
    page_blank(p, 1);
    page_cell(p, PLAIN, text_fit_middle(p->arena, package, p->columns - used, p->utf8), p->columns - used);
    page_blank(p, 2);
    page_cell(p, looks[severity].colour, str_from(looks[severity].shown), 8);
    page_print(p, looks[severity].colour, worst->score >= 0 ? " %4.1f  " : "    -  ", worst->score);
    page_cell(p, PLAIN, worst->id, ID_MAX);
    page_print(p, DIM, " %9.*s\n", STR_ARG(count));
}

/* Nothing can be done about these today, so they are told in short, the worst first. */
static void print_unfixed(struct page *p, const struct report *r)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct finding_groups groups = finding_groups_of(a, r, is_unfixed_and_quiet);
    if (!groups.n)
        return;
    page_print(p, BOLD, "No fix yet\n\n");
    for (size_t i = 0; i < groups.n && i < OPEN_MAX; i++)
        print_open(p, &groups.at[i]);
    if (groups.n > OPEN_MAX)
        page_print(p, DIM, " and %zu more package%s\n", groups.n - OPEN_MAX, plural(groups.n - OPEN_MAX));
    page_print(p, DIM, " show each finding with --all\n\n");
}

static void print_undecided(struct page *p, const struct report *r)
{
    size_t n = 0;
    vec_each(f, &r->findings->findings)
    {
        if (!is_undecided(f) || (n++ >= NOTES_MAX && !r->all))
            continue;
        if (n == 1)
            page_print(p, BOLD, "Could not be judged\n\n");
        const struct package *package = &r->inventory->packages.at[f->package];
        struct str what =
            arena_printf(p->arena, "%.*s %.*s, %.*s: %.*s", STR_ARG(package->name),
                         STR_ARG(package->version.n ? package->version : STR("(no version)")), STR_ARG(f->id),
                         STR_ARG(f->n_matches ? f->matches[0]->range : STR("")));
        page_blank(p, 1);
        page_cell(p, PLAIN, what, 1 - p->columns);
        fputc('\n', p->to);
    }
    if (n > NOTES_MAX && !r->all)
        page_print(p, DIM, " and %zu more: show them with --all\n", n - NOTES_MAX);
    if (n)
        fputc('\n', p->to);
}

static void print_notes(struct page *p, const struct report *r, const struct tally *t)
{
    if (r->unfixed)
        page_print(p, DIM, "%zu finding%s without a fix left out.\n", r->unfixed, plural(r->unfixed));
    if (t->ignored)
        page_print(p, DIM, "%zu finding%s ignored by rule.\n", t->ignored, plural(t->ignored));
    if (t->unresolved)
        page_print(p, DIM, "%zu package%s without one version, so not judged.\n", t->unresolved,
                   plural(t->unresolved));
    if (t->not_covered)
        page_print(p, DIM,
                   "%zu package%s that no source of the advisory database speaks of, so not judged.\n",
                   t->not_covered, plural(t->not_covered));
    if (r->unfixed || t->ignored || t->unresolved || t->not_covered)
        fputc('\n', p->to);
}

/* Readers name the file where it stands alone; here its path stands before the text. */
static struct str without_path(const struct problem *problem)
{
    struct str text = problem->text, path = problem->path;
    if (path.n && str_starts(text, path) && str_starts(str_slice(text, path.n, text.n), STR(": ")))
        return str_slice(text, path.n + 2, text.n);
    return text;
}

static void print_problems(struct page *p, const struct report *r)
{
    size_t n = r->inventory->problems.n;
    if (!n)
        return;
    page_print(p, BOLD, "Could not be read\n\n");
    for (size_t i = 0; i < n && (r->all || i < NOTES_MAX); i++) {
        const struct problem *problem = &r->inventory->problems.at[i];
        page_blank(p, 1);
        int used = 1 + page_cell(p, PLAIN, text_fit_middle(p->arena, problem->path, p->columns / 2, p->utf8),
                                 -p->columns);
        page_print(p, DIM, ": ");
        page_cell(p, DIM, without_path(problem), used + 3 - p->columns);
        fputc('\n', p->to);
    }
    if (n > NOTES_MAX && !r->all)
        page_print(p, DIM, " and %zu more: show them with --all\n", n - NOTES_MAX);
    fputc('\n', p->to);
}

/* ── head and foot ── */

static void print_support(struct page *p, const struct os *os)
{
    struct os_support support;
    char text[TIME_TEXT];
    if (!os_support_find(os, &support) || time_now() <= support.ends)
        return;
    if (time_now() <= support.extended) {
        page_print(p, YELLOW, "Regular support ended on %.10s", time_format(support.ends, text));
        page_print(p, YELLOW, "; long-term support ends on %.10s.\n", time_format(support.extended, text));
    } else {
        page_print(p, YELLOW, "No longer supported since %.10s: new flaws are not fixed here any more.\n",
                   time_format(support.extended, text));
    }
}

static void print_head(struct page *p, const struct report *r)
{
    const struct os *os = &r->inventory->os;
    struct str system = os->name.n
                            ? os->name
                            : arena_printf(p->arena, "%.*s %.*s", STR_ARG(os->family), STR_ARG(os->version));
    system = text_fit(p->arena, str_trim(system), p->columns / 2, p->utf8);
    int room = p->columns - 2 - text_width(system);
    int used = page_cell(p, BOLD, text_fit_middle(p->arena, r->inventory->target, room, p->utf8), -room);
    if (system.n)
        page_blank(p, p->columns - used - text_width(system));
    page_print(p, DIM, "%.*s", STR_ARG(system));
    fputc('\n', p->to);
    page_rule(p);
    print_support(p, os);
    fputc('\n', p->to);
}

static void print_severities(struct page *p, const struct tally *t)
{
    struct str lead = arena_printf(p->arena, "%zu finding%s: ", t->findings, plural(t->findings));
    size_t used = lead.n, left = t->findings;
    page_print(p, BOLD, "%.*s", STR_ARG(lead));
    for (enum severity s = 0; s < N_SEVERITIES; s++) {
        if (!t->by_severity[s])
            continue;
        left -= t->by_severity[s];
        struct str part = arena_printf(p->arena, "%zu %s", t->by_severity[s], looks[s].word);
        bool first = used == lead.n;
        if (!first && used + 1 + part.n + 1 > (size_t)p->columns) {
            fputs("\n  ", p->to);
            used = 2;
        } else if (!first) {
            fputc(' ', p->to);
            used++;
        }
        page_print(p, looks[s].colour, "%.*s", STR_ARG(part));
        page_print(p, PLAIN, "%s", left ? "," : "");
        used += part.n + 1;
    }
}

/* Only what was judged in full and left nothing out is called clean. */
static void print_no_findings(struct page *p, const struct report *r, const struct tally *t)
{
    if (!r->inventory->packages.n)
        page_print(p, YELLOW, "No packages were found here: nothing installed, and no lock file");
    else if (r->unfixed || t->ignored)
        page_print(p, YELLOW, "No other known vulnerabilities");
    else if (t->unresolved + t->not_covered == r->inventory->packages.n)
        page_print(p, YELLOW, "None of the packages could be judged");
    else
        page_print(p, GREEN, "No known vulnerabilities");
}

static void print_totals(struct page *p, const struct report *r, const struct tally *t)
{
    if (t->findings)
        print_severities(p, t);
    else
        print_no_findings(p, r, t);
    fputc('\n', p->to);
    if (!t->findings)
        return;
    page_print(p, PLAIN, "%zu can be fixed now", t->fixable);
    if (t->kev)
        page_print(p, BOLD_RED, " %s %zu known to be exploited", page_dot(p), t->kev);
    if (t->exploit)
        page_print(p, YELLOW, " %s %zu with a public exploit", page_dot(p), t->exploit);
    fputc('\n', p->to);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b; /* TIME_NONE is before all */
}

/* The newest date of the feeds that spoke of this target; of all, where none did. */
static int64_t date_of_advisories(const struct report *r)
{
    int64_t spoke = TIME_NONE, any = TIME_NONE;
    struct db_feed feed;
    for (uint32_t i = 0; db_feed_at(r->db, i, &feed); i++)
        any = later(any, feed.date);
    vec_each(f, &r->findings->findings)
    {
        for (size_t i = 0; i < f->n_matches; i++)
            if (db_feed_at(r->db, db_record_feed(r->db, f->matches[i]->record), &feed))
                spoke = later(spoke, feed.date);
    }
    if (spoke != TIME_NONE)
        return spoke;
    return any != TIME_NONE ? any : db_built(r->db);
}

static void print_database(struct page *p, const struct report *r)
{
    char text[TIME_TEXT];
    int64_t date = date_of_advisories(r);
    int64_t days = (time_now() - date) / SECONDS_PER_DAY;
    struct db_feed feed;
    struct str behind = {NULL, 0};
    for (uint32_t i = 0; db_feed_at(r->db, i, &feed); i++) {
        if (feed.state.n && !str_starts(feed.state, STR("ok"))) /* "ok, 2 records skipped" is up to date */
            behind = arena_printf(p->arena, "%.*s%s%.*s", STR_ARG(behind), behind.n ? ", " : "",
                                  STR_ARG(feed.name));
    }
    page_print(p, PLAIN, " %s advisories of %.10s\n", page_dot(p), time_format(date, text));
    if (days >= STALE_DAYS)
        page_print(p, YELLOW, "The advisories are %lld days old: 'assay db update' fetches newer ones.\n",
                   (long long)days);
    if (behind.n) {
        page_print(p, YELLOW, "Not up to date: ");
        page_cell(p, YELLOW, behind, 16 - p->columns);
        fputc('\n', p->to);
    }
}

static void print_foot(struct page *p, const struct report *r, const struct tally *t)
{
    page_rule(p);
    if (r->findings)
        print_totals(p, r, t);
    struct str packages = text_count(p->arena, r->inventory->packages.n),
               files = text_count(p->arena, r->inventory->files);
    page_print(p, PLAIN, "%.*s package%s", STR_ARG(packages), plural(r->inventory->packages.n));
    if (r->inventory->files)
        page_print(p, PLAIN, " in %.*s file%s", STR_ARG(files), plural(r->inventory->files));
    if (r->elapsed_ns)
        page_print(p, PLAIN, " %s %.2f s", page_dot(p), (double)r->elapsed_ns / 1e9);
    if (r->findings && r->db)
        print_database(p, r);
    else
        fputc('\n', p->to);
}

static int page_columns(int wanted)
{
    if (wanted <= 0)
        return 80;
    return wanted < MIN_COLUMNS ? MIN_COLUMNS : wanted > MAX_COLUMNS ? MAX_COLUMNS : wanted;
}

static void print_findings(struct page *p, const struct report *r, const struct tally *t)
{
    print_groups(p, r, "Do first", is_fixable);
    if (r->all) {
        print_groups(p, r, "No fix yet", is_unfixed);
    } else {
        print_groups(p, r, "Exploited, and no fix yet", is_unfixed_but_exploited);
        print_unfixed(p, r);
    }
    print_undecided(p, r);
    print_notes(p, r, t);
}

static int write_table(const struct report *r, FILE *to)
{
    _cleanup_(arena_cleanup) struct arena *line = arena_new(0), *a = arena_new(0);
    struct page p = {to, line, r->colour, text_locale_is_utf8(), page_columns(r->columns)};
    struct tally t = tally_of(a, r);
    print_head(&p, r);
    if (r->findings)
        print_findings(&p, r, &t);
    else
        inventory_table(&p, r->inventory);
    print_problems(&p, r);
    print_foot(&p, r, &t);
    return 0;
}

const struct report_format report_table = {
    .name = "table",
    .help = "for people: what to do first, with the commands",
    .write = write_table,
    .inventory = true,
};
