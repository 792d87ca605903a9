/* Every open TCP and UDP port range of every instance from outside of its VPC.
 *
 * A range is open from an edge when some source outside passes: it can get to the edge, the subnet's network
 * ACL and a security group of the interface admit it, and the answer gets back: the subnet's route table
 * leads to the same edge (lead.h) and the network ACL lets an ephemeral port (1024-65535) out. From the
 * internet the interface needs a public IPv4 or an IPv6 address, or an internet-facing load balancer in front
 * of it. Sets are exact.
 *
 * What interfaces share is worked out once: a `context` is what lies between the edges and an address (VPC,
 * route table, network ACL, and which routes elsewhere speak of the address), a security group's openings are
 * kept by context, and a `class` is a context with a set of groups. So a changed group touches its classes
 * only.
 */
#ifndef ASSAY_REACH_OPEN_H
#define ASSAY_REACH_OPEN_H

#include "base/json.h"
#include "reach/edge.h"
#include "score/severity.h"

struct reach;

/* The model must be linked, and outlive the result. */
struct reach *reach_compute(struct model *m);
void reach_free(struct reach *r);
static inline void reach_cleanup(struct reach **r)
{
    reach_free(*r);
}

enum { STEPS_MAX = 30 }; /* as findings may have */

/* One open range on one path. */
struct reach_open {
    const struct instance *instance;
    const struct interface *interface;
    const struct edge *edge;
    const struct balancer *balancer; /* that the path leads through, or NULL */
    int balancer_port;
    int protocol; /* 6, 17 */
    int begin, end;
    bool ipv4, ipv6; /* of the source's side */
    enum severity severity;
    const struct node *steps[STEPS_MAX]; /* from the edge to the instance */
    size_t n_steps;
};

/* Calls `visit` for each, by instance, interface, edge, protocol and port, until it returns other than 0. */
typedef int reach_visit(const struct reach_open *open, void *data);
int reach_each(struct reach *r, reach_visit *visit, void *data);
int reach_of_instance(struct reach *r, const struct instance *i, reach_visit *visit, void *data);

/* "Port 22 is reachable from an Internet Gateway - TCP" */
struct str reach_title(struct arena *a, const struct reach_open *open);

/* Takes in a document of describe calls in place of what it said before. When it holds nothing but security
 * groups that are known already, only what they touch is computed anew, else all. `changed` (or NULL) is
 * called for each instance whose paths were. Errors as of load_document(). */
int reach_update(struct reach *r, json_val *root, void (*changed)(const struct instance *i, void *data),
                 void *data);

struct reach_size {
    size_t instances, interfaces, classes, contexts;
};
struct reach_size reach_size(const struct reach *r);

/* ── within src/reach/ ── */

/* A context's sources by edge, protocol and port. */
struct part {
    int begin, end;
    struct spans sources; /* never empty */
};
struct gate {
    struct edge edge;
    int protocol;
    const struct node *via[2]; /* appliances between the edge and the subnet, on the way in and on that out */
    VEC(struct part) parts;
};
struct context {
    struct vpc *vpc;
    const struct route_table *table;
    const struct acl *acl;
    enum family family;
    struct address sample; /* an address that it is of */
    VEC(struct gate) gates;
};
const struct context *reach_context(struct reach *r, struct subnet *s, struct address x);
/* Addresses to which the subnet's answers leave by the gate's edge. */
struct spans context_back(const struct context *c, const struct gate *gate);

#endif
