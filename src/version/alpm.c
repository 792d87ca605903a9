/* Arch Linux versions: [epoch:]version[-release]. vercmp(8): the release counts only where both sides have
 * one. */
#include "version/part.h"
#include "version/version.h"

struct alpm {
    struct str epoch, version, release;
};

static int parse(struct str version, struct alpm *ret)
{
    struct alpm v = {.version = str_trim(version)};
    struct str rest = v.version, digits = take_digits(&rest);
    if (take_c(&rest, ':')) {
        v.epoch = digits;
        v.version = rest;
    }
    ptrdiff_t hyphen = str_rfind(v.version, '-');
    if (hyphen >= 0) {
        v.release = skip(v.version, (size_t)hyphen + 1);
        v.version.n = (size_t)hyphen;
    }
    if (!v.version.n)
        return version_invalid("alpm", version, "the version is empty");
    for (size_t i = 0; i < version.n; i++)
        if ((unsigned char)version.p[i] < ' ' || (version.p[i] == ' ' && i && i + 1 < version.n))
            return version_invalid("alpm", version, "a blank or control character");
    *ret = v;
    return 0;
}

static size_t skip_separators(struct str *s)
{
    size_t n = 0;
    while (n < s->n && !is_alnum(s->p[n]))
        n++;
    *s = skip(*s, n);
    return n;
}

static int compare_part(struct str a, struct str b)
{
    while (a.n && b.n) {
        size_t na = skip_separators(&a), nb = skip_separators(&b);
        if (!a.n || !b.n)
            break;
        if (na != nb) /* "1..2" is more than "1.2" */
            return na < nb ? -1 : 1;
        if (is_digit(a.p[0]) != is_digit(b.p[0]))
            return is_digit(a.p[0]) ? 1 : -1;
        int order;
        if (is_digit(a.p[0])) {
            struct str da = take_digits(&a), db = take_digits(&b);
            order = digits_compare(da, db);
        } else {
            struct str la = take_alphas(&a), lb = take_alphas(&b);
            order = sign(str_cmp(la, lb));
        }
        if (order)
            return order;
    }
    if (!a.n && !b.n)
        return 0;
    /* Letters that remain make the lower version ("1.0rc"), anything else the higher. */
    if (a.n)
        return is_alpha(a.p[0]) ? -1 : 1;
    return is_alpha(b.p[0]) ? 1 : -1;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct alpm va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = digits_compare(va.epoch, vb.epoch);
    if (!order)
        order = compare_part(va.version, vb.version);
    if (!order && va.release.n && vb.release.n)
        order = compare_part(va.release, vb.release);
    *ret_order = order;
    return 0;
}

const struct version_scheme version_alpm = {
    .name = "alpm",
    .aliases = "pacman,arch,Arch Linux",
    .compare = compare,
};
