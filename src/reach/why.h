/* Why a port of an instance is open, or what closes it first. */
#ifndef ASSAY_REACH_WHY_H
#define ASSAY_REACH_WHY_H

#include "reach/open.h"

struct reason {
    const struct interface *interface;
    const struct edge *edge;         /* NULL: there is no way into the VPC */
    const struct balancer *balancer; /* on the way, or NULL */
    struct address address;          /* of the interface; of no family's where a load balancer leads there */
    enum family family;
    bool open;
    /* Open: each component that lets it pass, and by which rule. Else the one that does not. */
    struct {
        const struct node *component;
        struct str text;
    } steps[8];
    size_t n_steps;
};

/* Calls `visit` for each way to each interface, open or not. Texts live until it returns. */
void reach_why(struct reach *r, const struct instance *i, int protocol, int port,
               void (*visit)(const struct reason *reason, void *data), void *data);

/* "tcp 22-23 from 10.0.0.0/8" */
struct str rule_text(struct arena *a, const struct rule *r);

#endif
