/* Dart package versions: Semantic Versioning 2.0.0, but build metadata counts. Dart, "Package versioning";
 * the package pub_semver. */
#include "version/part.h"
#include "version/semver.h"
#include "version/semver_range.h"
#include "version/version.h"

enum { FORM = SEMVER_V | SEMVER_PARTIAL };

static const struct semver_rules requirement = {
    .scheme = "pub",
    .form = FORM,
    .prereleases = PRERELEASES_ALL,
    .padded = true,
    .exclusive = true,
};

static const struct semver_rules advisory = {
    .scheme = "pub",
    .form = FORM,
    .prereleases = PRERELEASES_ALL,
    .padded = true,
};

static int compare(struct str a, struct str b, int *ret_order)
{
    struct semver va, vb;
    if (!semver_parse(a, FORM, &va))
        return version_invalid("pub", a, "not a semantic version");
    if (!semver_parse(b, FORM, &vb))
        return version_invalid("pub", b, "not a semantic version");
    int order = semver_order(&va, &vb);
    *ret_order = order ? order : semver_order_identifiers(va.build, vb.build);
    return 0;
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    if (str_is(str_trim(range), "any"))
        range = STR("");
    return semver_satisfies(&requirement, version, range, ret_satisfied);
}

static int covers(struct str version, struct str range, bool *ret_covered)
{
    return semver_satisfies(&advisory, version, range, ret_covered);
}

const struct version_scheme version_pub = {
    .name = "pub",
    .aliases = "dart,Pub",
    .compare = compare,
    .satisfies = satisfies,
    .covers = covers,
};
