/* Conan versions: items between dots, "-pre-release", "+build". Conan documentation, "Version ranges". Unlike
 * in semantic versions build metadata counts, and items may be words. */
#include "version/part.h"
#include "version/version.h"

struct conan {
    struct str items, pre, build;
};

static int parse(struct str version, struct conan *ret)
{
    struct conan v = {.items = str_trim(version)};
    for (size_t i = 0; i < v.items.n; i++)
        if ((unsigned char)v.items.p[i] <= ' ' || v.items.p[i] == 0x7f)
            return version_invalid("conan", version, "a blank or control character");
    ptrdiff_t plus = str_rfind(v.items, '+');
    if (plus >= 0) {
        v.build = skip(v.items, (size_t)plus + 1);
        v.items.n = (size_t)plus;
    }
    ptrdiff_t hyphen = str_rfind(v.items, '-');
    if (hyphen >= 0) {
        v.pre = skip(v.items, (size_t)hyphen + 1);
        v.items.n = (size_t)hyphen;
    }
    if (!v.items.n)
        return version_invalid("conan", version, "empty");
    *ret = v;
    return 0;
}

/* Trailing zeros are nothing: 1.0 is 1. */
static struct str strip_zero_items(struct str s)
{
    while (s.n > 1 && s.p[s.n - 1] == '0' && s.p[s.n - 2] == '.')
        s.n -= 2;
    return s;
}

/* Numbers by value; a number and a word as words. */
static int order_items(struct str a, struct str b)
{
    a = strip_zero_items(a);
    b = strip_zero_items(b);
    while (a.n && b.n) {
        struct str ia = take_until(&a, '.'), ib = take_until(&b, '.');
        int order = all_digits(ia) && all_digits(ib) ? digits_compare(ia, ib) : icompare(ia, ib);
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct conan va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = order_items(va.items, vb.items);
    if (!order)
        order = va.pre.n && vb.pre.n ? order_items(va.pre, vb.pre) : (vb.pre.n > 0) - (va.pre.n > 0);
    if (!order)
        order = order_items(va.build, vb.build);
    *ret_order = order;
    return 0;
}

const struct version_scheme version_conan = {
    .name = "conan",
    .aliases = "ConanCenter",
    .compare = compare,
};
