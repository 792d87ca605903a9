#include "reach/aim.h"

#include "reach/filter.h"

static bool aim_at(struct aim *a, struct interface *i, enum family f)
{
    for (size_t k = 0; i && k < i->ips.n; k++)
        if (i->ips.at[k].private.family == f) {
            a->interface = i;
            a->address = i->ips.at[k].private;
            return i->subnet != NULL;
        }
    return false;
}

static struct interface *primary(const struct instance *i)
{
    for (size_t k = 0; i && k < i->interfaces.n; k++)
        if (i->interfaces.at[k]->device_index == 0)
            return i->interfaces.at[k];
    return NULL;
}

/* Network load balancers keep the client's address for instances, and always for UDP; else by attribute. */
static bool preserves(const struct balancer *b, const struct target_group *t, int protocol)
{
    if (b->type != BALANCER_NETWORK)
        return false;
    if (protocol == PROTOCOL_UDP || t->udp)
        return true;
    return t->preserve == PRESERVE_DEFAULT ? !t->by_address : t->preserve == PRESERVE_YES;
}

/* Whether it may as well be the other way: nobody told the attribute. */
static bool may_preserve_otherwise(const struct balancer *b, const struct target_group *t, int protocol)
{
    return b->type == BALANCER_NETWORK && protocol != PROTOCOL_UDP && !t->udp && !t->attributes_told;
}

static struct interface *interface_at(const struct vpc *v, struct address x)
{
    struct subnet *s = v ? vpc_subnet(v, x) : NULL;
    return s ? subnet_interface(s, x) : NULL;
}

/* An address of the own VPC, else of all others: those that it has no way to do not answer (balance.c). */
static void aim_address(const struct model *m, struct aim *a, const struct vpc *own, aim_visit *visit,
                        void *data)
{
    a->interface = interface_at(own, a->address);
    if (a->interface || !own || vpc_has(own, a->address)) {
        if (a->interface && a->interface->subnet)
            visit(a, data);
        return;
    }
    a->foreign = true;
    model_each(struct vpc, v, m, KIND_VPC)
    {
        a->interface = v != own ? interface_at(v, a->address) : NULL;
        if (a->interface && a->interface->subnet)
            visit(a, data);
    }
}

static void aim_target(const struct model *m, const struct balancer *b, const struct target_group *t,
                       const struct target *target, int protocol, bool preserve, aim_visit *visit, void *data)
{
    struct aim a = {
        .port = target->port ? target->port : t->port, .protocol = protocol, .preserve = preserve};
    if (a.port <= 0 || a.port > PORT_LAST)
        return;
    if (target->balancer) {
        a.balancer = target->balancer;
        visit(&a, data);
    } else if (target->instance) {
        if (aim_at(&a, primary(target->instance), t->ipv6 ? IPV6 : IPV4))
            visit(&a, data);
    } else {
        a.address = target->address;
        aim_address(m, &a, t->vpc ? t->vpc : b->vpc, visit, data);
    }
}

void aim_listener(const struct model *m, const struct balancer *b, const struct listener *l, int protocol,
                  aim_visit *visit, void *data)
{
    vec_each(i, &b->instances)
    {
        struct aim a = {.port = l->instance_port, .protocol = PROTOCOL_TCP};
        if (a.port > 0 && a.port <= PORT_LAST && aim_at(&a, primary(*i), IPV4))
            visit(&a, data);
    }
    vec_each(t, &l->groups)
    {
        bool preserve = preserves(b, *t, protocol), either = may_preserve_otherwise(b, *t, protocol);
        vec_each(target, &(*t)->targets)
        {
            aim_target(m, b, *t, target, protocol, preserve, visit, data);
            if (either)
                aim_target(m, b, *t, target, protocol, !preserve, visit, data);
        }
    }
}
