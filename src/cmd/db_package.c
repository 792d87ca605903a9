/* A package of the database: how a query names it, and its advisories. */
#include "base/err.h"
#include "cmd/db.h"
#include "ecosystem/purl.h"

enum { ID_WIDTH = 24, CVE_WIDTH = 18, SCORE_WIDTH = 5 };

typedef bool match_fn(struct arena *a, const void *query, struct str ecosystem, struct str name);

static bool is_named(struct arena *a, const void *query, struct str ecosystem, struct str name)
{
    (void)a;
    (void)ecosystem;
    return str_ieq(*(const struct str *)query, name);
}

/* "npm/lodash", "Debian:12/openssl", "debian/openssl" for every release. */
static bool is_path(struct arena *a, const void *query, struct str ecosystem, struct str name)
{
    struct str head, tail, base = ecosystem, release;
    (void)a;
    if (!str_cut(*(const struct str *)query, '/', &head, &tail) || !str_ieq(tail, name))
        return false;
    str_cut(ecosystem, ':', &base, &release);
    return str_ieq(head, ecosystem) || str_ieq(head, base);
}

/* Of a purl's distribution ("debian-12") what the ecosystem says of its release. */
static bool same_release(const struct purl *p, struct str ecosystem)
{
    struct str distro = purl_qualifier(p, "distro"), base, release, family, version;
    if (!distro.n || !str_cut(ecosystem, ':', &base, &release))
        return true;
    if (!str_cut(distro, '-', &family, &version))
        return true;
    if (release.n && release.p[0] == 'v')
        release = str_slice(release, 1, release.n);
    return str_starts(version, release) && (version.n == release.n || version.p[release.n] == '.');
}

static bool is_purl(struct arena *a, const void *query, struct str ecosystem, struct str name)
{
    const struct purl *wanted = query;
    struct purl p;
    if (str_find_str(name, wanted->name) < 0 || purl_from_osv(a, ecosystem, name, &p) < 0)
        return false;
    return str_eq(p.type, wanted->type) && str_eq(p.namespace, wanted->namespace) &&
           str_eq(p.name, wanted->name) && same_release(wanted, ecosystem);
}

static void gather(const struct db *db, struct arena *a, match_fn *fits, const void *query,
                   struct db_packages *to)
{
    struct str ecosystem, name;
    struct db_span span;
    for (uint32_t i = 0; db_package_at(db, i, &ecosystem, &name, &span); i++)
        if (fits(a, query, ecosystem, name))
            vec_add(&to->numbers, i);
}

int db_find_packages(const struct db *db, struct arena *a, struct str query, struct db_packages *ret_packages)
{
    struct purl purl;
    if (str_starts(query, STR("pkg:"))) {
        int status = purl_parse(a, query, &purl);
        if (status == 0)
            gather(db, a, is_purl, &purl, ret_packages);
        return status;
    }
    gather(db, a, is_path, &query, ret_packages);
    if (!ret_packages->numbers.n) /* names may hold a slash, too: "@babel/core" */
        gather(db, a, is_named, &query, ret_packages);
    return 0;
}

static struct str first_cve(const struct advisory *v)
{
    for (size_t i = 0; i < v->n_aliases; i++)
        if (str_starts(v->aliases[i], STR("CVE-")))
            return v->aliases[i];
    return v->n_upstream ? v->upstream[0] : STR("");
}

/* The advisory, if it has no score of its own that of the CVE it speaks of. */
static double score_of(const struct db *db, struct arena *a, const struct advisory *v)
{
    double score = db_best_score(v);
    struct advisory cve;
    uint32_t record;
    if (score < 0 && db_record_find(db, first_cve(v), &record) && db_record(db, a, record, false, &cve) == 0)
        score = db_best_score(&cve);
    return score;
}

static void print_entry(struct page *p, const struct db *db, const struct advisory *v,
                        const struct advisory_affected *e)
{
    double score = score_of(db, p->arena, v);
    struct buf b = buf_new((size_t)4 << 20);
    for (size_t i = 0; i < e->n_ranges; i++)
        buf_printf(&b, "%s%.*s", i ? " or " : "", STR_ARG(db_range_words(p->arena, &e->ranges[i])));
    if (e->n_versions)
        buf_printf(&b, "%s%zu listed versions", e->n_ranges ? " and " : "", e->n_versions);
    if (e->fix != FIX_UNSTATED && e->fix != FIX_FIXED)
        buf_printf(&b, " (%s)", fix_state_name(e->fix));
    if (v->withdrawn != TIME_NONE)
        buf_printf(&b, " withdrawn");
    page_blank(p, 2);
    db_cell_whole(p, v->id, ID_WIDTH, 2);
    fputc(' ', p->to);
    page_cell(p, DIM, first_cve(v), CVE_WIDTH);
    struct str score_text = score < 0 ? STR("") : arena_printf(p->arena, "%4.1f", score);
    page_cell(p, score >= 7 ? RED : PLAIN, score_text, SCORE_WIDTH);
    db_wrap(p, buf_str(&b), 2 + ID_WIDTH + 1 + CVE_WIDTH + SCORE_WIDTH);
    buf_free(&b);
}

int db_print_package(struct page *p, const struct db_options *o, const struct db *db, uint32_t package)
{
    struct str ecosystem, name;
    struct db_span span;
    (void)o;
    if (!db_package_at(db, package, &ecosystem, &name, &span))
        return err_set(ERR_INVALID, "no package %u", package);
    page_cell(p, BOLD, arena_printf(p->arena, "%.*s/%.*s", STR_ARG(ecosystem), STR_ARG(name)), -p->columns);
    page_print(p, DIM, "  %u entries\n", span.n);
    for (uint32_t i = span.first; i < span.first + span.n; i++) {
        struct advisory_affected e;
        struct advisory v;
        uint32_t record;
        int status = db_affected(db, p->arena, i, &e, &record);
        if (status == 0)
            status = db_record(db, p->arena, record, false, &v);
        if (status < 0)
            return status;
        print_entry(p, db, &v, &e);
    }
    return 0;
}

int db_json_package(struct arena *a, struct json_out *o, const struct db *db, uint32_t package)
{
    struct str ecosystem, name;
    struct db_span span;
    int status = 0;
    if (!db_package_at(db, package, &ecosystem, &name, &span))
        return err_set(ERR_INVALID, "no package %u", package);
    json_begin_object(o);
    json_member_str(o, "ecosystem", ecosystem);
    json_member_str(o, "name", name);
    json_key(o, "advisories");
    json_begin_array(o);
    for (uint32_t i = span.first; i < span.first + span.n && status == 0; i++) {
        struct advisory_affected e;
        uint32_t record;
        status = db_affected(db, a, i, &e, &record);
        if (status == 0)
            status = db_json_record(a, o, db, record, &i, 1);
    }
    json_end_array(o);
    json_end_object(o);
    return status;
}
