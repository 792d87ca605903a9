/* IP addresses and prefixes of both families as numbers. */
#ifndef ASSAY_REACH_PREFIX_H
#define ASSAY_REACH_PREFIX_H

#include "base/arena.h"
#include "reach/interval.h"

enum family { IPV4, IPV6, N_FAMILIES };

struct address {
    word value;
    enum family family;
};

struct prefix {
    word lo, hi;
    enum family family;
    unsigned char length;
};

/* "10.0.0.0/16", "2001:db8::/32"; host bits are cleared. False when it is none. */
bool prefix_parse(struct str text, struct prefix *ret_prefix);
bool address_parse(struct str text, struct address *ret_address);
struct str prefix_format(struct arena *a, const struct prefix *p);
struct str address_format(struct arena *a, struct address x);

static inline bool prefix_has(const struct prefix *p, struct address x)
{
    return p->family == x.family && p->lo <= x.value && x.value <= p->hi;
}

/* The last address of a family. */
static inline word family_last(enum family f)
{
    return f == IPV4 ? (word)0xffffffff : ~(word)0;
}

struct spans all_addresses(enum family f);
/* Addresses that are routed on the internet: of IPv4 no private, shared, link-local, loopback, multicast or
 * reserved ones (IANA's special-purpose registry; those for documentation count, as examples use them), of
 * IPv6 2000::/3. */
struct spans internet_addresses(enum family f);

#endif
