/* Origins: the registries, folders and buckets that images and functions come from. */
#include "api/native_state.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/job_kind.h"
#include "monitor/origin_options.h"
#include "store/job.h"

enum { URL_MAX = 2048, SECRET_MAX = 4096, OPTIONS_MAX = 64 << 10 };

static void out_origin(struct call *c, struct sql *db, struct json_out *out, const struct origin *o)
{
    json_begin_object(out);
    json_member_str(out, "id", o->id);
    json_member_str(out, "kind", str_from(name_of(&origin_kind_names, o->kind)));
    json_member_str(out, "url", o->url);
    json_member_raw(out, "options", o->options);
    json_member_bool(out, "hasSecret", o->secret.n > 0);
    json_member_raw(out, "state", origin_shown(db, c->arena, o));
    json_member_int(out, "createdAt", o->created);
    if (o->checked != TIME_NONE)
        json_member_int(out, "checkedAt", o->checked);
    json_member_bool(out, "checking", origin_looked_at(db, o, time_now()));
    json_end_object(out);
}

static int list_origins(struct call *c, struct json_out *out)
{
    struct origin *origins;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    size_t n = origin_list(db, c->arena, c->account, &origins);
    json_key(out, "origins");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++)
        out_origin(c, db, out, &origins[i]);
    json_end_array(out);
    return sql_status(db);
}

struct origin_request {
    int kind;
    struct str url, secret;
    json_val *options;
};
static const struct member origin_members[] = {
    {"kind", MEMBER_ENUM, MEMBER(struct origin_request, kind, .required = true, .names = &origin_kind_names)},
    {"url", MEMBER_STRING, MEMBER(struct origin_request, url, .required = true, .min = 1, .max = URL_MAX)},
    {"secret", MEMBER_STRING, MEMBER(struct origin_request, secret, .max = SECRET_MAX)},
    {"options", MEMBER_OBJECT, MEMBER(struct origin_request, options)},
    {0}};

static int options_text(struct call *c, json_val *options, struct str *ret_text)
{
    size_t n;
    if (!options) {
        *ret_text = STR("{}");
        return 0;
    }
    _cleanup_free_ char *text = yyjson_val_write(options, 0, &n);
    if (!text || n > OPTIONS_MAX)
        return err_set(ERR_LIMIT, "options are at most %d bytes", OPTIONS_MAX);
    *ret_text = arena_str(c->arena, (struct str){text, n});
    return 0;
}

/* What the poller will make of it is checked now, where somebody reads the answer. */
static int read_origin(struct call *c, struct origin *ret_origin)
{
    struct origin_request in;
    struct origin_options options;
    int status = call_read(c, origin_members, &in);
    if (status < 0)
        return status;
    struct origin o = {.account = c->account, .kind = (enum origin_kind)in.kind, .checked = TIME_NONE};
    account_id account;
    if (o.kind == ORIGIN_AWS_ACCOUNT && origin_url_account(in.url, &account) && account != c->account)
        return call_invalid(c,
                            "An AWS account is kept in the account of its number: 'assay aws add' makes it.");
    status = options_text(c, in.options, &o.options);
    if (status == 0)
        status = origin_options_read(c->arena, o.kind, o.options, &options);
    if (status == 0)
        status = origin_url_check(c->arena, o.kind, in.url, &o.url);
    if (status < 0)
        return call_invalid(c, "%s", err_text());
    if (in.secret.n)
        o.secret = origin_secret_seal(c->arena, api_options(c->api)->master, o.url, in.secret);
    *ret_origin = o;
    return 0;
}

static int put_origin(struct call *c, struct json_out *out)
{
    struct origin o;
    int status = read_origin(c, &o);
    if (status < 0)
        return status;
    struct sql *db = store_writer(c->store);
    struct str id = origin_put(db, c->arena, &o);
    status = store_commit(db);
    if (status == 0)
        status = monitor_poll(c->monitor, c->account, id);
    json_member_str(out, "id", id);
    return status;
}

static int remove_origin(struct call *c, struct json_out *out)
{
    (void)out;
    struct sql *db = store_writer(c->store);
    bool was = origin_remove(db, c->account, c->label);
    int status = store_commit(db);
    if (status == 0 && !was)
        return call_missing(c, "There is no such origin.");
    return status < 0 ? status : monitor_poll(c->monitor, c->account, c->label); /* what came from it goes */
}

static int poll_origin(struct call *c, struct json_out *out)
{
    struct origin o;
    (void)out;
    struct sql *db = store_reader(c->store);
    int status = origin_get(db, c->arena, c->account, c->label, &o);
    store_release(db);
    if (status == ERR_MISSING)
        return call_missing(c, "There is no such origin.");
    return status < 0 ? status : monitor_poll(c->monitor, c->account, c->label);
}

static const struct operation operations[] = {
    {"ListOrigins", "GET", "/assay/v1/origins", MAY_READ, NULL, list_origins},
    {"PutOrigin", "POST", "/assay/v1/origins", MAY_WRITE, NULL, put_origin},
    {"PollOrigin", "POST", "/assay/v1/origins/{originId}/poll", MAY_WRITE, NULL, poll_origin},
    {"DeleteOrigin", "DELETE", "/assay/v1/origins/{originId}", MAY_WRITE, NULL, remove_origin},
    {0}};
const struct operation_group operations_native_origins = {"native_origins", operations};
