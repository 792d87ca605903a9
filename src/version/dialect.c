#include "version/dialect.h"

#include "version/constraint.h"
#include "version/generic.h"
#include "version/semver.h"
#include "version/semver_range.h"

static const struct semver_rules semver_padded = {
    .scheme = "semver",
    .form = SEMVER_LOOSE | SEMVER_PARTIAL | SEMVER_DOT_PRE,
    .prereleases = PRERELEASES_ALL,
    .padded = true,
};

static int satisfies_npm_prerelease(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&semver_range_npm_all, version, range, ret_satisfied);
}

static int satisfies_semver_prerelease(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&semver_range_semver_all, version, range, ret_satisfied);
}

static int satisfies_semver_padded(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&semver_padded, version, range, ret_satisfied);
}

static int satisfies_generic_semantic(struct str version, struct str range, bool *ret_satisfied)
{
    return generic_satisfies(version, range, true, ret_satisfied);
}

const struct version_dialect version_dialects[] = {
    {"generic-semantic", "aqua-generic", "generic; every suffix after a hyphen is a pre-release",
     satisfies_generic_semantic},
    {"npm-prerelease", NULL, "npm with includePrerelease", satisfies_npm_prerelease},
    {"semver-padded", "semver-prerelease-zeropad,grype-semver-lenient",
     "semver; 1.2 means 1.2.0, pre-releases included", satisfies_semver_padded},
    {"semver-prerelease", NULL, "semver; pre-releases included", satisfies_semver_prerelease},
    {"vers", NULL, "a vers: range, which names its scheme", constraint_vers},
    {0},
};

const struct version_dialect *version_dialect_find(struct str name)
{
    for (const struct version_dialect *d = version_dialects; d->name; d++) {
        struct str aliases = str_from(d->aliases), alias;
        if (str_is(name, d->name))
            return d;
        while (str_next(&aliases, ',', &alias))
            if (str_eq(name, alias))
                return d;
    }
    return NULL;
}
