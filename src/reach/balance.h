/* Within src/reach/: paths from the internet through load balancers. */
#ifndef ASSAY_REACH_BALANCE_H
#define ASSAY_REACH_BALANCE_H

#include "reach/open.h"

/* A port of a target that a listener on the internet leads to. */
struct via {
    const struct edge *edge;
    const struct balancer *balancer;
    const struct acl *balancer_acl;     /* of the load balancer's subnet */
    const struct group *balancer_group; /* that admits to the listener; NULL without groups */
    const struct group *group;          /* of the target */
    int balancer_port, protocol, port;
    bool ipv4, ipv6; /* of the client's side */
};

/* Adds the paths through this one. */
void balance(struct reach *r, struct balancer *b);
/* The interfaces that it passes traffic to, each once a target. */
void balancer_targets(struct reach *r, const struct balancer *b,
                      void (*visit)(struct interface *i, void *data), void *data);
void reach_add_via(struct reach *r, const struct interface *i, const struct via *via);

#endif
