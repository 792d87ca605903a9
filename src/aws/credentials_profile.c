/* Keys in a profile, or of the program that it names: the credentials file, then the program, then the
 * configuration. */
#include "aws/credentials.h"
#include "aws/process.h"
#include "aws/profile.h"
#include "base/err.h"

typedef struct str getter(const struct profiles *p, struct str profile, const char *name);

static int keys(const struct credential_request *r, const struct profiles *p, getter *get,
                struct credentials *ret_credentials)
{
    struct sigv4_key key = {get(p, r->profile, "aws_access_key_id"),
                            get(p, r->profile, "aws_secret_access_key"),
                            get(p, r->profile, "aws_session_token")};
    if (!key.id.n)
        return ERR_MISSING;
    if (!key.secret.n)
        return err_set(ERR_INVALID, "profile %.*s: aws_access_key_id without aws_secret_access_key",
                       STR_ARG(r->profile));
    if (!key.token.n)
        key.token = get(p, r->profile, "aws_security_token");
    *ret_credentials = (struct credentials){key, TIME_NONE};
    return 0;
}

static int find(const struct credential_request *r, struct credentials *ret_credentials)
{
    struct profiles p;
    int status = profiles_read(r->arena, &p);
    if (status < 0)
        return status;
    bool named = !str_is(r->profile, "default") || r->only_profile;
    if (named && !profile_exists(&p, r->profile))
        return err_set(ERR_DENIED, "there is no profile %.*s", STR_ARG(r->profile));
    struct str command = profile_get(&p, r->profile, "credential_process");
    status = keys(r, &p, profile_get_secret, ret_credentials);
    if (status == ERR_MISSING && command.n)
        status = process_credentials(r->arena, command, ret_credentials);
    if (status == ERR_MISSING)
        status = keys(r, &p, profile_get, ret_credentials);
    if (status == ERR_MISSING &&
        (profile_get(&p, r->profile, "sso_session").n || profile_get(&p, r->profile, "sso_start_url").n))
        return err_set(ERR_UNSUPPORTED, "profile %.*s: single sign-on is for people", STR_ARG(r->profile));
    return status;
}

const struct credential_provider credentials_profile = {"profile", find};
