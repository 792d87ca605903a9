/* Python version specifiers: "~= 1.4, != 1.4.3.*". Version specifiers specification, "Version specifiers".
 * Beyond it, and as advisories have them: "=" and a bare version for "==", blanks for commas, "||" between
 * alternatives. */
#include "version/constraint.h"
#include "version/part.h"
#include "version/pep440.h"

struct subject {
    struct str text;
    struct pep440 version;
    bool plain; /* nothing but the order counts */
};

static int order_numbers(bool has_a, struct str a, bool has_b, struct str b)
{
    return has_a != has_b ? has_a - has_b : digits_compare(a, b);
}

/* "==1.2.*": the segments given are equal, missing ones of the version are 0. A prefix that goes on into a
 * pre-release or post-release has those equal too. */
static bool has_prefix(const struct pep440 *v, const struct pep440 *prefix)
{
    struct str rv = v->release, rp = prefix->release;
    if (digits_compare(v->epoch, prefix->epoch))
        return false;
    bool further = prefix->pre != PRE_NONE || prefix->has_post;
    while (rp.n || (further && rv.n)) {
        struct str sv = pep440_segment(&rv), sp = pep440_segment(&rp);
        if (digits_compare(sv, sp))
            return false;
    }
    if (further && (v->pre != prefix->pre || digits_compare(v->pre_number, prefix->pre_number)))
        return false;
    return !prefix->has_post ||
           order_numbers(v->has_post, v->post_number, prefix->has_post, prefix->post_number) == 0;
}

/* "~= 2.2.1" is ">= 2.2.1, == 2.2.*". */
static int test_compatible(const struct pep440 *v, const struct pep440 *bound, bool *ret_holds)
{
    struct pep440 prefix = {.epoch = bound->epoch, .release = bound->release, .pre = PRE_NONE};
    ptrdiff_t dot = str_rfind(bound->release, '.');
    if (dot < 0)
        return err_set(ERR_INVALID, "'~=' needs at least two segments");
    prefix.release.n = (size_t)dot;
    *ret_holds = pep440_order(v, bound, false) >= 0 && has_prefix(v, &prefix);
    return 0;
}

/* Release, pre-release and post-release are the same. */
static bool same_but_dev(const struct pep440 *a, const struct pep440 *b)
{
    struct pep440 x = *a, y = *b;
    x.has_dev = y.has_dev = true;
    x.dev_number = y.dev_number = (struct str){0};
    return pep440_order(&x, &y, false) == 0;
}

static bool is_prerelease_of(const struct pep440 *v, const struct pep440 *bound)
{
    if (bound->has_dev || bound->pre != PRE_NONE)
        return false;
    if (bound->has_post)
        return v->has_dev && same_but_dev(v, bound);
    return (v->pre != PRE_NONE || v->has_dev) && digits_compare(v->epoch, bound->epoch) == 0 &&
           pep440_order_release(v, bound) == 0;
}

static bool is_postrelease_of(const struct pep440 *v, const struct pep440 *bound)
{
    struct pep440 plain = *v;
    plain.has_post = plain.has_dev = false;
    plain.post_number = plain.dev_number = (struct str){0};
    return v->has_post && !bound->has_post && pep440_order(&plain, bound, false) == 0;
}

/* Exclusive comparisons leave out what merely decorates the bound: "<2" no 2rc1, ">2" no 2.post1 and no
 * 2+local, unless the bound is decorated so itself. */
static int test_order(enum operator op, const struct pep440 *v, const struct pep440 *bound, bool *ret_holds)
{
    int order = pep440_order(v, bound, bound->local.n > 0);
    int status = constraint_order_holds(op, order, ret_holds);
    if ((op == OP_LT && is_prerelease_of(v, bound)) || (op == OP_GT && is_postrelease_of(v, bound)))
        *ret_holds = false;
    return status;
}

static int test_one(void *context, const struct comparator *c, bool *ret_holds)
{
    const struct subject *subject = context;
    struct pep440 bound;
    struct str text = c->bound;
    bool equality = c->op == OP_NONE || c->op == OP_EQ || c->op == OP_NE, wild = false;
    if (c->op == OP_IDENTICAL) {
        *ret_holds = str_ieq(str_trim(subject->text), text);
        return 0;
    }
    if (c->op == OP_NONE && str_is(text, "*")) {
        *ret_holds = true;
        return 0;
    }
    if (equality && str_ends(text, STR(".*"))) {
        text.n -= 2;
        wild = true;
    }
    if (!pep440_parse(text, &bound) || (wild && (bound.has_dev || bound.local.n)))
        return version_invalid("pep440", c->bound, "not in the form of PEP 440");
    if (c->op == OP_COMPATIBLE || c->op == OP_PESSIMISTIC)
        return test_compatible(&subject->version, &bound, ret_holds);
    if (!wild && subject->plain && !equality)
        return constraint_order_holds(c->op, pep440_order(&subject->version, &bound, true), ret_holds);
    if (!wild)
        return test_order(c->op, &subject->version, &bound, ret_holds);
    *ret_holds = has_prefix(&subject->version, &bound) == (c->op != OP_NE);
    return 0;
}

static int test(struct str version, struct str specifiers, bool plain, bool *ret_holds)
{
    struct subject subject = {.text = version, .plain = plain};
    if (!pep440_parse(version, &subject.version))
        return version_invalid("pep440", version, "not in the form of PEP 440");
    return constraint_each_one(specifiers, test_one, &subject, ret_holds);
}

int pep440_satisfies(struct str version, struct str specifiers, bool *ret_satisfied)
{
    return test(version, specifiers, false, ret_satisfied);
}

int pep440_covers(struct str version, struct str specifiers, bool *ret_covered)
{
    return test(version, specifiers, true, ret_covered);
}
