/* Who may call: users, their keys, enrolment tokens, and sessions of the console. */
#include "api/native_state.h"
#include "base/cleanup.h"
#include "base/err.h"

enum {
    HOUR = 3600,
    SESSION_LEAST = HOUR,
    SESSION_MOST = 12 * HOUR,
    TOKEN_DAYS_MOST = 3650,
    USES_MOST = 1000000
};

static void out_time(struct json_out *out, const char *name, int64_t time)
{
    if (time != TIME_NONE)
        json_member_int(out, name, time);
}

static void out_role(struct json_out *out, enum role role)
{
    json_member_str(out, "role", str_from(name_of(&role_names, role)));
}

/* ---- users ---- */

/* Hosts that enrolled are users, too; there may be many. */
static int list_users(struct call *c, struct json_out *out)
{
    struct user *users;
    struct str role;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    bool hosts = http_query(c->http, "role", 0, &role) && str_is(role, "collector");
    size_t n = user_list(db, c->arena, c->account, &users);
    json_key(out, "users");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++) {
        if ((users[i].role == ROLE_collector) != hosts)
            continue;
        json_begin_object(out);
        json_member_str(out, "name", users[i].name);
        out_role(out, users[i].role);
        json_member_int(out, "createdAt", users[i].created);
        json_end_object(out);
    }
    json_end_array(out);
    return sql_status(db);
}

struct user_request {
    struct str name;
    int role;
};

static int add_user(struct call *c, struct json_out *out)
{
    static const struct member members[] = {
        {"name", MEMBER_STRING, MEMBER(struct user_request, name, .required = true, .min = 1, .max = 64)},
        {"role", MEMBER_ENUM, MEMBER(struct user_request, role, .required = true, .names = &role_names)},
        {0}};
    struct user_request in;
    int status = call_read(c, members, &in);
    if (status < 0)
        return status;
    if (str_is(in.name, c->key->user) && in.role != ROLE_admin)
        return call_conflict(c, in.name, STR("User"), "You cannot take your own role as administrator.");
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    status = user_add(db, c->account, in.name, (enum role)in.role);
    if (status < 0)
        return status;
    status = store_commit(db);
    db = NULL;
    json_member_str(out, "name", in.name);
    out_role(out, (enum role)in.role);
    return status;
}

static int remove_user(struct call *c, struct json_out *out)
{
    (void)out;
    if (str_is(c->label, c->key->user))
        return call_conflict(c, c->label, STR("User"), "You cannot remove yourself.");
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    bool was = user_remove(db, c->account, c->label);
    int status = store_commit(db);
    db = NULL;
    return status == 0 && !was ? call_missing(c, "There is no user '%.*s'.", STR_ARG(c->label)) : status;
}

/* ---- access keys ---- */

static int list_keys(struct call *c, struct json_out *out)
{
    struct access_key *keys;
    struct str user = {0};
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    bool of_user = http_query(c->http, "user", 0, &user);
    size_t n = access_key_list(db, c->arena, c->account, &keys);
    json_key(out, "keys");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++) {
        const struct access_key *k = &keys[i];
        if (of_user ? !str_is(user, k->user) : k->role == ROLE_collector)
            continue;
        json_begin_object(out);
        json_member_str(out, "accessKeyId", str_from(k->id));
        json_member_str(out, "user", str_from(k->user));
        out_role(out, k->role);
        json_member_str(out, "resourceId", str_from(k->resource));
        json_member_bool(out, "disabled", k->disabled);
        json_member_int(out, "createdAt", k->created);
        out_time(out, "expiresAt", k->expires);
        json_end_object(out);
    }
    json_end_array(out);
    return sql_status(db);
}

static void out_key(struct json_out *out, const struct access_key *key)
{
    json_member_str(out, "accessKeyId", str_from(key->id));
    json_member_str(out, "secretAccessKey", str_from(key->secret));
    json_member_str(out, "user", str_from(key->user));
    out_role(out, key->role);
}

static int add_key(struct call *c, struct json_out *out)
{
    static const struct member members[] = {{"user", MEMBER_STRING, .required = true, .min = 1, .max = 64},
                                            {0}};
    struct str name;
    struct user user;
    struct access_key key = {0};
    int status = call_read(c, members, &name);
    if (status < 0)
        return status;
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    status = user_get(db, c->arena, c->account, name, &user);
    if (status == 0 && user.role == ROLE_collector)
        return call_invalid(c, "Hosts get their key by enrolling.");
    if (status == 0)
        status = access_key_add(db, api_options(c->api)->master, c->account, name, user.role,
                                (struct str){NULL, 0}, TIME_NONE, &key);
    if (status < 0)
        return status;
    status = store_commit(db);
    db = NULL;
    if (status == 0)
        out_key(out, &key);
    explicit_bzero(&key, sizeof key);
    return status;
}

static int end_key(struct call *c, bool remove)
{
    if (str_is(c->label, c->key->id))
        return call_conflict(c, c->label, STR("AccessKey"), "This key signs the request itself.");
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    bool was =
        remove ? access_key_remove(db, c->account, c->label) : access_key_disable(db, c->account, c->label);
    int status = store_commit(db);
    db = NULL;
    return status == 0 && !was ? call_missing(c, "There is no such access key.") : status;
}

static int remove_key(struct call *c, struct json_out *out)
{
    (void)out;
    return end_key(c, true);
}

static int disable_key(struct call *c, struct json_out *out)
{
    (void)out;
    return end_key(c, false);
}

/* ---- enrolment tokens ---- */

static int list_tokens(struct call *c, struct json_out *out)
{
    struct enrol_token *tokens;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    size_t n = enrol_token_list(db, c->arena, c->account, &tokens);
    json_key(out, "tokens");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(out);
        json_member_str(out, "id", tokens[i].digest);
        json_member_str(out, "purpose", str_from(name_of(&token_purpose_names, tokens[i].purpose)));
        json_member_str(out, "label", tokens[i].label);
        json_member_int(out, "createdAt", tokens[i].created);
        out_time(out, "expiresAt", tokens[i].expires);
        if (tokens[i].uses_left)
            json_member_int(out, "usesLeft", tokens[i].uses_left);
        json_end_object(out);
    }
    json_end_array(out);
    return sql_status(db);
}

struct token_request {
    int purpose; /* -1: not stated */
    struct str label;
    int64_t days, uses;
    json_val *tags;
};

static struct str tags_text(struct call *c, json_val *tags)
{
    _cleanup_(buf_free) struct buf b = buf_new(1 << 20);
    struct json_out o = {.to = &b};
    if (!tags)
        return (struct str){NULL, 0};
    json_begin_object(&o);
    for (json_each_member(key, value, tags)) {
        json_key_str(&o, json_str(key));
        json_out_str(&o, json_str(value));
    }
    json_end_object(&o);
    return arena_str(c->arena, buf_str(&b));
}

static int add_token(struct call *c, struct json_out *out)
{
    static const struct member members[] = {
        {"purpose", MEMBER_ENUM, MEMBER(struct token_request, purpose, .names = &token_purpose_names)},
        {"label", MEMBER_STRING, MEMBER(struct token_request, label, .max = 100)},
        {"days", MEMBER_INT, MEMBER(struct token_request, days, .min = 1, .max = TOKEN_DAYS_MOST)},
        {"uses", MEMBER_INT, MEMBER(struct token_request, uses, .min = 1, .max = USES_MOST)},
        {"tags", MEMBER_MAP, MEMBER(struct token_request, tags, .max = 50, .item_max = 256)},
        {0}};
    struct token_request in;
    int status = call_read(c, members, &in);
    if (status < 0)
        return status;
    int64_t expires = in.days ? c->now + in.days * 24 * HOUR : TIME_NONE;
    enum token_purpose purpose = in.purpose < 0 ? TOKEN_enrol : (enum token_purpose)in.purpose;
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    struct str token = enrol_token_add(db, c->arena, c->account, purpose, in.label, expires,
                                       (unsigned)in.uses, tags_text(c, in.tags));
    status = store_commit(db);
    db = NULL;
    json_member_str(out, "token", token);
    out_time(out, "expiresAt", expires);
    return status;
}

static int remove_token(struct call *c, struct json_out *out)
{
    (void)out;
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    bool was = enrol_token_remove(db, c->account, c->label);
    int status = store_commit(db);
    db = NULL;
    return status == 0 && !was ? call_missing(c, "There is no such enrolment token.") : status;
}

/* ---- sessions ---- */

static bool is_session(const struct access_key *key)
{
    return key->expires != TIME_NONE;
}

/* A session is not renewed by itself: its end would mean nothing. */
static int begin_session(struct call *c, struct json_out *out)
{
    static const struct member members[] = {
        {"durationSeconds", MEMBER_INT, .min = SESSION_LEAST, .max = SESSION_MOST, .otherwise = SESSION_MOST},
        {0}};
    int64_t seconds;
    char account[ACCOUNT_TEXT];
    struct access_key key = {0};
    const struct master_key *master = api_options(c->api)->master;
    int status = call_read(c, members, &seconds);
    if (status < 0)
        return status;
    if (is_session(c->key))
        return call_denied(c, "A session is begun with an access key, not with another session.");
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    status = access_key_begin(db, master, str_from(c->key->id), c->now + seconds, &key);
    if (status < 0)
        return status;
    int64_t last = event_last(db);
    status = store_commit(db);
    db = NULL;
    if (status == 0) {
        out_key(out, &key);
        json_member_str(out, "sessionToken", session_token(c->arena, master, &key));
        json_member_int(out, "expiresAt", key.expires);
        json_member_str(out, "accountId", str_from(account_text(c->account, account)));
        json_member_str(out, "region", str_from(store_place(c->store)->region));
        json_member_int(out, "lastEventId", last);
    }
    explicit_bzero(&key, sizeof key);
    return status;
}

static int end_session(struct call *c, struct json_out *out)
{
    (void)out;
    if (!is_session(c->key))
        return call_invalid(c, "The request is not signed with the key of a session.");
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    access_key_remove(db, c->account, str_from(c->key->id));
    int status = store_commit(db);
    db = NULL;
    return status;
}

static const struct operation operations[] = {
    {"ListUsers", "GET", "/assay/v1/users", ROLE_BIT_ADMIN, NULL, list_users},
    {"PutUser", "POST", "/assay/v1/users", ROLE_BIT_ADMIN, NULL, add_user},
    {"DeleteUser", "DELETE", "/assay/v1/users/{name}", ROLE_BIT_ADMIN, NULL, remove_user},
    {"ListKeys", "GET", "/assay/v1/keys", ROLE_BIT_ADMIN, NULL, list_keys},
    {"CreateKey", "POST", "/assay/v1/keys", ROLE_BIT_ADMIN, NULL, add_key},
    {"DisableKey", "POST", "/assay/v1/keys/{accessKeyId}/disable", ROLE_BIT_ADMIN, NULL, disable_key},
    {"DeleteKey", "DELETE", "/assay/v1/keys/{accessKeyId}", ROLE_BIT_ADMIN, NULL, remove_key},
    {"ListTokens", "GET", "/assay/v1/tokens", ROLE_BIT_ADMIN, NULL, list_tokens},
    {"CreateToken", "POST", "/assay/v1/tokens", ROLE_BIT_ADMIN, NULL, add_token},
    {"DeleteToken", "DELETE", "/assay/v1/tokens/{tokenId}", ROLE_BIT_ADMIN, NULL, remove_token},
    {"BeginSession", "POST", "/assay/v1/session", MAY_READ, NULL, begin_session, .any_region = true},
    {"EndSession", "DELETE", "/assay/v1/session", MAY_READ, NULL, end_session},
    {0}};
const struct operation_group operations_native_access = {"native_access", operations};
