/* A service in a region of an AWS account is looked at by the clock; or what an event names there.
 *
 * What is wrong with all of it, or refused, is among the origin's problems until it is well: no such job is
 * set aside for good. What may be better soon is tried again a few times, and then by the clock. */
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_look.h"
#include "monitor/aws_session.h"

#define WHOLE(name)                                                                                          \
    static int name(struct aws_place *p, struct str id)                                                      \
    {                                                                                                        \
        (void)id;                                                                                            \
        return aws_look_##name(p);                                                                           \
    }
WHOLE(instances)
WHOLE(network)
WHOLE(repositories)
WHOLE(tasks)
WHOLE(functions)

static int organization(struct aws_place *p, struct str id)
{
    (void)id;
    return p->origin->options.aws.organization ? aws_look_organization(p) : 0;
}

const struct aws_look aws_looks[] = {
    {JOB_LOOK_EC2, "ec2", LOOK_INSTANCES, instances, true, SCAN_OF_EC2},
    {JOB_LOOK_EC2, "ec2", LOOK_INSTANCE, aws_look_instance, false, SCAN_OF_EC2},
    {JOB_LOOK_NETWORK, "network", LOOK_NETWORK, network, true, SCAN_OF_EC2},
    {JOB_LOOK_NETWORK, "network", LOOK_GROUP, aws_look_group, false, SCAN_OF_EC2},
    {JOB_LOOK_ECR, "ecr", LOOK_REPOSITORIES, repositories, true, SCAN_OF_ECR},
    {JOB_LOOK_ECR, "ecr", LOOK_REPOSITORY, aws_look_repository, false, SCAN_OF_ECR},
    {JOB_LOOK_ECS, "ecs", LOOK_CLUSTERS, tasks, true, SCAN_OF_ECR},
    {JOB_LOOK_ECS, "ecs", LOOK_FAMILY, aws_look_family, false, SCAN_OF_ECR},
    {JOB_LOOK_LAMBDA, "lambda", LOOK_FUNCTIONS, functions, true, SCAN_OF_LAMBDA},
    {JOB_LOOK_ORGANIZATION, "organizations", LOOK_ORGANIZATION, organization, true, -1},
    {0},
};

static const struct aws_look *find(const struct job *job, struct str word)
{
    for (const struct aws_look *l = aws_looks; l->word; l++)
        if ((int)l->kind == job->kind && str_is(word, l->word))
            return l;
    return NULL;
}

/* `error` empty: nothing is wrong any more. */
static int note(struct aws_place *p, const struct aws_look *look, struct str error)
{
    struct str id = p->origin->origin.id, service = str_from(look->service);
    struct sql *db = store_reader(monitor_store(p->m));
    bool known = str_eq(origin_problem(db, p->arena, p->account, id, service, p->region), error);
    int status = store_commit(db);
    if (known || status < 0)
        return status;
    if (error.n)
        monitor_log(p->m, LOG_WARNING, "%.*s: %.*s", STR_ARG(p->origin->origin.url), STR_ARG(error));
    db = store_writer(monitor_store(p->m));
    if (error.n)
        origin_failed(db, p->account, id, service, p->region, error, time_now());
    else
        origin_well(db, p->account, id, service, p->region);
    return store_commit(db);
}

static int end(struct aws_place *p, const struct aws_look *look, const struct job *job, int code)
{
    struct str error = code < 0 ? arena_str(p->arena, str_from(err_text())) : p->trouble;
    int status = 0;
    if (code == JOB_INTERRUPTED || (monitor_stopping(p->m) && error.n)) /* which is why it failed */
        return JOB_INTERRUPTED;
    if (code == ERR_MISSING && !look->whole)
        return 0;
    if (look->whole || code == ERR_DENIED)
        status = note(p, look, error);
    if (status < 0)
        return status;
    bool again =
        look->whole ? code == ERR_IO && job->attempts < JOB_ATTEMPTS : code < 0 && code != ERR_DENIED;
    return again ? err_set(code, "%.*s", STR_ARG(error)) : 0;
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct scan_origin origin;
    struct aws_place p = {.m = m, .arena = a, .account = job->account, .origin = &origin};
    struct str rest = job->subject, id, word;
    if (!str_cut(rest, ' ', &id, &rest) || !str_cut(rest, ' ', &p.region, &rest))
        return err_set(ERR_INVALID, "nothing to look at: %.*s", STR_ARG(job->subject));
    const struct aws_look *look = str_next(&rest, ' ', &word) ? find(job, word) : NULL;
    if (!look)
        return err_set(ERR_INVALID, "nothing to look at: %.*s", STR_ARG(job->subject));
    if (look->type >= 0 && !scan_enabled(m, job->account, (enum resource_scan_type)look->type))
        return 0;
    int status = scan_origin(m, a, job->account, id, &origin);
    if (status < 0)
        return status == ERR_MISSING ? 0 : status;
    if (look->type >= 0 && !origin_has_region(&origin.options, p.region))
        return 0; /* it was left meanwhile */
    status = aws_session(m, &origin, p.region, &p.aws);
    if (status == 0)
        status = look->look(&p, rest);
    return end(&p, look, job, status);
}

/* They wait for AWS most of the time. */
#define KIND(service_, number_, at_once_)                                                                    \
    const struct job_kind job_look_##service_ = {                                                            \
        .number = number_, .name = "look-" #service_, .seconds = 120, .at_once = at_once_, .run = run}
KIND(ec2, JOB_LOOK_EC2, 4);
KIND(network, JOB_LOOK_NETWORK, 2); /* each holds a region's documents */
KIND(ecr, JOB_LOOK_ECR, 4);
KIND(ecs, JOB_LOOK_ECS, 4);
KIND(lambda, JOB_LOOK_LAMBDA, 4);
KIND(organization, JOB_LOOK_ORGANIZATION, 1);
