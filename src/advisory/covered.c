#include "advisory/covered.h"

/* Distributions. The other ecosystems are names of their schemes themselves. What is here must be what the
 * match compares with: a version that is dropped is found by the range alone. */
static const struct {
    const char *ecosystem, *scheme;
} distributions[] = {
    {"Alpine", "apk"},
    {"Debian", "deb"},
    {"Ubuntu", "deb"},
};

const struct version_scheme *covered_scheme(const struct advisory_affected *e)
{
    if (!e->n_versions || !e->n_ranges)
        return NULL;
    if (e->scheme.n)
        return version_scheme_find(e->scheme);
    struct str base = e->ecosystem, release;
    str_cut(e->ecosystem, ':', &base, &release);
    for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++)
        if (str_is(base, distributions[i].ecosystem))
            return version_scheme_find(str_from(distributions[i].scheme));
    return version_scheme_find(base);
}

/* Whether a <= b (or a < b): false also when it cannot be told. */
static bool ordered(const struct version_scheme *scheme, struct str a, struct str b, bool strictly)
{
    int order;
    return version_compare(scheme, a, b, &order) == 0 && (order < 0 || (order == 0 && !strictly));
}

static bool in_range(const struct version_scheme *scheme, const struct advisory_range *r, struct str version)
{
    bool from_start = !r->introduced.n || str_is(r->introduced, "0");
    if (!from_start && !ordered(scheme, r->introduced, version, r->after))
        return false;
    if (r->fixed.n)
        return ordered(scheme, version, r->fixed, true);
    if (r->last_affected.n)
        return ordered(scheme, version, r->last_affected, false);
    return version_valid(scheme, version);
}

bool covered(const struct version_scheme *scheme, const struct advisory_affected *e, struct str version)
{
    if (!scheme)
        return false;
    for (size_t i = 0; i < e->n_ranges; i++)
        if (in_range(scheme, &e->ranges[i], version))
            return true;
    return false;
}
