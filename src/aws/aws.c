#include "aws/aws.h"

#include <stdlib.h>

#include "aws/credentials.h"
#include "aws/metadata.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

struct aws_config *config_hold(struct aws_config *config)
{
    config->references++;
    return config;
}

void config_release(struct aws_config *config)
{
    if (--config->references)
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

static void copy_options(struct aws_config *config, const struct aws_options *o)
{
    struct arena *a = config->arena;
    struct aws_endpoint *endpoints = arena_new_array(a, struct aws_endpoint, o->n_endpoints);
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
        .n_endpoints = o->n_endpoints,
        .call_seconds = o->call_seconds};
}

/* Files that are broken do not matter to who brings a key. */
static int read_profiles(struct aws_config *config)
{
    const struct aws_options *o = &config->options;
    config->profile = o->profile;
    if (!config->profile.n)
        config->profile = arena_str(config->arena, str_from(getenv("AWS_PROFILE")));
    if (!config->profile.n)
        config->profile = STR("default");
    int status = profiles_read(config->arena, &config->profiles);
    if (status < 0 && o->key.id.n && !o->profile.n)
        return 0;
    if (status == 0 && o->profile.n && !profile_exists(&config->profiles, o->profile))
        return err_set(ERR_DENIED, "there is no profile %.*s", STR_ARG(o->profile));
    return status;
}

static int config_new(const struct aws_options *options, struct aws_config **ret_config)
{
    struct aws_config *config = mem_alloc(sizeof *config);
    config->arena = arena_new(0);
    config->references = 1;
    copy_options(config, options);
    int status = read_profiles(config);
    if (status < 0)
        config_release(config);
    else
        *ret_config = config;
    return status;
}

static struct str region_of(const struct aws_config *config)
{
    struct str region = config->options.region;
    if (!region.n)
        region = str_from(getenv("AWS_REGION"));
    if (!region.n)
        region = str_from(getenv("AWS_DEFAULT_REGION"));
    if (!region.n)
        region = profile_get(&config->profiles, config->profile, "region");
    return region;
}

/* Takes the source. */
static struct aws *handle_new(struct credential_source *source, struct aws_config *config, struct str region)
{
    struct aws *aws = mem_alloc(sizeof *aws + region.n);
    aws->config = config_hold(config);
    aws->source = source;
    aws->region = (struct str){(char *)(aws + 1), region.n};
    if (region.n)
        memcpy(aws + 1, region.p, region.n);
    return aws;
}

int aws_new(const struct aws_options *options, struct aws **ret_aws)
{
    struct aws_config *config;
    int status = config_new(options, &config);
    if (status < 0)
        return status;
    struct str region = region_of(config);
    if (is_region(region)) {
        struct credential_source *source = source_new(config, region);
        *ret_aws = handle_new(source, config, region);
        if (options->role.n) {
            (*ret_aws)->source = source_of_role(source, region, options->role, options->external_id);
            source_release(source);
        }
    } else {
        status = err_set(ERR_INVALID, "%.*s: not a region", STR_ARG(region));
    }
    config_release(config);
    return status;
}

struct aws *aws_in_region(struct aws *aws, struct str region)
{
    return handle_new(source_hold(aws->source), aws->config, region);
}

struct aws *aws_in_role(struct aws *aws, struct str role, struct str external_id)
{
    return handle_new(source_of_role(aws->source, aws->region, role, external_id), aws->config, aws->region);
}

void aws_free(struct aws *aws)
{
    if (!aws)
        return;
    source_release(aws->source);
    config_release(aws->config);
    free(aws);
}

struct str aws_region(const struct aws *aws)
{
    return aws->region;
}

int aws_find_region(struct aws *aws, struct arena *a, struct str *ret_region)
{
    struct str region = aws->region;
    if (!region.n) {
        int status = metadata_get(a, "meta-data/placement/region", &region);
        if (status < 0)
            return status == ERR_MISSING ? err_set(ERR_MISSING, "no region is set") : status;
        if (!region.n || !is_region(region))
            return err_set(ERR_INVALID, "metadata service: not a region");
    }
    *ret_region = arena_str(a, region);
    return 0;
}

static bool same_key(const struct sigv4_key *a, const struct sigv4_key *b)
{
    return str_eq(a->id, b->id) && str_eq(a->secret, b->secret) && str_eq(a->token, b->token);
}

int aws_send(struct aws *aws, struct arena *a, const struct aws_call *call, struct aws_reply *ret_reply)
{
    struct sigv4_key key, renewed;
    answer_clear_code();
    if (!is_region(aws->region))
        return err_set(ERR_INVALID, "%.*s: not a region", STR_ARG(aws->region));
    int status = source_get(aws->source, a, &key);
    if (status < 0)
        return err_context(status, "%s %s", call->service, call->operation);
    status = call_send(aws->config, a, aws->region, &key, call, ret_reply);
    if (status != ERR_DENIED || !answer_says_expired() || !source_expired(aws->source, &key))
        return status;
    struct str refusal = arena_str(a, str_from(err_text()));
    status = source_get(aws->source, a, &renewed);
    if (status < 0)
        return err_context(status, "%.*s; then", STR_ARG(refusal));
    if (same_key(&key, &renewed))
        return err_set(ERR_DENIED, "%.*s", STR_ARG(refusal));
    return call_send(aws->config, a, aws->region, &renewed, call, ret_reply);
}

/* What says nothing of what there is must not be taken for there being nothing. */
static int check_list(const struct aws_call *call, json_val *document)
{
    if (!call->list || yyjson_is_arr(json_get(document, call->list)))
        return 0;
    return err_set(ERR_INVALID, "%s: an answer without %s", call->operation, call->list);
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
        status = check_list(call, root);
    if (status == 0)
        *ret_document = root;
    return status;
}
