/* Where packages are looked up: from the operating system and the purl type to the database's ecosystems.
 *
 * Ecosystem names are those of the OSV schema (https://ossf.github.io/osv-schema/, "Defined ecosystems");
 * distributions that it does not define follow its pattern, NAME:RELEASE.
 */
#include "feed/name.h"
#include "match/match.h"

enum release { RELEASE_NONE, RELEASE_MAJOR, RELEASE_MINOR, RELEASE_FULL, RELEASE_SERVICE_PACK };

/* What the advisories call a package. Rocky's updateinfo names binary packages, its OSV records source
 * packages (https://github.com/rocky-linux/apollo), and SUSE's name the source beside the binaries; there
 * both are looked up. */
enum naming { BY_BINARY, BY_SOURCE, BY_EITHER };

struct distribution {
    const char *family; /* ID of os-release */
    const char *ecosystem;
    const char *before; /* what stands before the release number */
    enum release release;
    const char *scheme;
    enum naming naming;
};

static const struct distribution distributions[] = {
    {"debian", "Debian", ":", RELEASE_MAJOR, "deb", BY_SOURCE},
    {"ubuntu", "Ubuntu", ":", RELEASE_MINOR, "deb", BY_SOURCE},
    {"alpine", "Alpine", ":v", RELEASE_MINOR, "apk", BY_SOURCE},
    {"wolfi", "Wolfi", "", RELEASE_NONE, "apk", BY_SOURCE},
    {"chainguard", "Chainguard", "", RELEASE_NONE, "apk", BY_SOURCE},
    {"minimos", "MinimOS", "", RELEASE_NONE, "apk", BY_SOURCE},
    {"echo", "Echo", "", RELEASE_NONE, "deb", BY_SOURCE},
    {"almalinux", "AlmaLinux", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"rocky", "Rocky Linux", ":", RELEASE_MAJOR, "rpm", BY_EITHER},
    {"rhel", "Red Hat", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"centos", "Red Hat", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"ol", "Oracle Linux", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"amzn", "Amazon Linux", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"fedora", "Fedora", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"photon", "Photon OS", ":", RELEASE_MINOR, "rpm", BY_SOURCE},
    {"mariner", "Azure Linux", ":", RELEASE_MAJOR, "rpm", BY_SOURCE},
    {"azurelinux", "Azure Linux", ":", RELEASE_MAJOR, "rpm", BY_SOURCE},
    {"mageia", "Mageia", ":", RELEASE_MAJOR, "rpm", BY_BINARY},
    {"openeuler", "openEuler", ":", RELEASE_FULL, "rpm", BY_BINARY},
    {"sles", "SUSE", ":Linux Enterprise ", RELEASE_SERVICE_PACK, "rpm", BY_EITHER},
    {"sle-micro", "SUSE", ":Linux Enterprise Micro ", RELEASE_MINOR, "rpm", BY_EITHER},
    {"opensuse-leap", "openSUSE", ":Leap ", RELEASE_MINOR, "rpm", BY_EITHER},
    {"opensuse-tumbleweed", "openSUSE", ":Tumbleweed", RELEASE_NONE, "rpm", BY_EITHER},
    {"bottlerocket", "Bottlerocket", "", RELEASE_NONE, "rpm", BY_BINARY},
};

/* Releases that are named before they are numbered. */
static const struct {
    const char *codename, *version;
} debian_codenames[] = {
    {"buster", "10"}, {"bullseye", "11"}, {"bookworm", "12"},
    {"trixie", "13"}, {"forky", "14"},    {"duke", "15"},
};

static struct str leading_numbers(struct str version, int parts)
{
    size_t n = 0;
    for (; n < version.n; n++) {
        if (version.p[n] == '.' && --parts == 0)
            break;
        if (version.p[n] != '.' && !is_digit(version.p[n]))
            break;
    }
    return str_slice(version, 0, n);
}

/* SUSE numbers service packs behind a point, "15.3", and names them "15 SP3". */
static struct str service_pack(struct arena *a, struct str version)
{
    struct str major, minor;
    if (!str_cut(version, '.', &major, &minor))
        return version;
    return arena_printf(a, "%.*s SP%.*s", STR_ARG(major), STR_ARG(minor));
}

static struct str release_of(struct arena *a, const struct distribution *d, const struct os *os)
{
    struct str version = os->version;
    if (!version.n && str_is(os->family, "debian"))
        for (size_t i = 0; i < sizeof debian_codenames / sizeof *debian_codenames; i++)
            if (str_is(os->codename, debian_codenames[i].codename))
                version = str_from(debian_codenames[i].version);
    switch (d->release) {
    case RELEASE_NONE:
        return (struct str){NULL, 0};
    case RELEASE_MAJOR:
        return leading_numbers(version, 1);
    case RELEASE_MINOR:
        return leading_numbers(version, 2);
    case RELEASE_SERVICE_PACK:
        return service_pack(a, version);
    default:
        return version;
    }
}

/* Alpine's development branch has a version like "3.22.0_alpha20250108" and is published as "edge". */
static bool is_alpine_edge(const struct os *os)
{
    return str_is(os->family, "alpine") &&
           (str_find_str(os->version, STR("_alpha")) >= 0 || str_find_str(os->version, STR("edge")) >= 0);
}

/* Ubuntu's April releases of even years are LTS, and are named so (OSV schema, "Ubuntu"). */
static bool is_ubuntu_lts(struct str release)
{
    uint64_t year;
    return str_ends(release, STR(".04")) && str_u64(str_slice(release, 0, release.n - 3), &year) &&
           year % 2 == 0;
}

/* Debian and Ubuntu sign kernels in a second source package: "linux-signed-amd64" and
 * "linux-signed-6.12-arm64" of "linux" and "linux-6.12", "linux-signed-aws-6.8" of "linux-aws-6.8".
 * Advisories speak of the first, whose version the binary package carries. */
static bool signed_source(struct arena *a, struct str source, struct str *ret_plain)
{
    static const struct str architectures[] = {STR("-amd64"), STR("-arm64"), STR("-i386")};
    ptrdiff_t at = str_find_str(source, STR("-signed"));
    if (at <= 0 || !str_starts(source, STR("linux")))
        return false;
    struct str rest = str_slice(source, (size_t)at + strlen("-signed"), source.n);
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (str_ends(rest, architectures[i]))
            rest.n -= architectures[i].n;
    *ret_plain = arena_printf(a, "%.*s%.*s", (int)at, source.p, STR_ARG(rest));
    return true;
}

static const struct distribution *distribution_of(const struct os *os)
{
    for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++)
        if (str_is(os->family, distributions[i].family))
            return &distributions[i];
    return NULL;
}

static bool has_other_source(const struct package *p)
{
    return (p->source.n && !str_eq(p->source, p->name)) ||
           (p->source_version.n && !str_eq(p->source_version, p->version));
}

static void name_by_source(struct arena *a, const struct package *p, struct match_key *key)
{
    if (signed_source(a, p->source, &key->name))
        return;
    key->name = p->source.n ? p->source : p->name;
    key->version = p->source_version.n ? p->source_version : p->version;
}

static size_t distribution_keys(struct arena *a, const struct os *os, const struct package *p,
                                struct match_key *keys)
{
    const struct distribution *d = distribution_of(os);
    if (!d)
        return 0;
    struct str release = release_of(a, d, os);
    if (d->release != RELEASE_NONE && !release.n)
        return 0;
    struct match_key key = {
        .name = p->name, .version = p->version, .scheme = version_scheme_find(str_from(d->scheme))};
    if (d->naming == BY_SOURCE)
        name_by_source(a, p, &key);
    bool lts = str_is(os->family, "ubuntu") && is_ubuntu_lts(release);
    key.ecosystem = is_alpine_edge(os) ? STR("Alpine:edge")
                                       : arena_printf(a, "%s%s%.*s%s", d->ecosystem, d->before,
                                                      STR_ARG(release), lts ? ":LTS" : "");
    keys[0] = key;
    if (d->naming == BY_EITHER && has_other_source(p)) {
        keys[1] = key;
        name_by_source(a, p, &keys[1]);
        return 2;
    }
    if (!lts)
        return 1;
    /* Fixes that only Ubuntu Pro delivers are published apart; the flaw is there all the same. */
    keys[1] = key;
    keys[1].ecosystem = arena_printf(a, "Ubuntu:Pro:%.*s:LTS", STR_ARG(release));
    return 2;
}

static const struct {
    const char *type; /* of the purl */
    const char *ecosystem;
    const char *separator; /* between namespace and name; NULL: a namespace is not part of the name */
} languages[] = {
    {"pypi", "PyPI", NULL},         {"npm", "npm", "/"},          {"maven", "Maven", ":"},
    {"gem", "RubyGems", NULL},      {"nuget", "NuGet", NULL},     {"composer", "Packagist", "/"},
    {"golang", "Go", "/"},          {"cargo", "crates.io", NULL}, {"hex", "Hex", NULL},
    {"pub", "Pub", NULL},           {"swift", "SwiftURL", "/"},   {"cran", "CRAN", NULL},
    {"conan", "ConanCenter", NULL}, {"hackage", "Hackage", NULL}, {"bitnami", "Bitnami", NULL},
};

static size_t language_keys(struct arena *a, const struct package *p, struct match_key *keys)
{
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        if (!str_is(p->type, languages[i].type))
            continue;
        /* A jar that does not say its Maven group: no advisory can name it, so it is not judged. */
        if (str_is(p->type, "maven") && !p->namespace.n)
            return 0;
        struct str name = p->name;
        if (languages[i].separator && p->namespace.n)
            name =
                arena_printf(a, "%.*s%s%.*s", STR_ARG(p->namespace), languages[i].separator, STR_ARG(name));
        struct str ecosystem = str_from(languages[i].ecosystem);
        name = name_normal(a, ecosystem, name);
        keys[0] = (struct match_key){ecosystem, name, p->version, version_scheme_find(ecosystem)};
        return 1;
    }
    return 0;
}

size_t match_keys(struct arena *a, const struct inventory *inv, const struct package *p,
                  struct match_key *ret_keys, size_t max)
{
    if (!p->version.n)
        return 0;
    struct match_key keys[MATCH_KEYS];
    bool distribution = str_is(p->type, "deb") || str_is(p->type, "rpm") || str_is(p->type, "apk");
    size_t n = distribution ? distribution_keys(a, &inv->os, p, keys) : language_keys(a, p, keys);
    for (size_t i = 0; i < n; i++)
        if (!keys[i].scheme)
            return 0;
    n = n < max ? n : max;
    memcpy(ret_keys, keys, n * sizeof *keys);
    return n;
}
