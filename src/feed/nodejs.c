/* Flaws of Node.js itself, by its security working group:
 * https://github.com/nodejs/security-wg/tree/main/vuln/core
 *
 * "vulnerable" and "patched" are npm ranges joined by "||": "8.x || 6.x" and "^8.1.4 || ^6.11.1". A patched
 * "^8.1.4" fixes the line 8 from 8.1.4 on; a line without one is never fixed. Record ids are
 * NSWG-COR-<number>, as the group numbered them; ecosystem "Node.js", package "node". */
#include "base/err.h"
#include "base/json.h"
#include "feed/feed.h"

enum { PARTS = 3 };

struct release {
    uint64_t part[PARTS];
    size_t n; /* how many are given: 1 for "8.x" */
};

/* "8.1.4", "0.10.x", "10" */
static bool parse_release(struct str s, struct release *ret)
{
    struct release r = {0};
    struct str part;
    while (str_next(&s, '.', &part)) {
        if (str_is(part, "x") || str_is(part, "*"))
            break;
        if (r.n == PARTS || !str_u64(part, &r.part[r.n]) || r.part[r.n] > 1000000)
            return false;
        r.n++;
    }
    *ret = r;
    return r.n > 0;
}

static struct str format(struct feed_batch *b, const struct release *r)
{
    return arena_printf(b->scratch, "%u.%u.%u", (unsigned)r->part[0], (unsigned)r->part[1],
                        (unsigned)r->part[2]);
}

/* The first release past those that begin with the first `n` parts: 9.0.0 after 8 with n = 1. */
static struct release after_line(struct release r, size_t n)
{
    r.part[n - 1]++;
    for (size_t i = n; i < PARTS; i++)
        r.part[i] = 0;
    r.n = PARTS;
    return r;
}

/* What "^" keeps fixed: the first part that is not zero (npm's semver, "Caret Ranges"). */
static size_t caret_parts(const struct release *r)
{
    return r->part[0] ? 1 : r->part[1] ? 2 : 3;
}

static bool in_line(const struct release *patched, const struct release *low, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (patched->part[i] != low->part[i])
            return false;
    return true;
}

static int compare(const struct release *a, const struct release *b)
{
    for (size_t i = 0; i < PARTS; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

/* The patched release of the line [low, high), if "patched" has one. */
static bool find_patch(struct str patched, const struct release *low, const struct release *high,
                       struct release *ret)
{
    struct str item;
    while (patched.n) {
        ptrdiff_t at = str_find_str(patched, STR("||"));
        item = str_trim(str_slice(patched, 0, at < 0 ? patched.n : (size_t)at));
        patched = at < 0 ? STR("") : str_slice(patched, (size_t)at + 2, patched.n);
        while (item.n && strchr("^~>= ", item.p[0]))
            item = str_slice(item, 1, item.n);
        struct release r;
        if (parse_release(item, &r) && compare(&r, low) >= 0 && compare(&r, high) < 0) {
            *ret = r;
            return true;
        }
    }
    return false;
}

/* One alternative of "vulnerable". False when it is in no form known here. */
static bool add_alternative(struct feed_batch *b, struct str text, struct str patched)
{
    struct release low, high, patch;
    struct str from, to;
    bool caret = str_starts(text, STR("^"));
    if (str_starts(text, STR("<="))) { /* "<= 10": to the end of the line 10 */
        if (!parse_release(str_trim(str_slice(text, 2, text.n)), &high))
            return false;
        high = after_line(high, high.n);
        affected_range(b, (struct advisory_range){.introduced = STR("0"), .fixed = format(b, &high)});
        return true;
    }
    if (str_starts(text, STR(">=")) && str_cut(str_slice(text, 2, text.n), '<', &from, &to)) {
        if (!parse_release(str_trim(from), &low) || !parse_release(str_trim(to), &high))
            return false;
    } else {
        if (!parse_release(caret ? str_slice(text, 1, text.n) : text, &low))
            return false;
        high = after_line(low, caret ? caret_parts(&low) : low.n);
    }
    if (find_patch(patched, &low, &high, &patch) && in_line(&patch, &low, low.part[0] ? 1 : 2))
        high = patch;
    affected_range(b, (struct advisory_range){.introduced = format(b, &low), .fixed = format(b, &high)});
    return true;
}

static bool add_ranges(struct feed_batch *b, struct str vulnerable, struct str patched)
{
    while (vulnerable.n) {
        ptrdiff_t at = str_find_str(vulnerable, STR("||"));
        struct str item = str_trim(str_slice(vulnerable, 0, at < 0 ? vulnerable.n : (size_t)at));
        vulnerable = at < 0 ? STR("") : str_slice(vulnerable, (size_t)at + 2, vulnerable.n);
        if (!add_alternative(b, item, patched))
            return false;
    }
    return b->ranges.n > 0;
}

static void read_entry(struct feed_batch *b, struct str number, json_val *entry)
{
    record_begin(b, arena_printf(b->scratch, "NSWG-COR-%.*s", STR_ARG(number)));
    for (json_each(cve, json_get(entry, "cve")))
        record_upstream(b, json_str(cve));
    record_severity(b, STR("nodejs"), STR(""), arena_lower(b->scratch, json_get_str(entry, "severity")));
    record_reference(b, STR("ADVISORY"), json_get_str(entry, "ref"));
    record_prose(b, json_get_str(entry, "description"), json_get_str(entry, "overview"));
    affected_begin(b, STR("Node.js"), STR("node"));
    if (!add_ranges(b, json_get_str(entry, "vulnerable"), json_get_str(entry, "patched"))) {
        batch_skip(b, "Node.js: %.*s: versions '%.*s'", STR_ARG(b->record.id),
                   STR_ARG(json_get_str(entry, "vulnerable")));
        b->ranges.n = 0;
    }
    affected_end(b);
    record_end(b);
}

static int nodejs_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    (void)file;
    json_val *root;
    int r = json_parse(b->scratch, content, &root);
    if (r < 0)
        return r;
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "Node.js: not an object of flaws by number");
    for (json_each_member(number, entry, root))
        read_entry(b, json_str(number), entry);
    return 0;
}

static const struct feed_file files[] = {
    {.name = "nodejs",
     .path = "nodejs/core/index.json",
     .url = "https://raw.githubusercontent.com/nodejs/security-wg/main/vuln/core/index.json"},
    {0},
};

const struct feed feed_nodejs = {
    .name = "nodejs",
    .help = "Node.js itself, by its security working group",
    .licence = "MIT",
    .url = "https://github.com/nodejs/security-wg",
    .files = files,
    .read = nodejs_read,
};
