/* Within src/reach/: one packet from component to component, until it is delivered, leaves or is lost.
 * walk_vpc.c leads it through VPCs and the internet, walk_remote.c through what connects them with others:
 * VPN, Direct Connect, transit gateways, customers' devices. */
#ifndef ASSAY_REACH_WALK_H
#define ASSAY_REACH_WALK_H

#include "reach/trace.h"

enum { SESSIONS_MAX = 8 };

/* What a NAT gateway remembers. */
struct session {
    const struct nat_gateway *nat;
    struct flow inner, outer;
};

struct walker {
    const struct model *model;
    struct flow flow;
    bool answer; /* on the way back: security groups remember the way there */
    struct str *path;
    size_t n_path;
    struct session sessions[SESSIONS_MAX];
    size_t n_sessions;
    /* Where the packet ended, for the answer to start from. */
    struct interface *at_interface;
    struct device *at_device;
    bool at_internet;
    struct trace *trace; /* gets what is unclear */
};

/* What would decide is not described; NULL: what would be there is not even named, but `at`. */
static inline void unclear(struct walker *w, const struct node *n, const struct node *at)
{
    struct trace *t = w->trace;
    struct str id = n ? n->id : at->id;
    if (n && n->known)
        return;
    for (size_t i = 0; i < t->n_unclear; i++)
        if (str_eq(t->unclear[i], id))
            return;
    if (t->n_unclear < UNCLEAR_MAX)
        t->unclear[t->n_unclear++] = id;
}

/* Notes a component of the path; false when there are too many. */
static inline bool hop_id(struct walker *w, struct str id)
{
    if (w->n_path == HOPS_MAX)
        return false;
    w->path[w->n_path++] = id;
    return true;
}

static inline bool hop(struct walker *w, const struct node *n)
{
    return hop_id(w, n->id);
}

/* Where a packet starts. */
enum disposition from_internet(struct walker *w);
enum disposition from_interface(struct walker *w, struct interface *i);
enum disposition from_subnet(struct walker *w, const struct subnet *s);
enum disposition from_device(struct walker *w, const struct device *from);
enum disposition from_connection(struct walker *w, const struct vpn_connection *c);

/* The VPC has been entered. `edge` is the route table of the gateway that it was entered by, or NULL. */
enum disposition into_vpc(struct walker *w, const struct vpc *v, const struct route_table *edge);
/* It leaves the VPC by the gateway. */
enum disposition out_vpn_gateway(struct walker *w, const struct vpn_gateway *g);
enum disposition out_transit(struct walker *w, const struct vpc *v, const struct node *gateway);

#endif
