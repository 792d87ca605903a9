/* Group 3 of the reference: saved filters (NONE) and suppression rules (SUPPRESS).
 *
 * The criteria are kept and given back as they were sent: Terraform compares them. A rule takes effect before
 * the call that changed it answers, but on more findings than can be hidden or shown in two seconds.
 */
#include "store/filter.h"

#include "api/page.h"
#include "base/cleanup.h"
#include "base/err.h"

struct filter_request {
    int action;
    struct str name, description, reason, arn;
    json_val *criteria, *tags;
};
/* The model says 1 to 128 characters, the guide which ones. */
#define NAME_PATTERN "^[A-Za-z0-9._-]+$"
#define TEXT_MEMBERS                                                                                         \
    {"description", MEMBER_STRING, MEMBER(struct filter_request, description, .min = 1, .max = 512)},        \
    {                                                                                                        \
        "reason", MEMBER_STRING, MEMBER(struct filter_request, reason, .min = 1, .max = 512)                 \
    }
static const struct member create_members[] = {
    {"action", MEMBER_ENUM,
     MEMBER(struct filter_request, action, .required = true, .names = &filter_action_names)},
    {"name", MEMBER_STRING,
     MEMBER(struct filter_request, name, .required = true, .min = 1, .max = 128, .pattern = NAME_PATTERN)},
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct filter_request, criteria, .required = true)},
    {"tags", MEMBER_MAP, MEMBER(struct filter_request, tags, .max = TAGS_MAX)},
    TEXT_MEMBERS,
    {0}};
static const struct member update_members[] = {
    {"filterArn", MEMBER_STRING, MEMBER(struct filter_request, arn, .required = true, .min = 1, .max = 128)},
    {"action", MEMBER_ENUM, MEMBER(struct filter_request, action, .names = &filter_action_names)},
    {"name", MEMBER_STRING,
     MEMBER(struct filter_request, name, .min = 1, .max = 128, .pattern = NAME_PATTERN)},
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct filter_request, criteria)},
    TEXT_MEMBERS,
    {0}};
static const struct member delete_members[] = {
    {"arn", MEMBER_STRING, MEMBER(struct filter_request, arn, .required = true, .min = 1, .max = 128)}, {0}};

/* A rule that names nothing would hide everything; unknown keys, which are ignored, must not make one. */
static int check_rule(struct call *c, int action, const struct criteria *criteria)
{
    if (action != FILTER_SUPPRESS || !criteria_empty(criteria))
        return 0;
    field_error_add(&c->errors, c->arena, STR("filterCriteria"),
                    "must have a key that is known: an empty suppression rule would hide every finding");
    return call_invalid_fields(c);
}

static struct str arn_of(struct call *c, const struct filter *f)
{
    return filter_arn(c->arena, store_place(c->store), c->account, f->id);
}

/* What filter_add() and filter_update() refuse. */
static int refused(struct call *c, int code, const struct filter *f)
{
    if (code == ERR_INVALID)
        return call_bad_request(c, "There is a filter named '%.*s' already.", STR_ARG(f->name));
    if (code == ERR_LIMIT)
        return call_quota(c, f->name, "An account may have %d suppression rules.", SUPPRESSION_RULES_MAX);
    return code;
}

/* The code of a change and its commit: nothing is written unless both are good. What a rule changes has
 * changed when the call answers, or the queue goes on with it. */
static int finish(struct call *c, struct sql *db, int r, const struct filter *f, bool rule)
{
    struct str note = {0};
    if (r < 0) {
        store_release(db);
        return r;
    }
    if (rule)
        note = monitor_rule_note(db, c->arena, c->account, f->id);
    r = store_commit(db);
    return rule && r == 0 ? monitor_rule_changed(c->monitor, c->account, note) : r;
}

static void put_tags(struct sql *db, struct call *c, struct str arn, json_val *tags)
{
    for (json_each_member(key, value, tags))
        tag_set(db, c->account, arn, json_str(key), json_str(value));
}

static int run_create(struct call *c, struct json_out *out)
{
    struct filter_request q;
    struct criteria *criteria;
    int r = call_read(c, create_members, &q);
    if (r < 0)
        return r;
    call_check_tags(c, q.tags);
    if (c->errors.n)
        return call_invalid_fields(c);
    if ((r = call_criteria(c, CRITERIA_FINDINGS, &criteria)) < 0 ||
        (r = check_rule(c, q.action, criteria)) < 0)
        return r;
    struct filter f = {.name = q.name,
                       .description = q.description,
                       .reason = q.reason,
                       .criteria = request_text(c->arena, q.criteria),
                       .action = q.action};
    struct sql *db = store_writer(c->store);
    r = filter_add(db, c->arena, c->account, &f);
    if (r < 0)
        r = refused(c, r, &f);
    struct str arn = r < 0 ? (struct str){0} : arn_of(c, &f);
    if (r == 0)
        put_tags(db, c, arn, q.tags);
    if ((r = finish(c, db, r, &f, f.action == FILTER_SUPPRESS)) < 0)
        return r;
    json_member_str(out, "arn", arn);
    return 0;
}

int call_filter(struct call *c, struct sql *db, struct str arn, struct filter *ret_filter)
{
    struct str id;
    return filter_arn_parse(store_place(c->store), c->account, arn, &id)
               ? filter_get(db, c->arena, c->account, id, ret_filter)
               : err_set(ERR_MISSING, "not the ARN of a filter");
}

/* Sets the reply when there is none. */
static int find(struct call *c, struct sql *db, struct str arn, struct filter *ret_filter)
{
    int r = call_filter(c, db, arn, ret_filter);
    return r == ERR_MISSING ? call_missing(c, "There is no filter %.*s.", STR_ARG(arn)) : r;
}

static void take_changes(struct call *c, const struct filter_request *q, struct filter *f)
{
    if (q->action >= 0)
        f->action = q->action;
    if (q->name.n)
        f->name = q->name;
    if (q->description.n)
        f->description = q->description;
    if (q->reason.n)
        f->reason = q->reason;
    if (q->criteria)
        f->criteria = request_text(c->arena, q->criteria);
}

static int update(struct call *c, struct sql *db, const struct filter_request *q, struct filter *ret_filter,
                  bool *ret_rule)
{
    struct criteria *criteria;
    int r = find(c, db, q->arn, ret_filter);
    if (r < 0)
        return r;
    *ret_rule = ret_filter->action == FILTER_SUPPRESS;
    take_changes(c, q, ret_filter);
    *ret_rule |= ret_filter->action == FILTER_SUPPRESS;
    if ((r = criteria_parse(c->arena, CRITERIA_FINDINGS, ret_filter->criteria, &criteria)) < 0 ||
        (r = check_rule(c, ret_filter->action, criteria)) < 0)
        return r;
    r = filter_update(db, c->account, ret_filter);
    return r < 0 ? refused(c, r, ret_filter) : 0;
}

static int run_update(struct call *c, struct json_out *out)
{
    struct filter_request q;
    struct criteria *criteria;
    struct filter f;
    bool rule = false;
    int r = call_read(c, update_members, &q);
    if (r < 0 || (r = call_criteria(c, CRITERIA_FINDINGS, &criteria)) < 0)
        return r;
    struct sql *db = store_writer(c->store);
    r = update(c, db, &q, &f, &rule);
    if ((r = finish(c, db, r, &f, rule)) < 0)
        return r;
    json_member_str(out, "arn", q.arn);
    return 0;
}

static int run_delete(struct call *c, struct json_out *out)
{
    struct filter_request q;
    struct filter f;
    int r = call_read(c, delete_members, &q);
    if (r < 0)
        return r;
    struct sql *db = store_writer(c->store);
    if ((r = find(c, db, q.arn, &f)) < 0) {
        store_release(db);
        return r;
    }
    filter_remove(db, c->account, f.id);
    if ((r = finish(c, db, 0, &f, f.action == FILTER_SUPPRESS)) < 0)
        return r;
    json_member_str(out, "arn", q.arn);
    return 0;
}

struct list_request {
    struct str_list arns;
    int action;
    struct paging page;
};
static const struct member list_members[] = {
    {"arns", MEMBER_STRINGS, MEMBER(struct list_request, arns, .item_min = 1, .item_max = 128)},
    {"action", MEMBER_ENUM, MEMBER(struct list_request, action, .names = &filter_action_names)},
    PAGING_MEMBERS(struct list_request, page, 100),
    {0}};

static void write_filter(struct call *c, struct sql *db, const struct filter *f, struct json_out *out)
{
    char owner[ACCOUNT_TEXT];
    struct str arn = arn_of(c, f);
    json_begin_object(out);
    json_member_str(out, "arn", arn);
    json_member_str(out, "ownerId", str_from(account_text(c->account, owner)));
    json_member_str(out, "name", f->name);
    json_member_raw(out, "criteria", f->criteria);
    json_member_str(out, "action", str_from(name_of(&filter_action_names, f->action)));
    json_member_int(out, "createdAt", f->created);
    json_member_int(out, "updatedAt", f->updated);
    json_member_str(out, "description", f->description);
    json_member_str(out, "reason", f->reason);
    call_out_tags(c, db, arn, out);
    json_end_object(out);
}

/* Those that are named, once each, in the order of their ids. */
static size_t named(struct call *c, struct sql *db, const struct list_request *q, struct filter **ret_filters)
{
    struct filter *filters = arena_new_array(c->arena, struct filter, q->arns.n);
    size_t n = 0;
    for (size_t i = 0; i < q->arns.n; i++) {
        bool found = call_filter(c, db, q->arns.at[i], &filters[n]) == 0 &&
                     (q->action < 0 || (int)filters[n].action == q->action);
        for (size_t k = 0; k < n && found; k++)
            found = !str_eq(filters[k].id, filters[n].id);
        n += found;
    }
    *ret_filters = filters;
    return n;
}

static int run_list(struct call *c, struct json_out *out)
{
    struct list_request q;
    struct filter *filters;
    struct page page;
    struct str after;
    int r = call_read(c, list_members, &q);
    if (r < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    if (q.arns.n) {
        size_t n = named(c, db, &q, &filters);
        if ((r = page_of(c, "filters by arn", q.page.token, q.page.max, n, &page)) < 0)
            return r;
    } else {
        if ((r = page_place(c, "filters", q.page.token, &after)) < 0)
            return r;
        size_t n = filter_list(db, c->arena, c->account, q.action, after, (size_t)q.page.max + 1, &filters);
        page = (struct page){.to = n > (size_t)q.page.max ? (size_t)q.page.max : n};
        if (n > page.to)
            page.next = page_token(c->arena, "filters", filters[page.to - 1].id);
    }
    json_key(out, "filters");
    json_begin_array(out);
    for (size_t i = page.from; i < page.to; i++)
        write_filter(c, db, &filters[i], out);
    json_end_array(out);
    json_member_str(out, "nextToken", page.next);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"CreateFilter", "POST", "/filters/create", MAY_WRITE, "AD BR SQ VA", run_create},
    {"ListFilters", "POST", "/filters/list", MAY_READ, "AD VA", run_list},
    {"UpdateFilter", "POST", "/filters/update", MAY_WRITE, "AD NF VA", run_update},
    {"DeleteFilter", "POST", "/filters/delete", MAY_WRITE, "AD NF VA", run_delete},
    {0}};
const struct operation_group operations_filters = {"filters", operations};
