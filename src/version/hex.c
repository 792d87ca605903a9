/* Hex versions: Semantic Versioning 2.0.0. Requirements: Elixir's Version, "Requirements"; "~> 2.0" frees the
 * last part. */
#include "version/semver.h"
#include "version/semver_range.h"
#include "version/version.h"

enum { FORM = SEMVER_V | SEMVER_PARTIAL };

static const struct semver_rules rules = {
    .scheme = "hex",
    .form = FORM,
    .prereleases = PRERELEASES_ALL,
    .padded = true,
    .pessimistic = true,
};

static int compare(struct str a, struct str b, int *ret_order)
{
    return semver_compare("hex", FORM, a, b, ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&rules, version, range, ret_satisfied);
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    return semver_canonical("hex", FORM, version, ret_text, size);
}

const struct version_scheme version_hex = {
    .name = "hex",
    .aliases = "Hex,elixir,erlang",
    .compare = compare,
    .satisfies = satisfies,
    .canonical = canonical,
};
