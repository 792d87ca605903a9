/* What a collector says to its server. */
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/time.h"
#include "cmd/collect.h"
#include "net/client.h"

enum { PART = 1 << 20, SKEW_SECONDS = 60, SEND_SECONDS = 120, STATUS_CONFLICT = 409 };

/* How far this machine's clock is from the server's, as a hint; empty when it is close, or not known. */
static const char *clock_hint(struct arena *a, const struct client_reply *reply)
{
    struct tm tm = {0};
    struct str date = client_header(reply, "Date");
    if (!date.n || !strptime(arena_cstr(a, date), "%a, %d %b %Y %H:%M:%S", &tm))
        return "";
    long long ahead = (long long)(time_now() - (int64_t)timegm(&tm));
    if (ahead > -SKEW_SECONDS && ahead < SKEW_SECONDS)
        return "";
    return arena_printf(a, "; this machine's clock is %lld seconds %s the server's: set it", llabs(ahead),
                        ahead > 0 ? "ahead of" : "behind")
        .p;
}

static int refused(const struct collect *c, struct arena *a, const struct client_reply *reply)
{
    json_val *root = NULL;
    struct str message = {0};
    if (json_parse(a, reply->body, &root) == 0)
        message = json_get_str(root, "message");
    if (!message.n)
        message = STR("it gives no reason");
    int code = reply->status == 403                           ? ERR_DENIED
               : reply->status >= 500 || reply->status == 429 ? ERR_IO
                                                              : ERR_INVALID;
    return err_set(code, "%s refuses (%u): %.*s%s", c->server, reply->status, STR_ARG(message),
                   reply->status == 403 ? clock_hint(a, reply) : "");
}

struct message {
    const char *method, *path;
    struct str body;
    const char *encoding; /* or NULL */
    const struct collect_key *key;
};

static int tell(const struct collect *c, struct arena *a, const struct message *m, struct client_reply *reply)
{
    struct http_field headers[2] = {{STR("Content-Type"), STR("application/json")}};
    size_t n = 1;
    struct sigv4_key key = {0};
    struct client_request r = {.method = m->method,
                               .url = arena_printf(a, "%s%s", c->server, m->path).p,
                               .headers = headers,
                               .body = m->body,
                               .attempts = 1,
                               .seconds = SEND_SECONDS,
                               .quiet_seconds = SEND_SECONDS, /* a server with much to do takes its time */
                               .no_redirects = true};
    if (m->encoding)
        headers[n++] = (struct http_field){STR("Content-Encoding"), str_from(m->encoding)};
    r.n_headers = n;
    if (m->key) {
        key = (struct sigv4_key){.id = m->key->id, .secret = m->key->secret};
        r.key = &key;
        r.region = m->key->region;
        r.service = STR("inspector2");
    }
    return client_send(a, &r, reply);
}

/* ---- enrolment ---- */

int enrolment_token(const struct collect *c, struct arena *a, struct str *ret_token)
{
    struct str text = str_from(c->token);
    int status = c->token_file ? file_read(a, c->token_file, 4096, &text) : 0;
    if (status < 0)
        return status;
    if (!str_trim(text).n)
        return err_set(ERR_DENIED,
                       "not enrolled with %s yet: --token or --token-file is needed, as 'assay token "
                       "create' on the server prints one",
                       c->server);
    *ret_token = str_trim(text);
    return 0;
}

int send_enrolment(const struct collect *c, struct arena *a)
{
    _cleanup_(buf_free) struct buf body = buf_new(1 << 20);
    struct json_out o = {.to = &body};
    struct client_reply reply;
    struct str token, machine, instance = facts_instance(c, a);
    int status = enrolment_token(c, a, &token);
    if (status == 0)
        status = facts_machine(c, a, &machine);
    if (status < 0)
        return status;
    json_begin_object(&o);
    json_member_str(&o, "token", token);
    json_member_str(&o, "machineId", machine);
    json_member_str(&o, "instanceId", instance);
    facts_write(c, a, &(struct collect_key){0}, &o);
    json_end_object(&o);
    struct message m = {.method = "POST", .path = "/assay/v1/enrol", .body = buf_str(&body)};
    status = tell(c, a, &m, &reply);
    if (status < 0)
        return status;
    return reply.status == 200 ? state_set_key(c, a, reply.body) : refused(c, a, &reply);
}

/* ---- reports ---- */

static int read_answer(const struct collect *c, struct arena *a, const struct client_reply *reply,
                       json_val **ret_root)
{
    if (reply->status != 200 && reply->status != STATUS_CONFLICT)
        return refused(c, a, reply);
    int status = json_parse(a, reply->body, ret_root);
    return status < 0 ? err_context(status, "%s does not answer as an assay server does", c->server) : 0;
}

int send_heartbeat(const struct collect *c, struct arena *a, const struct collect_key *key,
                   const char *digest, bool *ret_wanted)
{
    struct client_reply reply;
    json_val *root;
    struct message m = {.method = "POST",
                        .path = arena_printf(a, "/assay/v1/hosts/%.*s/heartbeat", STR_ARG(key->resource)).p,
                        .body = arena_printf(a, "{\"digest\":\"%s\"}", digest),
                        .key = key};
    int status = tell(c, a, &m, &reply);
    if (status == 0)
        status = read_answer(c, a, &reply, &root);
    if (status == 0)
        *ret_wanted = json_get_bool(root, "wanted");
    return status;
}

/* A part, from what the server has on; it says how much it has then. */
static int send_part(const struct collect *c, struct arena *a, const struct collect_key *key,
                     struct str packed, const char *digest, size_t *have, bool *complete)
{
    struct client_reply reply;
    json_val *root;
    size_t to = packed.n - *have < PART ? packed.n : *have + PART;
    const char *query =
        packed.n <= PART ? ""
                         : arena_printf(a, "&upload=%.32s&offset=%zu&total=%zu", digest, *have, packed.n).p;
    struct message m = {.method = "PUT",
                        .path = arena_printf(a, "/assay/v1/hosts/%.*s/inventory?digest=%s%s",
                                             STR_ARG(key->resource), digest, query)
                                    .p,
                        .body = str_slice(packed, *have, to),
                        .encoding = "zstd",
                        .key = key};
    int status = tell(c, a, &m, &reply);
    if (status == 0)
        status = read_answer(c, a, &reply, &root);
    if (status < 0)
        return status;
    size_t received = (size_t)yyjson_get_uint(json_get(root, "received"));
    *complete = json_get_bool(root, "complete");
    if (!*complete && (received >= packed.n || received == *have))
        return err_set(ERR_INVALID, "%s does not take the report", c->server);
    *have = received;
    return 0;
}

int send_report(const struct collect *c, struct arena *a, const struct collect_key *key, struct str packed,
                const char *digest)
{
    size_t have = 0;
    bool complete = false;
    int status = 0;
    while (status == 0 && !complete)
        status = send_part(c, a, key, packed, digest, &have, &complete);
    return status;
}
