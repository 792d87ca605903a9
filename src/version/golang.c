/* Go module versions: semantic versions with a "v" (go.dev/ref/mod, "Versions"); pseudo-versions are
 * pre-releases and
 * "+incompatible" is build metadata, so both order by themselves. Releases of Go itself ("go1.21rc2") are
 * read too. */
#include "version/part.h"
#include "version/semver.h"
#include "version/semver_range.h"
#include "version/version.h"

enum { FORM = SEMVER_V | SEMVER_PARTIAL | SEMVER_DOT_PRE };

static const struct semver_rules rules = {
    .scheme = "golang",
    .form = FORM,
    .prereleases = PRERELEASES_ALL,
    .padded = true,
};

static struct str strip_go(struct str s)
{
    return str_starts(s, STR("go")) ? skip(s, 2) : s;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    return semver_compare("golang", FORM, strip_go(a), strip_go(b), ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&rules, strip_go(version), range, ret_satisfied);
}

const struct version_scheme version_golang = {
    .name = "golang",
    .aliases = "go,Go",
    .compare = compare,
    .satisfies = satisfies,
};
