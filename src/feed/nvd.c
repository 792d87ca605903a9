/* NVD's yearly JSON 2.0 feeds: https://nvd.nist.gov/vuln/data-feeds, schema
 * https://csrc.nist.gov/schema/nvd/api/2.0/. Each has a .meta file beside it with the SHA-256 of the unpacked
 * JSON. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "feed/cpe.h"
#include "feed/feed.h"
#include "feed/input.h"

static void read_metrics(struct feed_batch *b, json_val *metrics)
{
    /* Of one source the newest version of CVSS comes first. */
    static const char *const names[] = {"cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (json_each(metric, json_get(metrics, names[i])))
            record_severity(b, json_get_str(metric, "source"),
                            json_get_str(json_get(metric, "cvssData"), "vectorString"), STR(""));
}

static struct str reference_kind(json_val *tags)
{
    static const struct {
        const char *tag, *kind;
    } rows[] = {
        {"Exploit", "EXPLOIT"},          {"Patch", "FIX"},
        {"Vendor Advisory", "ADVISORY"}, {"US Government Resource", "ADVISORY"},
        {"Issue Tracking", "REPORT"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (json_each(tag, tags))
            if (str_is(json_str(tag), rows[i].tag))
                return str_from(rows[i].kind);
    return STR("WEB");
}

static struct str english(json_val *descriptions)
{
    for (json_each(d, descriptions))
        if (str_starts(json_get_str(d, "lang"), STR("en")))
            return json_get_str(d, "value");
    return STR("");
}

static void read_cve(struct feed_batch *b, json_val *cve)
{
    struct str id = json_get_str(cve, "id");
    if (!str_starts(id, STR("CVE-"))) {
        batch_skip(b, "NVD: a record without a CVE id");
        return;
    }
    record_begin(b, id);
    b->record.published = time_parse_or_none(json_get_str(cve, "published"));
    b->record.modified = time_parse_or_none(json_get_str(cve, "lastModified"));
    if (str_is(json_get_str(cve, "vulnStatus"), "Rejected"))
        b->record.withdrawn = b->record.modified != TIME_NONE ? b->record.modified : 0;
    record_prose(b, STR(""), english(json_get(cve, "descriptions")));
    read_metrics(b, json_get(cve, "metrics"));
    for (json_each(weakness, json_get(cve, "weaknesses")))
        for (json_each(d, json_get(weakness, "description")))
            record_cwe(b, json_get_str(d, "value"));
    for (json_each(r, json_get(cve, "references")))
        record_reference(b, reference_kind(json_get(r, "tags")), json_get_str(r, "url"));
    _cleanup_(cpe_matches_free) struct cpe_matches matches = {0};
    cpe_read_configurations(b->scratch, json_get(cve, "configurations"), &matches);
    cpe_add(b, &matches);
    record_end(b);
}

static int read_element(void *ctx, struct str element)
{
    struct feed_batch *b = ctx;
    json_val *root;
    arena_reset(b->scratch);
    int r = json_parse(b->scratch, element, &root);
    if (r < 0)
        return r;
    read_cve(b, json_get(root, "cve"));
    return 0;
}

static int nvd_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    (void)file;
    int r = input_elements(content, "vulnerabilities", read_element, b);
    if (r < 0)
        return r;
    /* "timestamp" stands before the array. */
    struct str head = str_slice(content, 0, content.n < 4096 ? content.n : 4096), before, after, date;
    ptrdiff_t at = str_find_str(head, STR("\"timestamp\""));
    if (at >= 0 && str_cut(str_slice(head, (size_t)at + 11, head.n), '"', &before, &after) &&
        str_cut(after, '"', &date, &before))
        b->date = time_parse_or_none(date);
    return 0;
}

#define BASE "https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-"
#define YEAR(year, ...)                                                                                      \
    {                                                                                                        \
        .name = "nvd/" year, .path = "nvd/nvdcve-2.0-" year ".json.gz", .url = BASE year ".json.gz",         \
        .checksum = BASE year ".meta", __VA_ARGS__                                                           \
    }

static const struct feed_file files[] = {
    YEAR("2002"),
    YEAR("2003"),
    YEAR("2004"),
    YEAR("2005"),
    YEAR("2006"),
    YEAR("2007"),
    YEAR("2008"),
    YEAR("2009"),
    YEAR("2010"),
    YEAR("2011"),
    YEAR("2012"),
    YEAR("2013"),
    YEAR("2014"),
    YEAR("2015"),
    YEAR("2016"),
    YEAR("2017"),
    YEAR("2018"),
    YEAR("2019"),
    YEAR("2020"),
    YEAR("2021"),
    YEAR("2022"),
    YEAR("2023"),
    YEAR("2024"),
    YEAR("2025"),
    YEAR("2026"),
    YEAR("2027", .optional = true),
    YEAR("2028", .optional = true),
    {0},
};

const struct feed feed_nvd = {
    .name = "nvd",
    .help = "NVD: CVSS vectors by source, CWE, CPE, references",
    .licence = "public domain (NIST), CVE Terms of Use",
    .url = "https://nvd.nist.gov/vuln/data-feeds",
    .files = files,
    .read = nvd_read,
};
