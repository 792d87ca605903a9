/* assay reach: what is open, for people and for programs. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/command.h"
#include "cmd/reach.h"
#include "reach/filter.h"
#include "reach/why.h"
#include "report/text.h"

static const char *protocol_name(int protocol)
{
    return protocol == PROTOCOL_TCP ? "tcp" : "udp";
}

/* ── the table ── */

struct table {
    struct page page;
    const struct instance *last;
    size_t instances, ranges;
};

static const enum colour colours[N_SEVERITIES] = {
    [SEVERITY_CRITICAL] = BOLD_RED, [SEVERITY_HIGH] = RED,          [SEVERITY_MEDIUM] = YELLOW,
    [SEVERITY_LOW] = BLUE,          [SEVERITY_INFORMATIONAL] = DIM, [SEVERITY_UNTRIAGED] = DIM,
};

static void print_instance(struct table *t, const struct instance *i)
{
    struct page *p = &t->page;
    if (t->last)
        fputc('\n', p->to);
    t->last = i;
    t->instances++;
    int used = page_cell(p, BOLD, i->node.id, -40);
    page_blank(p, 2);
    page_cell(p, PLAIN, i->name, used + 2 - p->columns);
    fputc('\n', p->to);
}

static int print_open(const struct reach_open *o, void *data)
{
    struct table *t = data;
    struct page *p = &t->page;
    if (o->instance != t->last)
        print_instance(t, o->instance);
    t->ranges++;
    const char *severity = o->severity == SEVERITY_INFORMATIONAL ? "INFO" : severity_name(o->severity);
    struct str ports = o->begin == o->end
                           ? arena_printf(p->arena, "%s %d", protocol_name(o->protocol), o->begin)
                           : arena_printf(p->arena, "%s %d-%d", protocol_name(o->protocol), o->begin, o->end);
    page_blank(p, 2);
    page_cell(p, colours[o->severity], str_from(severity), 8);
    page_blank(p, 1);
    page_cell(p, PLAIN, ports, 15);
    page_blank(p, 1);
    page_cell(p, PLAIN, o->edge->component->id, 22);
    page_blank(p, 1);
    page_cell(p, PLAIN, o->ipv4 && o->ipv6 ? STR("IPv4+6") : o->ipv6 ? STR("IPv6") : STR("IPv4"), 6);
    page_blank(p, 1);
    if (o->balancer)
        page_print(p, DIM, "via ");
    page_cell(p, PLAIN, o->balancer ? o->balancer->name : o->interface->node.id,
              57 + (o->balancer ? 4 : 0) - p->columns);
    fputc('\n', p->to);
    arena_reset(p->arena);
    return 0;
}

static void print_problems(struct page *p, const struct model *m)
{
    vec_each(text, &m->problems)
    {
        page_print(p, DIM, "not understood: ");
        page_cell(p, DIM, *text, -400);
        fputc('\n', p->to);
    }
}

/* Instances of which something is not described that closes ports. */
static void print_unclear(struct page *p, const struct model *m, const struct instance *only)
{
    model_each(struct instance, i, m, KIND_INSTANCE)
    {
        if (instance_is_gone(i) || instance_is_told(i) || (only && i != only))
            continue;
        page_print(p, DIM, "not all of it is known: ");
        page_cell(p, DIM, i->node.id, -100);
        fputc('\n', p->to);
    }
}

static void print_untold(struct page *p, const struct model *m)
{
    vec_each(u, &m->untold)
        page_print(p, DIM, "not described: %s (aws %s): %s\n", u->name, u->call, u->effect);
}

static bool is_partial(const struct model *m)
{
    bool partial = m->problems.n || m->untold.n;
    model_each(struct instance, i, m, KIND_INSTANCE) partial |= !instance_is_gone(i) && !instance_is_told(i);
    return partial;
}

int reach_exit(const struct model *m)
{
    return is_partial(m) ? EXIT_PARTIAL : EXIT_OK;
}

int reach_print_table(struct reach *r, const struct model *m, const struct instance *only, bool colour)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct table t = {.page = {stdout, a, colour, text_locale_is_utf8(), 80}};
    if (only)
        reach_of_instance(r, only, print_open, &t);
    else
        reach_each(r, print_open, &t);
    size_t all = only ? 1 : reach_size(r).instances;
    if (t.ranges)
        page_rule(&t.page);
    page_print(&t.page, PLAIN, "%zu open port range%s on %zu of %zu instance%s\n", t.ranges,
               t.ranges == 1 ? "" : "s", t.instances, all, all == 1 ? "" : "s");
    print_unclear(&t.page, m, only);
    print_untold(&t.page, m);
    print_problems(&t.page, m);
    return reach_exit(m);
}

/* ── JSON ── */

static void write_node(struct json_out *o, const struct node *n)
{
    json_begin_object(o);
    json_member_str(o, "componentId", n->id);
    json_member_str(o, "componentType", str_from(node_type(n)));
    json_member_str(o, "componentArn", n->arn);
    json_end_object(o);
}

struct lines {
    struct buf text;
    struct json_out out;
    struct arena *arena;
};

static int write_open(const struct reach_open *open, void *data)
{
    struct lines *l = data;
    struct json_out *o = &l->out;
    json_begin_object(o);
    json_member_str(o, "title", reach_title(l->arena, open));
    json_member_str(o, "severity", str_from(severity_name(open->severity)));
    json_member_str(o, "instance", open->instance->node.id);
    json_member_str(o, "account", open->instance->account);
    json_member_str(o, "interface", open->interface->node.id);
    json_member_str(o, "protocol", open->protocol == PROTOCOL_TCP ? STR("TCP") : STR("UDP"));
    json_key(o, "openPortRange");
    json_begin_object(o);
    json_member_int(o, "begin", open->begin);
    json_member_int(o, "end", open->end);
    json_end_object(o);
    json_key(o, "addressFamilies");
    json_begin_array(o);
    if (open->ipv4)
        json_out_str(o, STR("IPv4"));
    if (open->ipv6)
        json_out_str(o, STR("IPv6"));
    json_end_array(o);
    json_key(o, "edge");
    write_node(o, open->edge->component);
    if (open->balancer) {
        json_member_str(o, "loadBalancer", open->balancer->node.id);
        json_member_int(o, "loadBalancerPort", open->balancer_port);
    }
    json_key(o, "networkPath");
    json_begin_object(o);
    json_key(o, "steps");
    json_begin_array(o);
    for (size_t i = 0; i < open->n_steps; i++)
        write_node(o, open->steps[i]);
    json_end_array(o);
    json_end_object(o);
    json_end_object(o);
    fwrite(l->text.p, 1, l->text.n, stdout);
    l->text.n = 0;
    arena_reset(l->arena);
    return buf_status(&l->text);
}

/* What is not described, and the instances of which something is not that closes ports. */
static void write_untold(struct json_out *o, const struct model *m, const struct instance *only)
{
    json_key(o, "notDescribed");
    json_begin_array(o);
    vec_each(u, &m->untold)
    {
        json_begin_object(o);
        json_member_str(o, "list", str_from(u->name));
        json_member_str(o, "call", str_from(u->call));
        json_member_str(o, "effect", str_from(u->effect));
        json_member_bool(o, "mayHideOpenPorts", u->hides);
        json_end_object(o);
    }
    json_end_array(o);
    json_key(o, "unclearInstances");
    json_begin_array(o);
    model_each(struct instance, i, m, KIND_INSTANCE)
    {
        if (!instance_is_gone(i) && !instance_is_told(i) && (!only || i == only))
            json_out_str(o, i->node.id);
    }
    json_end_array(o);
}

int reach_print_json(struct reach *r, const struct model *m, const struct instance *only)
{
    struct lines l = {.text = buf_new((size_t)1 << 20), .arena = arena_new(0)};
    l.out = (struct json_out){.to = &l.text, .pretty = true};
    json_begin_object(&l.out);
    json_key(&l.out, "findings");
    json_begin_array(&l.out);
    int status = only ? reach_of_instance(r, only, write_open, &l) : reach_each(r, write_open, &l);
    json_end_array(&l.out);
    json_member_int(&l.out, "instances", only ? 1 : (int64_t)reach_size(r).instances);
    write_untold(&l.out, m, only);
    json_key(&l.out, "problems");
    json_begin_array(&l.out);
    vec_each(text, &m->problems) json_out_str(&l.out, *text);
    json_end_array(&l.out);
    json_end_object(&l.out);
    if (status == 0)
        status = buf_status(&l.text);
    printf("%s\n", l.text.p);
    buf_free(&l.text);
    arena_free(l.arena);
    return status < 0 ? command_failed() : reach_exit(m);
}

/* ── --why ── */

struct answer {
    struct page page;
    struct lines *json;
    bool open;
};

/* Load balancers and firewalls are known by name, not by what else is in an ARN. */
static struct str node_name(const struct node *n)
{
    return n->kind == KIND_BALANCER ? ((const struct balancer *)n)->name : str_basename(n->id);
}

/* "10.0.0.5 (eni-1) from igw-1: ", "eni-1 through shop from igw-1 over IPv4: " */
static void print_way(struct page *p, const struct reason *why)
{
    if (!why->balancer) {
        page_cell(p, BOLD, address_format(p->arena, why->address), -40);
        page_print(p, PLAIN, " (%.*s)", STR_ARG(why->interface->node.id));
    } else {
        page_cell(p, BOLD, why->interface->node.id, -30);
        page_print(p, PLAIN, " through %.*s", STR_ARG(why->balancer->name));
    }
    if (why->edge)
        page_print(p, PLAIN, " from %.*s", STR_ARG(node_name(why->edge->component)));
    page_print(p, PLAIN, why->balancer && why->edge ? " over %s: " : ": ",
               why->family == IPV6 ? "IPv6" : "IPv4");
}

static void print_reason(const struct reason *why, void *data)
{
    struct answer *a = data;
    struct page *p = &a->page;
    a->open |= why->open;
    print_way(p, why);
    page_print(p, why->open ? YELLOW : GREEN, why->open ? "open\n" : "closed\n");
    for (size_t i = 0; i < why->n_steps; i++) {
        page_blank(p, 2);
        page_cell(p, PLAIN, node_name(why->steps[i].component), 24 - p->columns);
        page_print(p, PLAIN, ": ");
        page_cell(p, PLAIN, why->steps[i].text, -200);
        fputc('\n', p->to);
    }
    arena_reset(p->arena);
}

static void write_reason(const struct reason *why, void *data)
{
    struct answer *a = data;
    struct json_out *o = &a->json->out;
    a->open |= why->open;
    json_begin_object(o);
    json_member_str(o, "interface", why->interface->node.id);
    if (why->edge)
        json_member_str(o, "edge", why->edge->component->id);
    if (why->balancer)
        json_member_str(o, "loadBalancer", why->balancer->node.id);
    if (!why->balancer)
        json_member_str(o, "address", address_format(a->page.arena, why->address));
    if (why->edge || !why->balancer)
        json_member_str(o, "addressFamily", why->family == IPV6 ? STR("IPv6") : STR("IPv4"));
    json_member_bool(o, "open", why->open);
    json_key(o, why->open ? "openedBy" : "closedBy");
    json_begin_array(o);
    for (size_t i = 0; i < why->n_steps; i++) {
        json_begin_object(o);
        json_member_str(o, "componentId", why->steps[i].component->id);
        json_member_str(o, "componentType", str_from(node_type(why->steps[i].component)));
        json_member_str(o, "reason", why->steps[i].text);
        json_end_object(o);
    }
    json_end_array(o);
    json_end_object(o);
}

/* Something is not described without which nobody can tell that a port is closed. */
static bool is_hidden(const struct model *m, const struct instance *i)
{
    bool hidden = !instance_is_told(i);
    vec_each(u, &m->untold) hidden |= u->hides;
    return hidden;
}

int reach_print_why(struct reach *r, const struct model *m, const struct instance *i, int protocol, int port,
                    bool json)
{
    _cleanup_(arena_cleanup) struct arena *arena = arena_new(0);
    struct lines l = {.text = buf_new((size_t)16 << 20), .arena = arena};
    struct answer a = {.page = {stdout, arena, false, text_locale_is_utf8(), 80}, .json = &l};
    l.out = (struct json_out){.to = &l.text, .pretty = true};
    json_begin_array(&l.out);
    reach_why(r, i, protocol, port, json ? write_reason : print_reason, &a);
    json_end_array(&l.out);
    if (json)
        printf("%s\n", l.text.p);
    else
        printf("Port %d of %.*s is %s - %s\n", port, STR_ARG(i->node.id),
               a.open            ? "reachable"
               : is_hidden(m, i) ? "not known to be reachable from outside"
                                 : "not reachable from outside",
               protocol == PROTOCOL_TCP ? "TCP" : "UDP");
    a.page.to = json ? stderr : stdout;
    print_unclear(&a.page, m, i);
    print_untold(&a.page, m);
    print_problems(&a.page, m);
    buf_free(&l.text);
    return reach_exit(m);
}
