/* Python versions. Version specifiers specification (PEP 440): grammar of appendix B, order of "Summary of
 * permitted suffixes and relative ordering". */
#include "version/pep440.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "version/part.h"
#include "version/version.h"

struct word {
    const char *text;
    int value;
};

/* The longer spellings first. */
static const struct word pre_words[] = {
    {"preview", PRE_RC}, {"alpha", PRE_A}, {"beta", PRE_B}, {"pre", PRE_RC}, {"rc", PRE_RC},
    {"a", PRE_A},        {"b", PRE_B},     {"c", PRE_RC},   {NULL, 0},
};
static const struct word post_words[] = {{"post", 0}, {"rev", 0}, {"r", 0}, {NULL, 0}};
static const struct word dev_words[] = {{"dev", 0}, {NULL, 0}};

static inline bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

static bool take_word(struct str *s, const struct word *words, int *ret_value)
{
    for (; words->text; words++) {
        struct str word = str_from(words->text);
        if (s->n >= word.n && icompare(str_slice(*s, 0, word.n), word) == 0) {
            *s = skip(*s, word.n);
            *ret_value = words->value;
            return true;
        }
    }
    return false;
}

static inline struct str skip_separator(struct str s)
{
    return is_separator(first(s)) ? skip(s, 1) : s;
}

/* [separator] word [separator] [number] */
static bool take_suffix(struct str *s, const struct word *words, int *ret_value, struct str *ret_number)
{
    struct str rest = skip_separator(*s);
    if (!take_word(&rest, words, ret_value))
        return false;
    *s = skip_separator(rest);
    *ret_number = take_digits(s);
    return true;
}

static bool take_post(struct str *s, struct str *ret_number)
{
    int ignored;
    if (s->n > 1 && s->p[0] == '-' && is_digit(s->p[1])) { /* the implicit form "1.0-1" */
        *s = skip(*s, 1);
        *ret_number = take_digits(s);
        return true;
    }
    return take_suffix(s, post_words, &ignored, ret_number);
}

static bool take_local(struct str *s, struct str *ret_local)
{
    if (!take_c(s, '+'))
        return true;
    if (!s->n || !is_alnum(s->p[0]) || !is_alnum(s->p[s->n - 1]))
        return false;
    for (size_t i = 1; i < s->n; i++)
        if (!is_alnum(s->p[i]) && !(is_separator(s->p[i]) && is_alnum(s->p[i - 1])))
            return false;
    *ret_local = take(s, s->n);
    return true;
}

static bool take_release(struct str *s, struct str *ret_release)
{
    struct str start = *s;
    if (!take_digits(s).n)
        return false;
    while (s->n > 1 && s->p[0] == '.' && is_digit(s->p[1])) {
        *s = skip(*s, 1);
        take_digits(s);
    }
    *ret_release = (struct str){start.p, start.n - s->n};
    return true;
}

bool pep440_parse(struct str version, struct pep440 *ret)
{
    struct str s = str_trim(version), rest;
    struct pep440 v = {.pre = PRE_NONE};
    if (first(s) == 'v' || first(s) == 'V')
        s = skip(s, 1);
    rest = s;
    struct str epoch = take_digits(&rest);
    if (epoch.n && take_c(&rest, '!')) {
        v.epoch = epoch;
        s = rest;
    }
    if (!take_release(&s, &v.release))
        return false;
    int value;
    if (s.n) {
        if (take_suffix(&s, pre_words, &value, &v.pre_number))
            v.pre = (enum pep440_pre)value;
        v.has_post = take_post(&s, &v.post_number);
        v.has_dev = take_suffix(&s, dev_words, &value, &v.dev_number);
        if (!take_local(&s, &v.local) || s.n)
            return false;
    }
    *ret = v;
    return true;
}

struct str pep440_segment(struct str *release)
{
    return take_until(release, '.');
}

int pep440_order_release(const struct pep440 *a, const struct pep440 *b)
{
    struct str ra = a->release, rb = b->release;
    while (ra.n || rb.n) {
        struct str sa = pep440_segment(&ra), sb = pep440_segment(&rb);
        int order = digits_compare(sa, sb);
        if (order)
            return order;
    }
    return 0;
}

/* Dev releases of a version without pre-release and post-release come before its pre-releases. */
static int pre_rank(const struct pep440 *v)
{
    return v->pre == PRE_NONE && !v->has_post && v->has_dev ? -1 : (int)v->pre;
}

static struct str local_part(struct str *local)
{
    size_t n = 0;
    while (n < local->n && is_alnum(local->p[n]))
        n++;
    struct str part = take(local, n);
    *local = skip(*local, local->n ? 1 : 0);
    return part;
}

static int order_local(struct str a, struct str b)
{
    while (a.n && b.n) {
        struct str pa = local_part(&a), pb = local_part(&b);
        bool na = all_digits(pa), nb = all_digits(pb);
        int order = na && nb ? digits_compare(pa, pb) : na != nb ? na - nb : icompare(pa, pb);
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

int pep440_order(const struct pep440 *a, const struct pep440 *b, bool with_local)
{
    int order = digits_compare(a->epoch, b->epoch);
    if (!order)
        order = pep440_order_release(a, b);
    if (!order)
        order = sign(pre_rank(a) - pre_rank(b));
    if (!order)
        order = digits_compare(a->pre_number, b->pre_number);
    if (!order)
        order = a->has_post - b->has_post;
    if (!order)
        order = digits_compare(a->post_number, b->post_number);
    if (!order)
        order = b->has_dev - a->has_dev;
    if (!order)
        order = digits_compare(a->dev_number, b->dev_number);
    return order || !with_local ? order : order_local(a->local, b->local);
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct pep440 va, vb;
    if (!pep440_parse(a, &va))
        return version_invalid("pep440", a, "not in the form of PEP 440");
    if (!pep440_parse(b, &vb))
        return version_invalid("pep440", b, "not in the form of PEP 440");
    *ret_order = pep440_order(&va, &vb, true);
    return 0;
}

static void add_number(struct buf *out, struct str digits)
{
    digits = strip_zeros(digits);
    buf_add_str(out, digits.n ? digits : STR("0"));
}

static void add_local(struct buf *out, struct str local)
{
    for (char before = '+'; local.n; before = '.') {
        struct str part = local_part(&local);
        buf_add_c(out, before);
        if (all_digits(part))
            add_number(out, part);
        else
            for (size_t i = 0; i < part.n; i++)
                buf_add_c(out, to_lower(part.p[i]));
    }
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    static const char *const names[] = {"a", "b", "rc"};
    struct pep440 v;
    if (!pep440_parse(version, &v))
        return version_invalid("pep440", version, "not in the form of PEP 440");
    _cleanup_(buf_free) struct buf out = buf_new(2 * VERSION_MAX + 64);
    if (!is_zero(v.epoch)) {
        add_number(&out, v.epoch);
        buf_add_c(&out, '!');
    }
    for (struct str release = v.release; release.n;) {
        add_number(&out, pep440_segment(&release));
        if (release.n)
            buf_add_c(&out, '.');
    }
    if (v.pre != PRE_NONE) {
        buf_printf(&out, "%s", names[v.pre]);
        add_number(&out, v.pre_number);
    }
    if (v.has_post) {
        buf_printf(&out, ".post");
        add_number(&out, v.post_number);
    }
    if (v.has_dev) {
        buf_printf(&out, ".dev");
        add_number(&out, v.dev_number);
    }
    add_local(&out, v.local);
    return version_put(&out, ret_text, size);
}

const struct version_scheme version_pep440 = {
    .name = "pep440",
    .aliases = "pypi,python,PyPI",
    .compare = compare,
    .satisfies = pep440_satisfies,
    .covers = pep440_covers,
    .canonical = canonical,
};
