/* Bitnami versions: a semantic version of the software, and "-N" for Bitnami's own revision of it, which
 * comes after the version without one. A bound without a revision speaks of the software: every revision of
 * it is equal. */
#include "version/constraint.h"
#include "version/part.h"
#include "version/semver.h"

struct bitnami {
    struct semver version;
    struct str revision;
};

static int parse(struct str text, struct bitnami *ret)
{
    struct bitnami v = {0};
    if (!semver_parse(str_trim(text), SEMVER_V | SEMVER_PARTIAL, &v.version))
        return version_invalid("bitnami", text, "not a semantic version");
    ptrdiff_t hyphen = str_rfind(v.version.pre, '-');
    struct str last = skip(v.version.pre, (size_t)(hyphen + 1));
    if (all_digits(last)) { /* "1.2.3-4", "1.2.3-rc.1-4" */
        v.revision = last;
        v.version.pre.n = hyphen < 0 ? 0 : (size_t)hyphen;
    }
    *ret = v;
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct bitnami va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = semver_order(&va.version, &vb.version);
    *ret_order = order ? order : digits_compare(va.revision, vb.revision);
    return 0;
}

static int test_one(void *context, const struct comparator *c, bool *ret_holds)
{
    const struct bitnami *v = context;
    struct bitnami bound;
    int status = parse(c->bound, &bound);
    if (status < 0)
        return status;
    int order = semver_order(&v->version, &bound.version);
    if (!order && bound.revision.n)
        order = digits_compare(v->revision, bound.revision);
    return constraint_order_holds(c->op, order, ret_holds);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    struct bitnami v;
    int status = parse(version, &v);
    return status < 0 ? status : constraint_each_one(range, test_one, &v, ret_satisfied);
}

const struct version_scheme version_bitnami = {
    .name = "bitnami",
    .aliases = "Bitnami",
    .compare = compare,
    .satisfies = satisfies,
};
