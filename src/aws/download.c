#include "aws/download.h"

#include "aws/aws_state.h"
#include "base/err.h"
#include "net/url.h"

static int refused(const struct url *u, unsigned status)
{
    int code = status == 401 || status == 403   ? ERR_DENIED
               : status == 404                  ? ERR_MISSING
               : status == 429 || status >= 500 ? ERR_IO
                                                : ERR_INVALID;
    return err_set(code, "download from %.*s: HTTP status %u", STR_ARG(u->host), status);
}

/* The text of an error may have the whole address in it. */
static const char *what_failed(int code)
{
    return code == ERR_LIMIT ? "larger than it should be" : "no answer, or too slow a one";
}

int aws_download(struct aws *aws, struct arena *a, const struct aws_download *d, struct str *ret_body)
{
    struct client_reply reply;
    struct url url;
    if (url_parse(a, d->url, &url) < 0)
        return err_set(ERR_INVALID, "no address to download from");
    int status = client_send(a,
                             &(struct client_request){.method = "GET",
                                                      .url = arena_cstr(a, d->url),
                                                      .cap = d->cap,
                                                      .seconds = d->seconds,
                                                      .quiet_seconds = call_seconds(aws->config) / 2,
                                                      .save_to = d->save_to,
                                                      .ca = aws->config->options.ca,
                                                      .no_redirects = true},
                             &reply);
    if (status < 0)
        return err_set(status, "download from %.*s: %s", STR_ARG(url.host), what_failed(status));
    if (reply.status != 200)
        return refused(&url, reply.status);
    if (ret_body)
        *ret_body = reply.body;
    return 0;
}
