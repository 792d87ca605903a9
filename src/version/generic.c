/* Versions of software that follows no scheme: numbers, then whatever its makers hang on. There is no
 * specification; the rules here are those on which people agree:
 *   - numbers between dots count by value, missing ones are 0, a leading "v" is nothing;
 *   - what follows is a pre-release when its word says so (rc, beta, ...) or when it is a word after a
 * hyphen, as in semantic versions; letters and numbers hung on otherwise come after the plain version
 * ("1.1.1w", "8.0_456");
 *   - build metadata after '+' comes after the same version without it. */
#include "version/generic.h"

#include "version/constraint.h"
#include "version/part.h"

enum rank { RANK_PRE = -1, RANK_RELEASE, RANK_POST };

struct generic {
    struct str release; /* "1.2.3" */
    enum rank rank;
    struct str suffix; /* "rc.1" */
    struct str build;  /* after '+' */
};

static const char *const pre_words[] = {"alpha",   "beta",      "rc",       "cr", "pre",
                                        "preview", "milestone", "snapshot", "ea"};
/* "dev" is here because of GNU- and git-style development versions, which continue the release they name. */
static const char *const post_words[] = {"r",     "p",      "pl",      "sp",  "patch", "post",
                                         "dev",   "hotfix", "update",  "u",   "rev",   "build",
                                         "final", "ga",     "release", "lts", "git",   "svn"};

static bool is_among(struct str word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (icompare(word, str_from(words[i])) == 0)
            return true;
    return false;
}

static enum rank rank_suffix(char separator, struct str suffix, bool semantic)
{
    if (!suffix.n)
        return RANK_RELEASE;
    struct str rest = suffix, word = take_alphas(&rest);
    if (separator == '~' || is_among(word, pre_words, sizeof pre_words / sizeof *pre_words))
        return RANK_PRE;
    if (separator == '-' && semantic)
        return RANK_PRE;
    if (!word.n || is_among(word, post_words, sizeof post_words / sizeof *post_words))
        return RANK_POST;
    return separator == '-' || separator == '.' ? RANK_PRE : RANK_POST;
}

static bool take_release(struct str *s, struct str *ret)
{
    struct str start = *s;
    if (!take_digits(s).n)
        return false;
    while (s->n > 1 && s->p[0] == '.' && is_digit(s->p[1])) {
        *s = skip(*s, 1);
        take_digits(s);
    }
    *ret = (struct str){start.p, start.n - s->n};
    return true;
}

static int parse(struct str version, bool semantic, struct generic *ret)
{
    struct str s = str_trim(version);
    struct generic v = {0};
    if (s.n > 1 && to_lower(s.p[0]) == 'v')
        s = skip(s, 1);
    if (!take_release(&s, &v.release))
        return version_invalid("generic", version, "does not begin with a number");
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return version_invalid("generic", version, "a blank or control character");
    char separator = is_alnum(first(s)) ? '\0' : first(s);
    if (separator == '.' && !(s.n > 1 && is_alnum(s.p[1])))
        return version_invalid("generic", version, "a dot without a number");
    ptrdiff_t plus = str_find(s, '+');
    if (plus >= 0) {
        v.build = skip(s, (size_t)plus + 1);
        s.n = (size_t)plus;
    }
    v.suffix = s.n && separator ? skip(s, 1) : s;
    v.rank = rank_suffix(separator, v.suffix, semantic);
    *ret = v;
    return 0;
}

/* The first n_parts numbers, or all of both. */
static int order_release(struct str a, struct str b, size_t n_parts)
{
    for (; n_parts && (a.n || b.n); n_parts--) {
        struct str pa = take_until(&a, '.'), pb = take_until(&b, '.');
        int order = digits_compare(pa, pb);
        if (order)
            return order;
    }
    return 0;
}

static int order_identifiers(struct str a, struct str b)
{
    while (a.n && b.n) {
        struct str ia = take_until(&a, '.'), ib = take_until(&b, '.');
        bool na = all_digits(ia), nb = all_digits(ib);
        int order = na == nb ? natural_compare(ia, ib) : nb - na;
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

static int order(const struct generic *a, const struct generic *b, bool semantic)
{
    int result = order_release(a->release, b->release, SIZE_MAX);
    if (!result)
        result = sign((int)a->rank - (int)b->rank);
    if (!result)
        result = order_identifiers(a->suffix, b->suffix);
    return result || semantic ? result : order_identifiers(a->build, b->build);
}

int generic_compare(struct str a, struct str b, bool semantic, int *ret_order)
{
    struct generic va, vb;
    int status = parse(a, semantic, &va);
    if (status == 0)
        status = parse(b, semantic, &vb);
    if (status == 0)
        *ret_order = order(&va, &vb, semantic);
    return status;
}

struct subject {
    struct generic version;
    bool semantic;
};

static size_t count_parts(struct str release)
{
    size_t n = 0;
    for (; release.n; n++)
        take_until(&release, '.');
    return n;
}

/* "^" keeps the numbers up to the first that is not zero. */
static size_t caret_parts(struct str release)
{
    size_t n = 0;
    while (release.n) {
        n++;
        if (!is_zero(take_until(&release, '.')))
            break;
    }
    return n;
}

/* How many numbers have to be the bound's; 0: the operator is a plain one. */
static size_t kept_parts(enum operator op, struct str release)
{
    size_t n = count_parts(release);
    switch (op) {
    case OP_CARET:
        return caret_parts(release);
    case OP_TILDE:
        return n < 2 ? n : 2;
    case OP_PESSIMISTIC:
    case OP_COMPATIBLE:
        return n > 1 ? n - 1 : 1;
    default:
        return 0;
    }
}

static int test_one(void *context, const struct comparator *c, bool *ret_holds)
{
    const struct subject *subject = context;
    struct generic bound;
    if (c->op == OP_NONE && str_is(c->bound, "*") && !subject->semantic) {
        *ret_holds = true;
        return 0;
    }
    int status = parse(c->bound, subject->semantic, &bound);
    if (status < 0)
        return status;
    int result = order(&subject->version, &bound, subject->semantic);
    size_t kept = kept_parts(c->op, bound.release);
    if (!kept)
        return constraint_order_holds(c->op, result, ret_holds);
    *ret_holds = result >= 0 && order_release(subject->version.release, bound.release, kept) == 0;
    return 0;
}

int generic_satisfies(struct str version, struct str range, bool semantic, bool *ret_satisfied)
{
    struct subject subject = {.semantic = semantic};
    int status = parse(version, semantic, &subject.version);
    return status < 0 ? status : constraint_each_one(range, test_one, &subject, ret_satisfied);
}

static int compare(struct str a, struct str b, int *ret_order)
{
    return generic_compare(a, b, false, ret_order);
}

static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return generic_satisfies(version, range, false, ret_satisfied);
}

const struct version_scheme version_generic = {
    .name = "generic",
    .aliases = "binary,unknown,OSS-Fuzz,Linux,Android",
    .compare = compare,
    .satisfies = satisfies,
};
