#include "reach/lead.h"

#include "reach/route.h"

enum { BOXES_DEEP = 3, VISITS_MAX = 4096 }; /* appliances one behind the other; tables looked at */

static bool has_node(const node_vec *all, const struct node *n)
{
    vec_each(have, all)
    {
        if (*have == n)
            return true;
    }
    return false;
}

/* How far a search has gone: beyond its bounds everything may be. */
struct search {
    int depth, visits;
};

static bool is_far(const struct search *s)
{
    return s->depth == BOXES_DEEP || s->visits >= VISITS_MAX;
}

/* ── appliances ── */

static const struct interface *interface_of(const struct node *box)
{
    const struct instance *host = (const struct instance *)box;
    if (box->kind == KIND_INTERFACE)
        return (const struct interface *)box;
    return host->interfaces.n ? host->interfaces.at[0] : NULL;
}

/* Whether it passes on what is not for it. One of which nothing is known may. */
static bool box_passes(const struct node *box)
{
    if (box->kind == KIND_ENDPOINT)
        return !box->known || ((const struct endpoint *)box)->passes;
    const struct interface *i = interface_of(box);
    return !i || !i->node.known || i->no_source_check;
}

/* NULL: not known. */
static const struct route_table *box_table(const struct node *box)
{
    const struct interface *i = box->kind == KIND_ENDPOINT ? NULL : interface_of(box);
    const struct subnet *s = box->kind == KIND_ENDPOINT ? ((const struct endpoint *)box)->subnet
                             : i                        ? i->subnet
                                                        : NULL;
    return s ? subnet_table(s) : NULL;
}

static bool is_told(const struct route_table *t)
{
    return t && t->node.known;
}

/* ── tables of subnets ── */

static bool leads(struct search *s, const struct route_table *t, struct address to,
                  const struct node *target);

static bool leads_through(struct search *s, const struct route_table *t, struct address to,
                          const struct node *target)
{
    const struct route *r = cells_find(&t->cells[to.family], to.value);
    bool found = false;
    for (size_t i = 0; i < t->boxes.n && !found; i++) {
        const struct node *box = t->boxes.at[i];
        if (!box_passes(box) || !(route_leads(r, box) || has_node(&t->unknown, box)))
            continue;
        s->depth++;
        found = is_far(s) || leads(s, box_table(box), to, target);
        s->depth--;
    }
    return found;
}

static bool leads(struct search *s, const struct route_table *t, struct address to, const struct node *target)
{
    s->visits++;
    return !is_told(t) || route_leads(cells_find(&t->cells[to.family], to.value), target) ||
           has_node(&t->unknown, target) || leads_through(s, t, to, target);
}

bool table_leads(const struct route_table *t, struct address to, const struct node *target)
{
    return leads(&(struct search){0}, t, to, target);
}

bool table_leads_through(const struct route_table *t, struct address to, const struct node *target)
{
    return is_told(t) && leads_through(&(struct search){0}, t, to, target);
}

static struct spans to_target(struct search *s, const struct route_table *t, enum family f,
                              const struct node *target);

/* What goes to the appliance and from there on to the target. */
static struct spans to_through(struct search *s, const struct route_table *t, enum family f,
                               const struct node *box, const struct node *target)
{
    struct spans none = {0};
    if (!box_passes(box))
        return none;
    struct spans there = has_node(&t->unknown, box) ? all_addresses(f) : cells_to(&t->cells[f], box);
    s->depth++;
    struct spans on = is_far(s) || !there.n ? all_addresses(f) : to_target(s, box_table(box), f, target);
    s->depth--;
    struct spans both = spans_intersection(&there, &on);
    spans_free(&there);
    spans_free(&on);
    return both;
}

static struct spans to_target(struct search *s, const struct route_table *t, enum family f,
                              const struct node *target)
{
    s->visits++;
    if (!is_told(t) || has_node(&t->unknown, target))
        return all_addresses(f);
    struct spans all = cells_to(&t->cells[f], target);
    vec_each(box, &t->boxes)
    {
        struct spans more = to_through(s, t, f, *box, target);
        spans_add_all(&all, &more);
        spans_free(&more);
    }
    return all;
}

struct spans table_to(const struct route_table *t, enum family f, const struct node *target)
{
    return to_target(&(struct search){0}, t, f, target);
}

const struct node *table_box(const struct route_table *t, enum family f, const struct node *target,
                             const struct spans *addresses)
{
    if (!is_told(t) || !t->boxes.n || has_node(&t->unknown, target))
        return NULL;
    struct spans straight = cells_to(&t->cells[f], target), rest = spans_difference(addresses, &straight);
    const struct node *found = NULL;
    for (size_t i = 0; i < t->boxes.n && !found; i++) {
        struct spans through = to_through(&(struct search){0}, t, f, t->boxes.at[i], target);
        found = spans_overlap(&through, &rest) ? t->boxes.at[i] : NULL;
        spans_free(&through);
    }
    spans_free(&straight);
    spans_free(&rest);
    return found;
}

/* ── tables of transit gateways ── */

/* An attachment without a table, where tables are known, leads nowhere; a peering may have a policy table
 * instead. */
static bool association_is_unknown(const struct attachment *a)
{
    if (!a->node.known || !a->gateway->has_tables)
        return true;
    return !a->gateway->policies_told && a->resource && a->resource->kind == KIND_TRANSIT_GATEWAY;
}

static bool transit_is_unknown(const struct transit_table *t, const struct attachment *target)
{
    return !t->told || t->partial || has_node(&t->unknown, &target->node);
}

bool transit_leads(const struct attachment *from, struct address to, const struct attachment *target)
{
    const struct transit_table *t = from->association;
    if (t)
        return transit_is_unknown(t, target) ||
               route_leads(cells_find(&t->cells[to.family], to.value), &target->node);
    if (!from->policy)
        return association_is_unknown(from);
    vec_each(of, &from->policy->tables)
    {
        if (transit_is_unknown(*of, target) ||
            route_leads(cells_find(&(*of)->cells[to.family], to.value), &target->node))
            return true;
    }
    return !from->policy->told;
}

struct spans transit_to(const struct attachment *from, enum family f, const struct attachment *target)
{
    const struct transit_table *t = from->association;
    struct spans all = {0};
    if (t)
        return transit_is_unknown(t, target) ? all_addresses(f) : cells_to(&t->cells[f], &target->node);
    if (from->policy ? !from->policy->told : association_is_unknown(from))
        return all_addresses(f);
    for (size_t i = 0; from->policy && i < from->policy->tables.n; i++) {
        t = from->policy->tables.at[i];
        struct spans some =
            transit_is_unknown(t, target) ? all_addresses(f) : cells_to(&t->cells[f], &target->node);
        spans_add_all(&all, &some);
        spans_free(&some);
    }
    return all;
}
