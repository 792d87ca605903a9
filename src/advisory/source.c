#include "advisory/source.h"

/* "6.1.0-18", "6.1.0-0.deb11.21" or "6.12.9+deb13" of a name: how much of it is version and ABI, and in
 * *ret_keep how much of that is kept, "6.1". */
static size_t abi_length(struct str s, size_t *ret_keep)
{
    size_t at = 0, points = 0;
    for (; at < s.n && s.p[at] != '-'; at++)
        if (s.p[at] == '.' && ++points == 2)
            *ret_keep = at;
    if (points < 2)
        return 0;
    if (at + 1 < s.n && is_digit(s.p[at + 1]))
        for (at++; at < s.n && s.p[at] != '-';)
            at++;
    return at;
}

struct str source_binary(struct arena *a, struct str name)
{
    if (!str_starts(name, STR("linux-")))
        return name;
    for (size_t at = 0; at + 1 < name.n; at++) {
        struct str rest = str_slice(name, at + 1, name.n);
        size_t keep = 0, n = name.p[at] == '-' && is_digit(rest.p[0]) ? abi_length(rest, &keep) : 0;
        if (n)
            return arena_printf(a, "%.*s#%.*s", STR_ARG(str_slice(name, 0, at + 1 + keep)),
                                STR_ARG(str_slice(rest, n, rest.n)));
    }
    return name;
}

/* Without the "+b1" of a package that was only built again (Debian's developer's reference, 5.10.2.1). */
static struct str without_rebuild(struct str version)
{
    size_t n = version.n;
    while (n && is_digit(version.p[n - 1]))
        n--;
    bool rebuilt = n < version.n && n > 2 && version.p[n - 1] == 'b' && version.p[n - 2] == '+';
    return rebuilt ? str_slice(version, 0, n - 2) : version;
}

static size_t epoch_length(struct str version)
{
    ptrdiff_t colon = str_find(version, ':');
    return colon < 0 ? 0 : (size_t)colon + 1;
}

/* Whether a version may be cut in two there: not within a number or word. */
static bool is_boundary(struct str version, size_t at)
{
    if (!at || at >= version.n)
        return true;
    char before = version.p[at - 1], behind = version.p[at];
    return !(is_digit(before) && is_digit(behind)) && !(is_alpha(before) && is_alpha(behind));
}

/* Where `tail`, the source's version without its epoch, begins at the end of the binary's; or -1. One that is
 * but a number says little: it must be set off clearly. */
static ptrdiff_t tail_of(struct str version, struct str tail)
{
    uint64_t number;
    if (!tail.n || !str_ends(version, tail))
        return -1;
    size_t at = version.n - tail.n;
    bool clear = !at || version.p[at - 1] == '+' || version.p[at - 1] == ':';
    return (clear || !str_u64(tail, &number)) && is_boundary(version, at) ? (ptrdiff_t)at : -1;
}

/* Kernels are signed in a second source of the same content, to which advisories do not refer: the version of
 * the first is the binary's. */
static bool is_signed(struct str source)
{
    return str_starts(source, STR("linux")) && str_find_str(source, STR("-signed")) >= 0;
}

struct advisory_source source_rule(struct arena *a, struct str binary, struct str binary_version,
                                   struct str source, struct str source_version)
{
    struct str version = without_rebuild(binary_version);
    struct advisory_source rule = {.binary = source_binary(a, binary), .source = source};
    if (!source_version.n || is_signed(source))
        return rule;
    size_t epoch = epoch_length(source_version);
    ptrdiff_t at = tail_of(version, str_slice(source_version, epoch, source_version.n));
    rule.from = at < 0 ? version : str_slice(version, 0, (size_t)at);
    rule.to = at < 0 ? source_version : str_slice(source_version, 0, epoch);
    if (str_eq(rule.from, rule.to))
        rule.from = rule.to = (struct str){NULL, 0};
    return rule;
}

bool source_version(struct arena *a, const struct advisory_source *rule, struct str version,
                    struct str *ret_version)
{
    version = without_rebuild(version);
    if (!str_starts(version, rule->from) || !is_boundary(version, rule->from.n))
        return false;
    *ret_version =
        arena_printf(a, "%.*s%.*s", STR_ARG(rule->to), STR_ARG(str_slice(version, rule->from.n, version.n)));
    return true;
}
