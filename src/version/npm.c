/* npm versions as node-semver reads them in its loose mode, which is how packages of old are published:
 * "=1.2.3beta". Order: Semantic Versioning 2.0.0, section 11. Ranges: node-semver README. */
#include "version/semver.h"
#include "version/semver_range.h"
#include "version/version.h"

const struct semver_rules semver_range_npm = {
    .scheme = "npm",
    .form = SEMVER_LOOSE,
    .prereleases = PRERELEASES_LISTED,
};

const struct semver_rules semver_range_npm_all = {
    .scheme = "npm",
    .form = SEMVER_LOOSE,
    .prereleases = PRERELEASES_ALL,
};

static int compare(struct str a, struct str b, int *ret_order)
{
    return semver_compare("npm", SEMVER_LOOSE | SEMVER_PARTIAL, a, b, ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&semver_range_npm, version, range, ret_satisfied);
}

static int covers(struct str version, struct str range, bool *ret_covered)
{
    return semver_satisfies(&semver_range_npm_all, version, range, ret_covered);
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    return semver_canonical("npm", SEMVER_LOOSE, version, ret_text, size);
}

const struct version_scheme version_npm = {
    .name = "npm",
    .aliases = "semver-loose,node,yarn,pnpm",
    .compare = compare,
    .satisfies = satisfies,
    .covers = covers,
    .canonical = canonical,
};
