/* Composer's constraints: "^1.2 || ~2.0.3 || 3.*". Composer documentation, "Writing version constraints".
 * Where a bound names no stability, "<" and ">=" begin at its development version, so that "<2.0" leaves
 * out 2.0-beta. */
#include "version/composer.h"
#include "version/constraint.h"
#include "version/part.h"

static bool is_branch(struct str normal)
{
    return str_starts(normal, STR("dev-"));
}

static struct str number_part(struct str normal)
{
    normal.n = str_find(normal, '-') < 0 ? normal.n : (size_t)str_find(normal, '-');
    return normal;
}

/* The first n numbers. */
static int order_prefix(struct str v, struct str bound, int n)
{
    int order = 0;
    v = number_part(v);
    bound = number_part(bound);
    for (; !order && n > 0; n--) {
        struct str nv = take_until(&v, '.'), nb = take_until(&bound, '.');
        order = digits_compare(nv, nb);
    }
    return order;
}

static bool names_stability(struct str normal)
{
    return number_part(normal).n < normal.n;
}

/* The order against the bound's development version where it names no stability. */
static int order_from_dev(struct str v, struct composer bound)
{
    if (!names_stability(composer_str(&bound)) && bound.n + 4 <= sizeof bound.text) {
        memcpy(bound.text + bound.n, "-dev", 4);
        bound.n += 4;
    }
    return composer_order(v, composer_str(&bound));
}

/* How many numbers the bound gives; those before a wildcard when there is one. */
static int count_numbers(struct str s, bool *ret_wild)
{
    int n = 0;
    *ret_wild = false;
    if (to_lower(first(s)) == 'v')
        s = skip(s, 1);
    while (s.n) {
        if (s.p[0] == '*' || s.p[0] == 'x' || s.p[0] == 'X') {
            *ret_wild = true;
            return n;
        }
        if (!take_digits(&s).n)
            break;
        n++;
        if (!take_c(&s, '.'))
            break;
    }
    return n;
}

/* "1.2.*": the numbers before the wildcard, in normal form. */
static int normalise_wildcard(struct str text, struct composer *ret)
{
    size_t n = 0;
    while (n < text.n && (is_digit(text.p[n]) || text.p[n] == '.' || to_lower(text.p[n]) == 'v'))
        n++;
    for (size_t i = n; i < text.n; i++)
        if (!strchr(".xX*", text.p[i]))
            return version_invalid("composer", text, "more than wildcards after a wildcard");
    while (n && text.p[n - 1] == '.')
        n--;
    return composer_normalise(n ? str_slice(text, 0, n) : STR("0"), ret);
}

static int caret_numbers(struct str normal, int given)
{
    struct str numbers = number_part(normal);
    int n = 0;
    while (n < 3 && n < given && is_zero(take_until(&numbers, '.')))
        n++;
    return n < given && n < 3 ? n + 1 : given < 3 ? given : 3;
}

static int test_one(void *context, const struct comparator *c, bool *ret_holds)
{
    struct str v = composer_str(context);
    struct composer bound;
    bool wild, holds;
    int given = count_numbers(c->bound, &wild);
    int status = wild ? normalise_wildcard(c->bound, &bound) : composer_normalise(c->bound, &bound);
    if (status < 0)
        return status;
    struct str b = composer_str(&bound);
    if (is_branch(v) || is_branch(b)) {
        bool any = wild && given == 0;
        *ret_holds = c->op == OP_NE ? !str_eq(v, b) : any || str_eq(v, b);
        return 0;
    }
    int prefix = wild ? given : 0;
    switch (c->op) {
    case OP_CARET:
        prefix = caret_numbers(b, given);
        break;
    case OP_TILDE:
    case OP_PESSIMISTIC:
        prefix = given > 1 ? given - 1 : 1;
        break;
    case OP_LT:
    case OP_GE:
    case OP_FROM:
        return constraint_order_holds(c->op, order_from_dev(v, bound), ret_holds);
    case OP_TO:
        if (given < 3 && !names_stability(b)) {
            *ret_holds = order_prefix(v, b, given) <= 0;
            return 0;
        }
        break;
    default:
        break;
    }
    if (!prefix && !wild)
        return constraint_order_holds(c->op, composer_order(v, b), ret_holds);
    holds = order_prefix(v, b, prefix) == 0 && order_from_dev(v, bound) >= 0;
    *ret_holds = c->op == OP_NE ? !holds : holds;
    return 0;
}

int composer_satisfies(struct str version, struct str range, bool *ret_satisfied)
{
    struct composer v;
    int status = composer_normalise(version, &v);
    return status < 0 ? status : constraint_each_one(range, test_one, &v, ret_satisfied);
}
