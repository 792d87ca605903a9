#include "api/api.h"

#include "api/auth.h"
#include "api/error.h"
#include "api/native.h"
#include "api/route.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/random.h"

enum {
    BODY_MAX = 1 << 20,
    UNSIGNED_BODY_MAX = 64 << 10, /* of who has shown no signature where one is needed */
};
#define ANSWER_MAX ((size_t)256 << 20)

struct api {
    struct api_options options;
    struct routes *routes;
    struct auth *auth;
    struct native *native;
};

int api_new(const struct api_options *options, struct api **ret_api)
{
    struct api *a = mem_alloc(sizeof *a);
    a->options = *options;
    int r = native_new(&a->options, &a->native);
    if (r < 0) {
        free(a);
        return r;
    }
    a->routes = routes_new(operation_groups);
    a->auth = auth_new(&a->options);
    *ret_api = a;
    return 0;
}

void api_free(struct api *a)
{
    if (!a)
        return;
    native_free(a->native);
    auth_free(a->auth);
    routes_free(a->routes);
    free(a);
}

const struct api_options *api_options(const struct api *a)
{
    return &a->options;
}

struct native *api_native(const struct api *a)
{
    return a->native;
}

static struct str request_id(struct arena *arena)
{
    unsigned char bytes[UUID_SIZE];
    char text[UUID_TEXT];
    random_bytes(bytes, sizeof bytes);
    uuid_write(bytes, 4, text);
    return arena_str(arena, str_from(text));
}

static int call_unknown(struct call *c, const char *methods)
{
    if (methods)
        http_reply_header(c->reply, "Allow", str_from(methods));
    return call_error(c, &(struct error_reply){.status = methods ? 405 : 404,
                                               .type = "UnknownOperationException",
                                               .message = STR("There is no such operation.")});
}

/* Those of Inspector's that are for later: an error that each of them has, with the reason. */
static int call_unsupported(struct call *c)
{
    return call_denied(c, "%s is not supported by this server.", c->operation->name);
}

static int find_operation(struct call *c)
{
    struct route route;
    if (!routes_find(c->api->routes, c->http->method, c->http->path, &route))
        return call_unknown(c, NULL);
    if (!route.operation)
        return call_unknown(c, route.methods);
    c->operation = route.operation;
    if (route.label.n && !http_decode(c->arena, route.label, false, &c->label))
        return call_invalid(c, "The path is not percent-encoded UTF-8.");
    return 0;
}

/* The answer of an operation is one object, written as it goes. */
static int run(struct call *c)
{
    int r = request_parse(c->arena, c->http->body, &c->body);
    if (r < 0)
        return call_unreadable(c, err_text());
    _cleanup_(buf_free) struct buf b = buf_new(ANSWER_MAX);
    struct json_out out = {.to = &b};
    json_begin_object(&out);
    r = c->operation->run(c, &out);
    if (r < 0)
        return call_failed(c, r);
    json_end_object(&out);
    if (buf_status(&b) < 0)
        return call_failed(c, err_set(ERR_LIMIT, "the answer of %s is too large", c->operation->name));
    if (!c->reply->status)
        c->reply->status = 200;
    c->reply->body = arena_str(c->arena, buf_str(&b));
    http_reply_header(c->reply, "Content-Type", STR("application/json"));
    return 0;
}

static int call_run(struct call *c)
{
    int r = find_operation(c);
    if (r < 0)
        return r;
    r = auth_call(c->api->auth, c);
    if (r < 0)
        return r;
    if (c->operation->raw) {
        r = c->operation->raw(c);
        return r < 0 ? call_failed(c, r) : 0;
    }
    return c->operation->run ? run(c) : call_unsupported(c);
}

void api_handle(void *api, struct http_request *r, struct http_reply *reply)
{
    struct api *a = api;
    struct call *c = arena_alloc(r->arena, sizeof *c);
    *c = (struct call){.api = a,
                       .arena = r->arena,
                       .store = a->options.store,
                       .monitor = a->options.monitor,
                       .http = r,
                       .reply = reply,
                       .now = time_now()};
    http_reply_header(reply, "x-amzn-RequestId", request_id(r->arena));
    call_run(c);
}

unsigned api_accept(void *api, const struct http_request *r, size_t *ret_body_max)
{
    const struct api *a = api;
    struct route route;
    const struct operation *o = routes_find(a->routes, r->method, r->path, &route) ? route.operation : NULL;
    *ret_body_max = o && o->body_max ? o->body_max : BODY_MAX;
    if (*ret_body_max > UNSIGNED_BODY_MAX &&
        (!o || (!auth_open(o, r) && http_header(r, "Authorization").n == 0)))
        *ret_body_max = UNSIGNED_BODY_MAX;
    return 0;
}
