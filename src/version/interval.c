/* Intervals: "[1.0,2.0),[3.0,)". POM Reference, "Dependency Version Requirement Specification"; NuGet,
 * "Version ranges".
 */
#include "version/interval.h"

#include "version/part.h"

struct interval {
    struct str low, high; /* empty: no end */
    bool low_open, high_open;
};

/* Takes "[low,high)" or "[exactly]" and the comma after it. */
static int take_interval(struct str *s, struct interval *ret)
{
    struct interval v = {.low_open = first(*s) == '('};
    if (!take_c(s, '(') && !take_c(s, '['))
        return err_set(ERR_INVALID, "an interval begins with '[' or '('");
    size_t n = 0;
    while (n < s->n && s->p[n] != ')' && s->p[n] != ']')
        n++;
    if (n == s->n)
        return err_set(ERR_INVALID, "an interval without its end");
    struct str inner = take(s, n);
    v.high_open = take(s, 1).p[0] == ')';
    if (!str_cut(inner, ',', &v.low, &v.high)) {
        v.low = v.high = inner;
        v.low_open = v.high_open = false;
        if (!str_trim(inner).n)
            return err_set(ERR_INVALID, "an empty interval");
    }
    v.low = str_trim(v.low);
    v.high = str_trim(v.high);
    if (str_find(v.high, ',') >= 0)
        return err_set(ERR_INVALID, "an interval of more than two versions");
    *s = str_trim(*s);
    if (s->n && (!take_c(s, ',') || !(*s = str_trim(*s)).n))
        return err_set(ERR_INVALID, "no comma between intervals");
    *ret = v;
    return 0;
}

static int in_interval(const struct version_scheme *scheme, struct str version, const struct interval *v,
                       bool *ret_in)
{
    int low = 1, high = -1, status = 0;
    if (v->low.n)
        status = version_compare(scheme, version, v->low, &low);
    if (status == 0 && v->high.n)
        status = version_compare(scheme, version, v->high, &high);
    if (status == 0)
        *ret_in = low >= v->low_open && high <= -v->high_open;
    return status;
}

bool interval_begins(struct str range)
{
    range = str_trim(range);
    return first(range) == '[' || first(range) == '(';
}

int interval_satisfies(const struct version_scheme *scheme, struct str version, struct str range,
                       bool *ret_satisfied)
{
    struct str rest = str_trim(range);
    int order, status = version_compare(scheme, version, version, &order);
    bool any = false;
    while (status == 0 && rest.n) {
        struct interval interval = {0};
        bool in = false;
        status = take_interval(&rest, &interval);
        if (status == 0)
            status = in_interval(scheme, version, &interval, &in);
        any |= in;
    }
    if (status < 0)
        return err_context(status, "%s range '%.*s'", scheme->name, range.n > 200 ? 200 : (int)range.n,
                           range.p);
    *ret_satisfied = any;
    return 0;
}
