/* The service itself: whether it works, its numbers, the description of these endpoints. */
#include "api/metrics.h"
#include "api/openapi.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { METRICS_MAX = 1 << 20, UNAVAILABLE = 503, MAY_WATCH = MAY_READ | ROLE_BIT_LOOPBACK };

static int health(struct call *c, struct json_out *out)
{
    (void)c;
    json_member_str(out, "status", STR("alive"));
    json_member_str(out, "version", STR(ASSAY_VERSION));
    return 0;
}

/* Ready: the state can be read and written, and there are advisories to judge by. */
static int ready(struct call *c, struct json_out *out)
{
    struct sql *reader = store_reader(c->store);
    event_last(reader);
    bool store = sql_status(reader) == 0;
    store_release(reader);
    bool writable = store && store_writable(c->store) == 0;
    const struct db *db = monitor_db(c->monitor);
    if (db)
        monitor_db_release(c->monitor, db);
    bool ready = writable && db;
    if (!ready)
        c->reply->status = UNAVAILABLE;
    json_member_str(out, "status", ready ? STR("ready") : STR("not ready"));
    json_member_bool(out, "store", store);
    json_member_bool(out, "writable", writable);
    json_member_bool(out, "advisories", db != NULL);
    return 0;
}

static int metrics(struct call *c)
{
    _cleanup_(buf_free) struct buf text = buf_new(METRICS_MAX);
    int status = metrics_write(api_native(c->api), c->store, c->monitor, &text);
    return status < 0 ? status : native_reply(c, STR("text/plain; version=0.0.4; charset=utf-8"), &text);
}

static int openapi_yaml(struct call *c)
{
    c->reply->status = 200;
    c->reply->body = openapi_text();
    http_reply_header(c->reply, "Content-Type", STR("application/yaml"));
    return 0;
}

static int openapi_as_json(struct call *c)
{
    _cleanup_(buf_free) struct buf text = buf_new(METRICS_MAX);
    int status = openapi_json(&text);
    return status < 0 ? status : native_reply(c, STR("application/json"), &text);
}

static const struct operation operations[] = {
    {"GetHealth", "GET", "/assay/v1/health", MAY_WATCH, NULL, health},
    {"GetReadiness", "GET", "/assay/v1/ready", MAY_WATCH, NULL, ready},
    {"GetMetrics", "GET", "/metrics", MAY_WATCH, NULL, .raw = metrics},
    {"GetOpenapiYaml", "GET", "/assay/v1/openapi.yaml", ROLE_BIT_NONE, NULL, .raw = openapi_yaml},
    {"GetOpenapiJson", "GET", "/assay/v1/openapi.json", ROLE_BIT_NONE, NULL, .raw = openapi_as_json},
    {0}};
const struct operation_group operations_native_service = {"native_service", operations};
