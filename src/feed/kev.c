/* CISA's catalogue of known exploited vulnerabilities:
 * https://www.cisa.gov/known-exploited-vulnerabilities-catalog */
#include "base/err.h"
#include "base/json.h"
#include "feed/feed.h"

static int kev_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    (void)file;
    json_val *root;
    int r = json_parse(b->scratch, content, &root);
    if (r < 0)
        return r;
    json_val *list = json_get(root, "vulnerabilities");
    if (!yyjson_is_arr(list))
        return err_set(ERR_INVALID, "KEV: no array 'vulnerabilities'");
    b->date = time_parse_or_none(json_get_str(root, "dateReleased"));
    for (json_each(v, list)) {
        struct str id = json_get_str(v, "cveID");
        int64_t added = time_parse_or_none(json_get_str(v, "dateAdded"));
        if (!str_starts(id, STR("CVE-")) || added == TIME_NONE) {
            batch_skip(b, "KEV: an entry without CVE or date: %.*s", STR_ARG(id));
            continue;
        }
        record_begin(b, id);
        b->record.kev = (struct advisory_kev){
            .added = added,
            .due = time_parse_or_none(json_get_str(v, "dueDate")),
            .ransomware = str_is(json_get_str(v, "knownRansomwareCampaignUse"), "Known"),
        };
        if (!b->options.facts_only)
            b->record.kev.action = batch_str(b, json_get_str(v, "requiredAction"));
        record_prose(b, json_get_str(v, "vulnerabilityName"), json_get_str(v, "shortDescription"));
        for (json_each(cwe, json_get(v, "cwes")))
            record_cwe(b, json_str(cwe));
        record_end(b);
    }
    return 0;
}

static const struct feed_file files[] = {
    {.name = "kev",
     .path = "kev/known_exploited_vulnerabilities.json",
     .url = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"},
    {0},
};

const struct feed feed_kev = {
    .name = "kev",
    .help = "CISA: known exploited vulnerabilities",
    .licence = "CC0-1.0",
    .url = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
    .rank = RANK_SIGNAL,
    .files = files,
    .read = kev_read,
};
