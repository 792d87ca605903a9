/* NuGet versions: Semantic Versioning 2.0.0 with a fourth number, and without regard to case. NuGet
 * documentation, "Package versioning" and "Version ranges". */
#include "version/constraint.h"
#include "version/interval.h"
#include "version/part.h"

extern const struct version_scheme version_nuget;

enum { PARTS = 4 };

struct nuget {
    struct str parts[PARTS], pre;
};

static bool has_form(struct str identifiers)
{
    while (identifiers.n) {
        bool last = str_find(identifiers, '.') < 0;
        struct str one = take_until(&identifiers, '.');
        if (!one.n || !only_alnum_or(one, "-") || (!last && !identifiers.n))
            return false;
    }
    return true;
}

static int parse(struct str version, struct nuget *ret)
{
    struct str s = str_trim(version);
    struct nuget v = {0};
    if (first(s) == 'v' || first(s) == 'V')
        s = skip(s, 1);
    for (int i = 0; i < PARTS; i++) {
        v.parts[i] = take_digits(&s);
        if (!v.parts[i].n)
            return version_invalid("nuget", version, "a number is missing");
        if (i + 1 == PARTS || !take_c(&s, '.'))
            break;
    }
    ptrdiff_t plus = str_find(s, '+');
    struct str build = plus < 0 ? STR("0") : skip(s, (size_t)plus + 1);
    if (plus >= 0)
        s.n = (size_t)plus;
    bool pre = take_c(&s, '-');
    v.pre = s;
    if (pre != (s.n > 0) || !build.n || !has_form(s) || !has_form(build))
        return version_invalid("nuget", version, "not in the form of NuGet's versions");
    *ret = v;
    return 0;
}

static int order_identifiers(struct str a, struct str b)
{
    while (a.n && b.n) {
        struct str ia = take_until(&a, '.'), ib = take_until(&b, '.');
        bool na = all_digits(ia), nb = all_digits(ib);
        int order = na && nb ? digits_compare(ia, ib) : na != nb ? nb - na : icompare(ia, ib);
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct nuget va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = 0;
    for (int i = 0; !order && i < PARTS; i++)
        order = digits_compare(va.parts[i], vb.parts[i]);
    if (!order)
        order = va.pre.n && vb.pre.n ? order_identifiers(va.pre, vb.pre) : (vb.pre.n > 0) - (va.pre.n > 0);
    *ret_order = order;
    return 0;
}

/* Intervals, or a comparator list as advisories have it. */
static int covers(struct str version, struct str range, bool *ret_covered)
{
    return interval_begins(range) ? interval_satisfies(&version_nuget, version, range, ret_covered)
                                  : constraint_list(&version_nuget, version, range, ret_covered);
}

/* In a requirement a bare version is the lowest one wanted. */
static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    int order, status = is_digit(first(str_trim(range)))
                            ? version_compare(&version_nuget, version, range, &order)
                            : ERR_INVALID;
    if (status < 0)
        return covers(version, range, ret_satisfied);
    *ret_satisfied = order >= 0;
    return 0;
}

const struct version_scheme version_nuget = {
    .name = "nuget",
    .aliases = "dotnet,NuGet",
    .compare = compare,
    .satisfies = satisfies,
    .covers = covers,
};
