/* Maven versions. POM Reference, "Version Order Specification": tokens cut at dots, hyphens and between
 * digits and letters; null values trimmed before each hyphen; compared token by token. */
#include "version/constraint.h"
#include "version/interval.h"
#include "version/part.h"

extern const struct version_scheme version_maven;

/* Tokens alternate at worst letter by digit. */
enum { TOKENS_MAX = VERSION_MAX + 1 };

struct token {
    struct str text; /* digits or letters; empty counts as 0 */
    bool number, hyphen;
    signed char rank; /* of a qualifier */
};

struct tokens {
    size_t n;
    struct token at[TOKENS_MAX];
};

/* Qualifiers in their order; RANK_RELEASE is the plain version. */
enum { RANK_RELEASE = 5, RANK_SP, RANK_OTHER };
static const struct {
    const char *text;
    signed char rank;
} qualifiers[] = {
    {"alpha", 0},
    {"beta", 1},
    {"milestone", 2},
    {"rc", 3},
    {"cr", 3},
    {"snapshot", 4},
    {"ga", RANK_RELEASE},
    {"final", RANK_RELEASE},
    {"release", RANK_RELEASE},
    {"sp", RANK_SP},
};

static signed char rank(struct str text, bool digit_follows)
{
    if (text.n == 1 && digit_follows)
        switch (to_lower(text.p[0])) {
        case 'a':
            return 0;
        case 'b':
            return 1;
        case 'm':
            return 2;
        }
    for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++)
        if (icompare(text, str_from(qualifiers[i].text)) == 0)
            return qualifiers[i].rank;
    return RANK_OTHER;
}

static inline bool is_null(const struct token *t)
{
    return t->number ? is_zero(t->text) : t->rank == RANK_RELEASE;
}

/* "1--1": the nothing between two hyphens is not trimmed, it makes one level more. */
static inline bool is_level(const struct tokens *tokens, size_t i)
{
    return tokens->at[i].number && !tokens->at[i].text.n && i + 1 < tokens->n && tokens->at[i + 1].hyphen;
}

static struct token take_token(struct str *s)
{
    struct token t = {.number = !s->n || is_digit(s->p[0]) || s->p[0] == '.' || s->p[0] == '-'};
    size_t n = 0;
    while (n < s->n && s->p[n] != '.' && s->p[n] != '-' && is_digit(s->p[n]) == t.number)
        n++;
    t.text = take(s, n);
    if (!t.number)
        t.rank = rank(t.text, is_digit(first(*s)));
    return t;
}

/* Drops nulls at the end, and before each hyphen; the first token stays. */
static void trim(struct tokens *tokens)
{
    size_t keep = tokens->n; /* tokens [i, n) are settled and begin at `keep` */
    for (size_t i = tokens->n; i-- > 0;) {
        bool at_end = keep == tokens->n || tokens->at[keep].hyphen;
        if (i > 0 && at_end && is_null(&tokens->at[i]) && !is_level(tokens, i))
            continue;
        tokens->at[--keep] = tokens->at[i];
    }
    tokens->n -= keep;
    memmove(tokens->at, tokens->at + keep, tokens->n * sizeof *tokens->at);
}

static int parse(struct str version, struct tokens *ret)
{
    struct str s = str_trim(version);
    if (!s.n)
        return version_invalid("maven", version, "empty");
    if (s.n > VERSION_MAX)
        return err_set(ERR_LIMIT, "maven version longer than %d bytes", VERSION_MAX);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || strchr("[](){}$,<>=|", s.p[i]))
            return version_invalid("maven", version, "a character that Maven versions do not have");
    ret->n = 0;
    bool hyphen = false;
    for (bool more = true; more;) {
        struct token *t = &ret->at[ret->n++];
        *t = take_token(&s);
        t->hyphen = hyphen;
        more = s.n > 0;
        hyphen = !take_c(&s, '.');
        if (hyphen)
            take_c(&s, '-');
    }
    trim(ret);
    return 0;
}

/* ".qualifier" < "-qualifier" < "-1" < ".1" */
static inline int kind(const struct token *t)
{
    return t->number ? (t->hyphen ? 2 : 3) : t->hyphen;
}

static int compare_tokens(const struct token *a, const struct token *b)
{
    int order = kind(a) - kind(b);
    if (order)
        return sign(order);
    if (a->number)
        return digits_compare(a->text, b->text);
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a->rank == RANK_OTHER ? icompare(a->text, b->text) : 0;
}

/* What stands in for the missing counterpart of `t`: a null of the same kind. */
static struct token null_like(const struct token *t)
{
    return (struct token){.number = t->number, .hyphen = t->hyphen, .rank = RANK_RELEASE};
}

static int order_tokens(const struct tokens *a, const struct tokens *b)
{
    for (size_t i = 0; i < a->n || i < b->n; i++) {
        struct token null = null_like(i < a->n ? &a->at[i] : &b->at[i]);
        int order = compare_tokens(i < a->n ? &a->at[i] : &null, i < b->n ? &b->at[i] : &null);
        if (order)
            return order;
    }
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct tokens ta, tb;
    int status = parse(a, &ta);
    if (status == 0)
        status = parse(b, &tb);
    if (status == 0)
        *ret_order = order_tokens(&ta, &tb);
    return status;
}

/* "[1.0,2.0),[3.0,)", or a comparator list as advisories have it: ">= 1.0, < 2.0". */
static int satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    return interval_begins(range) ? interval_satisfies(&version_maven, version, range, ret_satisfied)
                                  : constraint_list(&version_maven, version, range, ret_satisfied);
}

const struct version_scheme version_maven = {
    .name = "maven",
    .aliases = "java,gradle,Maven",
    .compare = compare,
    .satisfies = satisfies,
};
