/* apk versions: numbers[letter][_suffix[number]]...[~hash][-rN]. apk-package(5); where apk-tools 2 and 3
 * differ, as apk-tools 3 does. */
#include "version/part.h"
#include "version/version.h"

/* In the order in which a version may have them. When two versions differ in what comes next, the kind that
 * stands further down here is the lower version. */
enum kind { START, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID };

/* Before and after the plain version. */
static const char *const suffixes[] = {"alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"};
enum { SUFFIX_NONE = 4, N_SUFFIXES = 10 };

struct token {
    enum kind kind;
    struct str text;
    int suffix;
};

static enum kind take_suffix(struct str *s, struct token *t)
{
    t->text = take_alphas(s);
    for (t->suffix = 0; t->suffix < N_SUFFIXES; t->suffix++)
        if (t->suffix != SUFFIX_NONE && str_is(t->text, suffixes[t->suffix]))
            return SUFFIX;
    return INVALID;
}

static enum kind take_hash(struct str *s, struct token *t)
{
    size_t n = 0;
    while (n < s->n && (is_digit(s->p[n]) || (s->p[n] >= 'a' && s->p[n] <= 'f')))
        n++;
    t->text = take(s, n);
    return n ? HASH : INVALID;
}

static enum kind take_number(struct str *s, struct token *t, enum kind kind)
{
    t->text = take_digits(s);
    return t->text.n ? kind : INVALID;
}

static enum kind next_kind(struct str *s, struct token *t)
{
    enum kind before = t->kind;
    if (before == START)
        return take_number(s, t, NUMBER);
    if (!s->n)
        return END;
    if (before == SUFFIX && is_digit(first(*s)))
        return take_number(s, t, SUFFIX_NUMBER);
    if (before == NUMBER && is_lower(first(*s))) {
        t->text = take(s, 1);
        return LETTER;
    }
    if (before == LETTER && is_digit(first(*s))) /* "6.6.2p1", of Alpine's first years */
        return take_number(s, t, SUFFIX_NUMBER);
    if (before == NUMBER && take_c(s, '.'))
        return take_number(s, t, NUMBER);
    if (before < HASH && take_c(s, '_'))
        return take_suffix(s, t);
    if (before < HASH && take_c(s, '~'))
        return take_hash(s, t);
    if (before < REVISION && s->n > 1 && s->p[0] == '-' && s->p[1] == 'r') {
        *s = skip(*s, 2);
        return take_number(s, t, REVISION);
    }
    return INVALID;
}

static inline void next(struct str *s, struct token *t)
{
    t->kind = next_kind(s, t);
}

/* Of two tokens of one kind. A number after a dot that begins with 0 is a decimal fraction: text order. */
static int compare_text(const struct token *a, const struct token *b, bool leading)
{
    if (a->kind == SUFFIX)
        return sign(a->suffix - b->suffix);
    if (a->kind == LETTER || a->kind == HASH ||
        (a->kind == NUMBER && !leading && (first(a->text) == '0' || first(b->text) == '0')))
        return sign(str_cmp(a->text, b->text));
    return digits_compare(a->text, b->text);
}

static int compare_kind(const struct token *a, const struct token *b)
{
    if (a->kind == SUFFIX && a->suffix < SUFFIX_NONE)
        return -1;
    if (b->kind == SUFFIX && b->suffix < SUFFIX_NONE)
        return 1;
    return a->kind > b->kind ? -1 : a->kind < b->kind ? 1 : 0;
}

static int check(struct str version, struct str rest, struct token t)
{
    while (t.kind < END)
        next(&rest, &t);
    return t.kind == INVALID ? version_invalid("apk", version, "not in the form of an apk version") : 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct token ta = {0}, tb = {0};
    struct str ra = a, rb = b;
    int order = 0;
    bool leading = true;
    do {
        next(&ra, &ta);
        next(&rb, &tb);
        if (ta.kind == INVALID || tb.kind == INVALID)
            break;
        order = ta.kind == tb.kind ? compare_text(&ta, &tb, leading) : compare_kind(&ta, &tb);
        leading = false;
    } while (!order && ta.kind < END);
    /* Also what comes after the difference has to be a version. */
    int status = check(a, ra, ta);
    if (status == 0)
        status = check(b, rb, tb);
    if (status == 0)
        *ret_order = order;
    return status;
}

const struct version_scheme version_apk = {
    .name = "apk",
    .aliases =
        "alpine,wolfi,Alpaquita,Alpine,BellSoft Hardened Containers,Chainguard,CleanStart,MinimOS,Wolfi",
    .compare = compare,
};
