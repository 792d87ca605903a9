/* A package of an SBOM from its package-url. The qualifiers that distributions need (distro, upstream, epoch,
 * rpmmod) are read as Syft, Trivy and this program write them. */
#include "ecosystem/purl.h"

#include "sbom/internal.h"

static const struct {
    const char *type;
    enum package_manager manager;
} managers[] = {
    {"alpm", PM_OS},     {"apk", PM_OS},      {"cargo", PM_CARGO},     {"composer", PM_COMPOSER},
    {"deb", PM_OS},      {"gem", PM_GEMSPEC}, {"golang", PM_GOBINARY}, {"maven", PM_JAR},
    {"npm", PM_NODEPKG}, {"nuget", PM_NUGET}, {"pypi", PM_PYTHONPKG},  {"rpm", PM_OS},
};

/* os-release IDs of vendors whose purls say something else. */
static const struct {
    const char *vendor, *family;
} vendors[] = {
    {"redhat", "rhel"},       {"suse", "sles"},        {"opensuse", "opensuse-leap"},
    {"amazon", "amzn"},       {"oracle", "ol"},        {"oraclelinux", "ol"},
    {"rocky-linux", "rocky"}, {"amazonlinux", "amzn"}, {"alma", "almalinux"},
};

static struct str family_of(struct str vendor)
{
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        if (str_is(vendor, vendors[i].vendor))
            return str_from(vendors[i].family);
    return vendor;
}

/* "debian-12", "opensuse-leap-15.5", "alpine-3.19.1"; also "bookworm", "debian-bookworm" and "wolfi". */
static void take_os(struct sbom_reader *r, struct str namespace, struct str distro)
{
    struct os *os = &r->inv->os;
    struct arena *a = r->inv->arena;
    if (os->family.n || !namespace.n)
        return;
    ptrdiff_t dash = str_rfind(distro, '-');
    struct str family = dash > 0 ? str_slice(distro, 0, (size_t)dash) : distro;
    struct str version = dash > 0 ? str_slice(distro, (size_t)dash + 1, distro.n) : (struct str){NULL, 0};
    bool numbered = version.n && is_digit(version.p[0]);
    bool rolling = !version.n && str_eq(distro, namespace);
    if (!numbered && !rolling && distro.n)
        os->codename = arena_str(a, version.n ? version : distro);
    os->family = arena_str(a, numbered ? family_of(family) : family_of(namespace));
    if (numbered)
        os->version = arena_str(a, version);
}

static bool take_last(struct str *s, char sep, struct str *ret_tail)
{
    ptrdiff_t at = str_rfind(*s, sep);
    if (at <= 0)
        return false;
    *ret_tail = str_slice(*s, (size_t)at + 1, s->n);
    s->n = (size_t)at;
    return true;
}

/* "source", "source@version", or the file name of a source rpm: name-version-release.src.rpm. */
static void take_source(struct sbom_reader *r, struct str upstream, struct package *p)
{
    struct str version, release;
    bool rpm = str_ends(upstream, STR(".src.rpm")) || str_ends(upstream, STR(".nosrc.rpm"));
    if (rpm) {
        upstream.n -= str_ends(upstream, STR(".nosrc.rpm")) ? 10 : 8;
        struct str name = upstream;
        if (take_last(&name, '-', &release) && take_last(&name, '-', &version)) {
            p->source = name;
            p->source_version = arena_printf(r->arena, "%.*s-%.*s", STR_ARG(version), STR_ARG(release));
        }
    } else {
        p->source = upstream;
        if (take_last(&upstream, '@', &version)) {
            p->source = upstream;
            p->source_version = version;
        }
    }
    if (str_eq(p->source_version, p->version))
        p->source_version = (struct str){NULL, 0};
    if (str_eq(p->source, p->name) && !p->source_version.n)
        p->source = (struct str){NULL, 0};
}

static void take_distribution(struct sbom_reader *r, const struct purl *purl, struct package *p)
{
    struct str epoch = purl_qualifier(purl, "epoch");
    uint64_t number;
    if (str_u64(epoch, &number) && number && str_find(p->version, ':') < 0)
        p->version = arena_printf(r->arena, "%.*s:%.*s", STR_ARG(epoch), STR_ARG(p->version));
    p->arch = purl_qualifier(purl, "arch");
    p->modularity = purl_qualifier(purl, "rpmmod");
    if (!p->modularity.n)
        p->modularity = purl_qualifier(purl, "modularitylabel");
    take_source(r, purl_qualifier(purl, "upstream"), p);
    take_os(r, purl->namespace, purl_qualifier(purl, "distro"));
}

int sbom_package_from_purl(struct sbom_reader *r, struct str text, struct package *p)
{
    struct purl purl;
    int status = purl_parse(r->arena, text, &purl);
    if (status < 0)
        return status;
    struct package package = {.type = purl.type,
                              .namespace = purl.namespace,
                              .name = purl.name,
                              .version = purl.version,
                              .layer = NO_LAYER};
    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++)
        if (str_is(purl.type, managers[i].type))
            package.manager = managers[i].manager;
    if (package.manager == PM_OS)
        take_distribution(r, &purl, &package);
    *p = package;
    return 0;
}
