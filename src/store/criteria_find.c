/* The findings, or resources, that a condition takes, looked up in an index: candidates, which may be too
 * many but never too few. */
#include <math.h>

#include "store/condition.h"
#include "store/finding.h"

bool condition_on_resource(const struct condition *c)
{
    return c->key->find == FIND_ARN || c->key->find == FIND_RESOURCE || c->key->find == FIND_VALUE ||
           c->key->find == FIND_TAG;
}

bool condition_by_facet(const struct condition *c)
{
    return c->key->find == FIND_FACET || c->key->find == FIND_TITLE;
}

/* What the id begins with when the title begins so, or is that. */
static struct entry id_of_title(const struct entry *e)
{
    struct entry id = *e;
    id.value = title_vulnerability(e->value);
    if (id.value.n == e->value.n) /* " - " may be there in part */
        while (id.value.n && strchr(" -", id.value.p[id.value.n - 1]))
            id.value.n--;
    if (id.comparison == IS_EQUAL)
        id.comparison = HAS_PREFIX;
    return id;
}

bool condition_bounds(const struct condition *c, const char *column)
{
    return c->key->in == IN_COLUMN &&
           !strcmp(c->key->find == FIND_TITLE ? "f.vulnerability_id" : c->key->column, column);
}

/* The lowest or highest of what positive entries take. */
static void write_text_bound(struct query_text *q, const struct condition *c, bool high)
{
    struct str bound = {NULL, 0};
    for (size_t i = 0; i < c->n; i++) {
        struct entry id = c->key->find == FIND_TITLE ? id_of_title(&c->at[i]) : c->at[i];
        const struct entry *e = &id;
        struct str at = high && e->comparison == HAS_PREFIX ? prefix_end(q, e->value) : e->value;
        if (entry_positive(e) && (!bound.p || (high ? str_cmp(at, bound) > 0 : str_cmp(at, bound) < 0)))
            bound = at;
    }
    query_add(q, " AND %s %s ", c->key->find == FIND_TITLE ? "f.vulnerability_id" : c->key->column,
              high ? "<=" : ">=");
    query_str(q, bound);
}

static void write_number_bound(struct query_text *q, const struct condition *c, bool high)
{
    double bound = high ? -INFINITY : INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        const struct range *r = &c->at[i].range;
        if (high)
            bound = r->has_to ? fmax(bound, r->to) : INFINITY;
        else
            bound = r->has_from ? fmin(bound, r->from) : -INFINITY;
    }
    if (isinf(bound))
        return;
    query_add(q, " AND %s %s ", c->key->column, high ? "<=" : ">=");
    query_add_bound(q, c->key->type, high, bound);
}

void condition_write_bounds(struct query_text *q, const struct condition *c, bool low, bool high)
{
    for (int side = 0; side < 2 && condition_positive(c); side++) {
        if (!(side ? high : low))
            continue;
        if (c->key->type == ENTRY_STRING)
            write_text_bound(q, c, side);
        else
            write_number_bound(q, c, side);
    }
}

static void find_arn(struct query_text *q, const struct entry *e)
{
    struct str low, high;
    query_add(q, "SELECT r.id FROM resource r WHERE r.account = ?1 AND ");
    if (!arn_keys(q, e->value, &low, &high)) {
        query_add(q, "1 = 0");
        return;
    }
    query_add(q, "r.key >= ");
    query_blob(q, str_slice(low, 0, RESOURCE_KEY));
    query_add(q, " AND r.key <= ");
    query_blob(q, str_slice(high, 0, RESOURCE_KEY));
}

/* The first of the parts that values must meet; PACKAGE_PARTS: none. */
static int positive_part(const struct entry *e, const int *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct entry *part = &e->parts[parts[i]];
        if (part->stated && (parts[i] == PART_EPOCH || part->comparison != IS_NOT_EQUAL))
            return parts[i];
    }
    return PACKAGE_PARTS;
}

static bool find_package(struct query_text *q, const struct entry *e)
{
    static const int of_package[] = {PART_NAME, PART_VERSION, PART_RELEASE, PART_ARCHITECTURE, PART_EPOCH};
    static const int of_layer[] = {PART_LAYER, PART_LAMBDA_LAYER}, of_path[] = {PART_PATH};
    int part;
    if ((part = positive_part(e, of_layer, 2)) != PACKAGE_PARTS) {
        query_add(q, "SELECT h.finding FROM finding_package h WHERE h.account = ?1 AND h.layer <> '' AND ");
        query_add_string(q, "h.layer", &e->parts[part]);
    } else if ((part = positive_part(e, of_path, 1)) != PACKAGE_PARTS) {
        query_add(q, "SELECT h.finding FROM finding_package h WHERE h.account = ?1 AND h.manager <> 1 AND ");
        query_add_string(q, "h.path", &e->parts[part]);
    } else if ((part = positive_part(e, of_package, 5)) != PACKAGE_PARTS) {
        query_add(q, "SELECT h.finding FROM package p CROSS JOIN finding_package h WHERE h.account = ?1 AND "
                     "h.package = p.id AND ");
        if (part == PART_EPOCH)
            query_add_range(q, ENTRY_NUMBER, package_part_sql[part], &e->parts[part].range);
        else
            query_add_string(q, package_part_sql[part], &e->parts[part]);
    }
    return part != PACKAGE_PARTS;
}

static void write_entry(struct query_text *q, const struct criteria_key *key, const char *sql,
                        const struct entry *e)
{
    if (key->in == IN_PORTS)
        query_add_ports(q, &e->range);
    else if (key->type == ENTRY_STRING)
        query_add_string(q, sql, e);
    else
        query_add_range(q, key->type, sql, &e->range);
}

/* Of one facet, either is empty. */
static void find_title(struct query_text *q, const struct entry *e)
{
    struct entry id = id_of_title(e);
    query_add(q, "SELECT f.id FROM finding f WHERE f.account = ?1 AND f.facet = ");
    query_int(q, 0);
    query_add(q, " AND ");
    query_add_string(q, "f.vulnerability_id", &id);
    query_add(q, " UNION ALL SELECT f.id FROM finding f WHERE f.account = ?1 AND f.facet = ?2 AND "
                 "f.vulnerability_id IS NULL AND ");
    query_add_string(q, "f.title", e);
}

bool condition_find(struct query_text *q, const struct condition *c, size_t i)
{
    const struct criteria_key *key = c->key;
    const struct entry *e = &c->at[i];
    switch (key->find) {
    case FIND_NOT:
        return false;
    case FIND_ARN:
        find_arn(q, e);
        return true;
    case FIND_COLUMN:
        query_add(q, "SELECT f.id FROM finding f WHERE f.account = ?1 AND ");
        write_entry(q, key, key->column, e);
        return true;
    case FIND_FACET:
        query_add(q, "SELECT f.id FROM finding f WHERE f.account = ?1 AND f.facet = ");
        query_int(q, 0);
        query_add(q, " AND ");
        write_entry(q, key, key->column, e);
        return true;
    case FIND_TITLE:
        find_title(q, e);
        return true;
    case FIND_RESOURCE:
        query_add(q, "SELECT r.id FROM resource r WHERE r.account = ?1 AND ");
        if (!strcmp(key->column, "r.name")) /* no other index has the type; and facets say it as well */
            query_add(q, "r.type IN (%s) AND ", types_text(q, key->resource_types));
        write_entry(q, key, key->column, e);
        return true;
    case FIND_VALUE:
        query_add(q, "SELECT v.resource FROM resource_value v WHERE v.account = ?1 AND v.kind = %d AND ",
                  key->value_kind);
        query_add_string(q, "v.value", e);
        return true;
    case FIND_TAG:
        query_add(q, "SELECT t.resource FROM resource_tag t WHERE t.account = ?1 AND t.key = ");
        query_str(q, e->key);
        if (e->has_value) {
            query_add(q, " AND t.value = ");
            query_str(q, e->value);
        }
        return true;
    case FIND_RELATED:
        query_add(q, "SELECT f.id FROM vulnerability_related w CROSS JOIN finding f WHERE f.account = ?1 AND "
                     "f.vulnerability = w.vulnerability AND ");
        query_add_string(q, "w.related", e);
        return true;
    case FIND_STEP:
        query_add(q, "SELECT s.finding FROM finding_step s WHERE s.account = ?1 AND ");
        query_add_string(q, arena_printf(q->arena, "s.%s", key->column).p, e);
        return true;
    case FIND_PACKAGE:
        return find_package(q, e);
    }
    return false;
}
