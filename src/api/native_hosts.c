/* Hosts that report of themselves: enrolment, heartbeats, inventories. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "api/error.h"
#include "api/host_report.h"
#include "api/native_state.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/scan.h"
#include "store/heard.h"
#include "store/package.h"
#include "view/io.h"

enum { CONFLICT = 409, RETRY_ENROL = 10 };

/* ---- enrolment ---- */

struct enrol {
    struct str token, machine, instance;
    json_val *body;
};

static const struct member enrol_members[] = {
    {"token", MEMBER_STRING, MEMBER(struct enrol, token, true, 1, 100)},
    {"machineId", MEMBER_STRING, MEMBER(struct enrol, machine, true, 1, 256)},
    {"instanceId", MEMBER_STRING, MEMBER(struct enrol, instance, false, 1, 32)},
    {0},
};

/* Who holds a token only must not take over a host that is enrolled, nor one whose key was disabled: that
 * takes a token that says so. But a host that never reported may not have got the answer. */
static bool is_taken(struct sql *db, struct call *c, account_id account, struct str id)
{
    struct resource r;
    return access_key_of_user(db, account, id) && resource_find(db, c->arena, account, id, &r) == 0 &&
           r.inventory;
}

/* One key a host: the user of its name, whose earlier keys go. */
static int replace_key(struct sql *db, struct call *c, account_id account, struct str id, bool replaces,
                       struct access_key *ret_key)
{
    if (!replaces && is_taken(db, c, account, id))
        return err_set(ERR_DENIED, "%.*s is enrolled already", STR_ARG(id));
    user_remove(db, account, id);
    int status = user_add(db, account, id, ROLE_collector);
    return status < 0 ? status
                      : access_key_add(db, api_options(c->api)->master, account, id, ROLE_collector, id,
                                       TIME_NONE, ret_key);
}

static int enrol_host(struct sql *db, struct call *c, const struct enrol *in, struct resource *ret_host,
                      struct access_key *ret_key, struct str *ret_tags)
{
    char made[HOST_ID];
    bool replaces;
    struct resource r = host_resource(0, in->instance);
    int status = enrol_token_use(db, c->arena, in->token, c->now, &r.account, ret_tags, &replaces);
    if (status < 0)
        return status;
    if (!r.resource_id.n) {
        host_id(r.account, in->machine, made);
        r.resource_id = arena_str(c->arena, str_from(made));
    }
    status = host_facts_read(c->arena, c->body, (struct str){NULL, 0}, &r);
    if (status < 0)
        return status;
    if (json_get_str(c->body, "hostName").n)
        r.name = json_get_str(c->body, "hostName");
    if (ret_tags->n)
        r.tags = *ret_tags;
    *ret_host = r;
    return replace_key(db, c, r.account, r.resource_id, replaces, ret_key);
}

static void out_enrolled(struct call *c, const struct access_key *key, struct str tags, struct json_out *out)
{
    char account[ACCOUNT_TEXT];
    json_member_str(out, "resourceId", str_from(key->resource));
    json_member_str(out, "accountId", str_from(account_text(key->account, account)));
    json_member_str(out, "region", str_from(store_place(c->store)->region));
    json_member_str(out, "accessKeyId", str_from(key->id));
    json_member_str(out, "secretAccessKey", str_from(key->secret));
    json_key(out, "tags");
    json_out_raw(out, tags.n ? tags : STR("{}"));
}

static int enrol(struct call *c, struct json_out *out)
{
    struct enrol in = {0};
    struct access_key key = {0};
    struct resource host = {0};
    struct str tags = {0};
    bool covered;
    if (!native_peer_may(api_native(c->api), c->http->peer))
        return call_throttled(c, RETRY_ENROL);
    int status = call_read(c, enrol_members, &in);
    if (status < 0)
        return status;
    if (in.instance.n && (!host_id_valid(in.instance) || str_starts(in.instance, STR("mi-")))) {
        field_error_add(&c->errors, c->arena, STR("instanceId"), "is no id of an EC2 instance");
        return call_invalid_fields(c);
    }
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    status = enrol_host(db, c, &in, &host, &key, &tags);
    if (status == ERR_MISSING)
        return call_denied(c, "The enrolment token is not good (any more).");
    if (status == ERR_DENIED)
        return call_conflict(c, host.resource_id, STR("Host"),
                             "The host is enrolled already. Remove its key, or enrol it with a token made by "
                             "'assay token create --for replacement'.");
    if (status < 0)
        return status;
    status = store_commit(db);
    db = NULL;
    if (status == 0) /* it is there from now on, without an inventory yet */
        status = scan_begin(c->monitor, &host, &covered);
    if (status == 0)
        out_enrolled(c, &key, tags, out);
    explicit_bzero(&key, sizeof key);
    return status;
}

/* ---- what both reports share ---- */

/* A collector speaks for its own host; an administrator for any. */
static int check_host(struct call *c)
{
    if (!host_id_valid(c->label))
        return call_invalid(c, "The path names no host: 'mi-' and 17 hex digits, or the id of an instance.");
    if (c->key->role == ROLE_collector && !str_is(c->label, c->key->resource))
        return call_denied(c, "This key speaks for %s only.", c->key->resource);
    return 0;
}

static bool is_digest(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
            return false;
    return s.n == SHA256_HEX;
}

static int look_up(struct call *c, struct str digest, bool *ret_has, int64_t *ret_resource)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    *ret_has = host_has(db, c->account, c->label, digest, ret_resource);
    return sql_status(db);
}

static int heartbeat(struct call *c, struct json_out *out)
{
    static const struct member members[] = {{"digest", MEMBER_STRING, 0, true, SHA256_HEX, SHA256_HEX}, {0}};
    struct str digest = {0};
    int64_t resource = 0;
    bool has = false;
    int status = check_host(c);
    if (status == 0)
        status = call_read(c, members, &digest);
    if (status == 0)
        status = look_up(c, digest, &has, &resource);
    if (status < 0)
        return status;
    if (has)
        monitor_heard(c->monitor, resource);
    json_member_bool(out, "wanted", !has);
    return 0;
}

/* ---- inventories ---- */

struct put {
    struct call *c;
    struct str digest; /* as stated; or empty */
    char is[SHA256_HEX + 1];
    json_val *report;
    bool changed;
};

/* Of an instance that its AWS account tells of, the account knows best; the host brings what is in it. */
static void leave_to_account(struct call *c, struct resource *r)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    struct resource known;
    if (resource_find(db, c->arena, r->account, r->resource_id, &known) < 0 || !known.origin.n)
        return;
    r->details = r->tags = r->name = r->ami = r->architecture = (struct str){NULL, 0};
}

/* Puts the host, then its inventory with all that follows from it, and then notes that this report said so:
 * who is interrupted between them is asked for the report again. */
static int put_inventory(struct put *p, struct resource *r, const struct inventory *inv)
{
    struct call *c = p->c;
    unsigned char digest[INVENTORY_DIGEST];
    bool covered;
    leave_to_account(c, r);
    int status = scan_begin(c->monitor, r, &covered);
    if (status == 0) /* it may have been looked into from outside before */
        status = scan_set_mode(c->monitor, r, MODE_EC2_SSM_AGENT_BASED);
    if (status == 0)
        status = monitor_inventory(c->monitor, r, inv, &p->changed);
    if (status < 0)
        return status;
    inventory_digest(inv, digest);
    struct sql *db = store_writer(c->store);
    host_reported(db, r->account, r->id, inventory_find(db, r->account, digest), str_from(p->is), time_now());
    return store_commit(db);
}

static int judge_report(struct put *p)
{
    struct call *c = p->c;
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    struct resource r = host_resource(c->account, c->label);
    int status = host_report_read(c->arena, p->report, &r, &inv);
    if (status == ERR_INVALID || status == ERR_LIMIT)
        return call_invalid(c, "%s", err_text());
    return status < 0 ? status : put_inventory(p, &r, inv);
}

/* The whole report lies in `fd`. */
static int take_report(struct put *p, int fd, uint64_t n)
{
    struct call *c = p->c;
    _cleanup_(buf_free) struct buf text = buf_new(REPORT_MAX);
    _cleanup_(arena_cleanup) struct arena *parsed = arena_new(0);
    int64_t resource = 0;
    bool has = false;
    int status = host_report_unpack(fd, n, &text, p->is);
    if (status < 0)
        return call_invalid(c, "%s", err_text());
    if (p->digest.n && !str_is(p->digest, p->is))
        return call_invalid(c, "The digest of the report is %s, not what the query says.", p->is);
    status = look_up(c, str_from(p->is), &has, &resource);
    if (status < 0)
        return status;
    if (has) {
        monitor_heard(c->monitor, resource);
        return 0;
    }
    if (json_parse(parsed, buf_str(&text), &p->report) < 0)
        return call_invalid(c, "%s", err_text());
    buf_free(&text);
    return judge_report(p);
}

static int take_body(struct put *p, struct str body)
{
    _cleanup_fd_ int fd = memfd_create("report", MFD_CLOEXEC);
    if (fd < 0)
        return err_errno("memory for a report");
    int status = io_write(fd, body.p, body.n);
    return status < 0 ? status : take_report(p, fd, body.n);
}

static int out_reply(struct put *p, uint64_t have, bool complete)
{
    _cleanup_(buf_free) struct buf text = buf_new(4096);
    struct json_out o = {.to = &text};
    json_begin_object(&o);
    json_member_int(&o, "received", (int64_t)have);
    json_member_bool(&o, "complete", complete);
    if (complete) {
        json_member_str(&o, "digest", str_from(p->is));
        json_member_bool(&o, "changed", p->changed);
    }
    json_end_object(&o);
    return native_reply(p->c, STR("application/json"), &text);
}

/* Says how much there is, so that the collector goes on from there. */
static int out_of_step(struct put *p, uint64_t have)
{
    out_reply(p, have, false);
    p->c->reply->status = CONFLICT;
    return 0;
}

static int put_part(struct put *p, struct str upload)
{
    struct call *c = p->c;
    struct upload_part part = {.owner = c->label, .id = upload, .bytes = c->http->body};
    uint64_t have = 0;
    _cleanup_fd_ int fd = -1;
    char owner[ACCOUNT_TEXT];
    if (!native_query_number(c->http, "offset", &part.offset) ||
        !native_query_number(c->http, "total", &part.total) || !part.total)
        return call_invalid(c, "An upload in parts states 'offset' and 'total' in bytes.");
    part.owner = arena_printf(c->arena, "%s-%.*s", account_text(c->account, owner), STR_ARG(c->label));
    int status = upload_add(api_native(c->api)->uploads, &part, REPORT_PACKED_MAX, c->now, &have, &fd);
    if (status == ERR_MISSING)
        return out_of_step(p, have);
    if (status == ERR_INVALID || status == ERR_LIMIT)
        return call_invalid(c, "%s", err_text());
    if (status == 0 && fd >= 0)
        status = take_report(p, fd, have);
    return status < 0 ? status : out_reply(p, have, fd >= 0);
}

static int put_report(struct call *c)
{
    struct put p = {.c = c};
    struct str upload, encoding = http_header(c->http, "Content-Encoding");
    int status = check_host(c);
    if (status < 0)
        return status;
    if (encoding.n && !str_ieq(encoding, STR("gzip")) && !str_ieq(encoding, STR("zstd")) &&
        !str_ieq(encoding, STR("identity")))
        return call_invalid(c, "Content-Encoding is gzip, zstd or identity.");
    if (http_query(c->http, "digest", 0, &p.digest) && !is_digest(p.digest))
        return call_invalid(c, "The digest is the SHA-256 of the uncompressed report in lower-case hex.");
    if (http_query(c->http, "upload", 0, &upload))
        return put_part(&p, upload);
    status = take_body(&p, c->http->body);
    return status < 0 ? status : out_reply(&p, c->http->body.n, true);
}

static const struct operation operations[] = {
    {"EnrolHost", "POST", "/assay/v1/enrol", ROLE_BIT_NONE, "AD CF VA", enrol, .body_max = 64 << 10},
    {"Heartbeat", "POST", "/assay/v1/hosts/{hostId}/heartbeat", MAY_REPORT, "AD VA", heartbeat,
     .body_max = 4 << 10},
    {"PutHostInventory", "PUT", "/assay/v1/hosts/{hostId}/inventory", MAY_REPORT, "AD VA", .raw = put_report,
     .body_max = REPORT_PACKED_MAX},
    {0}};
const struct operation_group operations_native_hosts = {"native_hosts", operations};
