/* The bare order of rpm's version and release strings, as `rpmdev-vercmp` and rpm.vercmp() have it. Any text
 * is valid. */
#include "version/rpmvercmp.h"

#include "version/part.h"
#include "version/version.h"

/* Everything that is no letter, digit, '~' or '^' only separates. */
static inline struct str skip_separators(struct str s)
{
    while (s.n && !is_alnum(s.p[0]) && s.p[0] != '~' && s.p[0] != '^')
        s = skip(s, 1);
    return s;
}

int rpmvercmp(struct str a, struct str b)
{
    while (a.n || b.n) {
        a = skip_separators(a);
        b = skip_separators(b);
        char ca = first(a), cb = first(b);
        if (ca == '~' || cb == '~') { /* before everything, also the end */
            if (ca != cb)
                return ca == '~' ? -1 : 1;
            a = skip(a, 1);
            b = skip(b, 1);
            continue;
        }
        if (ca == '^' || cb == '^') { /* after the end, before anything else */
            if (ca != cb)
                return ca == '^' ? (b.n ? -1 : 1) : (a.n ? 1 : -1);
            a = skip(a, 1);
            b = skip(b, 1);
            continue;
        }
        if (!a.n || !b.n)
            break;
        if (is_digit(ca) != is_digit(cb))
            return is_digit(ca) ? 1 : -1;
        int order;
        if (is_digit(ca)) {
            struct str da = take_digits(&a), db = take_digits(&b);
            order = digits_compare(da, db);
        } else {
            struct str la = take_alphas(&a), lb = take_alphas(&b);
            order = sign(str_cmp(la, lb));
        }
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

struct rpm_evr rpm_evr_cut(struct str evr)
{
    struct str rest = evr, digits = take_digits(&rest);
    struct rpm_evr v = {0};
    if (take_c(&rest, ':')) {
        v.epoch = digits;
        evr = rest;
    }
    ptrdiff_t hyphen = str_rfind(evr, '-');
    v.has_release = hyphen >= 0;
    v.version = v.has_release ? str_slice(evr, 0, (size_t)hyphen) : evr;
    v.release = v.has_release ? skip(evr, (size_t)hyphen + 1) : (struct str){0};
    return v;
}

int rpm_evr_compare(const struct rpm_evr *a, const struct rpm_evr *b)
{
    int order = digits_compare(a->epoch, b->epoch);
    if (!order)
        order = rpmvercmp(a->version, b->version);
    if (!order)
        order = a->has_release - b->has_release;
    return order ? order : rpmvercmp(a->release, b->release);
}

static int compare(struct str a, struct str b, int *ret_order)
{
    *ret_order = rpmvercmp(a, b);
    return 0;
}

const struct version_scheme version_rpmvercmp = {
    .name = "rpmvercmp",
    .aliases = "rpm-vercmp-raw",
    .compare = compare,
};
