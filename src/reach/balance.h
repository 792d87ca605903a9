/* Within src/reach/: paths through load balancers. */
#ifndef ASSAY_REACH_BALANCE_H
#define ASSAY_REACH_BALANCE_H

#include "reach/open.h"

/* A port of a target that a listener leads to. */
struct via {
    const struct gate *gate; /* by which clients come to the load balancer */
    const struct balancer *balancer;
    const struct balancer *inner;       /* the application load balancer behind it, or NULL */
    const struct acl *balancer_acl;     /* of the load balancer's subnet */
    const struct group *balancer_group; /* that admits to the listener; NULL without groups */
    const struct group *group;          /* of the target */
    struct rule balancer_rule, rule;    /* of these groups, that admit */
    int balancer_port, protocol, port;
    bool ipv4, ipv6; /* of the client's side */
};

/* Adds the paths through this one. */
void balance(struct reach *r, struct balancer *b);
/* The interfaces that it passes connections to, each once a target. */
void balancer_targets(struct reach *r, const struct balancer *b,
                      void (*visit)(struct interface *i, void *data), void *data);
/* What keeps it from passing connections to a port of the interface that is among its targets; NULL: it is
 * not, or nothing. */
const char *balancer_refusal(struct reach *r, const struct balancer *b, const struct interface *i,
                             int protocol, int port);
/* Whether it, or one behind it, is in the group. */
bool balancer_has_group(const struct balancer *b, const struct group *g);
void reach_add_via(struct reach *r, const struct interface *i, const struct via *via);

#endif
