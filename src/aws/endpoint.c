/* Names of AWS's endpoints ("AWS service endpoints" in the AWS General Reference), and who answers instead.
 */
#include <stdlib.h>

#include "aws/aws_state.h"
#include "base/err.h"

static const struct partition {
    const char *prefix; /* of its regions */
    const char *suffix; /* of its names */
    const char *home;   /* the region that signs for services of the whole partition */
} partitions[] = {
    {"cn-", "amazonaws.com.cn", "cn-northwest-1"},     {"us-gov-", "amazonaws.com", "us-gov-west-1"},
    {"us-iso-", "c2s.ic.gov", "us-iso-east-1"},        {"us-isob-", "sc2s.sgov.gov", "us-isob-east-1"},
    {"us-isof-", "csp.hci.ic.gov", "us-isof-south-1"}, {"eu-isoe-", "cloud.adc-e.uk", "eu-isoe-west-1"},
    {"eusc-", "amazonaws.eu", "eusc-de-east-1"},       {"", "amazonaws.com", "us-east-1"},
};

/* What the variables AWS_ENDPOINT_URL_NAME call a service. */
static const struct service {
    const char *service, *version; /* NULL: of any */
    const char *variable;
    bool global;
} services[] = {
    {"ec2", NULL, "EC2", false},
    {"api.ecr", NULL, "ECR", false},
    {"ecs", NULL, "ECS", false},
    {"lambda", NULL, "LAMBDA", false},
    {"elasticloadbalancing", "2015-12-01", "ELASTIC_LOAD_BALANCING_V2", false},
    {"elasticloadbalancing", NULL, "ELASTIC_LOAD_BALANCING", false},
    {"directconnect", NULL, "DIRECT_CONNECT", false},
    {"organizations", NULL, "ORGANIZATIONS", true},
    {"sts", NULL, "STS", false},
    {"sqs", NULL, "SQS", false},
    {"events", NULL, "EVENTBRIDGE", false},
    {"ssm", NULL, "SSM", false},
    {"tagging", NULL, "RESOURCE_GROUPS_TAGGING_API", false},
    {"ebs", NULL, "EBS", false},
};

static const struct partition *partition_of(struct str region)
{
    const struct partition *p = partitions;
    while (!str_starts(region, str_from(p->prefix)))
        p++;
    return p;
}

static const struct service *service_of(const struct aws_call *call)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const struct service *s = &services[i];
        if (!strcmp(s->service, call->service) &&
            (!s->version || (call->version && !strcmp(s->version, call->version))))
            return s;
    }
    return NULL;
}

static struct str from_options(const struct aws_options *o, const char *service)
{
    for (size_t i = 0; i < o->n_endpoints; i++) {
        if (str_is(o->endpoints[i].service, service))
            return o->endpoints[i].url;
    }
    return (struct str){0};
}

static const char *variable(struct arena *a, const struct service *s)
{
    const char *url = s ? getenv(arena_printf(a, "AWS_ENDPOINT_URL_%s", s->variable).p) : NULL;
    return url && *url ? url : getenv("AWS_ENDPOINT_URL");
}

/* "Service-specific endpoints" in the AWS SDKs and Tools Reference Guide. */
static struct str from_configuration(const struct aws_config *config, struct arena *a,
                                     const struct service *s)
{
    const char *ignore = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), *url = variable(a, s);
    if (ignore && str_ieq(str_from(ignore), STR("true")))
        return (struct str){0};
    if (url && *url)
        return str_from(url);
    return profile_endpoint(&config->profiles, config->profile,
                            s ? arena_lower(a, str_from(s->variable)) : (struct str){0});
}

int endpoint_find(const struct aws_config *config, struct arena *a, const struct aws_call *call,
                  struct str region, struct endpoint *ret_endpoint)
{
    const struct service *s = service_of(call);
    const struct partition *p = partition_of(region);
    if (s && s->global)
        region = str_from(p->home);
    if (!region.n)
        return err_set(ERR_MISSING, "%s: no region is set", call->service);
    struct str url = from_options(&config->options, call->service);
    if (!url.n)
        url = from_options(&config->options, "");
    if (!url.n)
        url = from_configuration(config, a, s);
    if (!url.n)
        url = arena_printf(a, "https://%s.%.*s.%s", call->service, STR_ARG(region), p->suffix);
    while (str_ends(url, STR("/")))
        url.n--;
    *ret_endpoint = (struct endpoint){url, region};
    return 0;
}
