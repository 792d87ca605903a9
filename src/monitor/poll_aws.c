/* An AWS account: each service in each region is looked at by a job of its own (aws_look.h), and what is
 * known of regions that are no longer looked at is left.
 *
 * State: "regions", which are looked at. What is wrong with one of them is a problem of the origin. */
#include "aws/ec2.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_look.h"
#include "monitor/aws_session.h"
#include "monitor/network.h"
#include "monitor/poll.h"
#include "store/image_use.h"
#include "store/network.h"

enum { REGIONS_MAX = 200 };

struct round {
    struct poll *poll;
    VEC(struct str) regions;
};

static void round_end(struct round *r)
{
    vec_free(&r->regions);
}

/* ---- regions ---- */

static int on_regions(void *ctx, json_val *document)
{
    struct round *r = ctx;
    for (json_each(region, json_get(document, "Regions"))) {
        if (r->regions.n == REGIONS_MAX)
            return err_set(ERR_LIMIT, "EC2 tells of more than %d regions", REGIONS_MAX);
        if (json_get_str(region, "RegionName").n)
            vec_add(&r->regions, arena_str(r->poll->arena, json_get_str(region, "RegionName")));
    }
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
    if (status == 0)
        status = ec2_describe(aws, "DescribeRegions", (struct str){NULL, 0}, on_regions, r);
    if (status == 0 && !r->regions.n) /* all that is known would be left */
        status = err_set(ERR_INVALID, "EC2 tells of no regions");
    return status;
}

/* Where nobody tells them now, those of the last time. */
static int regions(struct round *r)
{
    int status = find_regions(r);
    if (status == 0)
        return 0;
    r->regions.n = 0;
    for (json_each(region, json_get(r->poll->state, "regions")))
        vec_add(&r->regions, json_str(region));
    if (!r->regions.n)
        return status;
    r->poll->error = arena_str(r->poll->arena, str_from(err_text()));
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

/* ---- looks ---- */

static bool is_wanted(const struct round *r, const struct aws_look *l)
{
    const struct poll *p = r->poll;
    if (l->type < 0)
        return p->origin->options.aws.organization;
    return l->whole && scan_enabled(p->m, p->account, (enum resource_scan_type)l->type);
}

static void add_look(struct round *r, struct sql *db, const struct aws_look *l, struct str region)
{
    struct poll *p = r->poll;
    job_add(db, p->account, l->kind,
            arena_printf(p->arena, "%.*s %.*s %s", STR_ARG(p->origin->origin.id), STR_ARG(region), l->word),
            (struct str){NULL, 0}, time_now());
}

/* Of what is no longer looked at, nothing is wrong. */
static void forget_problem(struct round *r, struct sql *db, const struct origin_problem *problem)
{
    const struct poll *p = r->poll;
    bool looked = str_is(problem->service, "sqs");
    for (const struct aws_look *l = aws_looks; l->word && !looked; l++)
        looked = str_is(problem->service, l->service) && is_wanted(r, l) &&
                 (l->type < 0 || is_ours(r, problem->place));
    if (!looked)
        origin_well(db, p->account, p->origin->origin.id, problem->service, problem->place);
}

static int look_at_all(struct round *r)
{
    struct poll *p = r->poll;
    struct origin_problem *problems;
    struct sql *db = store_writer(monitor_store(p->m));
    for (const struct aws_look *l = aws_looks; l->word; l++) {
        if (!is_wanted(r, l))
            continue;
        if (l->type < 0)
            add_look(r, db, l, (struct str){NULL, 0});
        else
            vec_each(region, &r->regions) add_look(r, db, l, *region);
    }
    size_t n = origin_problems(db, p->arena, p->account, p->origin->origin.id, &problems);
    for (size_t i = 0; i < n; i++)
        forget_problem(r, db, &problems[i]);
    return store_commit(db);
}

static void out_state(struct round *r)
{
    struct json_out *o = &r->poll->out;
    json_key(o, "regions");
    json_begin_array(o);
    vec_each(region, &r->regions) json_out_str(o, *region);
    json_end_array(o);
}

int poll_aws(struct poll *p)
{
    _cleanup_(round_end) struct round r = {.poll = p};
    int status = regions(&r);
    if (status == 0)
        status = leave_regions(&r);
    if (status == 0)
        status = look_at_all(&r);
    if (status == 0)
        out_state(&r);
    return status;
}
