/* Ranges over semantic versions: comparators, "^", "~", "1.x" and "1.0 - 2.0", as the node-semver README
 * ("Advanced Range Syntax") describes them. No bound is ever computed: "^1.2.3" is "at least 1.2.3, and the
 * same major". */
#include "version/semver_range.h"

#include "version/constraint.h"
#include "version/part.h"
#include "version/semver.h"

const struct semver_rules semver_range_semver = {
    .scheme = "semver",
    .form = SEMVER_V | SEMVER_PARTIAL,
    .prereleases = PRERELEASES_NAMED,
};

const struct semver_rules semver_range_semver_all = {
    .scheme = "semver",
    .form = SEMVER_V | SEMVER_PARTIAL,
    .prereleases = PRERELEASES_ALL,
};

struct subject {
    const struct semver_rules *rules;
    struct semver version;
};

static bool take_wildcard(struct str *s)
{
    return take_c(s, 'x') || take_c(s, 'X') || take_c(s, '*');
}

/* "1.x.x", "*": the parts before the first wildcard. False: there is none. */
static bool parse_wildcard(struct str s, struct semver *ret)
{
    struct semver v = {0};
    if (first(s) == 'v')
        s = skip(s, 1);
    for (int i = 0; i < 3; i++) {
        if (take_wildcard(&s)) {
            v.wild = true;
        } else {
            struct str part = take_digits(&s);
            if (!part.n)
                return false;
            if (!v.wild)
                v.parts[v.n_parts++] = part;
        }
        if (!take_c(&s, '.'))
            break;
    }
    /* What decorates a wildcard says nothing: "1.2.x-alpha". */
    if (!v.wild || (s.n && first(s) != '-' && first(s) != '+'))
        return false;
    *ret = v;
    return true;
}

static bool parse_bound(const struct semver_rules *rules, struct str text, struct semver *ret)
{
    unsigned form = rules->form | SEMVER_PARTIAL | SEMVER_V;
    if (semver_parse(text, form, ret)) {
        if (ret->n_parts < 3 && !rules->padded)
            ret->pre = (struct str){0};
        return true;
    }
    return parse_wildcard(text, ret);
}

/* Whether v is not below b, of which n_parts are given. */
static bool reaches(const struct semver_rules *rules, const struct semver *v, const struct semver *b)
{
    if (b->n_parts == 3 || rules->padded || rules->prereleases != PRERELEASES_ALL)
        return semver_order(v, b) >= 0;
    return semver_order_parts(v, b, b->n_parts) >= 0;
}

static bool shares(const struct semver_rules *rules, const struct semver *v, const struct semver *b,
                   int n_parts)
{
    return semver_order_parts(v, b, n_parts) == 0 && reaches(rules, v, b);
}

/* "^" keeps the parts up to the first that is not zero. */
static int caret_parts(const struct semver *b)
{
    for (int i = 0; i < b->n_parts; i++)
        if (!is_zero(b->parts[i]))
            return i + 1;
    return b->n_parts;
}

static int test_order(const struct semver_rules *rules, enum operator op, const struct semver *v,
                      const struct semver *b, bool *ret_holds)
{
    bool prefix = b->n_parts < 3 && (b->wild || !rules->padded);
    if (op == OP_FROM && rules->prereleases == PRERELEASES_ALL && !b->pre.n) {
        *ret_holds = semver_order_parts(v, b, 3) >= 0; /* "1.0.0 - 2" begins with 1.0.0's pre-releases */
        return 0;
    }
    int order = prefix ? semver_order_parts(v, b, b->n_parts) : semver_order(v, b);
    if (prefix && order == 0 && !reaches(rules, v, b)) {
        /* a pre-release of the prefix's first version: in none of its comparisons but "is not" */
        *ret_holds = op == OP_NE;
        return 0;
    }
    int status = constraint_order_holds(op, order, ret_holds);
    if (rules->exclusive && op == OP_LT && v->pre.n && !b->pre.n && semver_order_parts(v, b, 3) == 0)
        *ret_holds = false;
    return status;
}

static int test_one(const struct subject *subject, const struct comparator *c, const struct semver *b,
                    bool *ret_holds)
{
    const struct semver_rules *rules = subject->rules;
    const struct semver *v = &subject->version;
    enum operator op = c->op;
    if (rules->prereleases == PRERELEASES_NAMED && v->pre.n && !b->pre.n) {
        *ret_holds = false;
        return 0;
    }
    if (op == OP_NONE && rules->bare_caret)
        op = OP_CARET;
    if (op == OP_PESSIMISTIC && !rules->pessimistic)
        op = OP_TILDE;
    switch (op) {
    case OP_CARET:
        *ret_holds = shares(rules, v, b, caret_parts(b));
        return 0;
    case OP_TILDE:
        *ret_holds = shares(rules, v, b, b->n_parts < 2 ? b->n_parts : 2);
        return 0;
    case OP_PESSIMISTIC:
        *ret_holds = shares(rules, v, b, b->n_parts ? b->n_parts - 1 : 0);
        return 0;
    default:
        return test_order(rules, op, v, b, ret_holds);
    }
}

static int test_all(void *context, const struct comparator *comparators, size_t n, bool *ret_holds)
{
    const struct subject *subject = context;
    const struct semver *v = &subject->version;
    bool all = true, listed = false;
    for (size_t i = 0; i < n; i++) {
        struct semver b;
        bool holds;
        if (!parse_bound(subject->rules, comparators[i].bound, &b))
            return version_invalid(subject->rules->scheme, comparators[i].bound, "not a semantic version");
        int status = test_one(subject, &comparators[i], &b, &holds);
        if (status < 0)
            return status;
        all &= holds;
        listed |= b.pre.n && semver_order_parts(v, &b, 3) == 0;
    }
    if (v->pre.n && (n == 0 || subject->rules->prereleases == PRERELEASES_LISTED))
        all &= listed || subject->rules->prereleases == PRERELEASES_ALL;
    *ret_holds = all;
    return 0;
}

int semver_satisfies(const struct semver_rules *rules, struct str version, struct str range,
                     bool *ret_satisfied)
{
    struct subject subject = {.rules = rules};
    if (!semver_parse(version, rules->form, &subject.version))
        return version_invalid(rules->scheme, version, "not a semantic version");
    return constraint_each(range, test_all, &subject, ret_satisfied);
}
