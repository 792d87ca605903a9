/* An AWS account: all of it, region by region and service by service, in steps of one service in one region.
 * A step that fails is told of, and the others go on.
 *
 * State: "regions" and "step" of the round that is under way; "problems", what failed in this round or the
 * last one: [{"region", "service", "error"}]. */
#include "aws/ec2.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_place.h"
#include "monitor/aws_session.h"
#include "monitor/network.h"
#include "monitor/poll.h"
#include "store/image_use.h"
#include "store/network.h"

enum { REGIONS_MAX = 200, FAILURES_MAX = 200, SLICE_SECONDS = 30 };

static const struct service {
    const char *name;
    enum resource_scan_type type;
    int (*look)(struct aws_place *p);
} services[] = {
    {"ec2", SCAN_OF_EC2, aws_look_instances},
    {"network", SCAN_OF_EC2, aws_look_network},
    {"ecr", SCAN_OF_ECR, aws_look_repositories},
    {"ecs", SCAN_OF_ECR, aws_look_tasks}, /* behind the images that run there */
    {"lambda", SCAN_OF_LAMBDA, aws_look_functions},
};
enum { SERVICES = sizeof services / sizeof *services };

struct problem_text {
    struct str region, service, error;
};
struct round {
    struct poll *poll;
    VEC(struct str) regions;
    size_t step; /* through all services of all regions, then the organization */
    VEC(struct problem_text) problems;
};

static void round_end(struct round *r)
{
    vec_free(&r->regions);
    vec_free(&r->problems);
}

static void add_problem(struct round *r, struct str region, struct str service, struct str error)
{
    struct arena *a = r->poll->arena;
    if (!r->poll->error.n)
        r->poll->error = arena_str(a, error);
    if (r->problems.n < FAILURES_MAX)
        vec_add(&r->problems, (struct problem_text){region, service, arena_str(a, error)});
}

/* ---- regions ---- */

static int on_regions(void *ctx, json_val *document)
{
    struct round *r = ctx;
    for (json_each(region, json_get(document, "Regions")))
        if (r->regions.n < REGIONS_MAX && json_get_str(region, "RegionName").n)
            vec_add(&r->regions, arena_str(r->poll->arena, json_get_str(region, "RegionName")));
    return 0;
}

/* Those of the options, or all that the account has enabled. */
static int find_regions(struct round *r)
{
    const struct scan_origin *o = r->poll->origin;
    struct aws *aws;
    for (size_t i = 0; i < o->options.aws.n_regions; i++)
        vec_add(&r->regions, o->options.aws.regions[i]);
    if (r->regions.n)
        return 0;
    int status = aws_session(r->poll->m, o, (struct str){NULL, 0}, &aws);
    return status < 0 ? status : ec2_describe(aws, "DescribeRegions", (struct str){NULL, 0}, on_regions, r);
}

/* Goes on with the round that is under way, or begins another. */
static int begin(struct round *r)
{
    json_val *state = r->poll->state;
    r->step = yyjson_get_uint(json_get(state, "step"));
    if (!r->step)
        return find_regions(r);
    for (json_each(region, json_get(state, "regions")))
        if (json_str(region).n)
            vec_add(&r->regions, json_str(region));
    for (json_each(problem, json_get(state, "problems")))
        add_problem(r, json_get_str(problem, "region"), json_get_str(problem, "service"),
                    json_get_str(problem, "error"));
    return 0;
}

/* ---- steps ---- */

/* What failed is a problem; 0 or JOB_INTERRUPTED. */
static int look(struct round *r, struct str region, const char *service, int (*call)(struct aws_place *p))
{
    struct poll *p = r->poll;
    struct aws_place place = {
        .m = p->m, .arena = p->arena, .account = p->account, .origin = p->origin, .region = region};
    int status = aws_session(p->m, p->origin, region, &place.aws);
    if (status == 0)
        status = call(&place);
    if (status == JOB_INTERRUPTED)
        return status;
    if (status < 0)
        place.trouble = arena_str(p->arena, str_from(err_text()));
    if (place.trouble.n)
        add_problem(r, region, str_from(service), place.trouble);
    return 0;
}

/* ---- regions that are no longer looked at ---- */

static bool is_ours(const struct round *r, struct str region)
{
    vec_each(one, &r->regions) if (str_eq(*one, region)) return true;
    return false;
}

static int leave_network(struct aws_place *p)
{
    return monitor_network(p->m, p->account, p->region, NULL, 0);
}

static int leave_all(struct round *r,
                     size_t (*known)(struct sql *db, struct arena *a, account_id account,
                                     struct str **ret_regions),
                     int (*leave)(struct aws_place *p))
{
    struct poll *p = r->poll;
    struct aws_place place = {.m = p->m, .arena = p->arena, .account = p->account, .origin = p->origin};
    struct str *regions;
    struct sql *db = store_reader(monitor_store(p->m));
    size_t n = known(db, p->arena, p->account, &regions);
    int status = store_commit(db);
    for (size_t i = 0; i < n && status == 0; i++) {
        place.region = regions[i];
        if (!is_ours(r, place.region))
            status = leave(&place);
    }
    return status;
}

static bool is_elsewhere(const void *ctx, const struct resource *r)
{
    return !is_ours(ctx, r->region);
}

static int leave_regions(struct round *r)
{
    const struct poll *p = r->poll;
    int status = leave_all(r, network_regions, leave_network);
    if (status == 0)
        status = leave_all(r, image_use_regions, aws_leave_tasks);
    return status ? status : scan_gone_of(p->m, p->account, p->origin->origin.id, is_elsewhere, r);
}

/* Step by step until all is done or some time has gone: JOB_INTERRUPTED for the latter. */
static int go_on(struct round *r)
{
    int64_t began = time_now();
    const struct scan_origin *o = r->poll->origin;
    size_t all = r->regions.n * SERVICES;
    for (; r->step < all; r->step++) {
        const struct service *s = &services[r->step % SERVICES];
        if (monitor_stopping(r->poll->m) || time_now() - began >= SLICE_SECONDS)
            return JOB_INTERRUPTED;
        if (!scan_enabled(r->poll->m, r->poll->account, s->type))
            continue;
        if (look(r, r->regions.at[r->step / SERVICES], s->name, s->look))
            return JOB_INTERRUPTED;
    }
    return o->options.aws.organization
               ? look(r, (struct str){NULL, 0}, "organizations", aws_look_organization)
               : 0;
}

static void out_state(struct round *r, bool more)
{
    struct json_out *o = &r->poll->out;
    if (more)
        json_member_int(o, "step", (int64_t)r->step);
    json_key(o, "regions");
    json_begin_array(o);
    vec_each(region, &r->regions) json_out_str(o, *region);
    json_end_array(o);
    json_key(o, "problems");
    json_begin_array(o);
    vec_each(problem, &r->problems)
    {
        json_begin_object(o);
        json_member_str(o, "region", problem->region);
        json_member_str(o, "service", problem->service);
        json_member_str(o, "error", problem->error);
        json_end_object(o);
    }
    json_end_array(o);
}

int poll_aws(struct poll *p)
{
    _cleanup_(round_end) struct round r = {.poll = p};
    int status = begin(&r);
    if (status == 0 && !r.step)
        status = leave_regions(&r);
    if (status < 0)
        return status;
    p->more = go_on(&r) == JOB_INTERRUPTED;
    out_state(&r, p->more && r.step);
    return 0;
}
