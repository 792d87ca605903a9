/* Cargo versions: Semantic Versioning 2.0.0. Requirements: The Cargo Book, "Specifying Dependencies"; a bare
 * version is a caret requirement. */
#include "version/semver.h"
#include "version/semver_range.h"
#include "version/version.h"

enum { FORM = SEMVER_V | SEMVER_PARTIAL };

static const struct semver_rules rules = {
    .scheme = "cargo",
    .form = FORM,
    .prereleases = PRERELEASES_LISTED,
    .bare_caret = true,
};

static int compare(struct str a, struct str b, int *ret_order)
{
    return semver_compare("cargo", FORM, a, b, ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&rules, version, range, ret_satisfied);
}

static int covers(struct str version, struct str range, bool *ret_covered)
{
    return semver_satisfies(&semver_range_semver_all, version, range, ret_covered);
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    return semver_canonical("cargo", FORM, version, ret_text, size);
}

const struct version_scheme version_cargo = {
    .name = "cargo",
    .aliases = "crates.io,rust",
    .compare = compare,
    .satisfies = satisfies,
    .covers = covers,
    .canonical = canonical,
};
