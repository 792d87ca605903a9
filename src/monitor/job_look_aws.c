/* Something of an AWS account changed, as an event says: it is looked at. */
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_look.h"
#include "monitor/aws_place.h"
#include "monitor/aws_session.h"

static int look_organization(struct aws_place *p, struct str id)
{
    (void)id;
    return p->origin->options.aws.organization ? aws_look_organization(p) : 0;
}

static int look_repositories(struct aws_place *p, struct str id)
{
    (void)id;
    return aws_look_repositories(p);
}

static int look_network(struct aws_place *p, struct str id)
{
    (void)id;
    return aws_look_network(p);
}

static const struct look {
    const char *word;
    int (*look)(struct aws_place *p, struct str id);
    int type; /* that has to be enabled; -1: none */
} looks[] = {
    {LOOK_INSTANCE, aws_look_instance, SCAN_OF_EC2},     {LOOK_GROUP, aws_look_group, SCAN_OF_EC2},
    {LOOK_NETWORK, look_network, SCAN_OF_EC2},           {LOOK_REPOSITORIES, look_repositories, SCAN_OF_ECR},
    {LOOK_REPOSITORY, aws_look_repository, SCAN_OF_ECR}, {LOOK_ORGANIZATION, look_organization, -1},
};

static const struct look *find(struct str word)
{
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        if (str_is(word, looks[i].word))
            return &looks[i];
    return NULL;
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct scan_origin origin;
    struct aws_place p = {.m = m, .arena = a, .account = job->account, .origin = &origin};
    struct str rest = job->subject, id, word;
    if (!str_cut(rest, ' ', &id, &rest) || !str_cut(rest, ' ', &p.region, &rest))
        return err_set(ERR_INVALID, "nothing to look at: %.*s", STR_ARG(job->subject));
    const struct look *look = str_next(&rest, ' ', &word) ? find(word) : NULL;
    if (!look)
        return err_set(ERR_INVALID, "nothing to look at: %.*s", STR_ARG(job->subject));
    if (look->type >= 0 && !scan_enabled(m, job->account, (enum resource_scan_type)look->type))
        return 0;
    int status = scan_origin(m, a, job->account, id, &origin);
    if (status == 0)
        status = aws_session(m, &origin, p.region, &p.aws);
    if (status == 0)
        status = look->look(&p, rest);
    return status == ERR_MISSING ? 0 : status;
}

const struct job_kind job_look_aws = {
    .number = JOB_LOOK_AWS,
    .name = "look-aws",
    .seconds = 120,
    .run = run,
};
