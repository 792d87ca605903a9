/* Indexes of Debian's archive, dists/RELEASE/COMPONENT/binary-ARCH/Packages
 * (https://wiki.debian.org/DebianRepository/Format): which source each binary package is of. One architecture
 * is enough: names differ in those of kernels, for which see source.h.
 *
 * Ubuntu's advisories name the binaries themselves (osv.c). */
#include "base/err.h"
#include "ecosystem/deb822.h"
#include "feed/debian.h"
#include "feed/feed.h"

/* "packages/bookworm/main" -> "bookworm" */
static struct str codename_of(const struct feed_file *file)
{
    struct str folder, codename, component;
    str_cut(str_from(file->name), '/', &folder, &codename);
    str_cut(codename, '/', &codename, &component);
    return codename;
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

#define INDEX(codename, component)                                                                           \
    {                                                                                                        \
        .name = "packages/" codename "/" component,                                                          \
        .path = "packages/" codename "/" component "/Packages.gz",                                           \
        .url = "https://deb.debian.org/debian/dists/" codename "/" component "/binary-amd64/Packages.gz",    \
        .optional = true                                                                                     \
    }

static const struct feed_file files[] = {
    INDEX("bullseye", "main"),
    INDEX("bookworm", "main"),
    INDEX("bookworm", "non-free-firmware"),
    INDEX("trixie", "main"),
    INDEX("trixie", "non-free-firmware"),
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
