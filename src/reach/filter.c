#include "reach/filter.h"

/* What it names is not described: another account's group, a list that may not be read. */
static bool rule_is_unknown(const struct rule *r)
{
    return (r->group && !r->group->node.known) || (r->list && !r->list->node.known);
}

static bool has_address(const struct rule *r, struct address x)
{
    if (rule_is_unknown(r))
        return true;
    if (r->group)
        return spans_has(group_addresses(r->group, x.family), x.value);
    if (!r->list)
        return prefix_has(&r->prefix, x);
    vec_each(p, &r->list->prefixes)
    {
        if (prefix_has(p, x))
            return true;
    }
    return false;
}

bool rule_has_port(const struct rule *r, int protocol, int port)
{
    if (r->protocol == -1)
        return true;
    if (r->protocol != protocol)
        return false;
    if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6) /* `port`: the type; any code */
        return r->from == -1 || r->from == port;
    return (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || (r->from <= port && port <= r->to);
}

static bool speaks_of(const struct rule *r, enum direction d, const struct flow *f)
{
    return rule_has_port(r, f->protocol, f->dport) && has_address(r, d == INBOUND ? f->src : f->dst);
}

const struct rule *acl_match(const struct acl *a, enum direction d, const struct flow *f)
{
    vec_each(r, &a->rules[d])
    {
        if (speaks_of(r, d, f))
            return r;
    }
    return NULL;
}

bool acl_allows(const struct acl *a, enum direction d, const struct flow *f)
{
    const struct rule *r = a && a->node.known ? acl_match(a, d, f) : NULL;
    return !a || !a->node.known || (r && r->allow);
}

const struct rule *group_match(const struct group *g, enum direction d, const struct flow *f)
{
    vec_each(r, &g->rules[d])
    {
        if (speaks_of(r, d, f))
            return r;
    }
    return NULL;
}

bool interface_allows(const struct interface *i, enum direction d, const struct flow *f)
{
    vec_each(g, &i->groups)
    {
        if (group_match(*g, d, f))
            return true;
    }
    return i->groups.n == 0;
}

/* The first rule that speaks decides: each takes its addresses from those that are left. */
struct spans acl_allowed(const struct acl *a, enum direction d, enum family f, int protocol, int port)
{
    struct spans left = all_addresses(f), allowed = {0};
    if (!a || !a->node.known)
        return left;
    vec_each(r, &a->rules[d])
    {
        if (r->prefix.family != f || !rule_has_port(r, protocol, port))
            continue;
        struct spans whole = {0};
        spans_add(&whole, r->prefix.lo, r->prefix.hi);
        struct spans taken = spans_intersection(&left, &whole), rest = spans_difference(&left, &whole);
        if (r->allow)
            spans_add_all(&allowed, &taken);
        spans_free(&taken);
        spans_free(&whole);
        spans_free(&left);
        left = rest;
    }
    spans_free(&left);
    return allowed;
}

static int by_port(const void *x, const void *y)
{
    return *(const int *)x - *(const int *)y;
}

void acl_parts(const struct acl *a, enum direction d, int protocol, int lo, int hi, port_vec *ret_begins)
{
    vec_add(ret_begins, lo);
    for (size_t i = 0; a && i < a->rules[d].n; i++) {
        const struct rule *r = &a->rules[d].at[i];
        if (r->protocol != protocol)
            continue;
        if (r->from > lo && r->from <= hi)
            vec_add(ret_begins, r->from);
        if (r->to >= lo && r->to < hi)
            vec_add(ret_begins, r->to + 1);
    }
    qsort(ret_begins->at, ret_begins->n, sizeof *ret_begins->at, by_port);
    size_t n = 0;
    for (size_t i = 0; i < ret_begins->n; i++)
        if (!n || ret_begins->at[n - 1] != ret_begins->at[i])
            ret_begins->at[n++] = ret_begins->at[i];
    ret_begins->n = n;
}

struct spans acl_answers(const struct acl *a, enum family f, int protocol)
{
    struct spans all = {0};
    port_vec parts = {0};
    acl_parts(a, OUTBOUND, protocol, EPHEMERAL_FIRST, PORT_LAST, &parts);
    vec_each(port, &parts)
    {
        struct spans part = acl_allowed(a, OUTBOUND, f, protocol, *port);
        spans_add_all(&all, &part);
        spans_free(&part);
    }
    vec_free(&parts);
    return all;
}

void rule_addresses(const struct rule *r, enum family f, bool references, struct spans *add)
{
    if (r->group && !references)
        return;
    if (rule_is_unknown(r))
        spans_add(add, 0, family_last(f));
    else if (r->group)
        spans_add_all(add, group_addresses(r->group, f));
    else if (!r->list && r->prefix.family == f)
        spans_add(add, r->prefix.lo, r->prefix.hi);
    for (size_t i = 0; r->list && i < r->list->prefixes.n; i++)
        if (r->list->prefixes.at[i].family == f)
            spans_add(add, r->list->prefixes.at[i].lo, r->list->prefixes.at[i].hi);
}

struct spans groups_admit(struct group *const *groups, size_t n, int protocol, int port, enum family f,
                          bool references)
{
    struct spans all = {0};
    for (size_t i = 0; i < n; i++)
        vec_each(r, &groups[i]->rules[INBOUND])
        {
            if (rule_has_port(r, protocol, port))
                rule_addresses(r, f, references, &all);
        }
    return all;
}

bool rule_meets(const struct rule *r, const struct spans *addresses, enum family f, bool references)
{
    if (r->group && !references)
        return false;
    if (rule_is_unknown(r))
        return addresses->n > 0;
    if (r->group)
        return spans_overlap(group_addresses(r->group, f), addresses);
    if (!r->list)
        return r->prefix.family == f && spans_meet(addresses, r->prefix.lo, r->prefix.hi);
    vec_each(p, &r->list->prefixes)
    {
        if (p->family == f && spans_meet(addresses, p->lo, p->hi))
            return true;
    }
    return false;
}
