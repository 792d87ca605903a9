#include "reach/prefix.h"

#include <arpa/inet.h>

#include "base/cleanup.h"

bool address_parse(struct str text, struct address *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (!text.n || text.n >= sizeof copy || memchr(text.p, 0, text.n))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    enum family family = strchr(copy, ':') ? IPV6 : IPV4;
    if (inet_pton(family == IPV6 ? AF_INET6 : AF_INET, copy, bytes) != 1)
        return false;
    word value = 0;
    for (size_t i = 0; i < (family == IPV6 ? 16 : 4); i++)
        value = value << 8 | bytes[i];
    *ret_address = (struct address){value, family};
    return true;
}

bool prefix_parse(struct str text, struct prefix *ret_prefix)
{
    struct str head, tail;
    struct address x;
    uint64_t length;
    if (!str_cut(text, '/', &head, &tail) || !address_parse(head, &x) || tail.n > 3 ||
        !str_u64(tail, &length))
        return false;
    unsigned bits = x.family == IPV4 ? 32 : 128;
    if (length > bits)
        return false;
    word host = length == bits ? 0 : family_last(x.family) >> length;
    *ret_prefix = (struct prefix){x.value & ~host, x.value | host, x.family, (unsigned char)length};
    return true;
}

struct str address_format(struct arena *a, struct address x)
{
    unsigned char bytes[16];
    size_t n = x.family == IPV6 ? 16 : 4;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(x.value >> (8 * (n - 1 - i)));
    char text[INET6_ADDRSTRLEN];
    inet_ntop(x.family == IPV6 ? AF_INET6 : AF_INET, bytes, text, sizeof text);
    return arena_str(a, str_from(text));
}

struct str prefix_format(struct arena *a, const struct prefix *p)
{
    struct str network = address_format(a, (struct address){p->lo, p->family});
    return arena_printf(a, "%.*s/%d", STR_ARG(network), p->length);
}

static const char *const not_global[] = {
    "0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
};

struct spans all_addresses(enum family f)
{
    struct spans all = {0};
    spans_add(&all, 0, family_last(f));
    return all;
}

struct spans internet_addresses(enum family f)
{
    struct prefix p;
    _cleanup_(spans_free) struct spans all = {0}, special = {0};
    prefix_parse(f == IPV4 ? STR("0.0.0.0/0") : STR("2000::/3"), &p);
    spans_add(&all, p.lo, p.hi);
    for (size_t i = 0; i < sizeof not_global / sizeof *not_global; i++)
        if (prefix_parse(str_from(not_global[i]), &p) && p.family == f)
            spans_add(&special, p.lo, p.hi);
    return spans_difference(&all, &special);
}
