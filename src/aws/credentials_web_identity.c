/* A token of somebody whom AWS trusts (Kubernetes, a continuous integration), in a file that is written anew
 * from time to time. */
#include <stdlib.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/err.h"
#include "base/file.h"

enum { TOKEN_MAX = 20000 }; /* the service takes as much */

static struct str setting(const struct credential_request *r, const struct profiles *p, const char *variable,
                          const char *name)
{
    const char *value = r->only_profile ? NULL : getenv(variable);
    return value && *value ? str_from(value) : profile_get(p, r->profile, name);
}

static int find(const struct credential_request *r, struct credentials *ret_credentials)
{
    struct profiles p;
    int status = profiles_read(r->arena, &p);
    if (status < 0)
        return status;
    struct str path = setting(r, &p, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    struct sts_role role = {.arn = setting(r, &p, "AWS_ROLE_ARN", "role_arn"),
                            .session = setting(r, &p, "AWS_ROLE_SESSION_NAME", "role_session_name")};
    if (!path.n)
        return ERR_MISSING;
    if (!role.arn.n)
        return err_set(ERR_INVALID, "AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN");
    status = file_read(r->arena, arena_cstr(r->arena, path), TOKEN_MAX, &role.web_token);
    if (status < 0)
        return status == ERR_MISSING ? err_set(ERR_DENIED, "%s", err_text()) : status;
    role.web_token = str_trim(role.web_token);
    if (!role.web_token.n)
        return err_set(ERR_DENIED, "%.*s holds no token", STR_ARG(path));
    return sts_assume(r->config, r->arena, r->region, NULL, &role, ret_credentials);
}

const struct credential_provider credentials_web_identity = {"web identity", find};
