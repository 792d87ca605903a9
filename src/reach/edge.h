/* The edges of a VPC, by which packets come from outside, and from which addresses they can come. */
#ifndef ASSAY_REACH_EDGE_H
#define ASSAY_REACH_EDGE_H

#include "reach/model.h"

enum edge_type {
    EDGE_INTERNET,
    EDGE_PEERING,
    EDGE_VPN_GATEWAY,
    EDGE_TRANSIT_GATEWAY,
    EDGE_OTHER, /* carrier and local gateways, core networks */
    N_EDGE_TYPES
};

struct edge {
    enum edge_type type;
    struct vpc *vpc;
    struct node *component;        /* what routes name */
    struct attachment *attachment; /* to a transit gateway */
};
typedef VEC(struct edge) edge_vec;

/* "an Internet Gateway" */
const char *edge_name(const struct edge *e);
/* Whether rules may name security groups of what is beyond it. */
bool edge_has_groups(const struct edge *e);

void vpc_edges(struct vpc *v, edge_vec *ret_edges);

/* Which sources outside can send to `to`, an address of the edge's VPC, and get there by this edge, as far as
 * what is beyond it decides, there and back. `ret_via` is the appliance or endpoint that the edge's own route
 * table sends such packets to instead of straight to the address, or NULL. */
struct spans edge_sources(const struct edge *e, struct address to, const struct node **ret_via);

#endif
