/* One record of the database, for people and as JSON. */
#include "base/err.h"
#include "cmd/db.h"
#include "score/cvss.h"

/* Columns of the names on the left, and items of a list that are shown without --all. */
enum { MARGIN = 14, SHOWN = 12 };

struct str db_range_words(struct arena *a, const struct advisory_range *r)
{
    bool from_start = !r->introduced.n || str_is(r->introduced, "0");
    struct str end = r->fixed.n ? r->fixed : r->last_affected;
    const char *to = r->fixed.n ? "< " : end.n ? "<= " : "";
    if (from_start)
        return end.n ? arena_printf(a, "%s%.*s", to, STR_ARG(end)) : STR("all versions");
    return arena_printf(a, "%s %.*s%s%s%.*s", r->after ? ">" : ">=", STR_ARG(r->introduced),
                        end.n ? ", " : "", to, STR_ARG(end));
}

double db_best_score(const struct advisory *v)
{
    double best = -1;
    struct cvss cvss;
    for (size_t i = 0; i < v->n_severities; i++)
        if (v->severities[i].vector.n && cvss_parse(v->severities[i].vector, &cvss) == 0 && cvss.score > best)
            best = cvss.score;
    return best;
}

static void name_line(struct page *p, const char *name)
{
    page_print(p, DIM, "  %-*s", MARGIN - 2, name);
}

static void print_text(struct page *p, const char *name, struct str text)
{
    if (!text.n)
        return;
    name_line(p, name);
    db_wrap(p, text, MARGIN);
}

static void print_ids(struct page *p, const char *name, const struct str *ids, size_t n)
{
    struct buf b = buf_new((size_t)1 << 20);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%.*s", i ? " " : "", STR_ARG(ids[i]));
    print_text(p, name, buf_str(&b));
    buf_free(&b);
}

static void print_dates(struct page *p, const struct advisory *v)
{
    if (v->published == TIME_NONE && v->modified == TIME_NONE && v->withdrawn == TIME_NONE)
        return;
    name_line(p, "dates");
    page_print(p, PLAIN, "published %s, modified %s", db_date(p->arena, v->published).p,
               db_date(p->arena, v->modified).p);
    if (v->withdrawn != TIME_NONE)
        page_print(p, YELLOW, ", withdrawn %s", db_date(p->arena, v->withdrawn).p);
    fputc('\n', p->to);
}

/* Who scored, for people; JSON has what the feed says. */
static struct str scorer(struct str source)
{
    if (str_is(source, "nvd@nist.gov"))
        return STR("NVD");
    return str_is(source, "134c704f-9b21-4f2e-91b3-4a467353bcc0") ? STR("CISA") : source; /* CISA-ADP */
}

static void print_severity(struct page *p, const struct advisory_severity *s)
{
    struct cvss cvss;
    name_line(p, "severity");
    if (s->vector.n && cvss_parse(s->vector, &cvss) == 0)
        page_print(p, cvss.score >= 7 ? RED : PLAIN, "%.1f %s ", cvss.score, cvss.severity);
    db_wrap(p,
            arena_printf(p->arena, "%.*s%s%.*s (%.*s)", STR_ARG(s->rating),
                         s->rating.n && s->vector.n ? " " : "", STR_ARG(s->vector),
                         STR_ARG(scorer(s->source))),
            MARGIN);
}

static void print_exploitation(struct page *p, const struct db *db, const struct advisory *v)
{
    double score, percentile;
    if (v->kev.added != TIME_NONE) {
        name_line(p, "KEV");
        page_print(p, RED, "exploited: listed %s, due %s%s\n", db_date(p->arena, v->kev.added).p,
                   db_date(p->arena, v->kev.due).p, v->kev.ransomware ? ", used by ransomware" : "");
        print_text(p, "", v->kev.action);
    }
    if (db_epss(db, v->id, &score, &percentile)) {
        name_line(p, "EPSS");
        page_print(p, PLAIN, "%.1f%% to be exploited within 30 days, above %.1f%% of all CVEs\n", score * 100,
                   percentile * 100);
    }
    print_text(p, "SSVC", v->ssvc);
}

static void print_entry(struct page *p, const struct advisory_affected *e)
{
    struct buf b = buf_new((size_t)4 << 20);
    buf_printf(&b, "%.*s/%.*s", STR_ARG(e->ecosystem), STR_ARG(e->name));
    for (size_t i = 0; i < e->n_ranges; i++)
        buf_printf(&b, "%s%.*s", i ? " or " : " ", STR_ARG(db_range_words(p->arena, &e->ranges[i])));
    if (e->n_versions)
        buf_printf(&b, "%s%zu listed versions", e->n_ranges ? " and " : " ", e->n_versions);
    if (e->fix != FIX_UNSTATED && e->fix != FIX_FIXED)
        buf_printf(&b, " (%s)", fix_state_name(e->fix));
    if (e->module.n)
        buf_printf(&b, " module %.*s", STR_ARG(e->module));
    if (e->arch.n)
        buf_printf(&b, " on %.*s", STR_ARG(e->arch));
    db_wrap(p, buf_str(&b), MARGIN + 2);
    buf_free(&b);
}

static void print_more(struct page *p, size_t n, const char *what)
{
    name_line(p, "");
    page_print(p, DIM, "and %zu more %s: --all\n", n, what);
}

static int print_entries(struct page *p, const struct db_options *o, const struct db *db, uint32_t record)
{
    uint32_t *entries;
    size_t n;
    int status = db_record_affected(db, p->arena, record, &entries, &n);
    for (size_t i = 0; i < n && status == 0; i++) {
        struct advisory_affected e;
        if (i == SHOWN && !o->all) {
            print_more(p, n - i, "packages");
            break;
        }
        status = db_affected(db, p->arena, entries[i], &e, &record);
        name_line(p, i ? "" : "affects");
        if (status == 0)
            print_entry(p, &e);
    }
    return status;
}

static void print_references(struct page *p, const struct db_options *o, const struct advisory *v)
{
    for (size_t i = 0; i < v->n_references; i++) {
        if (i == SHOWN && !o->all) {
            print_more(p, v->n_references - i, "references");
            return;
        }
        name_line(p, i ? "" : "references");
        page_cell(p, str_is(v->references[i].kind, "EXPLOIT") ? RED : DIM, v->references[i].kind, 9);
        fputc(' ', p->to);
        db_wrap(p, v->references[i].url, MARGIN + 10);
    }
}

int db_print_record(struct page *p, const struct db_options *o, const struct db *db, uint32_t record,
                    bool prose)
{
    struct advisory v;
    struct db_feed feed = {0};
    int status = db_record(db, p->arena, record, true, &v);
    if (status < 0)
        return status;
    db_feed_at(db, db_record_feed(db, record), &feed);
    page_cell(p, BOLD, v.id, -p->columns);
    page_print(p, DIM, "  %s\n",
               text_clean(p->arena, feed.name, p->utf8).n
                   ? arena_cstr(p->arena, text_clean(p->arena, feed.name, p->utf8))
                   : "");
    print_text(p, "summary", v.summary);
    if (prose)
        print_text(p, "details", v.details);
    print_ids(p, "aliases", v.aliases, v.n_aliases);
    print_ids(p, "upstream", v.upstream, v.n_upstream);
    print_ids(p, "related", v.related, v.n_related);
    print_dates(p, &v);
    for (size_t i = 0; i < v.n_severities; i++)
        print_severity(p, &v.severities[i]);
    print_exploitation(p, db, &v);
    print_ids(p, "weaknesses", v.cwes, v.n_cwes);
    status = print_entries(p, o, db, record);
    print_text(p, "page", v.source_url);
    print_references(p, o, &v);
    return status;
}

static void json_strings(struct json_out *o, const char *name, const struct str *s, size_t n)
{
    if (!n)
        return;
    json_key(o, name);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_out_str(o, s[i]);
    json_end_array(o);
}

static void json_date(struct json_out *o, const char *name, int64_t time)
{
    char text[TIME_TEXT];
    json_member_str(o, name, str_from(time_format(time, text)));
}

static void json_severities(struct json_out *o, const struct advisory_severity *s, size_t n)
{
    if (!n)
        return;
    json_key(o, "severities");
    json_begin_array(o);
    for (size_t i = 0; i < n; i++) {
        struct cvss cvss;
        json_begin_object(o);
        json_member_str(o, "source", s[i].source);
        json_member_str(o, "vector", s[i].vector);
        if (s[i].vector.n && cvss_parse(s[i].vector, &cvss) == 0) {
            json_key(o, "score");
            json_out_double(o, cvss.score, 1);
        }
        json_member_str(o, "rating", s[i].rating);
        json_end_object(o);
    }
    json_end_array(o);
}

static void json_ranges(struct json_out *o, const struct advisory_affected *e)
{
    json_key(o, "ranges");
    json_begin_array(o);
    for (size_t i = 0; i < e->n_ranges; i++) {
        json_begin_object(o);
        json_member_str(o, e->ranges[i].after ? "after" : "introduced", e->ranges[i].introduced);
        json_member_str(o, "fixed", e->ranges[i].fixed);
        json_member_str(o, "lastAffected", e->ranges[i].last_affected);
        json_end_object(o);
    }
    json_end_array(o);
}

static void json_entry(struct json_out *o, const struct advisory_affected *e)
{
    json_begin_object(o);
    json_member_str(o, "ecosystem", e->ecosystem);
    json_member_str(o, "name", e->name);
    json_member_str(o, "scheme", e->scheme);
    json_member_str(o, "module", e->module);
    json_member_str(o, "arch", e->arch);
    json_member_str(o, "qualifier", e->purl_type_qualifier);
    json_member_str(o, "fix", str_from(fix_state_name(e->fix)));
    if (e->binary)
        json_member_bool(o, "binary", true);
    json_ranges(o, e);
    json_strings(o, "versions", e->versions, e->n_versions);
    json_severities(o, e->severities, e->n_severities);
    json_end_object(o);
}

static void json_references(struct json_out *o, const struct advisory *v)
{
    if (!v->n_references)
        return;
    json_key(o, "references");
    json_begin_array(o);
    for (size_t i = 0; i < v->n_references; i++) {
        json_begin_object(o);
        json_member_str(o, "kind", v->references[i].kind);
        json_member_str(o, "url", v->references[i].url);
        json_end_object(o);
    }
    json_end_array(o);
}

static void json_exploitation(struct json_out *o, const struct db *db, const struct advisory *v)
{
    double score, percentile;
    if (v->kev.added != TIME_NONE) {
        json_key(o, "kev");
        json_begin_object(o);
        json_date(o, "added", v->kev.added);
        json_date(o, "due", v->kev.due);
        json_member_bool(o, "ransomware", v->kev.ransomware);
        json_member_str(o, "action", v->kev.action);
        json_end_object(o);
    }
    json_member_str(o, "ssvc", v->ssvc);
    if (db_epss(db, v->id, &score, &percentile)) {
        json_key(o, "epss");
        json_begin_object(o);
        json_key(o, "score");
        json_out_double(o, score, 5);
        json_key(o, "percentile");
        json_out_double(o, percentile, 5);
        json_end_object(o);
    }
}

static int json_entries(struct arena *a, struct json_out *o, const struct db *db, const uint32_t *entries,
                        size_t n)
{
    int status = 0;
    json_key(o, "affected");
    json_begin_array(o);
    for (size_t i = 0; i < n && status == 0; i++) {
        struct advisory_affected e;
        uint32_t record;
        status = db_affected(db, a, entries[i], &e, &record);
        if (status == 0)
            json_entry(o, &e);
        db_flush(o);
    }
    json_end_array(o);
    return status;
}

int db_json_record(struct arena *a, struct json_out *o, const struct db *db, uint32_t record,
                   const uint32_t *entries, size_t n)
{
    struct advisory v;
    struct db_feed feed = {0};
    int status = db_record(db, a, record, true, &v);
    if (status < 0)
        return status;
    db_feed_at(db, db_record_feed(db, record), &feed);
    json_begin_object(o);
    json_member_str(o, "id", v.id);
    json_member_str(o, "feed", feed.name);
    json_member_str(o, "url", v.source_url);
    json_date(o, "published", v.published);
    json_date(o, "modified", v.modified);
    json_date(o, "withdrawn", v.withdrawn);
    json_member_str(o, "summary", v.summary);
    json_member_str(o, "details", v.details);
    json_strings(o, "aliases", v.aliases, v.n_aliases);
    json_strings(o, "upstream", v.upstream, v.n_upstream);
    json_strings(o, "related", v.related, v.n_related);
    json_severities(o, v.severities, v.n_severities);
    json_strings(o, "cwes", v.cwes, v.n_cwes);
    json_exploitation(o, db, &v);
    status = json_entries(a, o, db, entries, n);
    json_references(o, &v);
    json_end_object(o);
    db_flush(o);
    return status;
}
