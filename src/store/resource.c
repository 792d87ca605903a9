/* Resources. What is written is compared with what is there first: most reports say nothing new, and then
 * nothing is written. When a resource was last heard of is kept in a table of its own with short rows, since
 * it is what changes all the time. */
#include "store/resource.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/rows.h"

enum {
    TAGS_TEXT_MAX = 256 << 10,
    TAGS_COUNT_MAX = 500,
    HEARD_AGAIN = 60, /* seconds in which it need not be noted again that a resource was put */
};

/* The members that may be not stated, in the order of ATTRIBUTES. */
enum attribute_kind { TEXT, TIME, COUNT };
static const struct attribute {
    enum attribute_kind kind;
    size_t offset;
} attributes[] = {
#define ATTRIBUTE(kind, member)                                                                              \
    {                                                                                                        \
        kind, offsetof(struct resource, member)                                                              \
    }
    ATTRIBUTE(TEXT, region),        ATTRIBUTE(TEXT, origin),   ATTRIBUTE(TEXT, tags),
    ATTRIBUTE(TEXT, details),       ATTRIBUTE(TEXT, platform), ATTRIBUTE(TEXT, name),
    ATTRIBUTE(TEXT, ami),           ATTRIBUTE(TEXT, vpc),      ATTRIBUTE(TEXT, subnet),
    ATTRIBUTE(TEXT, architecture),  ATTRIBUTE(TEXT, registry), ATTRIBUTE(TEXT, hash),
    ATTRIBUTE(TEXT, runtime),       ATTRIBUTE(TEXT, role),     ATTRIBUTE(TIME, pushed),
    ATTRIBUTE(TIME, pulled),        ATTRIBUTE(TIME, modified), ATTRIBUTE(TIME, last_in_use),
    ATTRIBUTE(COUNT, in_use_count),
};
#define ATTRIBUTES                                                                                           \
    "region, origin, tags, details, platform, name, ami, vpc, subnet, architecture, registry, hash, "        \
    "runtime, role,"                                                                                         \
    " pushed, pulled, modified, last_in_use, in_use_count"
enum { N_ATTRIBUTES = sizeof attributes / sizeof *attributes };

static struct str *text_of(struct resource *r, const struct attribute *a)
{
    return (struct str *)((char *)r + a->offset);
}

static int64_t *number_at(struct resource *r, const struct attribute *a)
{
    return (int64_t *)((char *)r + a->offset);
}

static bool is_stated(struct resource *r, const struct attribute *a)
{
    switch (a->kind) {
    case TEXT:
        return text_of(r, a)->n;
    case TIME:
        return *number_at(r, a) != TIME_NONE;
    default:
        return *number_at(r, a) >= 0;
    }
}

/* What is not stated in `r` is taken from `old`; whether what is differs. */
static bool merge(struct resource *r, struct resource *old)
{
    bool changed = false;
    for (size_t i = 0; i < N_ATTRIBUTES; i++) {
        const struct attribute *a = &attributes[i];
        bool stated = is_stated(r, a);
        if (a->kind == TEXT && !stated)
            *text_of(r, a) = *text_of(old, a);
        else if (a->kind != TEXT && !stated)
            *number_at(r, a) = *number_at(old, a);
        else if (a->kind == TEXT)
            changed |= !str_eq(*text_of(r, a), *text_of(old, a));
        else
            changed |= *number_at(r, a) != *number_at(old, a);
    }
    return changed;
}

#define RESOURCE_COLUMNS                                                                                     \
    "id, account, type, resource_id, state, first_seen, heard.at, gone, inventory, " ATTRIBUTES
#define RESOURCE_TABLES                                                                                      \
    " FROM resource JOIN (SELECT resource, at FROM resource_heard) heard ON heard.resource = id"

static struct resource read_row(struct arena *a, struct statement *s)
{
    struct resource r = {
        .id = sql_int(s, 0),
        .account = sql_int(s, 1),
        .type = (enum resource_type)sql_int(s, 2),
        .resource_id = arena_str(a, sql_str(s, 3)),
        .state = (enum resource_state)sql_int(s, 4),
        .first_seen = sql_int(s, 5),
        .heard = sql_int(s, 6),
        .gone = sql_time(s, 7),
        .inventory = sql_int(s, 8),
    };
    for (int i = 0; i < N_ATTRIBUTES; i++) {
        const struct attribute *at = &attributes[i];
        if (at->kind == TEXT)
            *text_of(&r, at) = arena_str(a, sql_str(s, 9 + i));
        else if (at->kind == TIME)
            *number_at(&r, at) = sql_time(s, 9 + i);
        else
            *number_at(&r, at) = sql_is_null(s, 9 + i) ? -1 : sql_int(s, 9 + i);
    }
    return r;
}

static int read_one(struct sql *db, struct arena *a, struct statement *s, struct resource *ret_resource)
{
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "no such resource");
    *ret_resource = read_row(a, s);
    sql_reset(s);
    return 0;
}

int resource_get(struct sql *db, struct arena *a, int64_t id, struct resource *ret_resource)
{
    struct statement *s = sql_prepare(db, "SELECT " RESOURCE_COLUMNS RESOURCE_TABLES " WHERE id = ?1");
    sql_bind_int(s, 1, id);
    return read_one(db, a, s, ret_resource);
}

int resource_find(struct sql *db, struct arena *a, account_id account, struct str resource_id,
                  struct resource *ret_resource)
{
    struct statement *s = sql_prepare(db, "SELECT " RESOURCE_COLUMNS RESOURCE_TABLES
                                          " WHERE account = ?1 AND resource_id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, resource_id);
    return read_one(db, a, s, ret_resource);
}

static size_t read_many(struct arena *a, struct statement *s, struct resource **ret_resources)
{
    VEC(struct resource) resources = {0};
    while (sql_next(s))
        vec_add(&resources, read_row(a, s));
    return rows_finish(a, &resources, ret_resources);
}

size_t resource_of_origin(struct sql *db, struct arena *a, account_id account, struct str origin,
                          int64_t after, size_t max, struct resource **ret_resources)
{
    struct statement *s =
        sql_prepare(db, "SELECT " RESOURCE_COLUMNS RESOURCE_TABLES
                        " WHERE account = ?1 AND origin = ?2 AND id > ?3 ORDER BY id LIMIT ?4");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, origin);
    sql_bind_int(s, 3, after);
    sql_bind_int(s, 4, (int64_t)max);
    return read_many(a, s, ret_resources);
}

void resource_key(account_id account, struct str resource_id, unsigned char ret_key[RESOURCE_KEY])
{
    char digits[ACCOUNT_TEXT];
    unsigned char digest[SHA256_SIZE];
    struct sha256 *h = sha256_new();
    sha256_update(h, account_text(account, digits), ACCOUNT_TEXT - 1);
    sha256_update(h, resource_id.p, resource_id.n);
    sha256_finish(h, digest);
    memcpy(ret_key, digest, RESOURCE_KEY);
}

/* One statement for both, so that every parameter has its use: what is there already keeps its first_seen. */
static void write_row(struct sql *db, struct resource *r)
{
    struct statement *s = sql_prepare(
        db,
        "INSERT INTO resource (account, type, resource_id, key, state, first_seen, gone, " ATTRIBUTES
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
        " ?21, ?22, ?23, ?24, ?25, ?26) ON CONFLICT (account, resource_id) DO UPDATE SET type = "
        "excluded.type,"
        " region = excluded.region, state = excluded.state, gone = excluded.gone, origin = excluded.origin,"
        " tags = excluded.tags, details = excluded.details, platform = excluded.platform,"
        " name = excluded.name, ami = excluded.ami, vpc = excluded.vpc, subnet = excluded.subnet,"
        " architecture = excluded.architecture, registry = excluded.registry, hash = excluded.hash,"
        " runtime = excluded.runtime, role = excluded.role, pushed = excluded.pushed,"
        " pulled = excluded.pulled, modified = excluded.modified, last_in_use = excluded.last_in_use,"
        " in_use_count = excluded.in_use_count RETURNING id");
    unsigned char key[RESOURCE_KEY];
    resource_key(r->account, r->resource_id, key);
    sql_bind_int(s, 1, r->account);
    sql_bind_int(s, 2, r->type);
    sql_bind_str(s, 3, r->resource_id);
    sql_bind_blob(s, 4, key, sizeof key);
    sql_bind_int(s, 5, r->state);
    sql_bind_int(s, 6, r->first_seen);
    sql_bind_time(s, 7, r->gone);
    for (int i = 0; i < N_ATTRIBUTES; i++) {
        const struct attribute *a = &attributes[i];
        if (a->kind == TEXT)
            sql_bind_optional(s, 8 + i, *text_of(r, a));
        else
            sql_bind_time(s, 8 + i, is_stated(r, a) ? *number_at(r, a) : TIME_NONE);
    }
    r->id = sql_run_int(s, 0);
}

static void write_heard(struct sql *db, const struct resource *r)
{
    struct statement *s =
        sql_prepare(db, "INSERT INTO resource_heard (resource, account, at) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT (resource) DO UPDATE SET at = excluded.at");
    sql_bind_int(s, 1, r->id);
    sql_bind_int(s, 2, r->account);
    sql_bind_int(s, 3, r->heard);
    sql_run(s);
}

static void delete_of(struct sql *db, const char *text, const struct resource *r)
{
    struct statement *s = sql_prepare(db, text);
    sql_bind_int(s, 1, r->account);
    sql_bind_int(s, 2, r->id);
    sql_run(s);
}

static int parse_tags(struct arena *a, struct str text, json_val **ret_tags)
{
    if (text.n > TAGS_TEXT_MAX)
        return err_set(ERR_LIMIT, "tags: more than %d bytes", TAGS_TEXT_MAX);
    int status = json_parse(a, text, ret_tags);
    if (status < 0)
        return err_context(status, "tags");
    if (!yyjson_is_obj(*ret_tags))
        return err_set(ERR_INVALID, "tags: not an object");
    if (yyjson_obj_size(*ret_tags) > TAGS_COUNT_MAX)
        return err_set(ERR_LIMIT, "more than %d tags", TAGS_COUNT_MAX);
    return 0;
}

/* The rows by which resources are found by their tags. */
static void write_tags(struct sql *db, struct arena *a, const struct resource *r)
{
    json_val *tags;
    delete_of(db, "DELETE FROM resource_tag WHERE account = ?1 AND resource = ?2", r);
    if (!r->tags.n)
        return;
    int status = parse_tags(a, r->tags, &tags);
    if (status < 0) {
        sql_fail(db, status);
        return;
    }
    struct statement *s = sql_prepare(db, "INSERT INTO resource_tag (account, resource, key, value)"
                                          " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
    for (json_each_member(key, value, tags)) {
        sql_bind_int(s, 1, r->account);
        sql_bind_int(s, 2, r->id);
        sql_bind_str(s, 3, json_str(key));
        sql_bind_str(s, 4, json_str(value));
        sql_run(s);
    }
}

struct value {
    int kind;
    struct str text;
};

static int compare_values(const void *x, const void *y)
{
    const struct value *a = x, *b = y;
    return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : str_cmp(a->text, b->text);
}

/* The values of `r`, sorted, each once. */
static size_t sort_values(struct arena *a, const struct resource *r, struct value **ret_values)
{
    struct value *v = arena_new_array(a, struct value, r->n_values);
    size_t n = 0;
    for (size_t i = 0; i < r->n_values; i++)
        v[i] = (struct value){r->kinds[i], r->values[i]};
    if (r->n_values)
        qsort(v, r->n_values, sizeof *v, compare_values);
    for (size_t i = 0; i < r->n_values; i++)
        if (!n || compare_values(&v[n - 1], &v[i]))
            v[n++] = v[i];
    *ret_values = v;
    return n;
}

/* Whether the values that are stated differ from those that are there; *ret_values has them sorted. */
static bool values_differ(struct sql *db, struct arena *a, const struct resource *r,
                          struct value **ret_values, size_t *ret_n)
{
    if (!r->values)
        return false;
    struct resource old = {.id = r->id, .account = r->account};
    resource_values(db, a, &old);
    *ret_n = sort_values(a, r, ret_values);
    bool same = *ret_n == old.n_values;
    for (size_t i = 0; i < *ret_n && same; i++)
        same = (*ret_values)[i].kind == old.kinds[i] && str_eq((*ret_values)[i].text, old.values[i]);
    return !same;
}

/* Returns whether they did. */
static bool write_values(struct sql *db, struct arena *a, const struct resource *r)
{
    struct value *values;
    size_t n;
    if (!values_differ(db, a, r, &values, &n))
        return false;
    delete_of(db, "DELETE FROM resource_value WHERE account = ?1 AND resource = ?2", r);
    struct statement *s = sql_prepare(
        db, "INSERT INTO resource_value (account, resource, kind, value) VALUES (?1, ?2, ?3, ?4)");
    for (size_t i = 0; i < n; i++) {
        sql_bind_int(s, 1, r->account);
        sql_bind_int(s, 2, r->id);
        sql_bind_int(s, 3, values[i].kind);
        sql_bind_str(s, 4, values[i].text);
        sql_run(s);
    }
    return true;
}

void resource_values(struct sql *db, struct arena *a, struct resource *r)
{
    VEC(struct str) values = {0};
    VEC(int) kinds = {0};
    struct statement *s = sql_prepare(db, "SELECT kind, value FROM resource_value WHERE account = ?1 AND"
                                          " resource = ?2 ORDER BY kind, value");
    sql_bind_int(s, 1, r->account);
    sql_bind_int(s, 2, r->id);
    while (sql_next(s)) {
        vec_add(&kinds, (int)sql_int(s, 0));
        vec_add(&values, arena_str(a, sql_str(s, 1)));
    }
    r->n_values = rows_finish(a, &kinds, &r->kinds);
    rows_finish(a, &values, &r->values);
}

struct statement *resource_values_of(struct sql *db, account_id account, int64_t resource, int kind)
{
    struct statement *s =
        sql_prepare(db, "SELECT value FROM resource_value WHERE account = ?1 AND resource = ?2 "
                        "AND kind = ?3 ORDER BY value");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    sql_bind_int(s, 3, kind);
    return s;
}

int64_t resource_put(struct sql *db, struct resource *r, bool *ret_new, bool *ret_changed)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource old = {.first_seen = TIME_NONE, .heard = TIME_NONE, .gone = TIME_NONE}, next = *r;
    int64_t now = time_now();
    int status = resource_find(db, a, r->account, r->resource_id, &old);
    if (sql_status(db))
        return sql_status(db);
    bool fresh = status < 0, changed = fresh;
    next.id = old.id;
    next.first_seen = fresh ? now : old.first_seen;
    next.heard = now;
    next.gone = r->state != STATE_GONE ? TIME_NONE : old.gone != TIME_NONE ? old.gone : now;
    next.inventory = old.inventory;
    if (fresh && !next.region.n)
        next.region = str_from(sql_place(db)->region);
    bool tags = r->tags.n && !str_eq(r->tags, old.tags);
    if (!fresh)
        changed = merge(&next, &old) || r->type != old.type || r->state != old.state;
    if (changed)
        write_row(db, &next);
    if (tags)
        write_tags(db, a, &next);
    if (write_values(db, a, &next))
        changed = true;
    if (fresh || now - old.heard >= HEARD_AGAIN || now < old.heard)
        write_heard(db, &next);
    if (sql_status(db))
        return sql_status(db);

    r->id = next.id;
    r->first_seen = next.first_seen;
    r->heard = next.heard;
    r->gone = next.gone;
    r->inventory = next.inventory;
    *ret_new = fresh;
    *ret_changed = changed;
    return r->id;
}

bool resource_differs(struct sql *db, const struct resource *r)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource old, next = *r;
    struct value *values;
    size_t n;
    if (resource_find(db, a, r->account, r->resource_id, &old) < 0)
        return true;
    next.id = old.id;
    return merge(&next, &old) || r->type != old.type || r->state != old.state ||
           values_differ(db, a, &next, &values, &n);
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* In the order of the table: neighbours share a page. */
void resources_heard(struct sql *db, const int64_t *ids, size_t n, int64_t now)
{
    if (!n)
        return;
    _cleanup_free_ int64_t *sorted = mem_grow(NULL, n, sizeof *sorted);
    memcpy(sorted, ids, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_ids);
    struct statement *s =
        sql_prepare(db, "UPDATE resource_heard SET at = ?2, reported = ?2"
                        " WHERE resource = ?1 AND at <= ?2 AND (reported IS NULL OR reported < ?2)");
    for (size_t i = 0; i < n; i++) {
        sql_bind_int(s, 1, sorted[i]);
        sql_bind_int(s, 2, now);
        sql_run(s);
    }
}

void resource_set_state(struct sql *db, int64_t id, enum resource_state state, int64_t now)
{
    struct statement *s = sql_prepare(
        db,
        "UPDATE resource SET state = ?2, gone = CASE WHEN ?3 IS NULL THEN NULL ELSE coalesce(gone, ?3) END"
        " WHERE id = ?1 AND state <> ?2");
    sql_bind_int(s, 1, id);
    sql_bind_int(s, 2, state);
    sql_bind_time(s, 3, state == STATE_GONE ? now : TIME_NONE);
    sql_run(s);
}

/* The digest of a host's report belongs to the inventory that it brought. */
void resource_set_inventory(struct sql *db, int64_t id, int64_t inventory, struct str platform)
{
    struct statement *s = sql_prepare(
        db, "UPDATE resource SET report = CASE WHEN inventory = ?2 THEN report END, inventory = ?2,"
            " platform = coalesce(?3, platform) WHERE id = ?1");
    sql_bind_int(s, 1, id);
    if (inventory)
        sql_bind_int(s, 2, inventory);
    sql_bind_optional(s, 3, platform);
    sql_run(s);
}

size_t resource_silent(struct sql *db, struct arena *a, account_id account, int type, int64_t before,
                       int64_t after, size_t max, int64_t **ret_ids)
{
    struct statement *s =
        sql_prepare(db, "SELECT id FROM resource_heard JOIN resource ON id = resource_heard.resource"
                        " WHERE resource_heard.account = ?1 AND at < ?3 AND resource_heard.resource > ?4"
                        " AND (?2 < 0 OR type = ?2) ORDER BY resource_heard.resource LIMIT ?5");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    sql_bind_int(s, 3, before);
    sql_bind_int(s, 4, after);
    sql_bind_int(s, 5, (int64_t)max);
    return ids_of(s, a, ret_ids);
}

static bool has_findings(struct sql *db, const struct resource *r)
{
    struct statement *s =
        sql_prepare(db, "SELECT 1 FROM finding WHERE account = ?1 AND resource = ?2 LIMIT 1");
    sql_bind_int(s, 1, r->account);
    sql_bind_int(s, 2, r->id);
    return sql_run_int(s, 0);
}

void resource_remove(struct sql *db, int64_t id)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource r;
    if (resource_get(db, a, id, &r) < 0 || r.state != STATE_GONE || has_findings(db, &r))
        return;
    for (size_t type = 0; type < scan_type_names.n; type++)
        coverage_remove(db, &r, (enum scan_type)type, time_now());
    delete_of(db, "DELETE FROM resource_tag WHERE account = ?1 AND resource = ?2", &r);
    delete_of(db, "DELETE FROM resource_value WHERE account = ?1 AND resource = ?2", &r);
    delete_of(db, "DELETE FROM resource_heard WHERE account = ?1 AND resource = ?2", &r);
    delete_of(db, "DELETE FROM image_use WHERE account = ?1 AND resource = ?2", &r);
    delete_of(db, "DELETE FROM instance_wait WHERE account = ?1 AND resource = ?2", &r);
    delete_of(db, "DELETE FROM resource WHERE account = ?1 AND id = ?2", &r);
}
