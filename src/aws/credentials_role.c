/* Roles: the security token service gives keys for a while. */
#include "aws/credentials.h"
#include "base/err.h"
#include "base/xml.h"

struct assumed {
    struct arena *arena;
    struct credentials credentials;
    struct str expires;
};

static int on_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    struct assumed *c = ctx;
    static const struct str parent = STR("Result/Credentials");
    if (!str_ends(str_dirname(path), parent))
        return 0;
    struct str name = str_basename(path), value = arena_str(c->arena, text);
    if (str_is(name, "AccessKeyId"))
        c->credentials.key.id = value;
    else if (str_is(name, "SecretAccessKey"))
        c->credentials.key.secret = value;
    else if (str_is(name, "SessionToken"))
        c->credentials.key.token = value;
    else if (str_is(name, "Expiration"))
        c->expires = value;
    return 0;
}

static void add_parameter(struct arena *a, struct str *form, const char *name, struct str value)
{
    if (value.n)
        *form = arena_printf(a, "%.*s%s%s=%.*s", STR_ARG(*form), form->n ? "&" : "", name,
                             STR_ARG(http_encode(a, value, false)));
}

static int read_answer(struct arena *a, const char *operation, struct str body,
                       struct credentials *ret_credentials)
{
    struct assumed c = {.arena = a};
    int status = xml_parse(body, str_from(operation), &(struct xml_handler){.close = on_close, .ctx = &c});
    if (status < 0)
        return status;
    if (!c.credentials.key.id.n || !c.credentials.key.secret.n ||
        time_parse(c.expires, &c.credentials.expires) < 0)
        return err_set(ERR_INVALID, "sts %s: no credentials in the answer", operation);
    *ret_credentials = c.credentials;
    return 0;
}

int sts_assume(const struct aws_config *config, struct arena *a, struct str region,
               const struct sigv4_key *key, const struct sts_role *role, struct credentials *ret_credentials)
{
    struct str form = {0};
    struct aws_reply reply;
    add_parameter(a, &form, "RoleArn", role->arn);
    add_parameter(a, &form, "RoleSessionName", role->session.n ? role->session : STR("assay"));
    add_parameter(a, &form, "ExternalId", role->external_id);
    add_parameter(a, &form, "DurationSeconds", role->duration);
    add_parameter(a, &form, "WebIdentityToken", role->web_token);
    struct aws_call call = {.service = "sts",
                            .protocol = AWS_QUERY,
                            .operation = role->web_token.n ? "AssumeRoleWithWebIdentity" : "AssumeRole",
                            .version = "2011-06-15",
                            .body = form};
    int status = call_send(config, a, region.n ? region : STR("us-east-1"), key, &call, &reply);
    if (status == 0)
        status = read_answer(a, call.operation, reply.body, ret_credentials);
    return status < 0 ? err_context(status, "role %.*s", STR_ARG(role->arn)) : 0;
}
