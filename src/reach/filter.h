/* Network ACLs and security groups, for one packet and for sets of addresses. */
#ifndef ASSAY_REACH_FILTER_H
#define ASSAY_REACH_FILTER_H

#include "reach/model.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58, PROTOCOL_NONE = 256 };
enum { EPHEMERAL_FIRST = 1024, PORT_LAST = 65535 }; /* where answers go to */

/* A packet. Of PROTOCOL_NONE only rules for all protocols speak. */
struct flow {
    struct address src, dst;
    int protocol, sport, dport;
};

/* The first rule that speaks of the packet, or NULL: denied. Without an ACL everything passes. */
const struct rule *acl_match(const struct acl *a, enum direction d, const struct flow *f);
bool acl_allows(const struct acl *a, enum direction d, const struct flow *f);
/* The rule that admits it, or NULL. */
const struct rule *group_match(const struct group *g, enum direction d, const struct flow *f);
/* Whether a group of the interface admits it; an interface without groups (a gateway's) lets all pass. */
bool interface_allows(const struct interface *i, enum direction d, const struct flow *f);

/* The other side's addresses that pass at this port. */
struct spans acl_allowed(const struct acl *a, enum direction d, enum family f, int protocol, int port);
/* The other side's addresses that answers reach, on any ephemeral port. */
struct spans acl_answers(const struct acl *a, enum family f, int protocol);
/* Ports in lo..hi at which rules begin to speak or cease to: within each part all ports are alike. Parts are
 * closed by the next one's begin. */
typedef VEC(int) port_vec;
void acl_parts(const struct acl *a, enum direction d, int protocol, int lo, int hi, port_vec *ret_begins);

/* Adds all addresses that a rule of a group speaks of: any where that is not known. References to other
 * groups count where `references` says so, here and below. */
void rule_addresses(const struct rule *r, enum family f, bool references, struct spans *add);
/* The addresses that the groups together admit to a port. */
struct spans groups_admit(struct group *const *groups, size_t n, int protocol, int port, enum family f,
                          bool references);
/* Whether it speaks of one of these addresses. */
bool rule_meets(const struct rule *r, const struct spans *addresses, enum family f, bool references);
bool rule_has_port(const struct rule *r, int protocol, int port);

#endif
