/* AWS_ACCESS_KEY_ID and its companions. */
#include <stdlib.h>

#include "aws/credentials.h"
#include "base/err.h"

static struct str variable(struct arena *a, const char *name)
{
    return arena_str(a, str_from(getenv(name)));
}

static int find(const struct credential_request *r, struct credentials *ret_credentials)
{
    struct credentials c = {.expires = TIME_NONE};
    struct arena *a = r->arena;
    c.key = (struct sigv4_key){variable(a, "AWS_ACCESS_KEY_ID"), variable(a, "AWS_SECRET_ACCESS_KEY"),
                               variable(a, "AWS_SESSION_TOKEN")};
    struct str expires = variable(a, "AWS_CREDENTIAL_EXPIRATION");
    if (r->only_profile || !c.key.id.n)
        return ERR_MISSING;
    if (!c.key.secret.n)
        return err_set(ERR_DENIED, "AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY");
    if (!c.key.token.n)
        c.key.token = variable(a, "AWS_SECURITY_TOKEN");
    if (expires.n && time_parse(expires, &c.expires) < 0)
        return err_set(ERR_INVALID, "AWS_CREDENTIAL_EXPIRATION is no time");
    *ret_credentials = c;
    return 0;
}

const struct credential_provider credentials_environment = {"environment", find};
