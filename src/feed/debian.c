/* The Debian security tracker: https://security-tracker.debian.org/tracker/
 *
 * - data/json: by source package and CVE, what holds in each release. Record ids are "DEBIAN:CVE-...", so
 * that they stand beside OSV's DEBIAN-CVE-... of the same publisher, which lack no-dsa and not-affected.
 * - data/DSA/list, data/DLA/list: advisories; data/CVE/list: statements by release. Their syntax is told in
 *   https://security-team.debian.org/security_tracker.html. From CVE/list only what JSON cannot be trusted to
 * carry is taken, under "DEBIAN-LIST:CVE-...".
 */
#include "feed/debian.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "feed/debian_list.h"
#include "feed/feed.h"

const char *const debian_followed[] = {"Debian:11", "Debian:12", "Debian:13", NULL};

const char *debian_release(struct str codename)
{
    static const struct {
        const char *codename, *release;
    } rows[] = {
        {"forky", "Debian:14"},    {"trixie", "Debian:13"}, {"bookworm", "Debian:12"},
        {"bullseye", "Debian:11"}, {"buster", "Debian:10"}, {"stretch", "Debian:9"},
        {"jessie", "Debian:8"},    {"wheezy", "Debian:7"},  {"squeeze", "Debian:6"},
        {"lenny", "Debian:5"},     {"etch", "Debian:4"},    {"sarge", "Debian:3.1"},
        {"woody", "Debian:3.0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_is(codename, rows[i].codename))
            return rows[i].release;
    return NULL;
}

/* ---- data/json ---- */

struct statement {
    struct str cve, package;
    json_val *value;
};
struct statements {
    VEC(struct statement) list;
};

static int by_cve(const void *a, const void *b)
{
    const struct statement *x = a, *y = b;
    int order = str_cmp(x->cve, y->cve);
    return order ? order : str_cmp(x->package, y->package);
}

static enum fix_state open_state(json_val *release, struct str urgency)
{
    struct str reason = json_get_str(release, "nodsa_reason");
    if (str_is(urgency, "end-of-life"))
        return FIX_END_OF_LIFE;
    if (str_is(reason, "ignored"))
        return FIX_IGNORED;
    if (str_is(reason, "postponed"))
        return FIX_POSTPONED;
    return json_get(release, "nodsa") ? FIX_NO_DSA : FIX_UNFIXED;
}

static void read_release(struct feed_batch *b, struct str package, struct str codename, json_val *release)
{
    const char *ecosystem = debian_release(codename);
    struct str status = json_get_str(release, "status"), fixed = json_get_str(release, "fixed_version");
    struct str urgency = json_get_str(release, "urgency");
    bool open = str_is(status, "open");
    if (!ecosystem || (!open && !str_is(status, "resolved"))) /* "undetermined" states nothing */
        return;
    if (!open && !fixed.n) {
        batch_skip(b, "Debian: %.*s of %.*s is resolved without a version", STR_ARG(b->record.id),
                   STR_ARG(package));
        return;
    }
    struct advisory_affected *a = affected_begin(b, str_from(ecosystem), package);
    if (open) {
        a->fix = open_state(release, urgency);
        affected_range(b, (struct advisory_range){.introduced = STR("0")});
    } else if (str_is(fixed, "0")) { /* never was vulnerable in this release */
        a->fix = FIX_NOT_AFFECTED;
    } else {
        a->fix = FIX_FIXED;
        affected_range(b, (struct advisory_range){.introduced = STR("0"), .fixed = fixed});
    }
    while (urgency.n && urgency.p[urgency.n - 1] == '*') /* "low**": given by NVD, not by Debian */
        urgency.n--;
    if (!str_is(urgency, "not yet assigned") && !str_is(urgency, "end-of-life"))
        affected_severity(b, STR("debian"), STR(""), urgency);
    affected_end(b);
}

static void read_cve(struct feed_batch *b, const struct statement *first, size_t n)
{
    struct str cve = first->cve;
    record_begin(b, arena_printf(b->scratch, "DEBIAN:%.*s", STR_ARG(cve)));
    b->record.source_url = batch_str(
        b, arena_printf(b->scratch, "https://security-tracker.debian.org/tracker/%.*s", STR_ARG(cve)));
    if (str_starts(cve, STR("CVE-")))
        record_upstream(b, cve);
    record_prose(b, STR(""), json_get_str(first->value, "description"));
    for (const struct statement *s = first; s < first + n; s++)
        for (json_each_member(codename, release, json_get(s->value, "releases")))
            read_release(b, s->package, json_str(codename), release);
    if (b->affected.n)
        record_end(b);
}

static int read_json(struct feed_batch *b, struct str content)
{
    json_val *root;
    int r = json_parse(b->scratch, content, &root);
    if (r < 0)
        return r;
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "Debian: not an object of source packages");
    struct statements all = {0};
    for (json_each_member(package, cves, root))
        for (json_each_member(cve, value, cves))
            vec_add(&all.list, (struct statement){json_str(cve), json_str(package), value});
    if (all.list.n)
        qsort(all.list.at, all.list.n, sizeof *all.list.at, by_cve);
    for (size_t i = 0, n; i < all.list.n; i += n) {
        for (n = 1; i + n < all.list.n && str_eq(all.list.at[i + n].cve, all.list.at[i].cve); n++)
            ;
        read_cve(b, &all.list.at[i], n);
    }
    vec_free(&all.list);
    return 0;
}

static int debian_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    return str_ends(str_from(file->path), STR("/list")) ? debian_list_read(b, content)
                                                        : read_json(b, content);
}

#define LIST(which)                                                                                          \
    {                                                                                                        \
        .name = "debian/" which, .path = "debian/security-tracker/data/" which "/list",                      \
        .url = "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/" which    \
               "/list",                                                                                      \
        .optional = true                                                                                     \
    }

static const struct feed_file files[] = {
    {.name = "debian/tracker",
     .path = "debian/tracker/data/json.gz",
     .url = "https://security-tracker.debian.org/tracker/data/json"},
    LIST("CVE"),
    LIST("DLA"),
    LIST("DSA"),
    {0},
};

const struct feed feed_debian = {
    .name = "debian",
    .help =
        "Debian security tracker: source packages, unfixed, no-dsa, end of life, not affected; DSA and DLA",
    .licence = "none stated (Debian security tracker)",
    .url = "https://security-tracker.debian.org/",
    .files = files,
    .read = debian_read,
};
