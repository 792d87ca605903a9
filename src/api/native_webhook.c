/* POST /assay/v1/registry/notifications: a registry tells what was pushed, pulled or deleted. */
#include "api/error.h"
#include "api/native_state.h"
#include "api/notification.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "store/heard.h"

enum { RETRY_NOTIFY = 5 };

/* Registries cannot sign: a token in a header, which is checked and not used up. */
static int check_token(struct call *c)
{
    struct str word, token, header = http_header(c->http, "Authorization");
    if (!str_cut(header, ' ', &word, &token) || !str_ieq(word, STR("Bearer")))
        return call_denied(c, "The header 'Authorization: Bearer TOKEN' is needed.");
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int status = enrol_token_check(db, str_trim(token), c->now, &c->account);
    if (status == ERR_MISSING)
        return call_denied(c, "The token is not good (any more).");
    return status < 0 ? status : sql_status(db);
}

/* The registry that the query names; else the one with the host of the event; else the only one there is,
 * since clients and this server may know it by different names. Empty: none. */
static struct str origin_of(struct call *c, const struct origin *origins, size_t n, struct str host)
{
    struct str wanted, only = {0};
    size_t registries = 0;
    bool named = http_query(c->http, "origin", 0, &wanted);
    for (size_t i = 0; i < n; i++) {
        const struct origin *o = &origins[i];
        if (o->kind != ORIGIN_REGISTRY)
            continue;
        if (named ? str_eq(o->id, wanted) : registry_has_host(o->url, host))
            return o->id;
        only = o->id;
        registries++;
    }
    return registries == 1 && !named ? only : (struct str){NULL, 0};
}

/* Both, when there are both: the tag may not lead there yet. */
static struct str pushed_reference(struct arena *a, const struct notification *e)
{
    if (e->tag.n && e->digest.n)
        return arena_printf(a, "%.*s@%.*s", STR_ARG(e->tag), STR_ARG(e->digest));
    return e->tag.n ? e->tag : e->digest;
}

static int act(struct call *c, struct str origin, const struct notification *e)
{
    struct sql *db;
    switch (e->action) {
    case NOTIFICATION_PUSH:
        return monitor_push(c->monitor, c->account, origin, e->repository, pushed_reference(c->arena, e));
    case NOTIFICATION_PULL:
        db = store_writer(c->store);
        image_pulled(db, c->account, origin, e->repository, e->digest, c->now);
        return store_commit(db);
    case NOTIFICATION_DELETE: /* a tag or an image: looking tells what is still there */
        return monitor_poll(c->monitor, c->account, origin);
    }
    return 0;
}

static int notify(struct call *c, struct json_out *out)
{
    struct notification *events;
    struct origin *origins;
    size_t n, taken = 0;
    if (!native_peer_may(api_native(c->api), c->http->peer))
        return call_throttled(c, RETRY_NOTIFY);
    int status = check_token(c);
    if (status < 0)
        return status;
    if (notifications_read(c->arena, c->body, &events, &n) < 0)
        return call_invalid(c, "%s", err_text());
    struct sql *db = store_reader(c->store);
    size_t n_origins = origin_list(db, c->arena, c->account, &origins);
    status = store_commit(db);
    for (size_t i = 0; i < n && status == 0; i++) {
        struct str origin = origin_of(c, origins, n_origins, events[i].host);
        if (!origin.n)
            continue;
        status = act(c, origin, &events[i]);
        taken++;
    }
    if (status < 0)
        return status;
    json_member_int(out, "taken", (int64_t)taken);
    json_member_int(out, "ignored", (int64_t)(yyjson_arr_size(json_get(c->body, "events")) - taken));
    return 0;
}

static const struct operation operations[] = {
    {"NotifyOfRegistry", "POST", "/assay/v1/registry/notifications", ROLE_BIT_NONE, "AD VA", notify}, {0}};
const struct operation_group operations_native_webhook = {"native_webhook", operations};
