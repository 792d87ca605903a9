#include "aws/metadata.h"

#include <stdlib.h>

#include "base/err.h"

enum { SECONDS = 1, TOKEN_SECONDS = 300, ANSWER_MAX = 64 << 10 };

static bool is_true(const char *variable)
{
    return str_ieq(str_from(getenv(variable)), STR("true"));
}

static struct str endpoint(void)
{
    const char *url = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
               *mode = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    struct str text = str_from(url);
    if (!text.n)
        text = str_ieq(str_from(mode), STR("ipv6")) ? STR("http://[fd00:ec2::254]")
                                                    : STR("http://169.254.169.254");
    while (str_ends(text, STR("/")))
        text.n--;
    return text;
}

static int ask(struct arena *a, const char *method, const char *path, struct http_field header,
               struct str *ret_text)
{
    struct client_request request = {.method = method,
                                     .url = arena_printf(a, "%.*s/latest/%s", STR_ARG(endpoint()), path).p,
                                     .headers = &header,
                                     .n_headers = 1,
                                     .cap = ANSWER_MAX,
                                     .attempts = 1,
                                     .seconds = SECONDS,
                                     .no_redirects = true};
    struct client_reply reply;
    if (client_send(a, &request, &reply) < 0)
        return client_stopped() ? ERR_IO : err_set(ERR_MISSING, "no metadata service");
    if (reply.status == 404)
        return err_set(ERR_MISSING, "no %s in the metadata", path);
    if (reply.status == 403) /* it is turned off */
        return err_set(ERR_MISSING, "metadata service: HTTP status 403");
    if (reply.status != 200)
        return err_set(ERR_DENIED, "metadata service: HTTP status %u", reply.status);
    *ret_text = str_trim(reply.body);
    return 0;
}

int metadata_get(struct arena *a, const char *path, struct str *ret_text)
{
    struct http_field ttl = {STR("X-aws-ec2-metadata-token-ttl-seconds"),
                             arena_printf(a, "%d", TOKEN_SECONDS)};
    struct str token;
    if (is_true("AWS_EC2_METADATA_DISABLED"))
        return err_set(ERR_MISSING, "AWS_EC2_METADATA_DISABLED is set");
    int status = ask(a, "PUT", "api/token", ttl, &token);
    if (status < 0)
        return status;
    return ask(a, "GET", path, (struct http_field){STR("X-aws-ec2-metadata-token"), token}, ret_text);
}
