/* Rows of findings and their packages. */
#include "store/finding_state.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/package_row.h"

enum { KEY_BYTES_MAX = 8192 };

void finding_key(const struct finding_batch *b, struct str resource_id, enum finding_type type, struct str id,
                 unsigned char ret_key[FINDING_KEY])
{
    _cleanup_(buf_free) struct buf bytes = buf_new(KEY_BYTES_MAX);
    char account[ACCOUNT_TEXT];
    field_add(&bytes, str_from(account_text(b->account, account)));
    field_add(&bytes, resource_id);
    field_add(&bytes, str_from(name_of(&finding_type_names, type)));
    field_add(&bytes, id);
    unsigned char digest[SHA256_SIZE];
    sha256_of(buf_str(&bytes), digest);
    resource_key(b->account, resource_id, ret_key);
    memcpy(ret_key + RESOURCE_KEY, digest, FINDING_KEY - RESOURCE_KEY);
}

#define COLUMNS                                                                                              \
    "id, resource, vulnerability, type, status, severity, resource_type, first_observed, last_observed,"     \
    " updated, closed, gone, score, epss, fix, exploit, title, vulnerability_id, source, vendor_severity,"   \
    " score_details, suppressed_by, facet, protocol, port_begin, port_end, component_type, network"

static bool state_read(struct finding_batch *b, struct statement *s, struct finding_state *ret)
{
    if (!sql_next(s))
        return false;
    *ret = (struct finding_state){
        .id = sql_int(s, 0),
        .resource = sql_int(s, 1),
        .vulnerability = sql_int(s, 2),
        .type = (enum finding_type)sql_int(s, 3),
        .status = (enum finding_status)sql_int(s, 4),
        .severity = (enum grade)sql_int(s, 5),
        .resource_type = (enum resource_type)sql_int(s, 6),
        .first_observed = sql_int(s, 7),
        .last_observed = sql_int(s, 8),
        .updated = sql_int(s, 9),
        .closed = sql_time(s, 10),
        .gone = sql_int(s, 11),
        .score = sql_is_null(s, 12) ? -1 : sql_double(s, 12),
        .epss = sql_is_null(s, 13) ? -1 : sql_double(s, 13),
        .fix = sql_is_null(s, 14) ? -1 : (int)sql_int(s, 14),
        .exploit = sql_is_null(s, 15) ? -1 : (int)sql_int(s, 15),
        .title = arena_str(b->scratch, sql_str(s, 16)),
        .vulnerability_id = arena_str(b->scratch, sql_str(s, 17)),
        .source = arena_str(b->scratch, sql_str(s, 18)),
        .vendor_severity = arena_str(b->scratch, sql_str(s, 19)),
        .score_details = arena_str(b->scratch, sql_str(s, 20)),
        .suppressed_by = arena_str(b->scratch, sql_str(s, 21)),
        .facet = sql_int(s, 22),
        .protocol = sql_is_null(s, 23) ? -1 : (int)sql_int(s, 23),
        .port_begin = (int)sql_int(s, 24),
        .port_end = (int)sql_int(s, 25),
        .component_type = arena_str(b->scratch, sql_str(s, 26)),
        .network = arena_str(b->scratch, sql_str(s, 27)),
    };
    sql_reset(s);
    return true;
}

bool state_of_flaw(struct finding_batch *b, int64_t resource, struct str vulnerability_id,
                   struct finding_state *ret)
{
    struct statement *s = sql_prepare(b->db, "SELECT " COLUMNS " FROM finding WHERE account = ?1"
                                             " AND resource = ?2 AND vulnerability_id = ?3 AND type = 1");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, resource);
    sql_bind_str(s, 3, vulnerability_id);
    return state_read(b, s, ret);
}

bool state_by_key(struct finding_batch *b, int64_t resource, const unsigned char key[FINDING_KEY],
                  struct finding_state *ret)
{
    struct statement *s = sql_prepare(b->db, "SELECT " COLUMNS " FROM finding WHERE account = ?1"
                                             " AND resource = ?2 AND vulnerability_id IS NULL AND key = ?3");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, resource);
    sql_bind_blob(s, 3, key, FINDING_KEY);
    return state_read(b, s, ret);
}

bool state_by_id(struct finding_batch *b, int64_t id, struct finding_state *ret)
{
    struct statement *s =
        sql_prepare(b->db, "SELECT " COLUMNS " FROM finding WHERE id = ?1 AND account = ?2");
    sql_bind_int(s, 1, id);
    sql_bind_int(s, 2, b->account);
    return state_read(b, s, ret);
}

static void bind_score(struct statement *s, int at, double value)
{
    if (value < 0)
        sql_bind_null(s, at);
    else
        sql_bind_double(s, at, value);
}

static void bind_answer(struct statement *s, int at, int64_t value)
{
    if (value < 0)
        sql_bind_null(s, at);
    else
        sql_bind_int(s, at, value);
}

/* The facet of what state_insert and state_update write. */
static int64_t facet_of(const struct finding_state *f)
{
    int64_t facet = f->facet;
    facet_set_number(&facet, FACET_TYPE, f->type);
    facet_set_number(&facet, FACET_STATUS, f->status);
    facet_set_number(&facet, FACET_SEVERITY, f->severity);
    facet_set_number(&facet, FACET_FIX, f->fix);
    facet_set_number(&facet, FACET_EXPLOIT, f->exploit);
    facet_set_present(&facet, FACET_SCORE, f->score >= 0);
    facet_set_present(&facet, FACET_EPSS, f->epss >= 0);
    facet_set_text(&facet, FACET_VULNERABILITY_ID, f->vulnerability_id);
    facet_set_text(&facet, FACET_SOURCE, f->source);
    facet_set_text(&facet, FACET_VENDOR_SEVERITY, f->vendor_severity);
    facet_set_number(&facet, FACET_PROTOCOL, f->protocol);
    facet_set_text(&facet, FACET_COMPONENT_TYPE, f->component_type);
    return facet;
}

/* ... of what a finding has from its resource. */
static int64_t facet_from(int64_t facet, const struct resource *r)
{
    facet_set_number(&facet, FACET_RESOURCE_TYPE, r->type);
    facet_set_present(&facet, FACET_PUSHED, r->pushed != TIME_NONE);
    facet_set_text(&facet, FACET_REPOSITORY, facts_of(r).repository);
    facet_set_text(&facet, FACET_REGISTRY, r->registry);
    return facet;
}

void state_insert(struct finding_batch *b, const unsigned char key[FINDING_KEY], const struct resource *r,
                  struct finding_state *f)
{
    struct statement *s = sql_prepare(
        b->db, "INSERT INTO finding (account, key, resource, vulnerability, type, status, severity,"
               " first_observed, last_observed, updated, title, score, fix, exploit, epss, vulnerability_id,"
               " source, vendor_severity, resource_type, pushed, repository, registry, score_details,"
               " facet, protocol, port_begin, port_end, component_type, network)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
               " ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27) RETURNING id");
    struct resource_facts facts = facts_of(r);
    f->facet = facet_from(facet_of(f), r);
    sql_bind_int(s, 1, b->account);
    sql_bind_blob(s, 2, key, FINDING_KEY);
    sql_bind_int(s, 3, r->id);
    bind_answer(s, 4, f->vulnerability ? f->vulnerability : -1);
    sql_bind_int(s, 5, f->type);
    sql_bind_int(s, 6, f->status);
    sql_bind_int(s, 7, f->severity);
    sql_bind_int(s, 8, f->first_observed);
    sql_bind_str(s, 9, f->title);
    bind_score(s, 10, f->score);
    bind_answer(s, 11, f->fix);
    bind_answer(s, 12, f->exploit);
    bind_score(s, 13, f->epss);
    sql_bind_optional(s, 14, f->vulnerability_id);
    sql_bind_optional(s, 15, f->source);
    sql_bind_optional(s, 16, f->vendor_severity);
    sql_bind_int(s, 17, r->type);
    sql_bind_time(s, 18, r->pushed);
    sql_bind_optional(s, 19, facts.repository);
    sql_bind_optional(s, 20, r->registry);
    sql_bind_optional(s, 21, f->score_details);
    sql_bind_int(s, 22, f->facet);
    bind_answer(s, 23, f->protocol);
    bind_answer(s, 24, f->protocol < 0 ? -1 : f->port_begin);
    bind_answer(s, 25, f->protocol < 0 ? -1 : f->port_end);
    sql_bind_optional(s, 26, f->component_type);
    sql_bind_optional(s, 27, f->network);
    f->id = sql_run_int(s, 0);
}

void state_update(struct finding_batch *b, const struct finding_state *f)
{
    struct statement *s =
        sql_prepare(b->db, "UPDATE finding SET vulnerability = ?2, status = ?3, severity = ?4,"
                           " first_observed = ?5, last_observed = ?6, updated = ?7, closed = ?8, gone = ?9,"
                           " title = ?10, score = ?11, fix = ?12, exploit = ?13, epss = ?14, source = ?15,"
                           " vendor_severity = ?16, score_details = ?17, suppressed_by = ?18, facet = ?19,"
                           " network = ?20 WHERE id = ?1");
    sql_bind_int(s, 1, f->id);
    bind_answer(s, 2, f->vulnerability ? f->vulnerability : -1);
    sql_bind_int(s, 3, f->status);
    sql_bind_int(s, 4, f->severity);
    sql_bind_int(s, 5, f->first_observed);
    sql_bind_int(s, 6, f->last_observed);
    sql_bind_int(s, 7, f->updated);
    sql_bind_time(s, 8, f->closed);
    sql_bind_int(s, 9, f->gone);
    sql_bind_str(s, 10, f->title);
    bind_score(s, 11, f->score);
    bind_answer(s, 12, f->fix);
    bind_answer(s, 13, f->exploit);
    bind_score(s, 14, f->epss);
    sql_bind_optional(s, 15, f->source);
    sql_bind_optional(s, 16, f->vendor_severity);
    sql_bind_optional(s, 17, f->score_details);
    sql_bind_optional(s, 18, f->suppressed_by);
    sql_bind_int(s, 19, facet_of(f));
    sql_bind_optional(s, 20, f->network);
    sql_run(s);
}

void state_suppress(struct finding_batch *b, const struct finding_state *f)
{
    struct statement *s =
        sql_prepare(b->db, "UPDATE finding SET status = ?2, updated = ?3, suppressed_by = ?4,"
                           " facet = ?5 WHERE id = ?1");
    sql_bind_int(s, 1, f->id);
    sql_bind_int(s, 2, f->status);
    sql_bind_int(s, 3, f->updated);
    sql_bind_optional(s, 4, f->suppressed_by);
    sql_bind_int(s, 5, facet_of(f));
    sql_run(s);
}

void state_follow(struct finding_batch *b, const struct finding_state *f, const struct resource *r)
{
    struct statement *s = sql_prepare(b->db, "UPDATE finding SET pushed = ?2, repository = ?3, registry = ?4,"
                                             " last_observed = ?5, updated = ?5, facet = ?6 WHERE id = ?1");
    sql_bind_int(s, 1, f->id);
    sql_bind_time(s, 2, r->pushed);
    sql_bind_optional(s, 3, facts_of(r).repository);
    sql_bind_optional(s, 4, r->registry);
    sql_bind_int(s, 5, b->now);
    sql_bind_int(s, 6, facet_from(f->facet, r));
    sql_run(s);
}

size_t packages_load(struct finding_batch *b, int64_t finding, struct finding_package **ret_packages)
{
    VEC(struct finding_package) list = {0};
    struct statement *s = sql_prepare(
        b->db, "SELECT package, path, layer, manager, fixed FROM finding_package WHERE account = ?1"
               " AND finding = ?2 ORDER BY package, path, layer");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, finding);
    while (sql_next(s))
        vec_add(&list, (struct finding_package){.package = sql_int(s, 0),
                                                .path = arena_str(b->scratch, sql_str(s, 1)),
                                                .layer = arena_str(b->scratch, sql_str(s, 2)),
                                                .manager = (enum package_manager)sql_int(s, 3),
                                                .fixed = arena_str(b->scratch, sql_str(s, 4))});
    return rows_finish(b->scratch, &list, ret_packages);
}

void packages_put(struct finding_batch *b, int64_t finding, const struct finding_package *packages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct statement *s =
            sql_prepare(b->db, "INSERT INTO finding_package (account, finding, package, path, layer, manager,"
                               " fixed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        sql_bind_int(s, 1, b->account);
        sql_bind_int(s, 2, finding);
        sql_bind_int(s, 3, packages[i].package);
        sql_bind_str(s, 4, packages[i].path);
        sql_bind_str(s, 5, packages[i].layer);
        sql_bind_int(s, 6, packages[i].manager);
        sql_bind_optional(s, 7, packages[i].fixed);
        sql_run(s);
    }
}

void packages_drop(struct finding_batch *b, int64_t finding)
{
    struct statement *s =
        sql_prepare(b->db, "DELETE FROM finding_package WHERE account = ?1 AND finding = ?2");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, finding);
    sql_run(s);
}

void steps_put(struct finding_batch *b, const struct finding_state *f)
{
    json_val *steps = NULL;
    int64_t number = 0;
    struct statement *s = sql_prepare(b->db, "DELETE FROM finding_step WHERE account = ?1 AND finding = ?2");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, f->id);
    sql_run(s);
    if (json_parse(b->scratch, f->network, &steps) < 0)
        return;
    for (json_each(step, steps)) {
        s = sql_prepare(b->db, "INSERT INTO finding_step (account, finding, step, component_id,"
                               " component_type) VALUES (?1, ?2, ?3, ?4, ?5)");
        sql_bind_int(s, 1, b->account);
        sql_bind_int(s, 2, f->id);
        sql_bind_int(s, 3, number++);
        sql_bind_str(s, 4, json_get_str(step, "componentId"));
        sql_bind_str(s, 5, json_get_str(step, "componentType"));
        sql_run(s);
    }
}
