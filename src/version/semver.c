/* Semantic Versioning 2.0.0, with a leading "v" and missing parts forgiven: OSV's SEMVER ranges have both. */
#include "version/semver.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "version/part.h"
#include "version/semver_range.h"
#include "version/version.h"

static bool take_identifiers(struct str *s, struct str *ret)
{
    size_t n = 0;
    for (bool empty = true;; n++) {
        char c = n < s->n ? s->p[n] : '\0';
        if (is_alnum(c) || c == '-') {
            empty = false;
            continue;
        }
        if (empty)
            return false;
        if (c != '.')
            break;
        empty = true;
    }
    *ret = take(s, n);
    return true;
}

static struct str skip_loose_prefix(struct str s)
{
    s = str_trim(s);
    while (s.n && (s.p[0] == 'v' || s.p[0] == '=' || is_blank(s.p[0])))
        s = skip(s, 1);
    return s;
}

bool semver_parse(struct str s, unsigned form, struct semver *ret)
{
    struct semver v = {0};
    if (form & SEMVER_LOOSE)
        s = skip_loose_prefix(s);
    else if ((form & SEMVER_V) && (first(s) == 'v' || first(s) == 'V'))
        s = skip(s, 1);
    while (v.n_parts < 3) {
        struct str part = take_digits(&s);
        if (!part.n)
            return false;
        v.parts[v.n_parts++] = part;
        if (v.n_parts == 3 || s.n < 2 || s.p[0] != '.' || !is_digit(s.p[1]))
            break;
        s = skip(s, 1);
    }
    if (v.n_parts < 3 && !(form & SEMVER_PARTIAL))
        return false;
    if (s.n) {
        bool pre = take_c(&s, '-') || ((form & SEMVER_DOT_PRE) && take_c(&s, '.')) ||
                   ((form & (SEMVER_LOOSE | SEMVER_DOT_PRE)) && is_alpha(first(s)));
        if (pre && !take_identifiers(&s, &v.pre))
            return false;
        if (take_c(&s, '+') && !take_identifiers(&s, &v.build))
            return false;
        if (s.n)
            return false;
    }
    *ret = v;
    return true;
}

int semver_order_parts(const struct semver *a, const struct semver *b, int n_parts)
{
    for (int i = 0; i < n_parts; i++) {
        int order = digits_compare(a->parts[i], b->parts[i]);
        if (order)
            return order;
    }
    return 0;
}

int semver_order_identifiers(struct str a, struct str b)
{
    while (a.n && b.n) {
        struct str ia = take_until(&a, '.'), ib = take_until(&b, '.');
        bool na = all_digits(ia), nb = all_digits(ib);
        int order = na && nb ? digits_compare(ia, ib) : na != nb ? nb - na : sign(str_cmp(ia, ib));
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

int semver_order(const struct semver *a, const struct semver *b)
{
    int order = semver_order_parts(a, b, 3);
    if (order)
        return order;
    if (!a->pre.n || !b->pre.n)
        return (b->pre.n > 0) - (a->pre.n > 0);
    return semver_order_identifiers(a->pre, b->pre);
}

int semver_compare(const char *scheme, unsigned form, struct str a, struct str b, int *ret_order)
{
    struct semver va, vb;
    if (!semver_parse(a, form, &va))
        return version_invalid(scheme, a, "not a semantic version");
    if (!semver_parse(b, form, &vb))
        return version_invalid(scheme, b, "not a semantic version");
    *ret_order = semver_order(&va, &vb);
    return 0;
}

int semver_canonical(const char *scheme, unsigned form, struct str version, char *ret_text, size_t size)
{
    struct semver v;
    if (!semver_parse(version, form, &v))
        return version_invalid(scheme, version, "not a semantic version");
    _cleanup_(buf_free) struct buf out = buf_new(2 * VERSION_MAX + 64);
    for (int i = 0; i < 3; i++) {
        struct str digits = strip_zeros(v.parts[i]);
        buf_printf(&out, "%s%.*s", i ? "." : "", STR_ARG(digits.n ? digits : STR("0")));
    }
    if (v.pre.n)
        buf_printf(&out, "-%.*s", STR_ARG(v.pre));
    if (v.build.n)
        buf_printf(&out, "+%.*s", STR_ARG(v.build));
    return version_put(&out, ret_text, size);
}

static int compare(struct str a, struct str b, int *ret_order)
{
    return semver_compare("semver", SEMVER_V | SEMVER_PARTIAL, a, b, ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return semver_satisfies(&semver_range_semver, version, range, ret_satisfied);
}

static int covers(struct str version, struct str range, bool *ret_covered)
{
    return semver_satisfies(&semver_range_semver_all, version, range, ret_covered);
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    return semver_canonical("semver", SEMVER_V | SEMVER_PARTIAL, version, ret_text, size);
}

const struct version_scheme version_semver = {
    .name = "semver",
    .aliases = "GitHub Actions,Julia,Kubernetes,VSCode,github-actions,julia",
    .compare = compare,
    .satisfies = satisfies,
    .covers = covers,
    .canonical = canonical,
};
