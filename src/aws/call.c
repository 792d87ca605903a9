/* One call: the request of its protocol, and as many attempts as make sense. */
#include "aws/aws_state.h"
#include "base/err.h"
#include "net/curl.h"

enum {
    ATTEMPTS = 5,
    FAULTS = 3,   /* of the network: a name that does not resolve will not the fifth time */
    SECONDS = 60, /* with all attempts; one of them takes two thirds at most: */
                  /* queues answer after 20 seconds when there is nothing */
};

static struct str content_type(struct arena *a, const struct aws_call *call)
{
    switch (call->protocol) {
    case AWS_JSON:
        return arena_printf(a, "application/x-amz-json-%s", call->version ? call->version : "1.1");
    case AWS_QUERY:
        return STR("application/x-www-form-urlencoded; charset=utf-8");
    case AWS_REST:
        break;
    }
    return call->body.n ? STR("application/json") : (struct str){0};
}

static struct str body(struct arena *a, const struct aws_call *call)
{
    if (call->protocol == AWS_JSON && !call->body.n)
        return STR("{}");
    if (call->protocol != AWS_QUERY)
        return call->body;
    return arena_printf(a, "Action=%s&Version=%s%s%.*s", call->operation, call->version,
                        call->body.n ? "&" : "", STR_ARG(call->body));
}

static struct client_request compose(struct arena *a, const struct aws_config *config,
                                     const struct aws_call *call, const struct endpoint *e,
                                     const struct sigv4_key *key)
{
    struct http_field *headers = arena_new_array(a, struct http_field, 3);
    struct str type = content_type(a, call);
    size_t n = 0;
    headers[n++] =
        (struct http_field){STR("Accept"), call->protocol == AWS_QUERY ? STR("text/xml") : STR("*/*")};
    if (type.n)
        headers[n++] = (struct http_field){STR("Content-Type"), type};
    if (call->protocol == AWS_JSON)
        headers[n++] = (struct http_field){STR("X-Amz-Target"), str_from(call->operation)};
    struct str path = call->protocol == AWS_REST ? call->path : STR("/");
    return (struct client_request){.method = call->protocol == AWS_REST ? call->method : "POST",
                                   .url = arena_printf(a, "%.*s%.*s", STR_ARG(e->url), STR_ARG(path)).p,
                                   .headers = headers,
                                   .n_headers = n,
                                   .body = body(a, call),
                                   .key = key,
                                   .region = e->region,
                                   .service = str_from(call->signs ? call->signs : call->service),
                                   .cap = call->cap,
                                   .attempts = 1,
                                   .save_to = call->save_to,
                                   .ca = config->options.ca,
                                   .no_redirects = true};
}

static int64_t now_ms(void)
{
    return (int64_t)(time_monotonic_ns() / 1000000);
}

static long retry_after(const struct client_reply *reply)
{
    uint64_t seconds;
    return str_u64(client_header(reply, "retry-after"), &seconds) && seconds < INT32_MAX ? (long)seconds : -1;
}

unsigned call_seconds(const struct aws_config *config)
{
    return config->options.call_seconds ? config->options.call_seconds : SECONDS;
}

static unsigned seconds_of(const struct aws_config *config, const struct aws_call *call)
{
    unsigned all = call_seconds(config);
    return call->seconds && call->seconds < all ? call->seconds : all;
}

static int attempt(unsigned seconds, struct arena *a, struct client_request *r, int64_t deadline,
                   struct client_reply *ret_reply)
{
    int64_t left = (deadline - now_ms() + 999) / 1000, most = seconds * 2 / 3;
    left = left < most ? left : most;
    r->seconds = left < 1 ? 1 : (unsigned)left;
    return client_send(a, r, ret_reply);
}

int call_send(const struct aws_config *config, struct arena *a, struct str region,
              const struct sigv4_key *key, const struct aws_call *call, struct aws_reply *ret_reply)
{
    struct endpoint e;
    answer_clear_code();
    int status = endpoint_find(config, a, call, region, &e);
    if (status < 0)
        return status;
    struct client_request request = compose(a, config, call, &e, key);
    unsigned seconds = seconds_of(config, call);
    int64_t deadline = now_ms() + seconds * 1000LL;
    for (unsigned i = 0;; i++) {
        struct client_reply reply;
        struct refusal refusal = {.again = i + 1 < FAULTS};
        long after = -1;
        status = attempt(seconds, a, &request, deadline, &reply);
        if (status == 0 && reply.status >= 200 && reply.status <= 299) {
            *ret_reply = (struct aws_reply){reply.headers, reply.n_headers, reply.body};
            return 0;
        }
        if (status < 0) {
            answer_clear_code();
            refusal.again &= status == ERR_IO && !client_stopped();
            err_context(status, "%s %s in %.*s", call->service, call->operation, STR_ARG(e.region));
        } else {
            refusal = answer_refused(a, call, e.region, &reply, key);
            status = refusal.code;
            after = retry_after(&reply);
        }
        long wait = curl_backoff(i, after);
        if (!refusal.again || i + 1 == ATTEMPTS || after > CURL_RETRY_MAX_MS / 1000 ||
            now_ms() + wait >= deadline || !client_wait(wait))
            return status;
    }
}
