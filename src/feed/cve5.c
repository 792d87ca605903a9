/* CVE records, JSON 5.x: https://cveproject.github.io/cve-schema/. The CNA's container and those of
 * authorised data publishers (ADP); CISA's carries its SSVC decision points, CVSS and CPE names. Identifiers
 * of organisations are UUIDs; CISA-ADP's is kept as it is, as NVD does, others go by their short names. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "feed/cpe.h"
#include "feed/feed.h"

#define CISA_ADP "134c704f-9b21-4f2e-91b3-4a467353bcc0"

static struct str container_source(json_val *container)
{
    json_val *provider = json_get(container, "providerMetadata");
    struct str org = json_get_str(provider, "orgId"), name = json_get_str(provider, "shortName");
    return str_is(org, CISA_ADP) || !name.n ? org : name;
}

/* "exploitation=active;automatable=yes;impact=total", in lower case whatever CISA writes. */
static void read_ssvc(struct feed_batch *b, json_val *content)
{
    static const struct {
        const char *point, *name;
    } points[] = {
        {"Exploitation", "exploitation"}, {"Automatable", "automatable"}, {"Technical Impact", "impact"}};
    _cleanup_(buf_free) struct buf text = buf_new(256);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (json_each(option, json_get(content, "options"))) {
            struct str value = json_get_str(option, points[i].point);
            if (value.n && value.n < 32)
                buf_printf(&text, "%s%s=%.*s", text.n ? ";" : "", points[i].name,
                           STR_ARG(arena_lower(b->scratch, value)));
        }
    if (text.n && !buf_status(&text))
        b->record.ssvc = batch_str(b, buf_str(&text));
}

static void read_metric(struct feed_batch *b, struct str source, json_val *metric)
{
    static const char *const names[] = {"cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        record_severity(b, source, json_get_str(json_get(metric, names[i]), "vectorString"), STR(""));
    json_val *other = json_get(metric, "other");
    if (str_is(json_get_str(other, "type"), "ssvc"))
        read_ssvc(b, json_get(other, "content"));
}

static struct str reference_kind(json_val *tags)
{
    static const struct {
        const char *tag, *kind;
    } rows[] = {{"exploit", "EXPLOIT"},
                {"patch", "FIX"},
                {"vendor-advisory", "ADVISORY"},
                {"third-party-advisory", "ADVISORY"},
                {"issue-tracking", "REPORT"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (json_each(tag, tags))
            if (str_is(json_str(tag), rows[i].tag))
                return str_from(rows[i].kind);
    return STR("WEB");
}

/* One version statement of a product that is named by a CPE. */
static void read_version(struct cpe_matches *m, const struct cpe_match *product, json_val *version)
{
    struct str from = json_get_str(version, "version"), below = json_get_str(version, "lessThan");
    struct str to = json_get_str(version, "lessThanOrEqual");
    bool any = str_is(from, "*") || str_is(from, "0") || str_is(from, "n/a") || str_is(from, "unspecified");
    struct cpe_match c = *product;
    if (!str_is(json_get_str(version, "status"), "affected"))
        return;
    if (str_is(json_get_str(version, "versionType"), "git")) /* commits */
        return;
    if (below.n || to.n) {
        c.version = STR("");
        c.range = (struct advisory_range){.introduced = any ? STR("") : from};
        if (!str_is(below, "*") && !str_is(to, "*"))
            *(below.n ? &c.range.fixed : &c.range.last_affected) = below.n ? below : to;
        vec_add(&m->list, c);
    } else if (!any && from.n) {
        c.version = from;
        vec_add(&m->list, c);
    }
}

/* Vendors and products are free words; only those with CPE names can be told apart. */
static void read_affected(struct arena *a, json_val *affected, struct cpe_matches *m)
{
    for (json_each(product, affected)) {
        struct str done = STR("");
        for (json_each(name, json_get(product, "cpes"))) {
            struct cpe_match c;
            if (!cpe_parse(a, json_str(name), &c))
                continue;
            if (c.version.n) {
                vec_add(&m->list, c);
                continue;
            }
            if (str_eq(done, c.product))
                continue;
            done = c.product;
            for (json_each(version, json_get(product, "versions")))
                read_version(m, &c, version);
        }
    }
}

static void read_container(struct feed_batch *b, json_val *container, struct cpe_matches *m)
{
    struct str source = container_source(container);
    for (json_each(metric, json_get(container, "metrics")))
        read_metric(b, source, metric);
    for (json_each(type, json_get(container, "problemTypes")))
        for (json_each(d, json_get(type, "descriptions")))
            record_cwe(b, json_get_str(d, "cweId"));
    for (json_each(r, json_get(container, "references")))
        record_reference(b, reference_kind(json_get(r, "tags")), json_get_str(r, "url"));
    cpe_read_configurations(b->scratch, json_get(container, "cpeApplicability"), m);
    read_affected(b->scratch, json_get(container, "affected"), m);
}

static struct str english(json_val *descriptions)
{
    for (json_each(d, descriptions))
        if (str_starts(json_get_str(d, "lang"), STR("en")))
            return json_get_str(d, "value");
    return STR("");
}

static int cve5_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    (void)file;
    json_val *root;
    int r = json_parse(b->scratch, content, &root);
    if (r < 0)
        return r;
    json_val *meta = json_get(root, "cveMetadata"), *containers = json_get(root, "containers");
    struct str id = json_get_str(meta, "cveId");
    if (!str_starts(id, STR("CVE-"))) /* the list's own delta.json and the like */
        return 0;
    json_val *cna = json_get(containers, "cna");
    record_begin(b, id);
    b->record.published = time_parse_or_none(json_get_str(meta, "datePublished"));
    b->record.modified = time_parse_or_none(json_get_str(meta, "dateUpdated"));
    if (str_is(json_get_str(meta, "state"), "REJECTED")) {
        int64_t when = time_parse_or_none(json_get_str(meta, "dateRejected"));
        b->record.withdrawn = when != TIME_NONE                 ? when
                              : b->record.modified != TIME_NONE ? b->record.modified
                                                                : 0;
    }
    record_prose(b, json_get_str(cna, "title"), english(json_get(cna, "descriptions")));
    _cleanup_(cpe_matches_free) struct cpe_matches matches = {0};
    read_container(b, cna, &matches);
    for (json_each(adp, json_get(containers, "adp")))
        read_container(b, adp, &matches);
    cpe_add(b, &matches);
    record_end(b);
    return 0;
}

static const struct feed_file files[] = {
    {.name = "cve5",
     .path = "cve5/vulnrichment-cves.tar.zst",
     .url = "https://github.com/cisagov/vulnrichment/archive/refs/heads/develop.tar.gz"},
    {0},
};

const struct feed feed_cve5 = {
    .name = "cve5",
    .help = "CVE records with CISA's SSVC, CVSS and CPE (vulnrichment)",
    .licence = "CC0-1.0, CVE Terms of Use",
    .url = "https://github.com/cisagov/vulnrichment",
    .files = files,
    .archive = true,
    .read = cve5_read,
};
