/* "vers:pypi/>=1.0.0|<2.0.0|!=1.5": the Version Range Specifier (purl project),
 * "vers:<scheme>/<constraints>".
 *
 * Constraints are sorted by version. "!=" and "=" name single versions; the others, without them, are read in
 * pairs: one that opens (">", ">=") and the one that closes ("<", "<=") after it. */
#include "base/err.h"
#include "version/constraint.h"
#include "version/part.h"

struct walk {
    const struct version_scheme *scheme;
    struct str version;
    bool listed, excluded, inside; /* equal to a "="; equal to a "!="; in an interval */
    bool above, opened,
        open; /* not below the last opening one; there was one; no closing one came after it */
};

static int parse_one(struct str text, struct comparator *ret)
{
    static const struct {
        const char *text;
        enum operator op;
    } operators[] = {{"!=", OP_NE}, {">=", OP_GE}, {"<=", OP_LE}, {">", OP_GT},
                     {"<", OP_LT},  {"=", OP_EQ},  {"", OP_EQ}};
    text = str_trim(text);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct str op = str_from(operators[i].text);
        if (!str_starts(text, op))
            continue;
        *ret = (struct comparator){operators[i].op, str_trim(skip(text, op.n))};
        break;
    }
    return ret->bound.n ? 0 : err_set(ERR_INVALID, "vers: an operator without a version");
}

static int step(struct walk *w, const struct comparator *c)
{
    int order;
    bool holds;
    int status = version_compare(w->scheme, w->version, c->bound, &order);
    if (status == 0)
        status = constraint_order_holds(c->op, order, &holds);
    if (status < 0)
        return status;
    switch (c->op) {
    case OP_NE:
        w->excluded |= !holds;
        break;
    case OP_EQ:
        w->listed |= holds;
        break;
    case OP_GT:
    case OP_GE:
        w->above = holds || (w->open && w->above);
        w->opened = w->open = true;
        break;
    default: /* closes; without an opening one before it the interval has no lower end */
        w->inside |= holds && (w->above || !w->opened);
        w->open = false;
    }
    return 0;
}

static int read_scheme(struct str *range, struct walk *w)
{
    struct str rest = skip(*range, 5), name, constraints;
    if (!str_cut(rest, '/', &name, &constraints))
        return err_set(ERR_INVALID, "vers: no '/' after the scheme");
    w->scheme = version_scheme_find(name);
    if (!w->scheme)
        return err_set(ERR_UNSUPPORTED, "vers: no version scheme '%.*s'", name.n > 100 ? 100 : (int)name.n,
                       name.p);
    *range = constraints;
    return 0;
}

int constraint_vers(struct str version, struct str range, bool *ret_satisfied)
{
    struct walk w = {.version = version};
    if (!constraint_is_vers(range))
        return err_set(ERR_INVALID, "vers: the range does not begin with 'vers:'");
    int order, status = read_scheme(&range, &w);
    if (status == 0)
        status = version_compare(w.scheme, version, version, &order);
    bool only_excluded = true;
    struct str rest = range, one;
    while (status == 0 && str_next(&rest, '|', &one)) {
        struct comparator c = {0};
        if (str_is(str_trim(one), "*")) {
            w.inside = true;
            only_excluded = false;
            continue;
        }
        status = parse_one(one, &c);
        if (status == 0)
            status = step(&w, &c);
        only_excluded &= c.op == OP_NE;
    }
    if (status < 0)
        return status;
    if (!range.n)
        return err_set(ERR_INVALID, "vers: no constraints");
    *ret_satisfied = !w.excluded && (w.listed || w.inside || (w.open && w.above) || only_excluded);
    return 0;
}
