/* A profile with role_arn: a role that is assumed with the keys of another profile, or of a place. */
#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/err.h"

enum { DEPTH_MAX = 8 };

static const struct {
    const char *name;
    const struct credential_provider *provider;
} places[] = {
    {"Environment", &credentials_environment},
    {"EcsContainer", &credentials_container},
    {"Ec2InstanceMetadata", &credentials_metadata},
};

static int from_place(const struct credential_request *r, struct str place,
                      struct credentials *ret_credentials)
{
    struct credential_request any = *r;
    any.only_profile = false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!str_ieq(place, str_from(places[i].name)))
            continue;
        int status = places[i].provider->find(&any, ret_credentials);
        return status == ERR_MISSING ? err_set(ERR_DENIED, "credential_source %s has none", places[i].name)
                                     : status;
    }
    return err_set(ERR_INVALID, "profile %.*s: credential_source %.*s is unknown", STR_ARG(r->profile),
                   STR_ARG(place));
}

static bool has_keys(const struct profiles *p, struct str profile)
{
    return profile_get(p, profile, "aws_access_key_id").n > 0;
}

/* A profile that names itself has keys of its own beside the role. */
static int from_profile(const struct credential_request *r, const struct profiles *p, struct str source,
                        struct credentials *ret_credentials)
{
    struct credential_request below = *r;
    below.profile = source;
    below.only_profile = true;
    below.depth++;
    if (!profile_exists(p, source))
        return err_set(ERR_DENIED, "profile %.*s: there is no source_profile %.*s", STR_ARG(r->profile),
                       STR_ARG(source));
    if (below.depth > DEPTH_MAX)
        return err_set(ERR_LIMIT, "profiles lead to profiles more than %d times", DEPTH_MAX);
    int status = ERR_MISSING;
    if (!has_keys(p, source))
        status = credentials_assume_role.find(&below, ret_credentials);
    if (status == ERR_MISSING)
        status = credentials_web_identity.find(&below, ret_credentials);
    if (status == ERR_MISSING)
        status = credentials_profile.find(&below, ret_credentials);
    return status == ERR_MISSING
               ? err_set(ERR_DENIED, "source_profile %.*s has no credentials", STR_ARG(source))
               : status;
}

static int source_key(const struct credential_request *r, const struct profiles *p,
                      struct credentials *ret_credentials)
{
    struct str source = profile_get(p, r->profile, "source_profile");
    struct str place = profile_get(p, r->profile, "credential_source");
    if (source.n && place.n)
        return err_set(ERR_INVALID, "profile %.*s: source_profile and credential_source",
                       STR_ARG(r->profile));
    if (source.n)
        return from_profile(r, p, source, ret_credentials);
    if (place.n)
        return from_place(r, place, ret_credentials);
    return err_set(ERR_INVALID, "profile %.*s: role_arn without source_profile or credential_source",
                   STR_ARG(r->profile));
}

static int find(const struct credential_request *r, struct credentials *ret_credentials)
{
    struct profiles p;
    struct credentials base;
    int status = profiles_read(r->arena, &p);
    if (status < 0)
        return status;
    struct sts_role role = {.arn = profile_get(&p, r->profile, "role_arn"),
                            .external_id = profile_get(&p, r->profile, "external_id"),
                            .session = profile_get(&p, r->profile, "role_session_name"),
                            .duration = profile_get(&p, r->profile, "duration_seconds")};
    if (!role.arn.n || profile_get(&p, r->profile, "web_identity_token_file").n)
        return ERR_MISSING;
    if (profile_get(&p, r->profile, "mfa_serial").n)
        return err_set(ERR_UNSUPPORTED, "profile %.*s: a role that asks for a second factor",
                       STR_ARG(r->profile));
    status = source_key(r, &p, &base);
    if (status < 0)
        return status;
    return sts_assume(r->config, r->arena, r->region, &base.key, &role, ret_credentials);
}

const struct credential_provider credentials_assume_role = {"assumed role", find};
