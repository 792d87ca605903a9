/* Versions of Java itself: 1.8.0_131-b11 (the old form, in which 8 is 1.8 and the update follows an
 * underscore) and 11.0.4+11 (JEP 223, JEP 322). The two name the same releases; the build does not count. */
#include "version/part.h"
#include "version/version.h"

enum { NUMBERS = 5 };

struct jvm {
    struct str numbers[NUMBERS];
    struct str pre; /* "ea" */
};

/* "131", "u131", "update131"; what else stands in a version between separators is not a number. */
static bool take_update(struct str *s, struct str *ret)
{
    struct str rest = *s, word = take_alphas(&rest), digits = take_digits(&rest);
    if (!digits.n || !(word.n == 0 || str_is(word, "u") || str_is(word, "update")))
        return false;
    *ret = digits;
    *s = rest;
    return true;
}

static bool take_numbers(struct str *s, struct jvm *v)
{
    v->numbers[0] = take_digits(s);
    if (!v->numbers[0].n)
        return false;
    for (int i = 1; i < NUMBERS && s->n; i++) {
        struct str rest = *s;
        if (first(rest) == '-' && !str_starts(rest, STR("-u")))
            return true;
        if (first(rest) == 'u') /* 8u131 is 8.0.131 */
            i = 2;
        else if (!take_c(&rest, '.') && !take_c(&rest, '_') && !take_c(&rest, '-'))
            return true;
        if (!take_update(&rest, &v->numbers[i]))
            return false;
        *s = rest;
    }
    return true;
}

static int parse(struct str version, struct jvm *ret)
{
    struct str s = str_trim(version), build;
    struct jvm v = {0};
    if (!take_numbers(&s, &v))
        return version_invalid("jvm", version, "not in the form of Java's versions");
    if (str_is(v.numbers[0], "1") && v.numbers[1].n)
        for (int i = 0; i < NUMBERS; i++)
            v.numbers[i] = i + 1 < NUMBERS ? v.numbers[i + 1] : (struct str){0};
    str_cut(s, '+', &s, &build);
    while (take_c(&s, '-')) {
        struct str rest = s, word = take_until(&s, '-');
        if (first(word) == 'b' && all_digits(skip(word, 1)))
            continue;
        if (!word.n || !only_alnum_or(word, "._"))
            return version_invalid("jvm", version, "not in the form of Java's versions");
        if (!v.pre.n && !is_digit(first(word)))
            v.pre = word;
        if (s.n) /* take_until() took the hyphen as well */
            s = skip(rest, word.n);
    }
    if (s.n)
        return version_invalid("jvm", version, "not in the form of Java's versions");
    *ret = v;
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct jvm va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = 0;
    for (int i = 0; !order && i < NUMBERS; i++)
        order = digits_compare(va.numbers[i], vb.numbers[i]);
    if (!order)
        order = va.pre.n && vb.pre.n ? natural_compare(va.pre, vb.pre) : (vb.pre.n > 0) - (va.pre.n > 0);
    *ret_order = order;
    return 0;
}

const struct version_scheme version_jvm = {
    .name = "jvm",
    .aliases = "jdk,openjdk",
    .compare = compare,
};
