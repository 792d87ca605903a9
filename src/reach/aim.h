/* Within src/reach/: what a load balancer's listener passes connections to. */
#ifndef ASSAY_REACH_AIM_H
#define ASSAY_REACH_AIM_H

#include "reach/model.h"

/* A target as one listener sees it. */
struct aim {
    struct interface *interface;
    struct balancer *balancer; /* an application load balancer, instead of `interface` */
    struct address address;
    int port, protocol;
    bool preserve; /* the client's address */
    bool foreign;  /* in another VPC than the load balancer */
};
typedef void aim_visit(const struct aim *aim, void *data);

void aim_listener(const struct model *m, const struct balancer *b, const struct listener *l, int protocol,
                  aim_visit *visit, void *data);

#endif
