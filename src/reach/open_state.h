/* Within src/reach/: what is worked out of a model. open.c does that, update.c keeps it up to date, path.c
 * tells of it. */
#ifndef ASSAY_REACH_OPEN_STATE_H
#define ASSAY_REACH_OPEN_STATE_H

#include <stdint.h>

#include "reach/balance.h"
#include "reach/open.h"
#include "reach/route.h"

struct opened { /* a group's, in one context: ports by gate */
    const struct context *context;
    struct spans *ports;
};

struct range {
    int gate; /* of the class's context */
    int begin, end;
    uint64_t groups; /* of the class, that open some of it; the 64th stands for all after it, too */
};

struct class
{
    const struct context *context;
    VEC(struct group *) groups;
    VEC(struct range) ranges;
    VEC(struct interface *) interfaces;
};

struct group_state {
    VEC(struct opened) opened;
    VEC(struct class *) classes;
};

struct point { /* an address of an interface, or several of one class */
    struct class *class;
    bool public;
};

struct interface_state {
    VEC(struct point) points;
    VEC(struct via) vias;
};

struct reach {
    struct model *model;
    struct arena *arena;
    VEC(struct interface_state) interfaces;
    VEC(struct group_state) groups;
    VEC(struct class *) classes;
    VEC(struct context *) contexts;
    struct map class_of, context_of;
    route_vec everywhere; /* all routes there are: which speak of an address decides its context */
    struct cells cells[N_FAMILIES];
    size_t instances;
};

/* Works everything out; forgets everything. */
void reach_build(struct reach *r);
void reach_clear(struct reach *r);
/* An interface of an instance, linked. */
void reach_add(struct reach *r, struct interface *i);
/* What a class has open, anew. */
void class_build(struct reach *r, struct class *c);
void group_forget(struct group_state *state);

#endif
