/* Group 1 of the reference: which scan types an account has on. */
#include <stdio.h>

#include "api/page.h"
#include "base/cleanup.h"

/* Members of ResourceState and ResourceStatus, in the order of enum resource_scan_type. */
static const char *const state_members[] = {"ec2", "ecr", "lambda", "lambdaCode", "codeRepository"};
enum { SCAN_TYPES_N = sizeof state_members / sizeof *state_members };

/* Nothing here reads source code: these types are never on, and a state does not say so. */
static bool supported(int type)
{
    return type != SCAN_OF_LAMBDA_CODE && type != SCAN_OF_CODE_REPOSITORY;
}

struct account_request {
    struct str_list accounts;
    struct int_list types;
    struct str client_token;
};
#define ACCOUNT_IDS                                                                                          \
    {                                                                                                        \
        "accountIds", MEMBER_STRINGS,                                                                        \
            MEMBER(struct account_request, accounts, .max = 100, .item_min = 12, .item_max = 12,             \
                   .pattern = PATTERN_ACCOUNT)                                                               \
    }
static const struct member enable_members[] = {
    ACCOUNT_IDS,
    {"resourceTypes", MEMBER_ENUMS,
     MEMBER(struct account_request, types, .required = true, .min = 1, .max = SCAN_TYPES_N,
            .names = &resource_scan_type_names)},
    {"clientToken", MEMBER_STRING, MEMBER(struct account_request, client_token, .min = 1, .max = 64)},
    {0}};
static const struct member disable_members[] = {
    ACCOUNT_IDS,
    {"resourceTypes", MEMBER_ENUMS,
     MEMBER(struct account_request, types, .max = SCAN_TYPES_N, .names = &resource_scan_type_names)},
    {0}};
static const struct member status_members[] = {ACCOUNT_IDS, {0}};

bool call_names_own(const struct call *c, const struct str_list *accounts)
{
    char own[ACCOUNT_TEXT];
    account_text(c->account, own);
    for (size_t i = 0; i < accounts->n; i++)
        if (str_is(accounts->at[i], own))
            return true;
    return accounts->n == 0;
}

static void write_failed(struct json_out *out, struct str account, const char *code, struct str message)
{
    json_begin_object(out);
    json_member_str(out, "accountId", account);
    json_member_str(out, "errorCode", str_from(code));
    json_member_str(out, "errorMessage", message);
    json_end_object(out);
}

/* Accounts that are not the caller's: it administers none. */
static void write_foreign(struct call *c, const struct account_request *q, struct json_out *out)
{
    char own[ACCOUNT_TEXT];
    account_text(c->account, own);
    for (size_t i = 0; i < q->accounts.n; i++) {
        bool repeated = str_is(q->accounts.at[i], own);
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = str_eq(q->accounts.at[k], q->accounts.at[i]);
        if (!repeated)
            write_failed(out, q->accounts.at[i], "ACCESS_DENIED",
                         arena_printf(c->arena, "Account %.*s is not a member account of %s.",
                                      STR_ARG(q->accounts.at[i]), own));
    }
}

/* The account is on when a type is; on its way when one is. */
static enum account_status overall(const enum account_status states[SCAN_TYPES_N])
{
    static const enum account_status order[] = {ACCOUNT_ENABLING,   ACCOUNT_DISABLING, ACCOUNT_ENABLED,
                                                ACCOUNT_SUSPENDING, ACCOUNT_SUSPENDED, ACCOUNT_DISABLED};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int type = 0; type < SCAN_TYPES_N; type++)
            if (states[type] == order[i])
                return order[i];
    return ACCOUNT_DISABLED;
}

/* Nothing is scanned any more from the moment a type is being disabled, so it is disabled to those who ask;
 * coverage says PENDING_DISABLE until its findings have gone. */
static void read_states(struct call *c, struct sql *db, enum account_status ret_states[SCAN_TYPES_N])
{
    for (int type = 0; type < SCAN_TYPES_N; type++) {
        enum account_status status = account_scan_get(db, c->account, type).status;
        ret_states[type] = status == ACCOUNT_DISABLING ? ACCOUNT_DISABLED : status;
    }
}

static void member_status(struct json_out *out, const char *name, enum account_status status)
{
    json_member_str(out, name, str_from(name_of(&account_status_names, status)));
}

/* An Account, of Enable and Disable. */
static void write_account(struct call *c, struct json_out *out,
                          const enum account_status states[SCAN_TYPES_N])
{
    char own[ACCOUNT_TEXT];
    json_begin_object(out);
    json_member_str(out, "accountId", str_from(account_text(c->account, own)));
    member_status(out, "status", overall(states));
    json_key(out, "resourceStatus");
    json_begin_object(out);
    for (int type = 0; type < SCAN_TYPES_N; type++)
        member_status(out, state_members[type], states[type]);
    json_end_object(out);
    json_end_object(out);
}

static void write_state(struct json_out *out, const char *name, enum account_status status)
{
    json_key(out, name);
    json_begin_object(out);
    member_status(out, "status", status);
    json_end_object(out);
}

/* An AccountState, of BatchGetAccountStatus: every type has its state. */
static void write_account_state(struct call *c, struct json_out *out,
                                const enum account_status states[SCAN_TYPES_N])
{
    char own[ACCOUNT_TEXT];
    json_begin_object(out);
    json_member_str(out, "accountId", str_from(account_text(c->account, own)));
    write_state(out, "state", overall(states));
    json_key(out, "resourceState");
    json_begin_object(out);
    for (int type = 0; type < SCAN_TYPES_N; type++)
        write_state(out, state_members[type], states[type]);
    json_end_object(out);
    json_end_object(out);
}

/* Whether that changes anything. */
static bool set_state(struct call *c, struct sql *db, int type, enum account_status status)
{
    if (status == ACCOUNT_DISABLING && account_scan_get(db, c->account, type).status == ACCOUNT_DISABLED)
        return false;
    return account_scan_set(db, c->account, type, status);
}

/* Types to `status`; what is so already stays. The states afterwards. */
static int set_states(struct call *c, const struct account_request *q, enum account_status status,
                      enum account_status ret_states[SCAN_TYPES_N])
{
    bool changed = false;
    struct sql *db = store_writer(c->store);
    for (size_t i = 0; i < q->types.n; i++)
        if (supported(q->types.at[i]))
            changed |= set_state(c, db, q->types.at[i], status);
    if (q->types.n == 0)
        for (int type = 0; type < SCAN_TYPES_N; type++)
            changed |= set_state(c, db, type, status);
    read_states(c, db, ret_states);
    int r = store_commit(db);
    return r < 0 || !changed ? r : monitor_account_changed(c->monitor, c->account);
}

static int change(struct call *c, const struct account_request *q, enum account_status status,
                  struct json_out *out)
{
    json_key(out, "accounts");
    json_begin_array(out);
    if (call_names_own(c, &q->accounts)) {
        enum account_status states[SCAN_TYPES_N];
        int r = set_states(c, q, status, states);
        if (r < 0)
            return r;
        write_account(c, out, states);
    }
    json_end_array(out);
    json_key(out, "failedAccounts");
    json_begin_array(out);
    write_foreign(c, q, out);
    return 0; /* the array stays open for more */
}

static int run_enable(struct call *c, struct json_out *out)
{
    struct account_request q;
    int r = call_read(c, enable_members, &q);
    if (r == 0)
        r = change(c, &q, ACCOUNT_ENABLED, out);
    if (r < 0)
        return r;
    char own[ACCOUNT_TEXT];
    for (size_t i = 0; i < q.types.n && call_names_own(c, &q.accounts); i++)
        if (!supported(q.types.at[i]))
            write_failed(out, str_from(account_text(c->account, own)), "RESOURCE_NOT_FOUND",
                         arena_printf(c->arena, "%s: this server does not scan source code.",
                                      name_of(&resource_scan_type_names, q.types.at[i])));
    json_end_array(out);
    return 0;
}

static int run_disable(struct call *c, struct json_out *out)
{
    struct account_request q;
    int r = call_read(c, disable_members, &q);
    if (r == 0)
        r = change(c, &q, ACCOUNT_DISABLING, out);
    if (r < 0)
        return r;
    json_end_array(out);
    return 0;
}

static int run_status(struct call *c, struct json_out *out)
{
    struct account_request q;
    int r = call_read(c, status_members, &q);
    if (r < 0)
        return r;
    enum account_status states[SCAN_TYPES_N];
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    read_states(c, db, states);
    if ((r = sql_status(db)) < 0)
        return r;
    json_key(out, "accounts");
    json_begin_array(out);
    if (call_names_own(c, &q.accounts))
        write_account_state(c, out, states);
    json_end_array(out);
    json_key(out, "failedAccounts");
    json_begin_array(out);
    write_foreign(c, &q, out);
    json_end_array(out);
    return 0;
}

/* What an administrator of an account may do: services, and what there is to be done to them. */
static const char *const services_at[] = {"EC2", "ECR", "LAMBDA"};
static const struct names services = {services_at, 3};
static const struct {
    int service;
    const char *operation;
} permissions[] = {
    {0, "ENABLE_SCANNING"},   {0, "DISABLE_SCANNING"},   {1, "ENABLE_SCANNING"}, {1, "DISABLE_SCANNING"},
    {1, "ENABLE_REPOSITORY"}, {1, "DISABLE_REPOSITORY"}, {2, "ENABLE_SCANNING"}, {2, "DISABLE_SCANNING"},
};

struct permissions_request {
    int service;
    struct paging page;
};
static const struct member permissions_members[] = {
    {"service", MEMBER_ENUM, MEMBER(struct permissions_request, service, .names = &services)},
    PAGING_MEMBERS(struct permissions_request, page, 1024),
    {0}};

static int run_permissions(struct call *c, struct json_out *out)
{
    struct permissions_request q;
    struct page page;
    int r = call_read(c, permissions_members, &q);
    if (r < 0)
        return r;
    size_t granted[sizeof permissions / sizeof *permissions], n = 0;
    for (size_t i = 0; i < sizeof permissions / sizeof *permissions && c->key->role == ROLE_admin; i++)
        if (q.service < 0 || q.service == permissions[i].service)
            granted[n++] = i;
    if ((r = page_of(c, "permissions", q.page.token, q.page.max, n, &page)) < 0)
        return r;
    json_key(out, "permissions");
    json_begin_array(out);
    for (size_t i = page.from; i < page.to; i++) {
        json_begin_object(out);
        json_member_str(out, "service", str_from(services_at[permissions[granted[i]].service]));
        json_member_str(out, "operation", str_from(permissions[granted[i]].operation));
        json_end_object(out);
    }
    json_end_array(out);
    json_member_str(out, "nextToken", page.next);
    return 0;
}

static const struct operation operations[] = {
    {"Enable", "POST", "/enable", MAY_WRITE, "AD NF VA", run_enable},
    {"Disable", "POST", "/disable", MAY_WRITE, "AD NF VA", run_disable},
    {"BatchGetAccountStatus", "POST", "/status/batch/get", MAY_READ, "AD NF VA", run_status},
    {"ListAccountPermissions", "POST", "/accountpermissions/list", MAY_READ, "AD VA", run_permissions},
    {0}};
const struct operation_group operations_account = {"account", operations};
