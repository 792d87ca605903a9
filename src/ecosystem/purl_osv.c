/* OSV's ecosystems (OSV schema, "Defined ecosystems") as purl types and namespaces. */
#include "base/err.h"
#include "ecosystem/purl.h"

struct osv_row {
    const char *ecosystem, *type, *namespace;
    const char *arch; /* advisories of these speak of source packages */
    char separator;   /* between namespace and name, where the name holds both */
};

static const struct osv_row rows[] = {
    {"AlmaLinux", "rpm", "almalinux", NULL, 0},
    {"Alpaquita", "apk", "alpaquita", NULL, 0},
    {"Alpine", "apk", "alpine", "source", 0},
    {"Amazon Linux", "rpm", "amzn", NULL, 0},
    {"Azure Linux", "rpm", "azure-linux", NULL, 0},
    {"Bitnami", "bitnami", NULL, NULL, 0},
    {"CRAN", "cran", NULL, NULL, 0},
    {"Chainguard", "apk", "chainguard", NULL, 0},
    {"ConanCenter", "conan", NULL, NULL, 0},
    {"Debian", "deb", "debian", "source", 0},
    {"GitHub Actions", "github", NULL, NULL, '/'},
    {"Go", "golang", NULL, NULL, '/'},
    {"Hackage", "hackage", NULL, NULL, 0},
    {"Hex", "hex", NULL, NULL, '/'},
    {"Julia", "julia", NULL, NULL, 0},
    {"Mageia", "rpm", "mageia", NULL, 0},
    {"Maven", "maven", NULL, NULL, ':'},
    {"MinimOS", "apk", "minimos", NULL, 0},
    {"NuGet", "nuget", NULL, NULL, 0},
    {"OSS-Fuzz", "generic", NULL, NULL, 0},
    {"Packagist", "composer", NULL, NULL, '/'},
    {"Pub", "pub", NULL, NULL, 0},
    {"PyPI", "pypi", NULL, NULL, 0},
    {"Red Hat", "rpm", "redhat", NULL, 0},
    {"Rocky Linux", "rpm", "rocky-linux", NULL, 0},
    {"RubyGems", "gem", NULL, NULL, 0},
    {"SUSE", "rpm", "suse", NULL, 0},
    {"SwiftURL", "swift", NULL, NULL, '/'},
    {"Ubuntu", "deb", "ubuntu", NULL, 0},
    {"Wolfi", "apk", "wolfi", NULL, 0},
    {"crates.io", "cargo", NULL, NULL, 0},
    {"npm", "npm", NULL, NULL, '/'},
    {"openEuler", "rpm", "openeuler", NULL, 0},
    {"openSUSE", "rpm", "opensuse", NULL, 0},
};

int purl_from_osv(struct arena *a, struct str ecosystem, struct str name, struct purl *ret_purl)
{
    struct str base = ecosystem, release;
    str_cut(ecosystem, ':', &base, &release);
    const struct osv_row *row = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && !row; i++)
        if (str_is(base, rows[i].ecosystem))
            row = &rows[i];
    if (!row)
        return err_set(ERR_UNSUPPORTED, "no purl type for the ecosystem '%.*s'", STR_ARG(ecosystem));
    if (!name.n)
        return err_set(ERR_INVALID, "purl: no name");
    struct purl p = {.type = str_from(row->type), .namespace = str_from(row->namespace), .name = name};
    ptrdiff_t at = row->separator ? str_rfind(name, row->separator) : -1;
    if (at >= 0) {
        p.namespace = str_slice(name, 0, (size_t)at);
        p.name = str_slice(name, (size_t)at + 1, name.n);
    }
    if (row->arch) {
        p.qualifiers = arena_new_array(a, struct purl_qualifier, 1);
        p.qualifiers[p.n_qualifiers++] = (struct purl_qualifier){STR("arch"), str_from(row->arch)};
    }
    *ret_purl = p;
    return 0;
}
