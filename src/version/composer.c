/* Composer versions. Composer documentation, "Versions and constraints"; the order is that of PHP's
 * version_compare() on the normal form of four numbers and a stability. */
#include "version/composer.h"

#include "version/part.h"

static void add(struct composer *to, struct str s)
{
    if (s.n && s.n <= sizeof to->text - to->n) {
        memcpy(to->text + to->n, s.p, s.n);
        to->n += s.n;
    }
}

static struct str take_word(struct str *s, const char *word)
{
    size_t n = strlen(word);
    if (s->n < n || icompare(str_slice(*s, 0, n), str_from(word)) != 0)
        return (struct str){0};
    return take(s, n);
}

static bool take_one_of(struct str *s, const char *set)
{
    if (!s->n || !s->p[0] || !strchr(set, s->p[0]))
        return false;
    *s = skip(*s, 1);
    return true;
}

/* "((?:[.-]?\d+)*)" */
static struct str take_stability_numbers(struct str *s)
{
    struct str start = *s;
    for (;;) {
        struct str rest = *s;
        take_one_of(&rest, ".-");
        if (!take_digits(&rest).n)
            break;
        *s = rest;
    }
    struct str numbers = {start.p, start.n - s->n};
    while (numbers.n && !is_digit(numbers.p[0]))
        numbers = skip(numbers, 1);
    return numbers;
}

/* What may follow the numbers: [._-] stability [numbers] [.-] dev. The whole of `s`, or false. */
static bool add_modifier(struct str s, struct composer *to)
{
    static const struct {
        const char *word, *name;
    } stabilities[] = {{"stable", ""},      {"beta", "-beta"},   {"b", "-beta"},
                       {"RC", "-RC"},       {"alpha", "-alpha"}, {"a", "-alpha"},
                       {"patch", "-patch"}, {"pl", "-patch"},    {"p", "-patch"}};
    struct str rest = s;
    take_one_of(&rest, "._-");
    for (size_t i = 0; i < sizeof stabilities / sizeof *stabilities; i++) {
        if (!take_word(&rest, stabilities[i].word).n)
            continue;
        struct str numbers = take_stability_numbers(&rest);
        add(to, str_from(stabilities[i].name));
        if (stabilities[i].name[0])
            add(to, numbers);
        s = rest;
        break;
    }
    if (!s.n || rest.n == 0)
        return true;
    take_one_of(&s, ".-");
    if (!take_word(&s, "dev").n || s.n)
        return false;
    add(to, STR("-dev"));
    return true;
}

static bool has_letter(struct str s)
{
    size_t n = 0;
    while (n < s.n && !is_alpha(s.p[n]))
        n++;
    return n < s.n;
}

/* v?1{1,5}[.2][.3][.4] */
static bool add_classical(struct str s, bool lenient, struct composer *to)
{
    take_one_of(&s, "vV");
    struct str number = take_digits(&s);
    if (!number.n || number.n > 5)
        return false;
    add(to, number);
    int parts = 1;
    for (; parts < 4 && s.n > 1 && s.p[0] == '.' && is_digit(s.p[1]); parts++) {
        s = skip(s, 1);
        add(to, STR("."));
        add(to, take_digits(&s));
    }
    for (; parts < 4; parts++)
        add(to, STR(".0"));
    if (!lenient)
        return add_modifier(s, to);
    /* other suffixes ("-0.3.7", ".post1", "-2RC1") order by their parts as they are */
    if ((first(s) != '-' && !has_letter(s)) || s.n < 2 || !only_alnum_or(s, ".-_"))
        return false;
    add(to, s);
    return true;
}

static bool add_plain(struct str s, struct composer *to)
{
    return add_classical(s, false, to);
}

static bool add_other(struct str s, struct composer *to)
{
    return add_classical(s, true, to);
}

/* Takes `least` to `most` digits with a separator before them. */
static bool take_date_part(struct str *s, size_t least, size_t most, struct composer *to)
{
    struct str rest = *s;
    bool separated = take_one_of(&rest, ".:-");
    size_t n = 0;
    while (n < most && n < rest.n && is_digit(rest.p[n]))
        n++;
    if (n < least)
        return false;
    if (separated)
        add(to, STR("."));
    add(to, take(&rest, n));
    *s = rest;
    return true;
}

/* Dates: 20100102, 2010-01-02, 20100102-203040, 201903.0, 20100102.0.3 */
static bool add_date(struct str s, struct composer *to)
{
    take_one_of(&s, "vV");
    size_t n = 0;
    while (n < 4 && n < s.n && is_digit(s.p[n]))
        n++;
    if (n < 4)
        return false;
    add(to, take(&s, 4));
    int pairs = 0;
    while (pairs < 6 && take_date_part(&s, 2, 2, to))
        pairs++;
    for (int i = 0; i < 2 && take_date_part(&s, 1, 3, to); i++)
        ;
    return pairs && add_modifier(s, to);
}

/* "1.x-dev", "2-dev": a branch with numbers; anything else before "-dev" is no version. */
static bool add_branch(struct str s, struct composer *to)
{
    if (s.n < 4 || icompare(skip(s, s.n - 3), STR("dev")) != 0)
        return false;
    s.n -= s.n > 3 && (s.p[s.n - 4] == '-' || s.p[s.n - 4] == '.') ? 4 : 3;
    take_one_of(&s, "vV");
    for (int i = 0; i < 4; i++) {
        bool given = i == 0 || take_c(&s, '.');
        struct str number = take_digits(&s);
        if (given && !number.n && (i == 0 || !take_one_of(&s, "xX*")))
            return false;
        add(to, i ? STR(".") : STR(""));
        add(to, number.n ? number : STR("9999999"));
    }
    add(to, STR("-dev"));
    return s.n == 0;
}

/* Without " as ALIAS", "@stability" and "+build". */
static int strip(struct str version, struct str *ret)
{
    static const char *const flags[] = {"@stable", "@RC", "@beta", "@alpha", "@dev"};
    struct str s = str_trim(version);
    ptrdiff_t as = str_find_str(s, STR(" as "));
    if (as >= 0) {
        if (!str_trim(skip(s, (size_t)as + 4)).n)
            return version_invalid("composer", version, "an alias without its version");
        s = str_trim(str_slice(s, 0, (size_t)as));
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        size_t n = strlen(flags[i]);
        if (s.n >= n && icompare(skip(s, s.n - n), str_from(flags[i])) == 0) {
            s.n -= n;
            break;
        }
    }
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == ',')
            return version_invalid("composer", version, "a blank or comma");
    *ret = s;
    return 0;
}

int composer_normalise(struct str version, struct composer *ret)
{
    struct str s;
    int status = version.n > VERSION_MAX
                     ? err_set(ERR_LIMIT, "composer version longer than %d bytes", VERSION_MAX)
                     : strip(version, &s);
    if (status < 0)
        return status;
    ret->n = 0;
    struct str branch = s;
    if (str_is(s, "master") || str_is(s, "trunk") || str_is(s, "default") || take_word(&branch, "dev-").n) {
        add(ret, STR("dev-"));
        add(ret, branch);
        return branch.n ? 0 : version_invalid("composer", version, "a branch without its name");
    }
    ptrdiff_t plus = str_find(s, '+');
    if (plus > 0 && (size_t)plus + 1 < s.n)
        s.n = (size_t)plus;
    static bool (*const forms[])(struct str, struct composer *) = {add_plain, add_date, add_branch,
                                                                   add_other};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ret->n = 0;
        if (forms[i](s, ret))
            return 0;
    }
    return version_invalid("composer", version, "not in a form that Composer accepts");
}

/* version_compare() cuts at anything but letters and digits, and between the two. */
static struct str take_part(struct str *s)
{
    while (s->n && !is_alnum(s->p[0]))
        *s = skip(*s, 1);
    return is_digit(first(*s)) ? take_digits(s) : take_alphas(s);
}

/* any other word < dev < alpha, a < beta, b < RC, rc < a number or nothing < pl, p */
static int form(struct str part)
{
    static const struct {
        const char *word;
        int rank;
    } forms[] = {{"dev", 0}, {"alpha", 1}, {"a", 1},  {"beta", 2}, {"b", 2},
                 {"RC", 3},  {"rc", 3},    {"pl", 5}, {"p", 5}};
    if (!part.n || is_digit(part.p[0]))
        return 4;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (str_starts(part, str_from(forms[i].word)))
            return forms[i].rank;
    return -1;
}

int composer_order(struct str a, struct str b)
{
    while (a.n || b.n) {
        struct str pa = take_part(&a), pb = take_part(&b);
        bool da = is_digit(first(pa)), db = is_digit(first(pb));
        int order = da && db ? digits_compare(pa, pb) : sign(form(pa) - form(pb));
        if (!order && da != db && (!pa.n || !pb.n))
            order = da - db; /* a number more is more */
        if (order)
            return order;
    }
    return 0;
}

static inline bool is_branch(const struct composer *v)
{
    return str_starts(composer_str(v), STR("dev-"));
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct composer va, vb;
    int status = composer_normalise(a, &va);
    if (status == 0)
        status = composer_normalise(b, &vb);
    if (status < 0)
        return status;
    if (is_branch(&va) || is_branch(&vb)) {
        if (!str_eq(composer_str(&va), composer_str(&vb)))
            return version_invalid("composer", is_branch(&va) ? a : b, "a branch has no order");
        *ret_order = 0;
        return 0;
    }
    *ret_order = composer_order(composer_str(&va), composer_str(&vb));
    return 0;
}

static int canonical(struct str version, char *ret_text, size_t size)
{
    struct composer v;
    int status = composer_normalise(version, &v);
    if (status < 0)
        return status;
    if (v.n >= size)
        return err_set(ERR_LIMIT, "normal form of a version longer than %zu bytes", size);
    memcpy(ret_text, v.text, v.n);
    ret_text[v.n] = '\0';
    return 0;
}

const struct version_scheme version_composer = {
    .name = "composer",
    .aliases = "packagist,php,Packagist",
    .compare = compare,
    .satisfies = composer_satisfies,
    .canonical = canonical,
};
