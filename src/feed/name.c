#include "feed/name.h"

/* PEP 503: lower case, and each run of '-', '_' and '.' is one '-'. */
static struct str pep503(struct arena *a, struct str name)
{
    char *to = arena_alloc(a, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool separator = c == '-' || c == '_' || c == '.';
        if (separator && n && to[n - 1] == '-')
            continue;
        to[n++] = separator ? '-' : to_lower(c);
    }
    return (struct str){to, n};
}

static const struct ecosystem_row {
    const char *name, *scheme;
    struct str (*normal)(struct arena *a, struct str name);
    bool binary;
} rows[] = {
    {"AlmaLinux", "rpm", .binary = true},
    {"Alpaquita", "apk"},
    {"Alpine", "apk"},
    {"Amazon Linux", "rpm", .binary = true},
    {"Azure Linux", "rpm", .binary = true},
    {"BellSoft Hardened Containers", "apk"},
    {"Bitnami", "semver", arena_lower},
    {"CRAN", "cran"},
    {"Chainguard", "apk"},
    {"ConanCenter", "conan", arena_lower}, /* Conan's reference: names are lower case */
    {"Debian", "deb"},
    {"GitHub Actions", "semver", arena_lower}, /* GitHub folds the case of owner and repository */
    {"Go", "golang"},                          /* case matters: golang.org/ref/mod, "Module paths" */
    {"Hex", "semver", arena_lower},            /* hex.pm allows lower case only */
    {"MinimOS", "apk"},
    {"Maven", "maven"},
    {"Node.js", "semver"},
    {"NuGet", "nuget", arena_lower},        /* NuGet API: ids are compared without case */
    {"Packagist", "composer", arena_lower}, /* Composer schema: names are lower case */
    {"Photon OS", "rpm", .binary = true},
    {"Pub", "semver"},
    {"PyPI", "pep440", pep503},
    {"Red Hat", "rpm", .binary = true},
    {"Rocky Linux", "rpm", .binary = true},
    {"RubyGems", "gem"}, /* rubygems.org tells "RedCloth" from "redcloth" */
    {"SUSE", "rpm", .binary = true},
    {"SwiftURL", "semver", arena_lower}, /* hosts and, on the forges used, paths fold case */
    {"Ubuntu", "deb"},
    {"Wolfi", "apk"},
    {"crates.io",
     "semver"},        /* as published; '-' and '_' are one to the registry only when names are claimed */
    {"npm", "semver"}, /* old packages have upper case that matters */
    {"openEuler", "rpm", .binary = true},
    {"openSUSE", "rpm", .binary = true},
};

struct str ecosystem_base(struct str ecosystem)
{
    struct str head, tail;
    return str_cut(ecosystem, ':', &head, &tail) ? head : ecosystem;
}

/* Where "15 SP3" begins in "Linux Enterprise Server 15 SP3-LTSS": at the first digit. */
static struct str suse_release(struct str product)
{
    size_t from = 0, to;
    while (from < product.n && !is_digit(product.p[from]))
        from++;
    for (to = from; to < product.n && product.p[to] != '-'; to++)
        ;
    return str_slice(product, from, to);
}

struct str ecosystem_normal(struct arena *a, struct str ecosystem)
{
    const struct str rhel = STR("Red Hat:enterprise_linux:"), sle = STR("SUSE:Linux Enterprise ");
    if (str_starts(ecosystem, rhel)) {
        struct str rest = str_slice(ecosystem, rhel.n, ecosystem.n), release;
        if (str_next(&rest, ':', &release) && release.n)
            return arena_printf(a, "Red Hat:%.*s", STR_ARG(release));
    }
    /* Micro numbers its releases apart. */
    if (str_starts(ecosystem, sle) && str_find_str(ecosystem, STR("Micro")) < 0) {
        struct str release = suse_release(str_slice(ecosystem, sle.n, ecosystem.n));
        if (release.n)
            return arena_printf(a, "%.*s%.*s", STR_ARG(sle), STR_ARG(release));
    }
    return ecosystem;
}

static const struct ecosystem_row *find(struct str ecosystem)
{
    struct str base = ecosystem_base(ecosystem);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_is(base, rows[i].name))
            return &rows[i];
    return NULL;
}

struct str name_normal(struct arena *a, struct str ecosystem, struct str name)
{
    const struct ecosystem_row *row = find(ecosystem);
    return row && row->normal ? row->normal(a, name) : name;
}

bool ecosystem_is_binary(struct str ecosystem)
{
    const struct ecosystem_row *row = find(ecosystem);
    return row && row->binary;
}

struct str ecosystem_scheme(struct str ecosystem)
{
    const struct ecosystem_row *row = find(ecosystem);
    return row ? str_from(row->scheme) : STR("");
}
