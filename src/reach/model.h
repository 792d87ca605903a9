/* What an account's describe calls say of its networks, as structs that point to each other.
 *
 * The model owns everything in it and lives in one arena. A component may be named before it is described, or
 * never: it is then made with `known` false, so that references are always pointers. Nothing here follows
 * pointers without a bound, so references in a circle do no harm.
 */
#ifndef ASSAY_REACH_MODEL_H
#define ASSAY_REACH_MODEL_H

#include "base/map.h"
#include "base/vec.h"
#include "reach/prefix.h"

enum kind {
    KIND_VPC,
    KIND_SUBNET,
    KIND_ROUTE_TABLE,
    KIND_ACL,
    KIND_GROUP,
    KIND_INTERFACE,
    KIND_INSTANCE,
    KIND_INTERNET_GATEWAY,
    KIND_EGRESS_GATEWAY,
    KIND_NAT_GATEWAY,
    KIND_VPN_GATEWAY,
    KIND_VPN_CONNECTION,
    KIND_PEERING,
    KIND_TRANSIT_GATEWAY,
    KIND_TRANSIT_TABLE,
    KIND_ATTACHMENT,
    KIND_PREFIX_LIST,
    KIND_ENDPOINT,
    KIND_FIREWALL,
    KIND_POLICY_TABLE,
    KIND_DX_GATEWAY,
    KIND_VIRTUAL_INTERFACE,
    KIND_BALANCER,
    KIND_TARGET_GROUP,
    KIND_DEVICE, /* a router of the customer's, beyond a VPN connection or a virtual interface */
    KIND_OTHER,  /* carrier, local and outpost gateways, core networks: routes may lead there */
    N_KINDS
};

/* Lists of describe calls without which something may be missing (told.c). */
enum list {
    LIST_VPCS,
    LIST_SUBNETS,
    LIST_ROUTE_TABLES,
    LIST_ACLS,
    LIST_GROUPS,
    LIST_INTERFACES,
    LIST_INSTANCES,
    LIST_INTERNET_GATEWAYS,
    LIST_PEERINGS,
    LIST_VPN_GATEWAYS,
    LIST_VPN_CONNECTIONS,
    LIST_VIRTUAL_INTERFACES,
    LIST_DX_ASSOCIATIONS,
    LIST_ATTACHMENTS,
    LIST_TRANSIT_TABLES,
    LIST_TRANSIT_ROUTES,
    LIST_PROPAGATIONS,
    LIST_POLICY_TABLES,
    LIST_PREFIX_LISTS,
    LIST_BALANCERS,
    LIST_CLASSIC,
    LIST_LISTENERS,
    LIST_RULES,
    LIST_TARGET_GROUPS,
    LIST_TARGETS,
    N_LISTS
};

/* What was read of a list: some of it, or all; or it is known that not all of it could be, and perhaps what
 * it was. */
struct reading {
    bool some, all, refused, earlier;
};

/* A list that is not told, and what follows from that for what is. */
struct untold {
    enum list list;
    const char *name, *call; /* "VpnConnections", "ec2 describe-vpn-connections" */
    const char *effect;
    bool hides; /* open ports may be missing; else there may be more of them than are open */
};

/* What every component begins with. */
struct node {
    enum kind kind;
    bool known; /* described, not merely named */
    struct str id;
    struct str arn; /* where it is described; else empty */
};

typedef VEC(struct prefix) prefix_vec;

/* Where a rule of a table leads. Of two for one prefix the lower rank wins. */
struct route {
    struct prefix to;
    const struct prefix_list *list; /* instead of `to` */
    struct node *target;            /* NULL for the own network and for a black hole */
    bool black_hole;
    int rank;
    const struct route *also; /* another of the same prefix and rank: any of them may be taken */
};
typedef VEC(struct route) route_vec;
enum {
    RANK_LOCAL,
    RANK_STATIC,
    RANK_LIST,
    RANK_PROPAGATED, /* of transit gateways: from a VPC */
    RANK_PROPAGATED_DX,
    RANK_PROPAGATED_CONNECT,
    RANK_PROPAGATED_VPN,
    RANK_UNKNOWN
};
typedef VEC(struct node *) node_vec;

/* Consecutive parts of the address space by the route that its addresses take: the longest prefix. */
struct cell {
    word lo, hi;
    const struct route *route;
};
struct cells {
    struct cell *at;
    size_t n, size;
};

struct route_table {
    struct node node;
    struct vpc *vpc;
    route_vec routes;
    route_vec expanded; /* prefix lists resolved, what is learned added */
    struct cells cells[N_FAMILIES];
    node_vec unknown; /* targets to which nobody knows what leads: of prefix lists that are not described */
    node_vec boxes;   /* targets that pass packets on: struct endpoint, interface, instance */
};

struct prefix_list {
    struct node node;
    prefix_vec prefixes;
};

/* A rule of a network ACL or a security group. */
struct rule {
    int protocol; /* of IANA, -1: all */
    int from, to; /* ports; of ICMP the type and the code, -1: all */
    struct prefix prefix;
    const struct prefix_list *list; /* instead of `prefix` */
    struct group *group;            /* instead of `prefix` */
    int number;                     /* of an ACL */
    bool allow;                     /* of an ACL */
};
typedef VEC(struct rule) rule_vec;

enum direction { INBOUND, OUTBOUND, N_DIRECTIONS };

struct acl {
    struct node node;
    struct vpc *vpc;
    bool is_default;
    rule_vec rules[N_DIRECTIONS]; /* by number */
};

struct group {
    struct node node;
    struct vpc *vpc;
    rule_vec rules[N_DIRECTIONS];
    VEC(struct interface *) members;
    struct spans addresses[N_FAMILIES]; /* of the members: group_addresses() */
    bool has_addresses;
    size_t index; /* of struct reach, + 1 */
};

struct vpc {
    struct node node;
    struct str owner; /* account */
    bool told_by_owner;
    bool partial; /* another account's, of which only the subnets that it shares are told */
    prefix_vec prefixes;
    struct route_table *main;
    struct acl *acl; /* the default one */
    struct internet_gateway *internet;
    VEC(struct subnet *) subnets;
    VEC(struct vpn_gateway *) vpn_gateways;
    VEC(struct peering *) peerings;
    VEC(struct attachment *) attachments;
    node_vec others; /* carrier and local gateways, core networks: what routes of its name */
};

/* A range of addresses that goes to one interface. */
struct delegated {
    struct prefix prefix;
    struct interface *interface;
};

struct subnet {
    struct node node;
    struct vpc *vpc;
    prefix_vec prefixes;
    struct route_table *table; /* explicit; else the VPC's main one */
    struct acl *acl;
    struct map interfaces; /* by the bytes of the address */
    VEC(struct delegated) delegated;
};

struct ip {
    struct address private, public; /* public of IPv4 only, value 0: none */
};

struct interface {
    struct node node;
    struct subnet *subnet;
    struct instance *instance;
    struct nat_gateway *nat;
    VEC(struct ip) ips;
    prefix_vec prefixes; /* whole ranges that are delegated to it, as to hosts of containers */
    VEC(struct group *) groups;
    struct str description;
    bool no_source_check, on_route; /* routes lead to it */
    int device_index;
    size_t index; /* of struct reach, + 1 */
};

struct instance {
    struct node node;
    struct str account, state, name;
    bool on_route;
    VEC(struct interface *) interfaces;
};

struct internet_gateway {
    struct node node;
    struct vpc *vpc;
    struct route_table *table; /* that the gateway is associated with */
};

struct nat_gateway {
    struct node node;
    struct subnet *subnet;
    bool private;
    VEC(struct interface *) interfaces;
};

struct vpn_gateway {
    struct node node;
    struct vpc *vpc;
    struct route_table *table;
    VEC(struct vpn_connection *) connections;
    VEC(struct virtual_interface *) virtual_interfaces;
    VEC(struct dx_gateway *) dx_gateways;
    bool connections_told, direct_told; /* all VPN connections; all of Direct Connect */
};

struct vpn_connection {
    struct node node;
    struct node *gateway; /* virtual private or transit gateway */
    bool live, static_only;
    prefix_vec routes;
    VEC(struct address) outside; /* AWS's ends of the tunnels */
    struct device *device;
};

/* Of a Gateway Load Balancer or a firewall (`passes`): routes lead through it. Others end connections. */
struct endpoint {
    struct node node;
    bool passes;
    struct subnet *subnet;
    struct node *firewall;
};

struct dx_gateway {
    struct node node;
    VEC(struct node *) gateways; /* virtual private and transit gateways */
    VEC(struct virtual_interface *) virtual_interfaces;
};

struct virtual_interface {
    struct node node;
    bool live;
    struct vpn_gateway *vpn_gateway;
    struct dx_gateway *dx_gateway;
    struct device *device;
};

struct device {
    struct node node;
    prefix_vec prefixes;   /* that are behind it */
    prefix_vec advertised; /* that it says are, more than those above */
    VEC(struct vpn_connection *) connections;
    VEC(struct virtual_interface *) virtual_interfaces;
};

/* Where the other half of something is described. */
struct neighbour {
    struct str account, region; /* no region: the same */
};

struct peering {
    struct node node;
    bool active;
    struct vpc *sides[2];
    prefix_vec prefixes[2]; /* of the sides, as the connection tells them */
    struct neighbour neighbours[2];
};

struct transit_gateway {
    struct node node;
    bool no_references;    /* security groups cannot be referred to over it */
    bool has_tables;       /* its route tables are described */
    bool of_guest;         /* by a guest */
    bool policies_told;    /* which policy tables there are, and whose they are */
    bool attachments_told; /* all of them */
    struct str owner;      /* account */
    VEC(struct attachment *) attachments;
};

/* Of one transit gateway: a peering has one on each side, of the same id. */
struct attachment {
    struct node node;
    bool live;
    struct transit_gateway *gateway;
    struct node *resource; /* VPC, VPN connection, Direct Connect gateway, other transit gateway, ... */
    struct transit_table *association;
    struct policy_table *policy; /* instead of it, for peerings */
    const struct transit_table
        *told_by; /* that has routes which it announced: no other ones are to be guessed */
};

/* By it packets choose one of several route tables. */
struct policy_table {
    struct node node;
    struct transit_gateway *gateway;
    bool told, associations_told; /* its entries; whose it is */
    VEC(struct transit_table *) tables;
    VEC(struct str) attachments; /* that are associated with it */
};

/* A route, or a propagation of all that an attachment tells. */
struct transit_entry {
    struct route route;
    struct str attachment; /* of the table's gateway */
    bool propagation;
};

struct transit_table {
    struct node node;
    struct transit_gateway *gateway;
    bool told, partial;              /* its routes; not all of them */
    bool told_now, propagations_now; /* and not earlier */
    VEC(struct transit_entry) entries;
    route_vec expanded; /* targets are attachments */
    struct cells cells[N_FAMILIES];
    node_vec unknown; /* attachments to which nobody knows what leads */
};

struct listener {
    int protocol; /* 6, 17 */
    bool both;    /* TCP_UDP */
    int port;
    bool told, rules_told; /* it itself, not a rule of it alone; all its rules */
    struct str arn;
    VEC(struct target_group *) groups;
    int instance_port; /* of a classic load balancer */
};

struct balancer {
    struct node node;
    struct str name;
    enum balancer_type { BALANCER_APPLICATION, BALANCER_NETWORK, BALANCER_CLASSIC, BALANCER_GATEWAY } type;
    bool internet_facing, dual_stack;
    bool no_public_ipv4; /* of one that faces the internet */
    bool listeners_told; /* all of them */
    struct vpc *vpc;
    VEC(struct subnet *) subnets;
    VEC(struct group *) groups;
    VEC(struct listener) listeners;
    VEC(struct instance *) instances; /* of a classic one */
    VEC(struct address) addresses;    /* of its nodes, where known */
};

struct target {
    struct instance *instance;
    struct balancer *balancer; /* an application load balancer behind a network one; instead of `instance` */
    struct address address;    /* instead of both */
    int port;                  /* 0: the group's */
};

struct target_group {
    struct node node;
    struct vpc *vpc;
    bool by_address, ipv6, network; /* network: TCP, UDP, TLS rather than HTTP */
    bool udp;
    bool targets_told, attributes_told;
    enum { PRESERVE_DEFAULT, PRESERVE_YES, PRESERVE_NO } preserve; /* the client's address */
    int port;
    VEC(struct target) targets;
};

/* Where a public address leads. */
struct public_address {
    struct address address;
    struct interface *interface; /* or */
    struct node *gateway;        /* the AWS end of a VPN tunnel */
    struct address private;
};

/* An elastic address as describe-addresses tells it. */
struct elastic {
    struct interface *interface;
    struct ip ip;
};

struct model {
    struct arena *arena;
    struct map maps[N_KINDS];
    VEC(struct str) problems; /* what was read and not understood */
    VEC(struct elastic) elastic;
    struct map publics;             /* struct public_address by the bytes of the address */
    struct spans cloud[N_FAMILIES]; /* AWS's own public addresses, where ip-ranges.json was read */
    size_t n_components;
    struct str account;       /* whose networks these are; empty: of all that are described all is */
    struct str guest_account; /* the guest's */
    bool guest;               /* what is read is of another account or region: load_guest() */
    bool earlier; /* what is read was said earlier, and could not be read again: a member "Earlier" */
    struct reading readings[2][N_LISTS]; /* [1]: of the guest */
    bool asked[2];                     /* all lists were asked for: a member "NotRead" names those refused */
    bool guests, guests_lack[N_LISTS]; /* there are guests; what those before this one did not tell */
    VEC(struct untold) untold;         /* by model_link() */
};

struct model *model_new(void);
void model_free(struct model *m);
static inline void model_cleanup(struct model **m)
{
    model_free(*m);
}

/* The component of this id, made when there was none; NULL when `id` is empty, or over the cap on
 * components. */
void *model_node(struct model *m, enum kind kind, struct str id);
/* The component, or NULL. */
void *model_find(const struct model *m, enum kind kind, struct str id);
/* What a route names: the kind is in the id's prefix. */
struct node *model_target(struct model *m, struct str id);
struct attachment *model_attachment(struct model *m, struct str id, struct str transit_gateway);
#define model_each(type, item, model, of_kind)                                                               \
    for (size_t item##_i = 0; item##_i < (model)->maps[of_kind].n; item##_i++)                               \
        for (type *item = (model)->maps[of_kind].entries[item##_i].value; item; item = NULL)

/* Notes what was not understood; at most a hundred are kept. */
void model_problem(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Resolves what spans components, after loading and again after a change: routes, members, addresses. */
void model_link(struct model *m);

/* The same for one interface: who belongs to its groups, where its addresses are. To be unlinked before it is
 * read again. */
void model_link_interface(struct model *m, struct interface *i);
void model_unlink_interface(struct model *m, struct interface *i);

/* Whether the internet can name it: by a public IPv4 address, or as an IPv6 address that is routed there. */
bool ip_is_public(const struct ip *ip);
bool address_is_routed(struct address x); /* of IPv6, on the internet */
/* Adds the address, or the public one to the private one that is there. */
void interface_add_ip(struct interface *i, const struct ip *ip);
/* Addresses of a group's members; worked out at the first call after model_link(). */
const struct spans *group_addresses(struct group *g, enum family f);

/* Of a peering of transit gateways: the attachment to the other one; NULL when it is not known. */
struct attachment *attachment_other_side(const struct attachment *a);

/* Other accounts and regions that describe what is beyond the edges: the VPCs of peering connections, the
 * transit gateways of others. In the model's arena, each once, at most `max`. */
size_t model_neighbours(struct model *m, struct neighbour *ret_neighbours, size_t max);

/* Whether a list was read to its end, now or, where it was refused, earlier; by all guests, or by others. */
bool list_is_told(const struct model *m, bool guest, enum list l);
/* The first list that could not be read and speaks of the way by this gateway or load balancer, or through
 * any load balancer when it is NULL; NULL: there is none. */
const struct untold *model_untold(const struct model *m, const struct node *way);
/* How an instance may be reached by ways that were not told, though it seems not to be. */
enum hidden { HIDDEN_NOTHING, HIDDEN_EDGES, HIDDEN_INTERNET };
enum hidden instance_hidden(const struct model *m, const struct instance *i);

/* Notes as problems what is named and not described, where that may hide something. */
void model_report_unknown(struct model *m);

struct route_table *subnet_table(const struct subnet *s);
struct acl *subnet_acl(const struct subnet *s);
struct interface *subnet_interface(const struct subnet *s, struct address x);
struct subnet *vpc_subnet(const struct vpc *v, struct address x);
bool vpc_has(const struct vpc *v, struct address x);
/* It belongs to no instance any more. */
void interface_detach(struct interface *i);
/* Terminated, or about to be. */
bool instance_is_gone(const struct instance *i);
/* Whether all that its interfaces name is described: else nobody knows what is open. */
bool instance_is_told(const struct instance *i);
const struct public_address *model_public(const struct model *m, struct address x);

/* AWS::EC2::Instance and so on, in CloudFormation's spelling. */
const char *kind_type(enum kind kind);
const char *node_type(const struct node *n);

/* The key of an address in maps. */
static inline struct str address_key(const struct address *x)
{
    return (struct str){(const char *)&x->value, sizeof x->value};
}

#endif
