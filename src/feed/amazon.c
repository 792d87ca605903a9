/* Amazon Linux advisories: the updateinfo.xml that every repository carries for dnf and yum.
 *
 * A repository is found as yum finds it: mirror.list names its base, repodata/repomd.xml below it names
 * updateinfo.xml.gz and its SHA-256. Each architecture has a repository of its own with the same advisories
 * and its own packages; the parts are joined, and a package whose fixed version is the same on all
 * architectures is kept once, without one. A topic of Amazon Linux 2's extras is a repository of its own,
 * with packages named as in core but of other versions: its entries say "repo=amzn2extra-TOPIC", yum's name
 * of it. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/xml.h"
#include "feed/feed.h"

enum { PACKAGES_MAX = 50000 };

/* ---- updateinfo.xml ---- */

struct fixed_package {
    struct str name, version, arch;
};

struct update {
    struct feed_batch *b;
    const struct feed_file *file;
    struct str id, title, severity, description;
    int64_t issued, updated;
    VEC(struct str) cves;
    VEC(struct str) links;
    VEC(struct fixed_package) packages;
};

static void update_cleanup(struct update *u)
{
    vec_free(&u->cves);
    vec_free(&u->links);
    vec_free(&u->packages);
}

static struct str keep(struct update *u, struct str text)
{
    return arena_str(u->b->scratch, text);
}

static void start_update(struct update *u)
{
    arena_reset(u->b->scratch);
    u->id = u->title = u->severity = u->description = STR("");
    u->issued = u->updated = TIME_NONE;
    u->cves.n = u->links.n = u->packages.n = 0;
}

static void start_reference(struct update *u, const struct xml *x)
{
    struct str id = xml_attribute(x, "id"), href = xml_attribute(x, "href");
    if (str_starts(id, STR("CVE-")))
        vec_add(&u->cves, keep(u, id));
    if (str_find_str(href, STR("://")) > 0)
        vec_add(&u->links, keep(u, href));
}

static int start_package(struct update *u, const struct xml *x)
{
    struct str name = xml_attribute(x, "name"), version = xml_attribute(x, "version");
    struct str release = xml_attribute(x, "release"), epoch = xml_attribute(x, "epoch");
    struct str arch = xml_attribute(x, "arch");
    if (str_is(arch, "src"))
        return 0;
    if (!name.n || !version.n || !release.n)
        return err_set(ERR_INVALID, "updateinfo: %.*s: a package without name or version", STR_ARG(u->id));
    if (u->packages.n >= PACKAGES_MAX)
        return err_set(ERR_LIMIT, "updateinfo: %.*s: more than %d packages", STR_ARG(u->id), PACKAGES_MAX);
    struct str evr = epoch.n && !str_is(epoch, "0")
                         ? arena_printf(u->b->scratch, "%.*s:%.*s-%.*s", STR_ARG(epoch), STR_ARG(version),
                                        STR_ARG(release))
                         : arena_printf(u->b->scratch, "%.*s-%.*s", STR_ARG(version), STR_ARG(release));
    vec_add(&u->packages, (struct fixed_package){keep(u, name), evr, keep(u, arch)});
    return 0;
}

static int on_open(void *ctx, const struct xml *x, struct str path)
{
    struct update *u = ctx;
    struct str name = str_basename(path);
    if (str_is(path, "updates/update"))
        start_update(u);
    else if (str_is(name, "issued"))
        u->issued = time_parse_or_none(xml_attribute(x, "date"));
    else if (str_is(name, "updated"))
        u->updated = time_parse_or_none(xml_attribute(x, "date"));
    else if (str_is(name, "reference"))
        start_reference(u, x);
    else if (str_is(name, "package"))
        return start_package(u, x);
    return 0;
}

/* "Amazon Linux:2" or "Amazon Linux:2023", by the mirror path. */
static struct str ecosystem_of(const struct feed_file *file)
{
    return strstr(file->path, "/al2023/") ? STR("Amazon Linux:2023") : STR("Amazon Linux:2");
}

static struct str repository_of(struct arena *a, const struct feed_file *file)
{
    const char *extras = strstr(file->path, "/2/extras/");
    if (extras) {
        struct str topic, rest;
        if (str_cut(str_from(extras + strlen("/2/extras/")), '/', &topic, &rest))
            return arena_printf(a, "repo=amzn2extra-%.*s", STR_ARG(topic));
    }
    return strstr(file->path, "/kernel-livepatch/") ? STR("repo=kernel-livepatch") : STR("");
}

static void add_packages(struct update *u)
{
    struct feed_batch *b = u->b;
    struct str repository = repository_of(b->scratch, u->file);
    vec_each(p, &u->packages)
    {
        bool known = false;
        for (struct fixed_package *q = u->packages.at; q < p && !known; q++)
            known = str_eq(q->name, p->name) && str_eq(q->version, p->version) && str_eq(q->arch, p->arch);
        if (known)
            continue;
        struct advisory_affected *a = affected_begin(b, ecosystem_of(u->file), p->name);
        a->binary = true;
        a->fix = FIX_FIXED;
        a->arch = str_is(p->arch, "noarch") ? STR("") : batch_str(b, p->arch);
        a->purl_type_qualifier = batch_str(b, repository);
        affected_range(b, (struct advisory_range){.introduced = STR("0"), .fixed = p->version});
        affected_end(b);
    }
}

static void end_update(struct update *u)
{
    struct feed_batch *b = u->b;
    if (!u->id.n) {
        batch_skip(b, "Amazon: an update without an id");
        return;
    }
    record_begin(b, u->id);
    b->record.published = u->issued;
    b->record.modified = u->updated != TIME_NONE ? u->updated : u->issued;
    vec_each(cve, &u->cves) record_upstream(b, *cve);
    vec_each(link, &u->links) record_reference(b, STR("WEB"), *link);
    record_severity(b, STR("amazon"), STR(""), arena_lower(b->scratch, u->severity));
    record_prose(b, u->title, u->description);
    add_packages(u);
    record_end(b);
}

static int on_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    struct update *u = ctx;
    if (str_is(path, "updates/update"))
        end_update(u);
    else if (str_is(path, "updates/update/id"))
        u->id = keep(u, text);
    else if (str_is(path, "updates/update/title"))
        u->title = keep(u, text);
    else if (str_is(path, "updates/update/severity"))
        u->severity = keep(u, text);
    else if (str_is(path, "updates/update/description"))
        u->description = keep(u, text);
    return 0;
}

static int amazon_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    _cleanup_(update_cleanup) struct update u = {.b = b, .file = file};
    start_update(&u);
    return xml_parse(content, str_from(file->name),
                     &(struct xml_handler){.open = on_open, .close = on_close, .ctx = &u});
}

/* ---- one entry for all architectures ---- */

static int by_package(const void *a, const void *b)
{
    const struct advisory_affected *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    if (!order)
        order = str_cmp(x->purl_type_qualifier, y->purl_type_qualifier);
    if (!order)
        order = str_cmp(x->ranges[0].fixed, y->ranges[0].fixed);
    return order ? order : str_cmp(x->arch, y->arch);
}

static bool same_package(const struct advisory_affected *x, const struct advisory_affected *y)
{
    return str_eq(x->name, y->name) && str_eq(x->purl_type_qualifier, y->purl_type_qualifier) &&
           str_eq(x->ranges[0].fixed, y->ranges[0].fixed);
}

static bool has_arch(const struct advisory_affected *a, size_t n, struct str arch)
{
    for (size_t i = 0; i < n; i++)
        if (!a[i].arch.n || str_eq(a[i].arch, arch))
            return true;
    return false;
}

static void amazon_finish(struct feed_batch *b)
{
    vec_each(r, &b->advisories)
    {
        if (!r->n_affected)
            continue;
        struct advisory_affected *all = (struct advisory_affected *)(uintptr_t)r->affected;
        qsort(all, r->n_affected, sizeof *all, by_package);
        size_t to = 0;
        for (size_t i = 0, n; i < r->n_affected; i += n) {
            for (n = 1; i + n < r->n_affected && same_package(&all[i], &all[i + n]); n++)
                ;
            if (has_arch(&all[i], n, STR("x86_64")) && has_arch(&all[i], n, STR("aarch64"))) {
                all[to] = all[i];
                all[to++].arch = STR("");
                continue;
            }
            for (size_t k = 0; k < n; k++)
                all[to++] = all[i + k];
        }
        r->n_affected = to;
    }
}

/* ---- finding updateinfo.xml ---- */

struct repomd {
    struct arena *a;
    bool here, is_sha256; /* inside <data type="updateinfo">, <checksum type="sha256"> */
    struct str href, checksum;
};

static int repomd_open(void *ctx, const struct xml *x, struct str path)
{
    struct repomd *m = ctx;
    if (str_is(path, "repomd/data"))
        m->here = str_is(xml_attribute(x, "type"), "updateinfo");
    else if (str_is(path, "repomd/data/checksum") || str_is(path, "repomd/data/open-checksum"))
        m->is_sha256 = str_is(xml_attribute(x, "type"), "sha256");
    else if (str_is(path, "repomd/data/location") && m->here)
        m->href = arena_str(m->a, xml_attribute(x, "href"));
    return 0;
}

static int repomd_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    struct repomd *m = ctx;
    if (!m->here || !m->is_sha256)
        return 0;
    /* That of the unpacked content also holds for a mirror that compressed it anew, so it goes first. */
    if (str_is(path, "repomd/data/open-checksum"))
        m->checksum = arena_printf(m->a, "unpacked-sha256:%.*s", STR_ARG(text));
    else if (str_is(path, "repomd/data/checksum") && !m->checksum.n)
        m->checksum = arena_printf(m->a, "sha256:%.*s", STR_ARG(text));
    return 0;
}

/* What comes from the network becomes part of a path and of a URL: plain characters, and no "..". */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !strchr("-_./+~", s.p[i]))
            return false;
    return s.n && s.p[0] != '/' && str_find_str(s, STR("..")) < 0 && s.n < 512;
}

#define CDN "https://cdn.amazonlinux.com/"

static int next_file(struct arena *a, const struct feed_file *file, struct str below, struct str checksum,
                     struct feed_file *ret_next)
{
    *ret_next = *file;
    ret_next->url = arena_printf(a, CDN "%.*s", STR_ARG(below)).p;
    ret_next->path = arena_printf(a, "amazon/cdn.amazonlinux.com/%.*s", STR_ARG(below)).p;
    ret_next->checksum = checksum.n ? checksum.p : NULL;
    return 1;
}

static int follow_mirror_list(struct arena *a, const struct feed_file *file, struct str content,
                              struct feed_file *ret_next)
{
    struct str line, below;
    while (str_next(&content, '\n', &line)) {
        line = str_trim(line);
        if (!str_starts(line, STR(CDN)))
            continue;
        below = str_slice(line, strlen(CDN), line.n);
        while (below.n && below.p[below.n - 1] == '/')
            below.n--;
        if (is_plain(below))
            return next_file(a, file, arena_printf(a, "%.*s/repodata/repomd.xml", STR_ARG(below)), STR(""),
                             ret_next);
    }
    return err_set(ERR_INVALID, "%s: no mirror at " CDN " in it", file->path);
}

static int follow_repomd(struct arena *a, const struct feed_file *file, struct str content,
                         struct feed_file *ret_next)
{
    struct repomd m = {.a = a};
    int r = xml_parse(content, str_from(file->path),
                      &(struct xml_handler){.open = repomd_open, .close = repomd_close, .ctx = &m});
    if (r < 0)
        return r;
    struct str base = str_dirname(str_dirname(str_from(file->path + strlen("amazon/cdn.amazonlinux.com/"))));
    if (!is_plain(m.href))
        return err_set(ERR_MISSING, "%s: no updateinfo in it", file->path);
    return next_file(a, file, arena_printf(a, "%.*s/%.*s", STR_ARG(base), STR_ARG(m.href)), m.checksum,
                     ret_next);
}

static int amazon_follow(struct arena *a, const struct feed_file *file, struct str content,
                         struct feed_file *ret_next)
{
    struct str path = str_from(file->path);
    if (str_ends(path, STR("/mirror.list")))
        return follow_mirror_list(a, file, content, ret_next);
    return str_ends(path, STR("/repomd.xml")) ? follow_repomd(a, file, content, ret_next) : 0;
}

#define REPOSITORY(label, directory, arch, ...)                                                              \
    {                                                                                                        \
        .name = "amazon/" label "/" arch,                                                                    \
        .path = "amazon/cdn.amazonlinux.com/" directory "/" arch "/mirror.list",                             \
        .url = CDN directory "/" arch "/mirror.list", __VA_ARGS__                                            \
    }
#define EXTRA(topic)                                                                                         \
    REPOSITORY("2/extras/" topic, "2/extras/" topic "/latest", "x86_64", .optional = true),                  \
        REPOSITORY("2/extras/" topic, "2/extras/" topic "/latest", "aarch64", .optional = true)

static const struct feed_file files[] = {
    REPOSITORY("2/core", "2/core/latest", "x86_64"),
    REPOSITORY("2/core", "2/core/latest", "aarch64"),
    REPOSITORY("2023/core", "al2023/core/mirrors/latest", "x86_64"),
    REPOSITORY("2023/core", "al2023/core/mirrors/latest", "aarch64"),
    REPOSITORY("2023/kernel-livepatch", "al2023/kernel-livepatch/mirrors/latest", "x86_64", .optional = true),
    REPOSITORY("2023/kernel-livepatch", "al2023/kernel-livepatch/mirrors/latest", "aarch64",
               .optional = true),
    EXTRA("BCC"),
    EXTRA("GraphicsMagick1.3"),
    EXTRA("R3.4"),
    EXTRA("R4"),
    EXTRA("ansible2"),
    EXTRA("aws-nitro-enclaves-cli"),
    EXTRA("awscli1"),
    EXTRA("collectd"),
    EXTRA("collectd-python3"),
    EXTRA("corretto8"),
    EXTRA("dnsmasq"),
    EXTRA("dnsmasq2.85"),
    EXTRA("docker"),
    EXTRA("dovecot"),
    EXTRA("ecs"),
    EXTRA("emacs"),
    EXTRA("epel"),
    EXTRA("firefox"),
    EXTRA("gimp"),
    EXTRA("golang1.11"),
    EXTRA("golang1.19"),
    EXTRA("golang1.9"),
    EXTRA("haproxy2"),
    EXTRA("httpd_modules"),
    EXTRA("java-openjdk11"),
    EXTRA("kernel-5.10"),
    EXTRA("kernel-5.15"),
    EXTRA("kernel-5.4"),
    EXTRA("kernel-ng"),
    EXTRA("libreoffice"),
    EXTRA("livepatch"),
    EXTRA("lustre"),
    EXTRA("lustre2.10"),
    EXTRA("lynis"),
    EXTRA("mariadb10.5"),
    EXTRA("mate-desktop1.x"),
    EXTRA("memcached1.5"),
    EXTRA("mock"),
    EXTRA("mock2"),
    EXTRA("mono"),
    EXTRA("nano"),
    EXTRA("nginx1"),
    EXTRA("nginx1.12"),
    EXTRA("php7.1"),
    EXTRA("php7.2"),
    EXTRA("php7.3"),
    EXTRA("php7.4"),
    EXTRA("php8.0"),
    EXTRA("php8.1"),
    EXTRA("php8.2"),
    EXTRA("postgresql10"),
    EXTRA("postgresql11"),
    EXTRA("postgresql12"),
    EXTRA("postgresql13"),
    EXTRA("postgresql14"),
    EXTRA("postgresql9.6"),
    EXTRA("python3"),
    EXTRA("python3.8"),
    EXTRA("redis4.0"),
    EXTRA("redis6"),
    EXTRA("ruby2.4"),
    EXTRA("ruby2.6"),
    EXTRA("ruby3.0"),
    EXTRA("rust1"),
    EXTRA("selinux-ng"),
    EXTRA("squid4"),
    EXTRA("testing"),
    EXTRA("tomcat8.5"),
    EXTRA("tomcat9"),
    EXTRA("unbound1.13"),
    EXTRA("unbound1.17"),
    EXTRA("vim"),
    {0},
};

const struct feed feed_amazon = {
    .name = "amazon",
    .help = "Amazon Linux 2 (core, extras, livepatch) and 2023: ALAS",
    .licence = "none stated (Amazon Linux Security Center)",
    .url = "https://alas.aws.amazon.com/",
    .files = files,
    .join = true,
    .read = amazon_read,
    .follow = amazon_follow,
    .finish = amazon_finish,
};
