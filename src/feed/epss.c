/* EPSS scores of all CVEs, daily: https://www.first.org/epss/data_stats. A first line
 * "#model_version:...,score_date:..." (absent before 2022), a header, then "CVE,epss,percentile". */
#include <stdlib.h>

#include "base/err.h"
#include "feed/feed.h"

/* "0.03351", at most a dozen digits: without locale. */
static bool probability(struct str s, double *ret)
{
    char text[32], *end;
    if (!s.n || s.n >= sizeof text)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && !strchr(".eE-+", s.p[i]))
            return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    double value = strtod(text, &end);
    if (*end || !(value >= 0 && value <= 1))
        return false;
    *ret = value;
    return true;
}

static void read_model_line(struct feed_batch *b, struct str line)
{
    struct str part;
    while (str_next(&line, ',', &part)) {
        struct str name, value;
        if (!str_cut(part, ':', &name, &value) || !str_is(name, "score_date"))
            continue;
        /* "2026-08-16T00:00:00+0000": RFC 3339 wants a colon in the offset, and the day is what counts */
        b->date = time_parse_or_none(str_slice(value, 0, value.n < 10 ? value.n : 10));
    }
}

static int epss_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    (void)file;
    struct str line;
    bool header = false;
    while (str_next(&content, '\n', &line)) {
        line = str_trim(line);
        if (!line.n)
            continue;
        if (line.p[0] == '#') {
            read_model_line(b, str_slice(line, 1, line.n));
            continue;
        }
        if (!header) {
            if (!str_starts(line, STR("cve,epss")))
                return err_set(ERR_INVALID, "EPSS: the header is '%.*s'",
                               STR_ARG(str_slice(line, 0, line.n < 60 ? line.n : 60)));
            header = true;
            continue;
        }
        struct str cve, score, percentile = STR("");
        double p, q = 0;
        bool two = str_cut(line, ',', &cve, &score) && (str_cut(score, ',', &score, &percentile), true);
        if (!two || !str_starts(cve, STR("CVE-")) || !probability(score, &p) ||
            (percentile.n && !probability(percentile, &q))) {
            batch_skip(b, "EPSS: '%.*s'", STR_ARG(str_slice(line, 0, line.n < 60 ? line.n : 60)));
            continue;
        }
        batch_add_epss(b, cve, p, q);
    }
    return header ? 0 : err_set(ERR_INVALID, "EPSS: no header");
}

static const struct feed_file files[] = {
    {.name = "epss",
     .path = "epss/epss_scores-current.csv.gz",
     .url = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"},
    {0},
};

const struct feed feed_epss = {
    .name = "epss",
    .help = "FIRST.org: probability that a CVE is exploited within 30 days",
    .licence = "EPSS, FIRST.org: free use with attribution",
    .url = "https://www.first.org/epss/",
    .rank = RANK_SIGNAL,
    .files = files,
    .read = epss_read,
};
