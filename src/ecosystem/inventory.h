/* What is in a target: its operating system and its packages. Filled by the ecosystems, read by match and
 * report.
 *
 * An inventory owns one arena; every slice in it points there (inventory_add() copies). Packages keep the
 * order in which they were found until inventory_finish(), which sorts them, drops exact duplicates, marks
 * language packages that a distribution package owns, and takes back problems that other files settle.
 */
#ifndef ASSAY_ECOSYSTEM_INVENTORY_H
#define ASSAY_ECOSYSTEM_INVENTORY_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

/* Inspector's terms for where a package was found (PackageManager in its API model). */
enum package_manager {
    PM_NONE,
    PM_OS,
    PM_PIP,       /* requirements.txt */
    PM_PIPENV,    /* Pipfile.lock */
    PM_POETRY,    /* poetry.lock */
    PM_PYTHONPKG, /* an installed distribution, a wheel, an egg */
    PM_NPM,       /* package-lock.json, npm-shrinkwrap.json */
    PM_YARN,      /* yarn.lock, pnpm-lock.yaml (the nearest term there is) */
    PM_NODEPKG,   /* an installed package.json */
    PM_JAR,
    PM_POM, /* pom.xml */
    PM_BUNDLER,
    PM_GEMSPEC,
    PM_CARGO,
    PM_COMPOSER,
    PM_NUGET,
    PM_DOTNET_CORE,
    PM_GOBINARY,
    PM_GOMOD,
};
/* "OS", "PYTHONPKG", ...; the empty string for PM_NONE. */
const char *package_manager_name(enum package_manager pm);

#define NO_LAYER UINT32_MAX
/* Stands where a source's version is known to be another than the package's, but is not told: no scheme takes
 * it for a version, so that it is judged as unknown. */
#define VERSION_NOT_TOLD STR("?")

/* Beyond these the rest is left out and a problem says so: no file lists as many packages, and nobody reads
 * as many problems. */
enum { PACKAGES_PER_FILE_MAX = 200000, PACKAGES_MAX = 5000000, PROBLEMS_MAX = 10000 };

struct package {
    struct str type;      /* purl type: "deb", "rpm", "apk", "pypi", "npm", "maven", ... */
    struct str namespace; /* purl namespace as in the purl: npm scope "@angular", Maven group id; for
                             distribution packages empty until the operating system is known
                             (inventory_finish() sets it) */
    struct str name;
    struct str version; /* whole, as the scheme compares it: "1:2.3-4" (deb, rpm with epoch when not 0),
                           "1.2.3-r0" */
    struct str arch;    /* distribution packages; or empty */
    struct str source;  /* source package; empty when it is the package itself or there is none */
    struct str source_version; /* as `version`; empty when equal to it */
    struct str modularity;     /* rpm module label "nodejs:18:8080020230306170042:63b34585"; or empty */
    struct str vendor;         /* who built it as the package database says (rpm Vendor); or empty */
    struct str path; /* the file that proves it, relative to the root, no leading '/'; inside archives
                        "app.war!/WEB-INF/lib/x.jar" */
    struct str
        owner; /* name of the distribution package that owns `path`; such a package is not judged again */
    struct str license; /* as declared; or empty */
    struct str digest;  /* "sha1:..." of the artefact when the source states it; or empty */
    uint32_t layer;     /* index into inventory.layers, or NO_LAYER */
    enum package_manager manager;
    bool dev;        /* a lock file marks it for development only */
    bool unresolved; /* declared but not pinned (a range in requirements.txt or pom.xml): `version` may be
                        empty */
};

struct os {
    struct str
        family; /* os-release ID in lower case, or what older files say: "debian", "alpine", "amzn", "rhel" */
    struct str version;  /* VERSION_ID: "12", "3.19.1", "2023"; "" for rolling */
    struct str codename; /* VERSION_CODENAME: "bookworm"; or empty */
    struct str name;     /* PRETTY_NAME or equivalent */
    struct str like;     /* ID_LIKE */
};

/* What one file says the operating system is. */
struct os_claim {
    struct os os;
    unsigned rank; /* of the file that says so; the lowest wins */
};

/* Something in the target that could not be read, named; the rest of the target is still reported. */
struct problem {
    struct str path;
    int code; /* enum err_code */
    struct str text;
};

struct inventory {
    struct arena *arena;
    struct os os;           /* family empty: unknown or none (a directory of lock files) */
    struct str target;      /* as the user named it */
    struct str target_kind; /* "host", "directory", "image", "disk", "archive", "file" */
    VEC(struct os_claim) os_claims;
    VEC(struct package) packages;
    VEC(struct problem) problems;
    VEC(struct str) layers; /* diff ids or digests "sha256:...", lowest first */
    struct map owned;       /* path -> name of the distribution package that installed it */
    uint64_t files;         /* seen by the walk */
    struct str last_path;   /* of the package added last, and how many have it in a row */
    size_t in_row;
    bool full; /* PACKAGES_MAX was reached, and said */
};

struct inventory *inventory_new(void);
void inventory_free(struct inventory *inv);
static inline void inventory_cleanup(struct inventory **inv)
{
    inventory_free(*inv);
}

/* Adds a copy of `p`. A package without type or name is dropped. */
void inventory_add(struct inventory *inv, const struct package *p);
/* Notes that the present error (err_text()) happened at `path`. */
void inventory_problem(struct inventory *inv, struct str path, int code);
/* Notes what a file says the operating system is and sets inv->os from all claims so far: the one of lowest
 * rank that names a family; version and codename, where it has none, from the next that names the same
 * family. The order of calls does not count. */
void inventory_claim_os(struct inventory *inv, unsigned rank, const struct os *os);
/* Notes that distribution package `owner` installed `path` (relative, no leading '/'). Only paths that a
 * language ecosystem would read are kept. On merged-/usr systems a package may own lib/x and the walk see
 * usr/lib/x: both are taken for the same file. */
void inventory_own(struct inventory *inv, struct str path, struct str owner);
/* The distribution package that installed the file; of one inside an archive, the archive. Or empty. */
struct str inventory_owner(const struct inventory *inv, struct str path);
void inventory_finish(struct inventory *inv);
/* The vendor of a distribution, which is the purl namespace of its packages (purl-spec, types deb, rpm, apk,
 * alpm): the os-release ID but for the few whose vendor has another name. */
struct str os_vendor(struct str family);

/* The package's purl (package-url specification, https://github.com/package-url/purl-spec), NUL-terminated.
 */
struct str package_purl(struct arena *a, const struct inventory *inv, const struct package *p);

#endif
