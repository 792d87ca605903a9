/* Group 12 of the reference: the advisory database by CVE. */
#include "api/intelligence.h"
#include "api/page.h"
#include "base/cleanup.h"
#include "base/err.h"

struct search_request {
    json_val *criteria;
    struct str token;
};
static const struct member search_members[] = {
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct search_request, criteria, .required = true)},
    {"nextToken", MEMBER_STRING, MEMBER(struct search_request, token, .max = 1000000)},
    {0}};
struct search_criteria {
    struct str_list ids;
};
static const struct member criteria_members[] = {
    {"vulnerabilityIds", MEMBER_STRINGS,
     MEMBER(struct search_criteria, ids, .required = true, .min = 1, .max = 1,
            .pattern = "^CVE-[12][0-9]{3}-[0-9]{1,10}$")},
    {0}};

static void write_cvss(struct json_out *out, const char *name, const struct cvss_vector *v)
{
    if (!v->vector.n)
        return;
    json_key(out, name);
    json_begin_object(out);
    json_key(out, "baseScore");
    json_out_double(out, v->score, 1);
    json_member_str(out, "scoringVector", v->vector);
    json_end_object(out);
}

static void write_time(struct json_out *out, const char *name, int64_t time)
{
    if (time != TIME_NONE)
        json_member_int(out, name, time);
}

static void write_vulnerability(struct call *c, struct json_out *out, const struct intelligence *i)
{
    json_begin_object(out);
    json_member_str(out, "id", i->id);
    json_member_texts(out, "cwes", &i->cwes);
    intelligence_cisa(out, i);
    json_member_str(out, "source", STR("NVD"));
    json_member_str(out, "description", i->description);
    if (request_characters(i->vendor_severity) <= 64)
        json_member_str(out, "vendorSeverity", i->vendor_severity);
    write_cvss(out, "cvss4", &i->cvss4);
    write_cvss(out, "cvss3", &i->cvss3);
    write_cvss(out, "cvss2", &i->cvss2);
    json_member_texts(out, "relatedVulnerabilities", &i->related);
    write_time(out, "vendorCreatedAt", i->published);
    write_time(out, "vendorUpdatedAt", i->modified);
    json_member_str(out, "sourceUrl",
                    i->source_url.n
                        ? i->source_url
                        : arena_printf(c->arena, "https://nvd.nist.gov/vuln/detail/%.*s", STR_ARG(i->id)));
    json_member_texts(out, "referenceUrls", &i->references);
    json_member_texts(out, "detectionPlatforms", &i->platforms);
    if (i->epss >= 0) {
        json_key(out, "epss");
        json_begin_object(out);
        json_key(out, "score");
        json_out_double(out, i->epss, 5);
        json_end_object(out);
    }
    json_end_object(out);
}

static int write_found(struct call *c, const struct db *db, struct str id, struct json_out *out)
{
    struct intelligence *i = arena_alloc(c->arena, sizeof *i);
    int r = intelligence_read(c->arena, db, id, i);
    if (r == ERR_MISSING) /* nothing found is no error of a search */
        return 0;
    if (r < 0)
        return err_context(ERR_IO, "advisory database");
    write_vulnerability(c, out, i);
    return 0;
}

static int run_search(struct call *c, struct json_out *out)
{
    struct search_request q;
    struct search_criteria criteria;
    struct str place;
    int r = call_read(c, search_members, &q);
    if (r < 0)
        return r;
    if (request_read_at(c->arena, q.criteria, "filterCriteria", criteria_members, &criteria, &c->errors) < 0)
        return call_invalid_fields(c);
    /* One id makes one page: no token is ever given out. */
    if ((r = page_place(c, "vulnerabilities", q.token, &place)) < 0)
        return r;
    json_key(out, "vulnerabilities");
    json_begin_array(out);
    const struct db *db = monitor_db(c->monitor);
    r = write_found(c, db, criteria.ids.at[0], out);
    monitor_db_release(c->monitor, db);
    json_end_array(out);
    return r;
}

static const struct operation operations[] = {
    {"SearchVulnerabilities", "POST", "/vulnerabilities/search", MAY_READ, "AD VA", run_search}, {0}};
const struct operation_group operations_vulnerabilities = {"vulnerabilities", operations};
