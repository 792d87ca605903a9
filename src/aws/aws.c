#include "aws/aws.h"

#include <stdlib.h>

#include "aws/aws_state.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

void config_release(struct aws_config *config)
{
    if (!config || --config->references)
        return;
    arena_free(config->arena);
    free(config);
}

/* A name of a region becomes a part of a host's name. */
static bool is_region(struct str region)
{
    for (size_t i = 0; i < region.n; i++) {
        if (!is_lower(region.p[i]) && !is_digit(region.p[i]) && region.p[i] != '-')
            return false;
    }
    return region.n <= 32;
}

static struct aws_config *copy_options(const struct aws_options *o)
{
    struct aws_config *config = mem_alloc(sizeof *config);
    struct arena *a = config->arena = arena_new(0);
    struct aws_endpoint *endpoints = arena_new_array(a, struct aws_endpoint, o->n_endpoints);
    config->references = 1;
    for (size_t i = 0; i < o->n_endpoints; i++)
        endpoints[i] =
            (struct aws_endpoint){arena_str(a, o->endpoints[i].service), arena_str(a, o->endpoints[i].url)};
    config->options = (struct aws_options){
        .key = {arena_str(a, o->key.id), arena_str(a, o->key.secret), arena_str(a, o->key.token)},
        .profile = arena_str(a, o->profile),
        .role = arena_str(a, o->role),
        .external_id = arena_str(a, o->external_id),
        .region = arena_str(a, o->region),
        .ca = arena_str(a, o->ca),
        .endpoints = endpoints,
        .n_endpoints = o->n_endpoints};
    return config;
}

static struct str region_of(const struct aws_options *o)
{
    struct str region = o->region;
    if (!region.n)
        region = str_from(getenv("AWS_REGION"));
    if (!region.n)
        region = str_from(getenv("AWS_DEFAULT_REGION"));
    return region;
}

static struct aws *handle_new(struct aws_config *config, struct str region)
{
    struct aws *aws = mem_alloc(sizeof *aws + region.n);
    aws->config = config;
    aws->region = (struct str){(char *)(aws + 1), region.n};
    if (region.n)
        memcpy(aws + 1, region.p, region.n);
    return aws;
}

int aws_new(const struct aws_options *options, struct aws **ret_aws)
{
    struct str region = region_of(options);
    if (!is_region(region))
        return err_set(ERR_INVALID, "%.*s: not a region", STR_ARG(region));
    *ret_aws = handle_new(copy_options(options), region);
    return 0;
}

struct aws *aws_in_region(struct aws *aws, struct str region)
{
    aws->config->references++;
    return handle_new(aws->config, region);
}

void aws_free(struct aws *aws)
{
    if (!aws)
        return;
    config_release(aws->config);
    free(aws);
}

struct str aws_region(const struct aws *aws)
{
    return aws->region;
}

int aws_send(struct aws *aws, struct arena *a, const struct aws_call *call, struct aws_reply *ret_reply)
{
    if (!is_region(aws->region))
        return err_set(ERR_INVALID, "%.*s: not a region", STR_ARG(aws->region));
    return call_send(aws->config, a, aws->region, &aws->config->options.key, call, ret_reply);
}

int aws_json(struct aws *aws, struct arena *a, const struct aws_call *call, json_val **ret_document)
{
    struct aws_reply reply;
    json_val *root;
    int status = aws_send(aws, a, call, &reply);
    if (status == 0 && !reply.body.n) /* calls that have nothing to say */
        reply.body = STR("{}");
    if (status == 0 && (status = json_parse(a, reply.body, &root)) < 0)
        err_context(status, "%s %s in %.*s", call->service, call->operation, STR_ARG(aws->region));
    if (status == 0)
        *ret_document = root;
    return status;
}
