/* The members of an organization: each active one is an account here, with an origin that assumes a role in
 * it by the credentials of the one that looks. A member that was added by hand is left as it is. */
#include "aws/organizations.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_place.h"

enum { OPTIONS_MAX = 64 << 10 };

struct look {
    struct aws_place *place;
    struct map members; /* their digits */
};

static void look_end(struct look *l)
{
    map_free(&l->members);
}

static void out_member(struct json_out *out, json_val *from, const char *name)
{
    size_t n;
    _cleanup_free_ char *text = yyjson_val_write(json_get(from, name), 0, &n);
    if (text)
        json_member_raw(out, name, (struct str){text, n});
}

/* What the member has of its own, and what is as with the one that looks. */
static struct str member_options(struct aws_place *p, json_val *ours, json_val *theirs, struct str id)
{
    static const char *const shared[] = {"externalId",  "regions",     "platforms", "scanFrequency",
                                         "pollSeconds", "readSeconds", NULL};
    const struct aws_account_options *o = &p->origin->options.aws;
    _cleanup_(buf_free) struct buf b = buf_new(OPTIONS_MAX);
    struct json_out out = {.to = &b};
    char account[ACCOUNT_TEXT];
    json_begin_object(&out);
    json_member_str(&out, "role",
                    arena_printf(p->arena, "arn:%s:iam::%.*s:role/%.*s",
                                 store_place(monitor_store(p->m))->partition, STR_ARG(id),
                                 STR_ARG(o->organization_role)));
    json_member_str(&out, "memberOf", str_from(account_text(p->account, account)));
    for (size_t i = 0; shared[i]; i++)
        out_member(&out, ours, shared[i]);
    out_member(&out, theirs, "queues"); /* 'assay aws setup' adds them */
    json_end_object(&out);
    return arena_str(p->arena, buf_str(&b));
}

/* A new account scans what the one that looks does. */
static void add_account(struct aws_place *p, struct sql *db, account_id account)
{
    if (account_exists(db, account))
        return;
    account_add(db, account);
    for (size_t type = 0; type < resource_scan_type_names.n; type++) {
        enum account_status status = account_scan_get(db, p->account, (enum resource_scan_type)type).status;
        if (status == ACCOUNT_ENABLED || status == ACCOUNT_ENABLING)
            account_scan_set(db, account, (enum resource_scan_type)type, ACCOUNT_ENABLED);
    }
}

/* Whether the origin is one that was made here. */
static bool is_member(struct aws_place *p, const struct origin *o)
{
    struct origin_options options;
    return origin_options_read(p->arena, o->kind, o->options, &options) == 0 &&
           options.aws.member_of == p->account;
}

static void add_member(struct look *l, struct sql *db, json_val *ours, struct str id)
{
    struct aws_place *p = l->place;
    struct origin known,
        o = {.kind = ORIGIN_AWS_ACCOUNT, .url = arena_printf(p->arena, "aws:%.*s", STR_ARG(id))};
    if (!account_parse(id, &o.account) || o.account == p->account)
        return;
    bool there = origin_get(db, p->arena, o.account, origin_id(p->arena, o.kind, o.url), &known) == 0;
    json_val *theirs = NULL;
    if (there && json_parse(p->arena, known.options, &theirs) < 0)
        theirs = NULL;
    o.options = member_options(p, ours, theirs, id);
    if (there && (!is_member(p, &known) || str_eq(known.options, o.options)))
        return;
    add_account(p, db, o.account);
    origin_put(db, p->arena, &o);
    job_add(db, o.account, JOB_POLL_ORIGIN, o.id, (struct str){NULL, 0}, time_now());
}

/* Their resources are closed by the look at an origin that is no more. */
static void drop_others(struct look *l, struct sql *db)
{
    struct aws_place *p = l->place;
    for (account_id account = -1; account_next(db, account, &account);) {
        char digits[ACCOUNT_TEXT];
        struct origin o;
        struct str id = str_from(account_text(account, digits));
        struct str url = arena_printf(p->arena, "aws:%.*s", STR_ARG(id));
        if (map_get(&l->members, id) ||
            origin_get(db, p->arena, account, origin_id(p->arena, ORIGIN_AWS_ACCOUNT, url), &o) < 0 ||
            !is_member(p, &o))
            continue;
        origin_remove(db, account, o.id);
        job_add(db, account, JOB_POLL_ORIGIN, o.id, (struct str){NULL, 0}, time_now());
    }
}

int aws_look_organization(struct aws_place *p)
{
    _cleanup_(look_end) struct look l = {.place = p};
    struct organization_account *accounts;
    json_val *ours = NULL;
    size_t n;
    int status = organization_accounts(p->aws, p->arena, &accounts, &n);
    if (status == 0 && p->origin->origin.options.n)
        status = json_parse(p->arena, p->origin->origin.options, &ours);
    if (status < 0)
        return status;
    struct sql *db = store_writer(monitor_store(p->m));
    for (size_t i = 0; i < n; i++) {
        map_set(&l.members, accounts[i].id, &l);
        add_member(&l, db, ours, accounts[i].id);
    }
    drop_others(&l, db);
    status = store_commit(db);
    if (status == 0)
        monitor_wake(p->m);
    return status;
}
