/* Amazon Linux advisories: the updateinfo.xml that every repository carries for dnf and yum.
 *
 * A repository is found as yum finds it: mirror.list names its base, repodata/repomd.xml below it names
 * updateinfo.xml.gz and its SHA-256. Each architecture has a repository of its own with the same advisories
 * and its own packages; the parts are joined, and a package whose fixed version is the same on all
 * architectures is kept once, without one. A topic of Amazon Linux 2's extras is a repository of its own,
 * with packages named as in core but of other versions: its entries say "repo=amzn2extra-TOPIC", yum's name
 * of it. */
#include <expat.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "feed/feed.h"
#include "feed/xml.h"

enum { PACKAGES_MAX = 50000 };

/* ---- updateinfo.xml ---- */

struct fixed_package {
    struct str name, version, arch;
};

struct update {
    struct feed_batch *b;
    const struct feed_file *file;
    struct buf text;
    struct str id, title, severity, description;
    int64_t issued, updated;
    VEC(struct str) cves;
    VEC(struct str) links;
    VEC(struct fixed_package) packages;
    bool too_many;
};

static void update_cleanup(struct update *u)
{
    buf_free(&u->text);
    vec_free(&u->cves);
    vec_free(&u->links);
    vec_free(&u->packages);
}

static struct str keep(struct update *u, const char *text)
{
    return arena_str(u->b->scratch, str_from(text));
}

static void start_update(struct update *u)
{
    arena_reset(u->b->scratch);
    u->id = u->title = u->severity = u->description = STR("");
    u->issued = u->updated = TIME_NONE;
    u->cves.n = u->links.n = u->packages.n = 0;
}

static void start_reference(struct update *u, const char **attributes)
{
    const char *id = xml_attribute(attributes, "id"), *href = xml_attribute(attributes, "href");
    if (id && !strncmp(id, "CVE-", 4))
        vec_add(&u->cves, keep(u, id));
    if (href && strstr(href, "://"))
        vec_add(&u->links, keep(u, href));
}

static void start_package(struct update *u, const char **attributes)
{
    const char *name = xml_attribute(attributes, "name"), *version = xml_attribute(attributes, "version");
    const char *release = xml_attribute(attributes, "release"), *epoch = xml_attribute(attributes, "epoch");
    const char *arch = xml_attribute(attributes, "arch");
    if (!name || !version || !release || (arch && !strcmp(arch, "src")))
        return;
    if (u->packages.n >= PACKAGES_MAX) {
        u->too_many = true;
        return;
    }
    struct str v = epoch && *epoch && strcmp(epoch, "0")
                       ? arena_printf(u->b->scratch, "%s:%s-%s", epoch, version, release)
                       : arena_printf(u->b->scratch, "%s-%s", version, release);
    vec_add(&u->packages, (struct fixed_package){keep(u, name), v, arch ? keep(u, arch) : STR("")});
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attributes)
{
    struct update *u = ctx;
    const char *date = xml_attribute(attributes, "date");
    u->text.n = 0;
    if (!strcmp(name, "update"))
        start_update(u);
    else if (!strcmp(name, "issued") && date)
        u->issued = time_parse_or_none(str_from(date));
    else if (!strcmp(name, "updated") && date)
        u->updated = time_parse_or_none(str_from(date));
    else if (!strcmp(name, "reference"))
        start_reference(u, attributes);
    else if (!strcmp(name, "package"))
        start_package(u, attributes);
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

static void XMLCALL on_end(void *ctx, const char *name)
{
    struct update *u = ctx;
    struct str text = str_trim(buf_str(&u->text));
    struct str *to = !strcmp(name, "id")            ? &u->id
                     : !strcmp(name, "title")       ? &u->title
                     : !strcmp(name, "severity")    ? &u->severity
                     : !strcmp(name, "description") ? &u->description
                                                    : NULL;
    if (to)
        *to = arena_str(u->b->scratch, text);
    else if (!strcmp(name, "update"))
        end_update(u);
    u->text.n = 0;
}

static void XMLCALL on_text(void *ctx, const char *text, int n)
{
    struct update *u = ctx;
    buf_add(&u->text, text, (size_t)n);
}

static int amazon_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    _cleanup_(update_cleanup) struct update u = {.b = b, .file = file, .text = buf_new(4 << 20)};
    start_update(&u);
    int r = xml_parse(content, on_start, on_end, on_text, &u);
    if (r < 0)
        return r;
    if (buf_status(&u.text) || u.too_many)
        return err_set(ERR_LIMIT, "updateinfo: a text over 4 MiB or an update of more than %d packages",
                       PACKAGES_MAX);
    return 0;
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
    struct buf text;
    bool here; /* inside <data type="updateinfo"> */
    struct str href, sha256;
    bool is_sha256;
};

static void XMLCALL repomd_start(void *ctx, const char *name, const char **attributes)
{
    struct repomd *m = ctx;
    const char *type = xml_attribute(attributes, "type"), *href = xml_attribute(attributes, "href");
    m->text.n = 0;
    if (!strcmp(name, "data"))
        m->here = type && !strcmp(type, "updateinfo");
    else if (!strcmp(name, "checksum"))
        m->is_sha256 = type && !strcmp(type, "sha256");
    else if (!strcmp(name, "location") && m->here && href)
        m->href = arena_str(m->a, str_from(href));
}

static void XMLCALL repomd_end(void *ctx, const char *name)
{
    struct repomd *m = ctx;
    if (!strcmp(name, "checksum") && m->here && m->is_sha256)
        m->sha256 = arena_str(m->a, str_trim(buf_str(&m->text)));
    m->text.n = 0;
}

static void XMLCALL repomd_text(void *ctx, const char *text, int n)
{
    struct repomd *m = ctx;
    buf_add(&m->text, text, (size_t)n);
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

static int next_file(struct arena *a, const struct feed_file *file, struct str below, struct str sha256,
                     struct feed_file *ret_next)
{
    *ret_next = *file;
    ret_next->url = arena_printf(a, CDN "%.*s", STR_ARG(below)).p;
    ret_next->path = arena_printf(a, "amazon/cdn.amazonlinux.com/%.*s", STR_ARG(below)).p;
    ret_next->checksum = sha256.n ? arena_printf(a, "sha256:%.*s", STR_ARG(sha256)).p : NULL;
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
    _cleanup_(buf_free) struct buf text = buf_new(64 << 10);
    struct repomd m = {.a = a, .text = text};
    int r = xml_parse(content, repomd_start, repomd_end, repomd_text, &m);
    text = m.text;
    if (r < 0)
        return err_context(r, "%s", file->path);
    struct str base = str_dirname(str_dirname(str_from(file->path + strlen("amazon/cdn.amazonlinux.com/"))));
    if (!is_plain(m.href))
        return err_set(ERR_MISSING, "%s: no updateinfo in it", file->path);
    return next_file(a, file, arena_printf(a, "%.*s/%.*s", STR_ARG(base), STR_ARG(m.href)), m.sha256,
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
