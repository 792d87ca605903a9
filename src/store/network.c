#include "store/network.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "store/packed.h"
#include "store/rows.h"

enum { PATHS_MAX = 64 << 20 };

/* ---- regions ---- */

static struct statement *of_region(struct sql *db, const char *text, account_id account, struct str region)
{
    struct statement *s = sql_prepare(db, text);
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, region);
    return s;
}

int network_get(struct sql *db, struct arena *a, account_id account, struct str region,
                struct network *ret_network)
{
    struct statement *s = of_region(
        db, "SELECT digest, applied FROM network WHERE account = ?1 AND region = ?2", account, region);
    if (!sql_next(s))
        return sql_status(db) < 0 ? sql_status(db)
                                  : err_set(ERR_MISSING, "the network of %.*s is not known", STR_ARG(region));
    struct network n = {.account = account, .region = arena_str(a, region), .applied = sql_int(s, 1)};
    struct str digest = sql_str(s, 0);
    if (digest.n == sizeof n.digest)
        memcpy(n.digest, digest.p, digest.n);
    sql_reset(s);
    *ret_network = n;
    return 0;
}

size_t network_regions(struct sql *db, struct arena *a, account_id account, struct str **ret_regions)
{
    VEC(struct str) list = {0};
    struct statement *s = sql_prepare(db, "SELECT region FROM network WHERE account = ?1 ORDER BY region");
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        vec_add(&list, arena_str(a, sql_str(s, 0)));
    return rows_finish(a, &list, ret_regions);
}

void network_set_applied(struct sql *db, account_id account, struct str region, bool applied)
{
    struct statement *s =
        of_region(db, "UPDATE network SET applied = ?3 WHERE account = ?1 AND region = ?2", account, region);
    sql_bind_int(s, 3, applied);
    sql_run(s);
}

/* ---- documents ---- */

static int put_document(struct sql *db, account_id account, struct str region, int64_t number,
                        const unsigned char *subject, struct str document)
{
    _cleanup_(buf_free) struct buf packed = buf_new(PACKED_MAX);
    int status = packed_put(&packed, document);
    if (status < 0)
        return status;
    struct statement *s = of_region(db,
                                    "INSERT INTO network_document (account, region, number, subject, content)"
                                    " VALUES (?1, ?2, ?3, ?4, ?5)",
                                    account, region);
    sql_bind_int(s, 3, number);
    if (subject)
        sql_bind_blob(s, 4, subject, SHA256_SIZE);
    else
        sql_bind_null(s, 4);
    sql_bind_blob(s, 5, packed.p, packed.n);
    sql_run(s);
    return sql_status(db);
}

static void drop_documents(struct sql *db, account_id account, struct str region)
{
    sql_run(
        of_region(db, "DELETE FROM network_document WHERE account = ?1 AND region = ?2", account, region));
}

int network_replace(struct sql *db, const struct network *n, const struct str *documents, size_t n_documents)
{
    int status = 0;
    drop_documents(db, n->account, n->region);
    for (size_t i = 0; i < n_documents && status == 0; i++)
        status = put_document(db, n->account, n->region, (int64_t)i, NULL, documents[i]);
    if (status < 0)
        return status;
    struct statement *s = of_region(
        db,
        "INSERT INTO network (account, region, digest, applied, neighbours) VALUES (?1, ?2, ?3, 0, ?4)"
        " ON CONFLICT (account, region) DO UPDATE SET digest = excluded.digest, applied = 0,"
        " neighbours = excluded.neighbours",
        n->account, n->region);
    sql_bind_blob(s, 3, n->digest, sizeof n->digest);
    sql_bind_str(s, 4, n->neighbours);
    sql_run(s);
    return sql_status(db);
}

/* Few rows: one a region of each account. */
size_t network_tell_neighbours(struct sql *db, struct arena *a, account_id account, struct str region,
                               struct network **ret_neighbours)
{
    VEC(struct network) list = {0};
    char id[ACCOUNT_TEXT];
    struct str name = arena_printf(a, "%% %s/%.*s %%", account_text(account, id), STR_ARG(region));
    struct statement *s = sql_prepare(db, "SELECT account, region FROM network WHERE neighbours LIKE ?1");
    sql_bind_str(s, 1, name);
    while (sql_next(s))
        vec_add(&list, (struct network){.account = sql_int(s, 0), .region = arena_str(a, sql_str(s, 1))});
    s = sql_prepare(db, "UPDATE network SET applied = 0 WHERE neighbours LIKE ?1");
    sql_bind_str(s, 1, name);
    sql_run(s);
    return rows_finish(a, &list, ret_neighbours);
}

bool network_has(struct sql *db, account_id account, struct str region,
                 const unsigned char subject[SHA256_SIZE], struct str document)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str content = {0}, plain = {0};
    struct statement *s = of_region(
        db,
        "SELECT content FROM network_document WHERE account = ?1 AND region = ?2 AND subject = ?3"
        " AND number = (SELECT max(number) FROM network_document WHERE account = ?1 AND region = ?2)",
        account, region);
    sql_bind_blob(s, 3, subject, SHA256_SIZE);
    if (sql_next(s))
        content = arena_str(a, sql_str(s, 0));
    sql_reset(s);
    return content.n && packed_get(a, "network", content, &plain) == 0 && str_eq(plain, document);
}

int network_add(struct sql *db, account_id account, struct str region,
                const unsigned char subject[SHA256_SIZE], struct str document)
{
    struct statement *s =
        of_region(db, "DELETE FROM network_document WHERE account = ?1 AND region = ?2 AND subject = ?3",
                  account, region);
    sql_bind_blob(s, 3, subject, SHA256_SIZE);
    sql_run(s);
    int64_t last = sql_run_int(
        of_region(db, "SELECT max(number) FROM network_document WHERE account = ?1 AND region = ?2", account,
                  region),
        -1);
    s = of_region(db, "UPDATE network SET applied = 0, digest = ?3 WHERE account = ?1 AND region = ?2",
                  account, region);
    sql_bind_blob(s, 3, "", 0);
    sql_run(s);
    return put_document(db, account, region, last + 1, subject, document);
}

int network_documents(struct sql *db, account_id account, struct str region, network_visit *visit, void *data)
{
    int status = 0;
    struct statement *s =
        of_region(db,
                  "SELECT content, subject FROM network_document WHERE account = ?1 AND region = ?2"
                  " ORDER BY number",
                  account, region);
    while (status == 0 && sql_next(s)) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        struct str plain;
        status = packed_get(a, "network", sql_str(s, 0), &plain);
        if (status == 0)
            status = visit(plain, !sql_is_null(s, 1), data);
    }
    sql_reset(s);
    return status ? status : sql_status(db);
}

void network_remove(struct sql *db, account_id account, struct str region)
{
    drop_documents(db, account, region);
    sql_run(of_region(db, "DELETE FROM network WHERE account = ?1 AND region = ?2", account, region));
}

/* ---- what is open ---- */

/* The paths, and at the end from where there may be others, where there may. */
struct str network_paths_text(struct arena *a, const struct network_paths *paths)
{
    _cleanup_(buf_free) struct buf text = buf_new(PATHS_MAX);
    struct json_out to = {.to = &text};
    json_begin_array(&to);
    for (size_t i = 0; i < paths->n; i++) {
        const struct network_path *p = &paths->at[i];
        json_begin_object(&to);
        json_member_int(&to, "protocol", p->protocol);
        json_member_int(&to, "begin", p->begin);
        json_member_int(&to, "end", p->end);
        json_member_int(&to, "severity", p->severity);
        json_member_bool(&to, "internet", p->internet);
        json_member_str(&to, "through", p->through);
        json_member_str(&to, "title", p->title);
        json_member_str(&to, "type", p->component_type);
        json_member_raw(&to, "steps", p->steps);
        json_end_object(&to);
    }
    if (paths->may_be_internet || paths->may_be_edge)
        json_out_str(&to, paths->may_be_internet ? STR("internet") : STR("edge"));
    json_end_array(&to);
    return buf_status(&text) < 0 ? (struct str){0} : arena_str(a, buf_str(&text));
}

static struct str raw(struct arena *a, json_val *v)
{
    size_t n;
    char *text = yyjson_val_write(v, 0, &n);
    struct str copy = text ? arena_str(a, (struct str){text, n}) : (struct str){0};
    free(text);
    return copy;
}

static struct network_path path_of(struct arena *a, json_val *item)
{
    return (struct network_path){
        .protocol = (enum protocol)yyjson_get_int(json_get(item, "protocol")),
        .begin = yyjson_get_int(json_get(item, "begin")),
        .end = yyjson_get_int(json_get(item, "end")),
        .severity = (enum grade)yyjson_get_int(json_get(item, "severity")),
        .internet = json_get_bool(item, "internet"),
        .through = json_get_str(item, "through"),
        .title = json_get_str(item, "title"),
        .component_type = json_get_str(item, "type"),
        .steps = raw(a, json_get(item, "steps")),
    };
}

int network_paths_read(struct arena *a, struct str text, struct network_paths *ret_paths)
{
    json_val *root;
    int status = json_parse(a, text, &root);
    if (status < 0)
        return status;
    struct network_paths p = {.at = arena_new_array(a, struct network_path, yyjson_arr_size(root) + 1)};
    for (json_each(item, root)) {
        if (yyjson_is_obj(item))
            p.at[p.n++] = path_of(a, item);
        else
            p.may_be_edge = true;
        p.may_be_internet |= str_is(json_str(item), "internet");
    }
    *ret_paths = p;
    return 0;
}

struct str network_paths_stored(struct sql *db, struct arena *a, account_id account, struct str instance)
{
    struct str content = {0}, plain = {0};
    struct statement *s = of_region(
        db, "SELECT paths FROM network_instance WHERE account = ?1 AND instance = ?2", account, instance);
    if (sql_next(s))
        content = arena_str(a, sql_str(s, 0));
    sql_reset(s);
    if (content.n && packed_get(a, "network", content, &plain) < 0)
        sql_fail(db, ERR_INVALID);
    return plain;
}

bool network_knows(struct sql *db, account_id account, struct str instance)
{
    return sql_run_int(of_region(db, "SELECT 1 FROM network_instance WHERE account = ?1 AND instance = ?2",
                                 account, instance),
                       0);
}

bool network_paths(struct sql *db, struct arena *a, account_id account, struct str instance,
                   struct network_paths *ret_paths)
{
    struct str text = network_paths_stored(db, a, account, instance);
    if (!text.n)
        return false;
    int status = network_paths_read(a, text, ret_paths);
    if (status < 0)
        sql_fail(db, status);
    return status == 0;
}

void network_paths_put(struct sql *db, account_id account, struct str region, struct str instance,
                       struct str text)
{
    _cleanup_(buf_free) struct buf packed = buf_new(PACKED_MAX);
    int status = packed_put(&packed, text);
    if (status < 0) {
        sql_fail(db, status);
        return;
    }
    struct statement *s = of_region(
        db,
        "INSERT INTO network_instance (account, instance, region, paths) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (account, instance) DO UPDATE SET region = excluded.region, paths = excluded.paths",
        account, instance);
    sql_bind_str(s, 3, region);
    sql_bind_blob(s, 4, packed.p, packed.n);
    sql_run(s);
}

void network_paths_remove(struct sql *db, account_id account, struct str instance)
{
    sql_run(of_region(db, "DELETE FROM network_instance WHERE account = ?1 AND instance = ?2", account,
                      instance));
}

size_t network_instances(struct sql *db, struct arena *a, account_id account, struct str region,
                         struct str after, size_t max, struct str **ret_instances)
{
    VEC(struct str) list = {0};
    struct statement *s = of_region(db,
                                    "SELECT instance FROM network_instance WHERE account = ?1 AND region = ?2"
                                    " AND instance > ?3 ORDER BY instance LIMIT ?4",
                                    account, region);
    sql_bind_str(s, 3, after);
    sql_bind_int(s, 4, (int64_t)max);
    while (sql_next(s))
        vec_add(&list, arena_str(a, sql_str(s, 0)));
    return rows_finish(a, &list, ret_instances);
}
