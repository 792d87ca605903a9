/* Indexes of Debian's archive and of its security archive, dists/SUITE/COMPONENT/binary-ARCH/Packages
 * (https://wiki.debian.org/DebianRepository/Format): which source each binary package is of. One architecture
 * is enough: names differ in those of kernels, for which see source.h. The security archive has packages that
 * come into a release with its updates alone (newer kernels and compilers), and serves .xz only. What updates
 * and backports bring is there under names of the release.
 *
 * Ubuntu's advisories name the binaries themselves (osv.c). */
#include "base/err.h"
#include "ecosystem/deb822.h"
#include "feed/debian.h"
#include "feed/feed.h"

/* "packages/bookworm/main", "packages/bookworm-security/main" -> "bookworm" */
static struct str codename_of(const struct feed_file *file)
{
    struct str folder, suite, rest;
    str_cut(str_from(file->name), '/', &folder, &suite);
    str_cut(suite, '/', &suite, &rest);
    str_cut(suite, '-', &suite, &rest);
    return suite;
}

static int packages_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    const char *ecosystem = debian_release(codename_of(file));
    struct deb_file f = {.rest = content};
    struct deb_stanza s;
    while (deb_next(&f, &s)) {
        struct str source, version;
        deb_source(&s, &source, &version);
        batch_add_source(b, str_from(ecosystem), s.package, s.version, source.n ? source : s.package,
                         version);
        arena_reset(b->scratch);
    }
    return f.bad ? err_set(ERR_INVALID, "line %zu is neither a field nor a continuation", f.bad) : 0;
}

#define INDEX_OF(archive, suite, component, suffix)                                                          \
    {                                                                                                        \
        .name = "packages/" suite "/" component, .path = "packages/" suite "/" component "/Packages" suffix, \
        .url =                                                                                               \
            "https://deb.debian.org/" archive "/dists/" suite "/" component "/binary-amd64/Packages" suffix, \
        .optional = true                                                                                     \
    }
#define INDEX(codename, component)    INDEX_OF("debian", codename, component, ".gz")
#define SECURITY(codename, component) INDEX_OF("debian-security", codename "-security", component, ".xz")

static const struct feed_file files[] = {
    INDEX("bullseye", "main"),
    INDEX("bullseye", "contrib"),
    INDEX("bullseye", "non-free"),
    SECURITY("bullseye", "main"),
    SECURITY("bullseye", "non-free"),
    INDEX("bookworm", "main"),
    INDEX("bookworm", "contrib"),
    INDEX("bookworm", "non-free"),
    INDEX("bookworm", "non-free-firmware"),
    SECURITY("bookworm", "main"),
    INDEX("trixie", "main"),
    INDEX("trixie", "contrib"),
    INDEX("trixie", "non-free"),
    INDEX("trixie", "non-free-firmware"),
    SECURITY("trixie", "main"),
    {0},
};

const struct feed feed_packages = {
    .name = "packages",
    .help = "Debian's indexes of packages: the source of each, for inventories that do not tell it",
    .licence = "none stated (Debian)",
    .url = "https://wiki.debian.org/DebianRepository/Format",
    .rank = RANK_SIGNAL,
    .files = files,
    .read = packages_read,
};
