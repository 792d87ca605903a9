/* Containers of ECS and EKS ask a server beside them ("Container credential provider" in the AWS SDKs and
 * Tools Reference Guide). */
#include <stdlib.h>

#include "aws/credentials.h"
#include "base/err.h"
#include "base/file.h"
#include "net/url.h"

enum { SECONDS = 2, ATTEMPTS = 3, TOKEN_MAX = 20000, ANSWER_MAX = 64 << 10 };

/* A token that is sent in the clear goes to this machine, or to the servers of ECS and EKS. */
static bool may_be_asked(const struct url *u)
{
    static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    struct str host = u->host;
    ptrdiff_t colon = str_rfind(host, ':');
    if (u->tls || url_is_loopback(u))
        return true;
    if (colon >= 0 && str_find(str_slice(host, (size_t)colon, host.n), ']') < 0)
        host.n = (size_t)colon;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (str_is(host, hosts[i]))
            return true;
    }
    return false;
}

/* EKS writes the token to a file, and anew. */
static int read_token(struct arena *a, struct str *ret_token)
{
    const char *path = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    *ret_token = str_from(getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    if (!path || !*path)
        return 0;
    int status = file_read(a, path, TOKEN_MAX, ret_token);
    *ret_token = str_trim(*ret_token);
    return status == ERR_MISSING ? err_set(ERR_DENIED, "%s", err_text()) : status;
}

static int ask(const struct credential_request *r, const char *url, struct str token,
               struct credentials *ret_credentials)
{
    struct http_field headers[] = {{STR("Accept"), STR("application/json")}, {STR("Authorization"), token}};
    struct client_request request = {.method = "GET",
                                     .url = url,
                                     .headers = headers,
                                     .n_headers = token.n ? 2 : 1,
                                     .cap = ANSWER_MAX,
                                     .attempts = ATTEMPTS,
                                     .seconds = SECONDS * ATTEMPTS,
                                     .ca = r->config->options.ca,
                                     .no_redirects = true};
    struct client_reply reply;
    int status = client_send(r->arena, &request, &reply);
    if (status < 0)
        return status;
    if (reply.status != 200)
        return err_set(ERR_DENIED, "HTTP status %u", reply.status);
    return credentials_from_json(r->arena, "container", reply.body, "Token", ret_credentials);
}

static int find(const struct credential_request *r, struct credentials *ret_credentials)
{
    const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct str token;
    struct url u;
    if (relative && *relative)
        full = arena_printf(r->arena, "http://169.254.170.2%s", relative).p;
    if (!full || !*full)
        return ERR_MISSING;
    int status = url_parse(r->arena, str_from(full), &u);
    if (status < 0)
        return status;
    if (!may_be_asked(&u))
        return err_set(ERR_DENIED, "AWS_CONTAINER_CREDENTIALS_FULL_URI: %.*s is not asked without TLS",
                       STR_ARG(u.host));
    status = read_token(r->arena, &token);
    return status < 0 ? status : ask(r, full, token, ret_credentials);
}

const struct credential_provider credentials_container = {"container", find};
