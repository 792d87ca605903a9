/* Swift package versions: Semantic Versioning 2.0.0, tagged with or without "v". PackageDescription,
 * "Version". */
#include "version/semver.h"
#include "version/semver_range.h"
#include "version/version.h"

enum { FORM = SEMVER_V | SEMVER_PARTIAL };

static const struct semver_rules rules = {
    .scheme = "swift",
    .form = FORM,
    .prereleases = PRERELEASES_ALL,
    .padded = true,
};

static int compare(struct str a, struct str b, int *ret_order)
{
    return semver_compare("swift", FORM, a, b, ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&rules, version, range, ret_satisfied);
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    return semver_canonical("swift", FORM, version, ret_text, size);
}

const struct version_scheme version_swift = {
    .name = "swift",
    .aliases = "SwiftURL,swiftpm",
    .compare = compare,
    .satisfies = satisfies,
    .canonical = canonical,
};
