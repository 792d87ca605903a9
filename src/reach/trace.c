#include "reach/trace.h"

#include "base/err.h"
#include "reach/describe.h"
#include "reach/walk.h"

enum { SPORT = 49152 };

const char *disposition_name(enum disposition d)
{
    static const char *const names[N_DISPOSITIONS] = {
        [ACCEPTED] = "ACCEPTED",
        [DENIED_IN] = "DENIED_IN",
        [DENIED_OUT] = "DENIED_OUT",
        [NO_ROUTE] = "NO_ROUTE",
        [NULL_ROUTED] = "NULL_ROUTED",
        [EXITS_NETWORK] = "EXITS_NETWORK",
        [LOOP] = "LOOP",
        [NEIGHBOR_UNREACHABLE] = "NEIGHBOR_UNREACHABLE",
    };
    return names[d];
}

struct start {
    struct interface *interface;
    struct subnet *subnet;
    struct vpn_connection *connection;
    struct device *device;
    struct address own;
};

static int find_start(const struct model *m, struct str ingress, enum family f, struct start *ret_start)
{
    struct start s = {0};
    struct instance *host = model_find(m, KIND_INSTANCE, ingress);
    s.interface =
        host && host->interfaces.n ? host->interfaces.at[0] : model_find(m, KIND_INTERFACE, ingress);
    s.subnet = model_find(m, KIND_SUBNET, ingress);
    s.connection = model_find(m, KIND_VPN_CONNECTION, ingress);
    s.device = model_find(m, KIND_DEVICE, ingress);
    for (size_t i = 0; s.interface && i < s.interface->ips.n; i++)
        if (s.interface->ips.at[i].private.family == f) {
            s.own = s.interface->ips.at[i].private;
            break;
        }
    if (s.device && s.device->prefixes.n)
        s.own = (struct address){s.device->prefixes.at[0].lo, s.device->prefixes.at[0].family};
    if (!s.interface && !s.subnet && !s.connection && !s.device && !str_is(ingress, "internet"))
        return err_set(ERR_MISSING, "no component '%.*s' to start from", STR_ARG(ingress));
    *ret_start = s;
    return 0;
}

static enum disposition begin(struct walker *w, const struct start *s)
{
    if (s->device)
        return from_device(w, s->device);
    if (s->connection)
        return hop(w, &s->connection->node) ? from_connection(w, s->connection) : LOOP;
    if (s->subnet)
        return from_subnet(w, s->subnet);
    return s->interface ? from_interface(w, s->interface) : from_internet(w);
}

/* The answer starts where the packet ended, with the addresses that it had there. */
static void trace_answer(struct walker *w, struct trace *t)
{
    struct flow there = w->flow;
    struct start s = {.interface = w->at_interface, .device = w->at_device};
    if (!s.interface && !s.device && !w->at_internet)
        return;
    w->answer = true;
    w->flow.src = there.dst;
    w->flow.dst = there.src;
    w->flow.sport = there.dport;
    w->flow.dport = there.sport;
    w->path = t->reverse;
    w->n_path = 0;
    t->reverse_disposition = begin(w, &s);
    t->n_reverse = w->n_path;
}

static int parse_flow(const struct trace_query *q, struct flow *ret_flow, bool *ret_own)
{
    struct flow f = {.sport = q->sport >= 0 ? q->sport : SPORT, .dport = q->dport};
    *ret_own = !q->src.n || str_is(q->src, "ingress-node-ip");
    if (!address_parse(q->dst, &f.dst))
        return err_set(ERR_INVALID, "dst is no address: '%.*s'", STR_ARG(q->dst));
    if (!*ret_own && !address_parse(q->src, &f.src))
        return err_set(ERR_INVALID, "src is no address: '%.*s'", STR_ARG(q->src));
    if (!*ret_own && f.src.family != f.dst.family)
        return err_set(ERR_INVALID, "src and dst are of different families");
    f.protocol = !q->protocol.n || str_is(q->protocol, "any") ? PROTOCOL_NONE : protocol_number(q->protocol);
    if (f.protocol < 0)
        return err_set(ERR_INVALID, "no protocol: '%.*s'", STR_ARG(q->protocol));
    *ret_flow = f;
    return 0;
}

int trace_flow(const struct model *m, const struct trace_query *q, struct trace *ret_trace)
{
    struct trace t = {0};
    struct walker w = {.model = m, .path = t.path, .trace = &t};
    struct start s = {0};
    bool own;
    int status = parse_flow(q, &w.flow, &own);
    if (status == 0)
        status = find_start(m, q->ingress, w.flow.dst.family, &s);
    if (status < 0)
        return status;
    if (own)
        w.flow.src = s.own;
    if (own && (!s.own.value || s.own.family != w.flow.dst.family)) /* somebody on the internet */
        address_parse(w.flow.dst.family == IPV4 ? STR("8.8.8.8") : STR("2001:4860:4860::8888"), &w.flow.src);
    t.disposition = begin(&w, &s);
    t.n_path = w.n_path;
    if (t.disposition == ACCEPTED || t.disposition == EXITS_NETWORK)
        trace_answer(&w, &t);
    *ret_trace = t;
    return 0;
}
