/* Gentoo versions: numbers[letter][_suffix[number]]...[-rN]. Package Manager Specification, 3.2 (form)
 * and 3.3 (comparison). */
#include "version/part.h"
#include "version/version.h"

struct gentoo {
    struct str numbers, suffixes, revision;
    char letter;
};

enum { NO_SUFFIX = 4 };

/* The rank of a suffix and its number; NO_SUFFIX at the end, -1 when it is none. */
static int take_suffix(struct str *s, struct str *ret_number)
{
    static const char *const names[] = {"alpha", "beta", "pre", "rc", "", "p"};
    *ret_number = (struct str){0};
    if (!take_c(s, '_'))
        return s->n ? -1 : NO_SUFFIX;
    struct str name = take_alphas(s);
    *ret_number = take_digits(s);
    for (int i = 0; i < 6; i++)
        if (i != NO_SUFFIX && str_is(name, names[i]))
            return i;
    return -1;
}

static int parse(struct str version, struct gentoo *ret)
{
    struct str s = str_trim(version);
    struct gentoo v = {.numbers = s};
    size_t n = 0;
    while (n < s.n && (is_digit(s.p[n]) || (s.p[n] == '.' && n && is_digit(s.p[n - 1]) && n + 1 < s.n)))
        n++;
    v.numbers = take(&s, n);
    if (is_lower(first(s)))
        v.letter = take(&s, 1).p[0];
    ptrdiff_t hyphen = str_rfind(s, '-');
    if (hyphen >= 0) {
        struct str revision = skip(s, (size_t)hyphen + 1);
        s.n = (size_t)hyphen;
        if (!take_c(&revision, 'r') || !all_digits(revision))
            return version_invalid("gentoo", version, "a hyphen without its revision");
        v.revision = revision;
    }
    v.suffixes = s;
    if (!n || !is_digit(v.numbers.p[n - 1]))
        return version_invalid("gentoo", version, "does not begin with numbers");
    struct str number;
    int suffix;
    while ((suffix = take_suffix(&s, &number)) != NO_SUFFIX)
        if (suffix < 0)
            return version_invalid("gentoo", version, "an unknown suffix");
    *ret = v;
    return 0;
}

static struct str strip_trailing_zeros(struct str s)
{
    while (s.n && s.p[s.n - 1] == '0')
        s.n--;
    return s;
}

/* The first by value; later ones with a leading zero are decimal fractions. */
static int order_numbers(struct str a, struct str b)
{
    struct str na = take_until(&a, '.'), nb = take_until(&b, '.');
    int order = digits_compare(na, nb);
    while (!order && a.n && b.n) {
        na = take_until(&a, '.');
        nb = take_until(&b, '.');
        order = na.p[0] == '0' || nb.p[0] == '0'
                    ? sign(str_cmp(strip_trailing_zeros(na), strip_trailing_zeros(nb)))
                    : digits_compare(na, nb);
    }
    return order ? order : (a.n > 0) - (b.n > 0);
}

static int order_suffixes(struct str a, struct str b)
{
    while (a.n || b.n) {
        struct str na, nb;
        int order = sign(take_suffix(&a, &na) - take_suffix(&b, &nb));
        if (!order)
            order = digits_compare(na, nb);
        if (order)
            return order;
    }
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct gentoo va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = order_numbers(va.numbers, vb.numbers);
    if (!order)
        order = sign(va.letter - vb.letter);
    if (!order)
        order = order_suffixes(va.suffixes, vb.suffixes);
    *ret_order = order ? order : digits_compare(va.revision, vb.revision);
    return 0;
}

const struct version_scheme version_gentoo = {
    .name = "gentoo",
    .aliases = "ebuild,portage,Gentoo",
    .compare = compare,
};
