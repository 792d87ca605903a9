/* What describe calls say of a region's network goes to monitor/network.h: all of it, or what changed. */
#include "aws/network.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_place.h"
#include "monitor/network.h"

static const uint64_t BYTES_MAX = (uint64_t)2 << 30; /* of a region's documents */

struct documents {
    struct arena *arena;
    uint64_t bytes;
    VEC(struct str) list;
};

static void documents_end(struct documents *d)
{
    vec_free(&d->list);
    arena_free(d->arena);
}

static int on_document(void *ctx, struct str json)
{
    struct documents *d = ctx;
    d->bytes += json.n;
    if (d->bytes > BYTES_MAX)
        return err_set(ERR_LIMIT, "what is said of the network is more than %llu GiB",
                       (unsigned long long)(BYTES_MAX >> 30));
    vec_add(&d->list, arena_str(d->arena, json));
    return 0;
}

/* Without these nothing that is said of a port holds; what others would say counts as it was, or as not
 * known. */
static bool is_needed(const char *operation)
{
    static const char *const needed[] = {"Instances",   "NetworkInterfaces", "SecurityGroups",
                                         "NetworkAcls", "RouteTables",       "Subnets",
                                         "Vpcs",        "InternetGateways"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (str_ends(str_from(operation), str_from(needed[i])) &&
            str_starts(str_from(operation), STR("ec2:")))
            return true;
    return false;
}

static struct str names_of(struct arena *a, const struct network_gaps *gaps)
{
    struct str names = {0};
    for (size_t i = 0; i < gaps->n; i++)
        names = arena_printf(a, "%.*s%s%s", STR_ARG(names), i ? ", " : "", gaps->at[i].operation);
    return names;
}

/* An error where a call that is needed was not answered. */
static int look_at_gaps(struct aws_place *p, const struct network_gaps *gaps)
{
    for (size_t i = 0; i < gaps->n; i++)
        if (is_needed(gaps->at[i].operation))
            return err_set(gaps->at[i].code, "%.*s", STR_ARG(gaps->at[i].text));
    if (gaps->n && !p->trouble.n)
        p->trouble = arena_printf(p->arena, "%.*s (what is not told of the network: %.*s)",
                                  STR_ARG(gaps->at[0].text), STR_ARG(names_of(p->arena, gaps)));
    return 0;
}

int aws_look_network(struct aws_place *p)
{
    _cleanup_(documents_end) struct documents d = {.arena = arena_new(0)};
    struct network_gaps gaps = {.n = 0};
    int status = network_describe(p->aws, p->arena, on_document, &d, &gaps);
    if (status == 0)
        status = look_at_gaps(p, &gaps);
    return status < 0 ? status : monitor_network(p->m, p->account, p->region, d.list.at, d.list.n);
}

/* A region that is not known is looked at as a whole. */
static int update(struct aws_place *p, const struct documents *d)
{
    int status = 0;
    for (size_t i = 0; i < d->list.n && status == 0; i++)
        status = monitor_network_update(p->m, p->account, p->region, d->list.at[i]);
    return status == ERR_MISSING ? aws_look_network(p) : status;
}

int aws_look_group(struct aws_place *p, struct str id)
{
    _cleanup_(documents_end) struct documents d = {.arena = arena_new(0)};
    int status = network_describe_group(p->aws, id, on_document, &d);
    return status < 0 ? status : update(p, &d);
}

int aws_look_instance_network(struct aws_place *p, struct str id)
{
    _cleanup_(documents_end) struct documents d = {.arena = arena_new(0)};
    int status = network_describe_instance(p->aws, id, on_document, &d);
    return status < 0 ? status : update(p, &d);
}
