/* OSV records: one JSON object a vulnerability, all of an ecosystem in one zip
 * (https://ossf.github.io/osv-schema/).
 *
 * GIT ranges are left out: they name commits, not versions. `limit` events only narrow GIT-like branches; a
 * version at or past the limit is not affected, so a limit ends an open interval. Events come in any order;
 * the schema says to sort them by version before use, which intervals_add() does. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/purl.h"
#include "feed/feed.h"
#include "feed/name.h"
#include "version/version.h"

enum { EVENTS_MAX = 20000 };

/* ---- who says so ---- */

/* The publisher by the prefix of its ids. */
static struct str publisher(struct str id)
{
    static const struct {
        struct str prefix, name;
    } rows[] = {
        {STR("DEBIAN-"), STR("debian")},  {STR("DSA-"), STR("debian")},     {STR("DLA-"), STR("debian")},
        {STR("DTSA-"), STR("debian")},    {STR("UBUNTU-"), STR("ubuntu")},  {STR("USN-"), STR("ubuntu")},
        {STR("ALSA-"), STR("almalinux")}, {STR("ALBA-"), STR("almalinux")}, {STR("ALEA-"), STR("almalinux")},
        {STR("ALPINE-"), STR("alpine")},  {STR("BIT-"), STR("bitnami")},    {STR("GLAD-"), STR("gitlab")},
        {STR("RLSA-"), STR("rocky")},     {STR("RXSA-"), STR("rocky")},     {STR("RHSA-"), STR("redhat")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_starts(id, rows[i].prefix))
            return rows[i].name;
    struct str head, tail;
    return str_cut(id, '-', &head, &tail) ? head : id;
}

typedef void add_severity(struct feed_batch *b, struct str source, struct str vector, struct str rating);

static void read_severity(struct feed_batch *b, json_val *list, struct str source, add_severity *add)
{
    for (json_each(item, list)) {
        struct str type = json_get_str(item, "type"), score = json_get_str(item, "score");
        if (str_starts(type, STR("CVSS_V")))
            add(b, source, score, STR(""));
        else /* "Ubuntu": a word */
            add(b, source, STR(""), arena_lower(b->scratch, score));
    }
}

static void add_rating(struct feed_batch *b, struct str source, struct str rating, add_severity *add)
{
    if (rating.n)
        add(b, source, STR(""), arena_lower(b->scratch, rating));
}

/* ---- events to intervals ---- */

enum event_kind { INTRODUCED, FIXED, LAST_AFFECTED, LIMIT };

struct event {
    enum event_kind kind;
    struct str version;
};
struct events {
    VEC(struct event) list;
};

static void events_free(struct events *e)
{
    vec_free(&e->list);
}

/* Whether `a` comes before `b`; "0" is before everything. What does not compare keeps its place. */
static bool event_before(const struct version_scheme *scheme, const struct event *a, const struct event *b)
{
    bool a_zero = str_is(a->version, "0"), b_zero = str_is(b->version, "0");
    if (a_zero || b_zero)
        return a_zero && !b_zero;
    int order;
    return scheme && version_compare(scheme, a->version, b->version, &order) == 0 && order < 0;
}

/* Insertion sort: stable, and the lists are short or sorted already. */
static void events_sort(struct events *e, const struct version_scheme *scheme)
{
    for (size_t i = 1; i < e->list.n; i++) {
        struct event moving = e->list.at[i];
        size_t at = i;
        for (; at && event_before(scheme, &moving, &e->list.at[at - 1]); at--)
            e->list.at[at] = e->list.at[at - 1];
        e->list.at[at] = moving;
    }
}

static int read_events(json_val *range, struct events *e)
{
    static const struct {
        const char *name;
        enum event_kind kind;
    } kinds[] = {
        {"introduced", INTRODUCED}, {"fixed", FIXED}, {"last_affected", LAST_AFFECTED}, {"limit", LIMIT}};
    for (json_each(item, json_get(range, "events"))) {
        if (e->list.n >= EVENTS_MAX)
            return err_set(ERR_LIMIT, "OSV: more than %d events in a range", EVENTS_MAX);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            struct str version = json_get_str(item, kinds[i].name);
            if (version.n && !(kinds[i].kind == LIMIT && str_is(version, "*")))
                vec_add(&e->list, (struct event){kinds[i].kind, version});
        }
    }
    return 0;
}

/* GHSA's "<= 1.2.3" or "< 1.2.3" beside a range that has no end. "= 1.2.3" too. */
static void close_with_known(struct advisory_range *range, struct str known)
{
    struct str version = known;
    bool inclusive = true;
    if (str_starts(known, STR("<=")))
        version = str_slice(known, 2, known.n);
    else if (str_starts(known, STR("<")))
        version = str_slice(known, 1, known.n), inclusive = false;
    else if (str_starts(known, STR("=")))
        version = str_slice(known, 1, known.n);
    else
        return;
    version = str_trim(version);
    if (!version.n || str_find(version, ',') >= 0)
        return;
    *(inclusive ? &range->last_affected : &range->fixed) = version;
}

/* The schema leaves open which of a start and an end at one version comes first: the one that changes
 * something, so that neither an interval is lost nor one begun that nothing ends. */
static void settle_tie(struct events *e, size_t at, bool open)
{
    struct event *first = &e->list.at[at], second;
    if (at + 1 == e->list.n || !str_eq(first[0].version, first[1].version) ||
        (first[0].kind == INTRODUCED) != open || (first[1].kind == INTRODUCED) == open)
        return;
    second = first[1];
    first[1] = first[0];
    first[0] = second;
}

/* The evaluation of the schema ("Evaluation"): events in version order switch "affected" on and off. */
static void intervals_add(struct feed_batch *b, struct events *e, struct str known)
{
    struct advisory_range range = {0};
    bool open = false;
    vec_each(event, &e->list)
    {
        settle_tie(e, (size_t)(event - e->list.at), open);
        if (event->kind == INTRODUCED) {
            if (!open)
                range = (struct advisory_range){.introduced = event->version};
            open = true;
        } else if (open) {
            *(event->kind == LAST_AFFECTED ? &range.last_affected : &range.fixed) = event->version;
            affected_range(b, range);
            open = false;
        }
    }
    if (open) {
        close_with_known(&range, known);
        affected_range(b, range);
    }
}

/* ---- affected packages ---- */

/* Debian and Ubuntu state what became of a fix beside the ranges. */
static enum fix_state stated_fix(struct str status, struct str urgency)
{
    static const struct {
        const char *word;
        enum fix_state state;
    } rows[] = {
        {"released", FIX_FIXED},   {"needed", FIX_UNFIXED},
        {"pending", FIX_UNFIXED},  {"active", FIX_UNFIXED},
        {"deferred", FIX_UNFIXED}, {"needs-triage", FIX_UNFIXED},
        {"ignored", FIX_IGNORED},  {"end-of-life", FIX_END_OF_LIFE},
        {"open", FIX_UNFIXED},     {"not-affected", FIX_NOT_AFFECTED},
        {"no-dsa", FIX_NO_DSA},    {"postponed", FIX_POSTPONED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_is(status, rows[i].word))
            return rows[i].state;
    return str_is(urgency, "end-of-life") ? FIX_END_OF_LIFE : FIX_UNSTATED;
}

struct package {
    struct str ecosystem, name, module;
    struct str source; /* the publisher */
    json_val *entry;   /* the element of affected[] */
};

static void begin(struct feed_batch *b, const struct package *p, struct str scheme)
{
    struct advisory_affected *a = affected_begin(b, p->ecosystem, p->name);
    json_val *specific = json_get(p->entry, "ecosystem_specific"),
             *database = json_get(p->entry, "database_specific");
    struct str urgency = json_get_str(specific, "urgency");
    a->scheme = scheme;
    a->module = batch_str(b, p->module);
    a->binary = ecosystem_is_binary(p->ecosystem);
    a->fix = stated_fix(json_get_str(specific, "status"), urgency);
    read_severity(b, json_get(p->entry, "severity"), p->source, affected_severity);
    if (urgency.n && !str_is(urgency, "not yet assigned") && !str_is(urgency, "end-of-life"))
        add_rating(b, p->source, urgency, affected_severity);
    add_rating(b, p->source, json_get_str(specific, "severity"), affected_severity);
    add_rating(b, p->source, json_get_str(database, "severity"), affected_severity);
    add_rating(b, p->source, json_get_str(database, "informational"), affected_severity); /* RustSec */
}

/* All ranges of one type make one entry, because an entry has one version scheme. */
static int read_ranges(struct feed_batch *b, const struct package *p, const char *type, bool *ret_any)
{
    bool semver = !strcmp(type, "SEMVER"), any = false;
    const struct version_scheme *scheme =
        version_scheme_find(semver ? STR("semver") : ecosystem_scheme(p->ecosystem));
    struct str known =
        json_get_str(json_get(p->entry, "database_specific"), "last_known_affected_version_range");
    for (json_each(range, json_get(p->entry, "ranges"))) {
        if (!str_is(json_get_str(range, "type"), type))
            continue;
        _cleanup_(events_free) struct events e = {0};
        int r = read_events(range, &e);
        if (r < 0)
            return r;
        events_sort(&e, scheme);
        if (!any)
            begin(b, p, semver ? STR("semver") : STR(""));
        any = true;
        intervals_add(b, &e, known);
    }
    *ret_any = any;
    return 0;
}

static void read_versions(struct feed_batch *b, const struct package *p)
{
    for (json_each(version, json_get(p->entry, "versions")))
        affected_version(b, json_str(version));
}

/* A record without ranges and versions states nothing that could be judged; the entry is kept, empty, and
 * matches nothing. */
static int read_affected(struct feed_batch *b, const struct package *p)
{
    bool semver, ecosystem;
    int r = read_ranges(b, p, "ECOSYSTEM", &ecosystem);
    if (r < 0)
        return r;
    if (ecosystem) {
        read_versions(b, p);
        affected_end(b);
    }
    r = read_ranges(b, p, "SEMVER", &semver);
    if (r < 0)
        return r;
    if (!semver && !ecosystem)
        begin(b, p, STR(""));
    if (!ecosystem)
        read_versions(b, p);
    if (semver || !ecosystem)
        affected_end(b);
    return 0;
}

/* ---- binary packages ---- */

/* The ecosystem of the release to which a record's belongs: what Ubuntu Pro brings is of the same sources,
 * but for variants with kernels and packages of their own (FIPS, Realtime). Empty for those. */
static struct str release_of(struct arena *a, struct str ecosystem)
{
    static const struct str pro = STR("Ubuntu:Pro:");
    if (!str_starts(ecosystem, pro))
        return str_starts(ecosystem, STR("Ubuntu:")) ? ecosystem : (struct str){NULL, 0};
    struct str release = str_slice(ecosystem, pro.n, ecosystem.n);
    return release.n && is_digit(release.p[0]) ? arena_printf(a, "Ubuntu:%.*s", STR_ARG(release))
                                               : (struct str){NULL, 0};
}

/* Ubuntu's records name the binaries of the build that the purl is of, and do so for each flaw again. */
static void read_binaries(struct feed_batch *b, const struct package *p)
{
    json_val *binaries = json_get(json_get(p->entry, "ecosystem_specific"), "binaries");
    struct str ecosystem = release_of(b->scratch, p->ecosystem);
    struct str text = json_get_str(json_get(p->entry, "package"), "purl");
    struct purl purl;
    if (!ecosystem.n || !binaries || !text.n)
        return;
    struct str key = arena_printf(b->scratch, "%.*s %.*s", STR_ARG(ecosystem), STR_ARG(text));
    if (map_get(&b->source_keys, key) || purl_parse(b->scratch, text, &purl) < 0 || !purl.version.n)
        return;
    map_set(&b->source_keys, arena_str(b->arena, key), b);
    for (json_each(binary, binaries)) {
        struct str name = json_get_str(binary, "binary_name");
        if (!str_ends(name, STR("-di"))) /* of the installer, where no other package is */
            batch_add_source(b, ecosystem, name, json_get_str(binary, "binary_version"), p->name,
                             purl.version);
    }
}

/* AlmaLinux and Rocky name the module streams in the title only: "Important: nodejs:18 security update",
 * "Moderate: virt:rhel and virt-devel:rhel security update". They belong to those packages whose release says
 * that they were built in a module: ".module_el8.5.0+..." of AlmaLinux, ".module+el8.5.0+..." of Rocky and
 * Red Hat. */
static struct str title_modules(struct arena *a, struct str title)
{
    struct str rest = title, word, all = STR("");
    while (str_next(&rest, ' ', &word)) {
        struct str name, stream;
        while (word.n && word.p[word.n - 1] == ',')
            word.n--;
        if (str_cut(word, ':', &name, &stream) && name.n && stream.n)
            all = all.n ? arena_printf(a, "%.*s %.*s", STR_ARG(all), STR_ARG(word)) : word;
    }
    return all;
}

static bool is_modular(json_val *entry)
{
    for (json_each(range, json_get(entry, "ranges")))
        for (json_each(event, json_get(range, "events")))
            if (str_find_str(json_get_str(event, "fixed"), STR(".module")) >= 0)
                return true;
    return false;
}

/* ---- the record ---- */

static void read_ids(struct feed_batch *b, json_val *root)
{
    for (json_each(id, json_get(root, "aliases")))
        record_alias(b, json_str(id));
    for (json_each(id, json_get(root, "upstream")))
        record_upstream(b, json_str(id));
    /* An rpm erratum names the CVEs it fixes as `related`; they are what it speaks of. */
    bool erratum = json_get(root, "affected") && !b->aliases.n && !b->upstream.n &&
                   (str_starts(b->record.id, STR("AL")) || str_starts(b->record.id, STR("RLSA-")) ||
                    str_starts(b->record.id, STR("DSA-")) || str_starts(b->record.id, STR("DLA-")));
    for (json_each(id, json_get(root, "related"))) {
        if (erratum && str_starts(json_str(id), STR("CVE-")))
            record_upstream(b, json_str(id));
        else
            record_related(b, json_str(id));
    }
}

static void read_about(struct feed_batch *b, json_val *root, struct str source)
{
    json_val *database = json_get(root, "database_specific");
    struct advisory *r = &b->record;
    r->published = time_parse_or_none(json_get_str(root, "published"));
    r->modified = time_parse_or_none(json_get_str(root, "modified"));
    r->withdrawn = time_parse_or_none(json_get_str(root, "withdrawn"));
    r->source_url = batch_str(b, json_get_str(database, "url"));
    read_severity(b, json_get(root, "severity"), source, record_severity);
    add_rating(b, source, json_get_str(database, "severity"), record_severity);
    add_rating(b, source, json_get_str(database, "ubuntu_priority"), record_severity);
    for (json_each(cwe, json_get(database, "cwe_ids")))
        record_cwe(b, json_str(cwe));
    for (json_each(cwe, json_get(database, "cwes"))) /* OpenSSF malicious-packages: objects */
        record_cwe(b, json_get_str(cwe, "cweId"));
    for (json_each(reference, json_get(root, "references")))
        record_reference(b, json_get_str(reference, "type"), json_get_str(reference, "url"));
    record_prose(b, json_get_str(root, "summary"), json_get_str(root, "details"));
}

static int osv_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    (void)file;
    json_val *root;
    int r = json_parse(b->scratch, content, &root);
    if (r < 0)
        return r;
    struct str id = json_get_str(root, "id");
    if (!id.n) {
        batch_skip(b, "an OSV record without an id");
        return 0;
    }
    struct str source = publisher(id), module = title_modules(b->scratch, json_get_str(root, "summary"));
    record_begin(b, id);
    read_ids(b, root);
    read_about(b, root, source);
    for (json_each(entry, json_get(root, "affected"))) {
        json_val *package = json_get(entry, "package");
        struct str ecosystem = ecosystem_normal(b->scratch, json_get_str(package, "ecosystem"));
        struct package p = {.ecosystem = ecosystem, .source = source, .entry = entry};
        p.name = name_normal(b->scratch, ecosystem, json_get_str(package, "name"));
        if (!ecosystem.n || !p.name.n) /* GIT only: repository and commits */
            continue;
        if (is_modular(entry))
            p.module = module;
        for (json_each(cwe, json_get(json_get(entry, "database_specific"), "cwes")))
            record_cwe(b, json_get_str(cwe, "cweId"));
        r = read_affected(b, &p);
        if (r < 0)
            return r;
        read_binaries(b, &p);
    }
    record_end(b);
    return 0;
}

#define BUCKET "https://osv-vulnerabilities.storage.googleapis.com/"
#define OSV(directory, url_name, ...)                                                                        \
    {                                                                                                        \
        .name = "osv/" directory, .path = "osv/" directory "/all.zip", .url = BUCKET url_name "/all.zip",    \
        __VA_ARGS__                                                                                          \
    }
#define GITLAB(directory)                                                                                    \
    {                                                                                                        \
        .name = "osv-gitlab/" directory, .path = "osv-gitlab/" directory "/all.zip", .licence = "MIT",       \
        .optional = true                                                                                     \
    }

static const struct feed_file files[] = {
    OSV("AlmaLinux", "AlmaLinux", .licence = "MIT"),
    OSV("Alpine", "Alpine", .licence = "CC-BY-SA-4.0"),
    OSV("Azure Linux", "Azure%20Linux", .licence = "MIT", .optional = true),
    OSV("Bitnami", "Bitnami", .licence = "Apache-2.0"),
    OSV("CRAN", "CRAN", .licence = "Apache-2.0", .optional = true),
    OSV("Chainguard", "Chainguard", .licence = "none stated", .optional = true),
    OSV("ConanCenter", "ConanCenter", .licence = "MIT", .optional = true),
    OSV("Debian", "Debian", .licence = "none stated (Debian security tracker)"),
    OSV("Echo", "Echo", .licence = "none stated", .optional = true),
    OSV("GitHub Actions", "GitHub%20Actions", .optional = true),
    OSV("Go", "Go"),
    OSV("Hex", "Hex", .optional = true),
    OSV("Maven", "Maven"),
    OSV("MinimOS", "MinimOS", .licence = "none stated", .optional = true),
    OSV("NuGet", "NuGet"),
    OSV("Packagist", "Packagist"),
    OSV("Pub", "Pub", .optional = true),
    OSV("PyPI", "PyPI"),
    OSV("Red Hat", "Red%20Hat", .optional = true),
    OSV("Rocky Linux", "Rocky%20Linux", .optional = true),
    OSV("RubyGems", "RubyGems"),
    OSV("SUSE", "SUSE", .optional = true),
    OSV("SwiftURL", "SwiftURL", .optional = true),
    OSV("Ubuntu", "Ubuntu", .licence = "CC-BY-SA-4.0"),
    OSV("Wolfi", "Wolfi", .licence = "none stated", .optional = true),
    OSV("crates.io", "crates.io", .licence = "CC0-1.0 AND CC-BY-4.0"),
    OSV("npm", "npm", .licence = "CC-BY-4.0 AND Apache-2.0"),
    OSV("openSUSE", "openSUSE", .optional = true),
    GITLAB("Go"),
    GITLAB("Maven"),
    GITLAB("PyPI"),
    GITLAB("npm"),
    {0},
};

const struct feed feed_osv = {
    .name = "osv",
    .help = "OSV.dev: GitHub, PyPA, RustSec, Go, Ubuntu, Debian, AlmaLinux, Bitnami, ...",
    .licence = "CC-BY-4.0",
    .url = "https://osv.dev/",
    .files = files,
    .archive = true,
    .read = osv_read,
};
