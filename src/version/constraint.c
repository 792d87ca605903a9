#include "version/constraint.h"

#include "version/part.h"

static const struct {
    const char *text;
    enum operator op;
} operators[] = {
    /* the longer ones first */
    {"===", OP_IDENTICAL},  {"==", OP_EQ},         {"=>", OP_GE},   {"=<", OP_LE},
    {"=", OP_EQ},           {"!==", OP_NE},        {"!=", OP_NE},   {"<>", OP_NE},
    {"<=", OP_LE},          {"<", OP_LT},          {">=", OP_GE},   {">", OP_GT},
    {"~>", OP_PESSIMISTIC}, {"~=", OP_COMPATIBLE}, {"~", OP_TILDE}, {"^", OP_CARET},
};

static enum operator take_operator(struct str *s)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct str text = str_from(operators[i].text);
        if (str_starts(*s, text)) {
            *s = skip(*s, text.n);
            return operators[i].op;
        }
    }
    return OP_NONE;
}

static struct str skip_blanks(struct str s, bool commas)
{
    while (s.n && (is_blank(s.p[0]) || (commas && s.p[0] == ',')))
        s = skip(s, 1);
    return s;
}

static inline bool ends_bound(char c)
{
    return is_blank(c) || c == ',' || c == '<' || c == '>' || c == '=' || c == '|';
}

/* A version, perhaps in quotes. */
static int take_bound(struct str *s, struct str *ret_bound)
{
    char quote = first(*s);
    size_t n = 0;
    if (quote == '\'' || quote == '"') {
        *s = skip(*s, 1);
        ptrdiff_t end = str_find(*s, quote);
        if (end < 0)
            return err_set(ERR_INVALID, "a quote without its end");
        *ret_bound = take(s, (size_t)end);
        *s = skip(*s, 1);
        return 0;
    }
    while (n < s->n && !ends_bound(s->p[n]))
        n++;
    if (!n)
        return err_set(ERR_INVALID, "an operator without a version");
    *ret_bound = take(s, n);
    return 0;
}

/* Takes the " - " of a hyphen range. */
static bool take_hyphen(struct str *s)
{
    struct str rest = skip_blanks(*s, false);
    if (rest.p == s->p || rest.n < 2 || rest.p[0] != '-' || !is_blank(rest.p[1]))
        return false;
    *s = skip_blanks(skip(rest, 1), false);
    return true;
}

static int read_comparators(struct str s, struct comparator *comparators, size_t *ret_n)
{
    size_t n = 0;
    for (s = skip_blanks(s, true); s.n; s = skip_blanks(s, true)) {
        if (n && str_starts(s, STR("and "))) {
            s = skip(s, 4);
            continue;
        }
        if (n + 2 > COMPARATORS_MAX)
            return err_set(ERR_LIMIT, "more than %d comparators", COMPARATORS_MAX);
        struct comparator *c = &comparators[n++];
        c->op = take_operator(&s);
        s = skip_blanks(s, false);
        int status = take_bound(&s, &c->bound);
        if (status == 0 && c->op == OP_NONE && take_hyphen(&s)) {
            c->op = OP_FROM;
            comparators[n].op = OP_TO;
            status = take_bound(&s, &comparators[n++].bound);
        }
        if (status < 0)
            return status;
    }
    *ret_n = n;
    return 0;
}

static bool is_word_at(struct str s, size_t at, struct str word)
{
    return s.n - at >= word.n && str_eq(str_slice(s, at, at + word.n), word);
}

/* Cuts *rest before the next "||" (a single bar counts too) or " or ". */
static struct str take_alternative(struct str *rest, bool *ret_more)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '|' && !is_word_at(*rest, n, STR(" or ")))
        n++;
    struct str alternative = take(rest, n);
    *ret_more = rest->n > 0;
    if (take_c(rest, '|'))
        take_c(rest, '|');
    else if (rest->n)
        *rest = skip(*rest, 4);
    return alternative;
}

static struct str shown(struct str s)
{
    return (struct str){s.p, s.n > 200 ? 200 : s.n};
}

int constraint_each(struct str range, comparators_test *test, void *context, bool *ret_holds)
{
    struct comparator comparators[COMPARATORS_MAX];
    struct str rest = range;
    bool more = true, any = false;
    for (int i = 0; more; i++) {
        if (i == ALTERNATIVES_MAX)
            return err_set(ERR_LIMIT, "range of more than %d alternatives: '%.*s...'", i,
                           STR_ARG(shown(range)));
        struct str alternative = take_alternative(&rest, &more);
        size_t n = 0;
        bool holds;
        int status = read_comparators(alternative, comparators, &n);
        if (status == 0)
            status = test(context, comparators, n, &holds);
        if (status < 0)
            return err_context(status, "range '%.*s'", STR_ARG(shown(range)));
        any |= holds;
    }
    *ret_holds = any;
    return 0;
}

struct one {
    comparator_test *test;
    void *context;
};

static int test_all(void *context, const struct comparator *comparators, size_t n, bool *ret_holds)
{
    const struct one *one = context;
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        bool holds;
        int status = one->test(one->context, &comparators[i], &holds);
        if (status < 0)
            return status;
        all &= holds;
    }
    *ret_holds = all;
    return 0;
}

int constraint_each_one(struct str range, comparator_test *test, void *context, bool *ret_holds)
{
    struct one one = {test, context};
    return constraint_each(range, test_all, &one, ret_holds);
}

int constraint_order_holds(enum operator op, int order, bool *ret_holds)
{
    switch (op) {
    case OP_NONE:
    case OP_EQ:
    case OP_IDENTICAL:
        *ret_holds = order == 0;
        return 0;
    case OP_NE:
        *ret_holds = order != 0;
        return 0;
    case OP_LT:
        *ret_holds = order < 0;
        return 0;
    case OP_LE:
    case OP_TO:
        *ret_holds = order <= 0;
        return 0;
    case OP_GT:
        *ret_holds = order > 0;
        return 0;
    case OP_GE:
    case OP_FROM:
        *ret_holds = order >= 0;
        return 0;
    default:
        return err_set(ERR_UNSUPPORTED, "an operator that this kind of version does not have");
    }
}

struct list {
    const struct version_scheme *scheme;
    struct str version;
};

static int test_list(void *context, const struct comparator *c, bool *ret_holds)
{
    const struct list *list = context;
    if (c->op == OP_NONE && str_is(c->bound, "*")) {
        *ret_holds = true;
        return 0;
    }
    int order, status = version_compare(list->scheme, list->version, c->bound, &order);
    return status < 0 ? status : constraint_order_holds(c->op, order, ret_holds);
}

int constraint_list(const struct version_scheme *scheme, struct str version, struct str range,
                    bool *ret_satisfied)
{
    struct list list = {scheme, version};
    int order, status = version_compare(scheme, version, version, &order);
    return status < 0 ? status : constraint_each_one(range, test_list, &list, ret_satisfied);
}

/* Whether `version` is in one of the ranges. */
static int in_any(const struct version_scheme *scheme, struct str version, const struct str *ranges, size_t n,
                  bool *any)
{
    for (size_t i = 0; i < n; i++) {
        bool in;
        int status = version_covers(scheme, version, ranges[i], &in);
        if (status < 0)
            return status;
        *any |= in;
    }
    return 0;
}

int constraint_vulnerable(const struct version_scheme *scheme, struct str version,
                          const struct constraint_lists *lists, bool *ret_vulnerable)
{
    bool vulnerable = lists->n_vulnerable == 0, safe = false;
    int status = in_any(scheme, version, lists->vulnerable, lists->n_vulnerable, &vulnerable);
    if (status == 0)
        status = in_any(scheme, version, lists->patched, lists->n_patched, &safe);
    if (status == 0)
        status = in_any(scheme, version, lists->unaffected, lists->n_unaffected, &safe);
    if (status == 0)
        *ret_vulnerable = vulnerable && !safe;
    return status;
}
