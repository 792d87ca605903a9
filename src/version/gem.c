/* RubyGems versions: the documentation of Gem::Version, and of Gem::Requirement for ranges. The platform that
 * a lock file writes after the version ("1.13.1-x86_64-linux") is no part of it. */
#include "version/constraint.h"
#include "version/part.h"

/* First words of Gem::Platform: processors, and operating systems that stand alone. */
static const char *const platforms[] = {
    "x86",     "x86_64",  "x64",    "i386",    "i486",    "i586",   "i686",        "amd64",   "arm",
    "armv",    "arm64",   "armv5",  "armv6",   "armv7",   "armv8",  "aarch64",     "powerpc", "ppc",
    "ppc64",   "ppc64le", "s390x",  "riscv64", "sparc",   "mips",   "universal",   "java",    "jruby",
    "dalvik",  "dotnet",  "mswin",  "mswin32", "mswin64", "mingw",  "mingw32",     "linux",   "darwin",
    "freebsd", "openbsd", "netbsd", "solaris", "macruby", "wasm32", "loongarch64",
};

static bool is_platform(struct str word)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (str_is(word, platforms[i]))
            return true;
    return false;
}

static struct str strip_platform(struct str s)
{
    struct str rest = s;
    take_until(&rest, '-');
    while (rest.n) {
        size_t at = (size_t)(rest.p - s.p);
        if (is_platform(take_until(&rest, '-')))
            return str_slice(s, 0, at - 1);
    }
    return s;
}

static bool in_form(struct str s)
{
    if (!take_digits(&s).n)
        return false;
    bool hyphen = false; /* after the first one, hyphens are letters */
    while (s.n) {
        if (s.p[0] == '-')
            hyphen = true;
        else if (s.p[0] != '.')
            return false;
        s = skip(s, 1);
        size_t n = 0;
        while (n < s.n && (is_alnum(s.p[n]) || (hyphen && s.p[n] == '-')))
            n++;
        if (!n)
            return false;
        s = skip(s, n);
    }
    return true;
}

/* The version without blanks and platform; the empty one is "0". */
static int parse(struct str version, struct str *ret)
{
    struct str s = strip_platform(str_trim(version));
    if (!s.n)
        s = STR("0");
    if (!in_form(s))
        return version_invalid("gem", version, "not in the form of Gem::Version");
    *ret = s;
    return 0;
}

/* Runs of digits and of letters; a hyphen is the segment "pre". Empty at the end. */
static struct str raw_segment(struct str *s)
{
    while (s->n && !is_alnum(s->p[0]) && s->p[0] != '-')
        *s = skip(*s, 1);
    if (take_c(s, '-'))
        return STR("pre");
    return is_digit(first(*s)) ? take_digits(s) : take_alphas(s);
}

/* As raw_segment(), without the zeros before the first letters: 1.0.0.rc1 is 1.rc1. */
static struct str segment(struct str *s, bool *letters)
{
    struct str one = raw_segment(s), rest = *s, after = one;
    if (!*letters && is_digit(first(one)) && is_zero(one)) {
        while (is_digit(first(after)) && is_zero(after))
            after = raw_segment(&rest);
        if (is_alpha(first(after))) {
            one = after;
            *s = rest;
        }
    }
    *letters |= is_alpha(first(one));
    return one;
}

static int order(struct str a, struct str b)
{
    bool letters_a = false, letters_b = false;
    while (a.n || b.n) {
        struct str sa = segment(&a, &letters_a), sb = segment(&b, &letters_b);
        bool alpha_a = is_alpha(first(sa)), alpha_b = is_alpha(first(sb));
        int result = alpha_a != alpha_b ? alpha_b - alpha_a
                     : alpha_a          ? sign(str_cmp(sa, sb))
                                        : digits_compare(sa, sb);
        if (result)
            return result;
    }
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct str va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status == 0)
        *ret_order = order(va, vb);
    return status;
}

static size_t count_numbers(struct str s)
{
    size_t n = 0;
    while (is_digit(first(raw_segment(&s))))
        n++;
    return n;
}

/* "~> 2.2.1": not below it, and the numbers before the last one given are the same. */
static bool is_approximate(struct str v, struct str bound)
{
    size_t n = count_numbers(bound);
    if (order(v, bound) < 0)
        return false;
    for (n = n > 1 ? n - 1 : 1; n; n--) {
        struct str sv = raw_segment(&v), sb = raw_segment(&bound);
        if (!is_digit(first(sv)))
            sv.n = 0;
        if (digits_compare(sv, sb))
            return false;
    }
    return true;
}

static int test_one(void *context, const struct comparator *c, bool *ret_holds)
{
    const struct str *version = context;
    struct str bound;
    int status = parse(c->bound, &bound);
    if (status < 0)
        return status;
    if (c->op != OP_PESSIMISTIC)
        return constraint_order_holds(c->op, order(*version, bound), ret_holds);
    *ret_holds = is_approximate(*version, bound);
    return 0;
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    struct str v;
    int status = parse(version, &v);
    return status < 0 ? status : constraint_each_one(range, test_one, &v, ret_satisfied);
}

const struct version_scheme version_gem = {
    .name = "gem",
    .aliases = "gem-platform,ruby,rubygems,bundler,RubyGems",
    .compare = compare,
    .satisfies = satisfies,
};
