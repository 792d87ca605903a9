/* One packet on its way: from where it starts to where it is delivered, leaves or is lost. */
#ifndef ASSAY_REACH_TRACE_H
#define ASSAY_REACH_TRACE_H

#include "reach/filter.h"

enum disposition {
    ACCEPTED,   /* delivered */
    DENIED_IN,  /* a filter on the way into the last component */
    DENIED_OUT, /* a filter on the way out of it */
    NO_ROUTE,
    NULL_ROUTED,          /* a route that drops */
    EXITS_NETWORK,        /* left for what the model does not hold */
    NEIGHBOR_UNREACHABLE, /* the address is of the last subnet, and nobody's */
    LOOP,                 /* more than HOPS_MAX components */
    N_DISPOSITIONS
};
const char *disposition_name(enum disposition d);

enum { HOPS_MAX = 64, UNCLEAR_MAX = 8 };

struct trace {
    enum disposition disposition, reverse_disposition;
    struct str path[HOPS_MAX], reverse[HOPS_MAX]; /* ids; reverse: of the answer, where there is one */
    size_t n_path, n_reverse;
    struct str unclear[UNCLEAR_MAX]; /* ids of what is named and not described, and decides here */
    size_t n_unclear;
};

struct trace_query {
    struct str
        ingress;    /* "internet", an instance, interface, subnet, VPN connection, or a customer's device */
    struct str src; /* an address, or "ingress-node-ip": the ingress' own */
    struct str dst;
    struct str protocol; /* name or number; "any": of no protocol that a rule could name */
    int sport, dport;    /* -1: not given */
};

/* ERR_INVALID when the query is not understood, ERR_MISSING when the ingress is not known. */
int trace_flow(const struct model *m, const struct trace_query *q, struct trace *ret_trace);

#endif
