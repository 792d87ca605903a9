/* Aggregations from the counters: a request is read by what its type takes, made a statement, and its rows
 * answered with what the type shows. Only what has findings is listed. Without sortBy the most critical come
 * first.
 */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/aggregation_type.h"
#include "store/page_token.h"

struct request {
    const struct aggregation *type;
    enum shown sort;
    bool ascending, never;
    int finding_type, resource_type; /* -1: any */
    struct condition conditions[FILTERS_MAX];
    size_t n;
    uint64_t digest;
};

/* Our own text of the request, so that a token fits only the same one. */
static uint64_t digest_of(const struct aggregation_query *q)
{
    uint64_t digest = hash64_with((uint64_t)q->account, q->type);
    json_val *parts[] = {q->request, q->accounts};
    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        _cleanup_free_ char *text = parts[i] ? yyjson_val_write(parts[i], 0, &n) : NULL;
        digest = hash64_with(digest, (struct str){text, text ? n : 0});
    }
    return digest;
}

static void read_sort(struct request *r, struct arena *a, json_val *request, const char *path,
                      struct field_errors *errors)
{
    static const struct {
        const char *name;
        enum shown what;
    } sorts[] = {{"CRITICAL", SHOW_CRITICAL}, {"HIGH", SHOW_HIGH}, {"ALL", SHOW_TOTAL}};
    struct str by = json_get_str(request, "sortBy"), order = json_get_str(request, "sortOrder");
    r->sort = SHOW_ID;
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (str_is(by, sorts[i].name))
            r->sort = sorts[i].what;
    if (r->type->affected && str_is(by, r->type->affected))
        r->sort = SHOW_AFFECTED;
    if (r->type->network && str_is(by, "NETWORK_FINDINGS"))
        r->sort = SHOW_NETWORK;
    if (r->sort == SHOW_ID && by.n)
        field_error_add(errors, a, arena_printf(a, "%s.sortBy", path), "is not one of the values of %s",
                        r->type->type);
    if (r->sort == SHOW_ID)
        r->sort = SHOW_CRITICAL;
    r->ascending = str_is(order, "ASC");
    if (order.n && !r->ascending && !str_is(order, "DESC"))
        field_error_add(errors, a, arena_printf(a, "%s.sortOrder", path), "must be ASC or DESC");
}

/* A number by its name, as in the counters; a known name that nothing here has matches nothing. */
static void read_type(struct request *r, json_val *request, const char *name, const struct names *names,
                      int *ret_number)
{
    struct str value = json_get_str(request, name);
    *ret_number = value.n ? number_of(names, value) : -1;
    r->never |= value.n && *ret_number < 0;
}

static void read_filters(struct request *r, struct arena *a, json_val *request, const char *path,
                         struct field_errors *errors)
{
    for (const struct criteria_key *key = r->type->filters; key < r->type->filters + FILTERS_MAX && key->name;
         key++) {
        json_val *list = json_get(request, key->name);
        struct condition *c = &r->conditions[r->n];
        if (!list || yyjson_is_null(list))
            continue;
        entries_read(a, key->type, true, list, arena_printf(a, "%s.%s", path, key->name), errors, &c->at,
                     &c->n);
        c->key = key;
        r->n += c->n > 0;
    }
    if (r->type->by_types) {
        read_type(r, request, "findingType", &finding_type_names, &r->finding_type);
        read_type(r, request, "resourceType", &resource_type_names, &r->resource_type);
    }
}

static void read_accounts(struct request *r, struct arena *a, const struct aggregation_query *q,
                          struct field_errors *errors)
{
    static const struct criteria_key key = {.name = "accountIds", .type = ENTRY_STRING, .in = IN_ACCOUNT};
    struct condition c = {.key = &key};
    char digits[ACCOUNT_TEXT];
    if (!q->accounts || yyjson_is_null(q->accounts))
        return;
    entries_read(a, ENTRY_STRING, true, q->accounts, STR("accountIds"), errors, &c.at, &c.n);
    if (c.n)
        r->never |= !condition_takes(&c, str_from(account_text(q->account, digits)), false);
}

static int read_request(struct arena *a, const struct aggregation_query *q, struct field_errors *errors,
                        struct request *r)
{
    *r = (struct request){
        .type = aggregation_named(q->type), .finding_type = -1, .resource_type = -1, .digest = digest_of(q)};
    if (!r->type) {
        field_error_add(errors, a, STR("aggregationType"), "is not an aggregation type");
        return err_set(ERR_INVALID, "aggregationType");
    }
    json_val *request = json_get(q->request, r->type->member);
    const char *path = arena_printf(a, "aggregationRequest.%s", r->type->member).p;
    if (q->request && yyjson_obj_size(q->request) && !request)
        field_error_add(errors, a, STR("aggregationRequest"), "must have the member %s for the type %s",
                        r->type->member, r->type->type);
    read_sort(r, a, request, path, errors);
    read_filters(r, a, request, path, errors);
    read_accounts(r, a, q, errors);
    return errors->n ? err_set(ERR_INVALID, "aggregationRequest") : 0;
}

static const char *const column_names[SHOW_COLUMNS] = {
    [SHOW_CRITICAL] = "critical", [SHOW_HIGH] = "high",         [SHOW_MEDIUM] = "medium",
    [SHOW_TOTAL] = "total",       [SHOW_NETWORK] = "network",   [SHOW_EXPLOITABLE] = "exploitable",
    [SHOW_FIXABLE] = "fixable",   [SHOW_AFFECTED] = "affected",
};

#define RESOURCE_COLUMNS                                                                                     \
    "r.resource_id, r.ami, r.platform, r.tags, r.hash, r.name, r.architecture, r.last_in_use, "              \
    "r.in_use_count, r.runtime, r.modified, r.registry"

static void write_conditions(struct query_text *q, const struct request *r)
{
    for (size_t i = 0; i < r->n; i++)
        condition_write(q, &r->conditions[i]);
}

static void write_groups(struct query_text *q, const struct request *r)
{
    bool by_name = r->type->dimension == BY_REPOSITORY; /* in an index with the type */
    query_add(q,
              "SELECT g.* FROM (SELECT 0 AS id, c.key AS key, c.key2 AS key2, sum(c.critical) AS critical, "
              "sum(c.high) AS high, sum(c.medium) AS medium, sum(c.total) AS total, "
              "sum(c.exploitable) AS exploitable, sum(c.fixable) AS fixable, sum(c.network) AS network, ");
    if (r->type->affected)
        query_add(q,
                  "(SELECT count(*) FROM resource r WHERE r.account = ?1 AND %s = %d AND r.%s = c.key AND "
                  "coalesce(r.total, 0) > 0) AS affected ",
                  by_name ? "r.type" : "coalesce(r.type, NULL)", r->type->resource, by_name ? "name" : "ami");
    else
        query_add(q, "0 AS affected ");
    query_add(q, "FROM counter c WHERE c.account = ?1 AND c.dimension = %d", r->type->dimension);
    if (r->finding_type >= 0)
        query_add(q, " AND c.finding_type = %d", r->finding_type);
    if (r->resource_type >= 0)
        query_add(q, " AND c.resource_type = %d", r->resource_type);
    write_conditions(q, r);
    query_add(q, " GROUP BY c.key, c.key2) g WHERE 1 = 1");
}

/* Layers have findings of one type only, so their counters need no grouping and come in order. */
static void write_layers(struct query_text *q, const struct request *r)
{
    query_add(q,
              "SELECT 0, g.key, g.key2, g.critical, g.high, g.medium, g.total, g.exploitable, g.fixable, "
              "g.network, 0, " RESOURCE_COLUMNS " FROM counter g CROSS JOIN resource r WHERE g.account = ?1 "
              "AND g.dimension = %d AND g.resource_type = %d AND g.finding_type = %d AND r.account = ?1 "
              "AND r.resource_id = g.key2",
              BY_LAYER, r->type->resource, FINDING_PACKAGE_VULNERABILITY);
    write_conditions(q, r);
}

/* In the order of the index of what they are sorted by: the condition on the total would have SQLite take
 * that of the total and sort. */
static void write_resources(struct query_text *q, const struct request *r)
{
    const char *total = r->sort == SHOW_TOTAL ? "g.total" : "coalesce(g.total, 0)";
    query_add(q,
              "SELECT g.id, '', '', g.critical, g.high, g.medium, g.total, g.exploitable, g.fixable, "
              "g.network, 0, " RESOURCE_COLUMNS " FROM resource g CROSS JOIN resource r WHERE g.account = ?1 "
              "AND g.type = %d AND %s > 0 AND r.id = g.id",
              r->type->resource, total);
    write_conditions(q, r);
}

static struct statement *prepare(struct sql *db, struct arena *a, const struct aggregation_query *query,
                                 const struct request *r, const struct page_token *after)
{
    _cleanup_(query_text_free) struct query_text q = query_text_new(a, db, query->account, "r.id");
    const char *sort = column_names[r->sort], *order = r->ascending ? "ASC" : "DESC",
               *than = r->ascending ? ">" : "<";
    bool by_id = r->type->from == FROM_RESOURCES;
    if (by_id)
        write_resources(&q, r);
    else if (r->type->from == FROM_LAYERS)
        write_layers(&q, r);
    else
        write_groups(&q, r);
    if (after) {
        query_add(&q, by_id ? " AND (g.%s, g.id) %s (" : " AND (g.%s, g.key, g.key2) %s (", sort, than);
        query_int(&q, after->number);
        query_add(&q, ", ");
        if (by_id) {
            query_int(&q, after->id);
        } else {
            query_str(&q, after->text);
            query_add(&q, ", ");
            query_str(&q, after->text2);
        }
        query_add(&q, ")");
    }
    if (by_id)
        query_add(&q, " ORDER BY g.%s %s, g.id %s LIMIT ", sort, order, order);
    else
        query_add(&q, " ORDER BY g.%s %s, g.key %s, g.key2 %s LIMIT ", sort, order, order, order);
    query_int(&q, (int64_t)query->max + 1);
    return query_prepare(&q, db);
}

static void write_counts(struct json_out *to, struct statement *s)
{
    json_begin_object(to);
    json_member_int(to, "all", sql_int(s, SHOW_TOTAL));
    json_member_int(to, "critical", sql_int(s, SHOW_CRITICAL));
    json_member_int(to, "high", sql_int(s, SHOW_HIGH));
    json_member_int(to, "medium", sql_int(s, SHOW_MEDIUM));
    json_end_object(to);
}

static void write_image_tags(struct sql *db, account_id account, int64_t resource, struct json_out *to)
{
    struct statement *s = resource_values_of(db, account, resource, RESOURCE_VALUE_IMAGE_TAG);
    json_begin_array(to);
    while (sql_next(s))
        json_out_str(to, sql_str(s, 0));
    json_end_array(to);
}

static void write_member(struct sql *db, account_id account, struct statement *s, const char *name,
                         enum shown what, struct json_out *to)
{
    char digits[ACCOUNT_TEXT];
    const struct place *place = sql_place(db);
    struct str text = what == SHOW_ACCOUNT     ? str_from(account_text(account, digits))
                      : what == SHOW_PROVIDER  ? STR("AWS")
                      : what == SHOW_REGION    ? str_from(place->region)
                      : what == SHOW_PARTITION ? str_from(place->partition)
                                               : (struct str){NULL, 0};
    switch (what) {
    case SHOW_COUNTS:
        json_key(to, name);
        write_counts(to, s);
        return;
    case SHOW_IMAGE_TAGS:
        json_key(to, name);
        write_image_tags(db, account, sql_int(s, SHOW_ID), to);
        return;
    case SHOW_TAGS:
        if (sql_str(s, what).n > 2)
            json_member_raw(to, name, sql_str(s, what));
        return;
    case SHOW_EXPLOITABLE:
    case SHOW_FIXABLE:
    case SHOW_NETWORK:
    case SHOW_AFFECTED:
    case SHOW_LAST_IN_USE:
    case SHOW_IN_USE_COUNT:
    case SHOW_MODIFIED:
        if (!sql_is_null(s, what))
            json_member_int(to, name, sql_int(s, what));
        return;
    default:
        json_member_str(to, name, what < SHOW_COLUMNS ? sql_str(s, what) : text);
    }
}

static void write_response(struct sql *db, account_id account, const struct aggregation *type,
                           struct statement *s, struct json_out *to)
{
    json_begin_object(to);
    json_key(to, type->member);
    json_begin_object(to);
    for (int i = 0; i < MEMBERS_MAX && type->members[i].name; i++)
        write_member(db, account, s, type->members[i].name, type->members[i].what, to);
    json_end_object(to);
    json_end_object(to);
}

int aggregation_query(struct sql *db, struct arena *a, const struct aggregation_query *q,
                      struct field_errors *errors, struct json_out *to, struct str *ret_token)
{
    struct request r;
    struct page_token after, last = {.id = 0};
    struct str token = {NULL, 0};
    int status = read_request(a, q, errors, &r);
    if (status < 0 || (q->token.n && (status = page_token_read(a, r.digest, q->token, &after)) < 0))
        return status;
    if (!r.never && r.type->from != FROM_NOTHING) {
        struct statement *s = prepare(db, a, q, &r, q->token.n ? &after : NULL);
        size_t n = 0;
        for (; n < q->max && sql_next(s); n++) {
            write_response(db, q->account, r.type, s, to);
            if (n + 1 == q->max)
                last = (struct page_token){.id = sql_int(s, SHOW_ID),
                                           .number = sql_int(s, (int)r.sort),
                                           .text = arena_str(a, sql_str(s, SHOW_KEY)),
                                           .text2 = arena_str(a, sql_str(s, SHOW_KEY2))};
        }
        if (n == q->max && n && sql_next(s))
            token = page_token_write(a, r.digest, &last);
        sql_reset(s);
    }
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_token = token;
    return 0;
}
