#include "store/finding_candidates.h"

#include "base/cleanup.h"

enum {
    CHECKED = 256,   /* ids in one statement; */
    CHECKED_FEW = 8, /* or, when there are so few, as for what one resource changes */
};

static void look_at_criteria(struct query *q)
{
    _cleanup_(query_text_free) struct query_text text =
        query_text_new(q->arena, q->db, q->account, "f.resource");
    memset(&q->facets, 0xff, sizeof q->facets);
    for (size_t i = 0; q->criteria && i < q->criteria->n; i++) {
        const struct condition *c = &q->criteria->at[i];
        int constant = condition_constant(&text, c);
        q->never |= constant == 0;
        q->checks[i] = constant < 0 && !condition_facets(c, &q->facets);
        q->checking |= q->checks[i];
        q->on_resources |= q->checks[i] && condition_on_resource(c);
    }
}

struct query query_new(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria)
{
    struct query q = {.db = db, .arena = a, .account = account, .criteria = criteria};
    look_at_criteria(&q);
    return q;
}

void query_free(struct query *q)
{
    id_set_free(&q->resources);
}

static struct query_text text_new(const struct query *q)
{
    return query_text_new(q->arena, q->db, q->account, "f.resource");
}

/* ---- checking ids ---- */

size_t query_width(size_t n)
{
    return n <= CHECKED_FEW ? CHECKED_FEW : CHECKED;
}

/* The id is all that a row is looked up by: of its account a planner without statistics would expect few. */
struct statement *query_check_statement(const struct query *q, const char *columns, bool all, size_t width,
                                        size_t *ret_first)
{
    _cleanup_(query_text_free) struct query_text text = text_new(q);
    bool resource = false;
    for (size_t i = 0; q->criteria && i < q->criteria->n; i++)
        resource |= (all || q->checks[i]) && condition_needs_resource(&q->criteria->at[i]);
    query_add(&text, "SELECT f.id%s FROM finding f%s WHERE coalesce(f.account, NULL) = ?1%s", columns,
              resource ? " CROSS JOIN resource r" : "", resource ? " AND r.id = f.resource" : "");
    for (size_t i = 0; q->criteria && i < q->criteria->n; i++)
        if (all || q->checks[i])
            condition_write(&text, &q->criteria->at[i]);
    *ret_first = text.parameters.n + 1;
    query_add(&text, " AND f.id IN (");
    for (size_t i = 0; i < width; i++)
        query_add(&text, "%s?%zu", i ? ", " : "", *ret_first + i);
    query_add(&text, ")");
    return query_prepare(&text, q->db);
}

void query_bind_ids(struct statement *s, size_t first, size_t width, const int64_t *at, size_t n)
{
    for (size_t i = 0; i < width; i++)
        sql_bind_int(s, (int)(first + i), at[i < n ? i : n - 1]);
}

size_t query_check(const struct query *q, bool all, int64_t *at, size_t n)
{
    ids good = {0};
    size_t first, kept = 0, width = query_width(n);
    struct statement *s = query_check_statement(q, "", all, width, &first);
    for (size_t i = 0; i < n; i += width) {
        query_bind_ids(s, first, width, at + i, n - i < width ? n - i : width);
        while (sql_next(s))
            vec_add(&good, sql_int(s, 0));
    }
    ids_sort(&good);
    for (size_t i = 0; i < n; i++)
        if (ids_have(&good, at[i]))
            at[kept++] = at[i];
    vec_free(&good);
    return kept;
}

/* ---- candidates of a condition ---- */

/* Whether an entry is only met by values that an index may have. */
static bool findable(const struct entry *e)
{
    return e->parts || e->comparison != IS_NOT_EQUAL;
}

/* Runs a search; false when it finds more than `most` with what `to` has. */
static bool run_find(const struct query *q, struct query_text *text, bool by_facet, size_t most, ids *to)
{
    query_add(text, " LIMIT ");
    size_t limit_at = text->parameters.n + 1;
    query_int(text, 0);
    struct statement *s = query_prepare(text, q->db);
    for (size_t i = 0; i < (by_facet ? q->n_present : 1) && to->n <= most; i++) {
        if (by_facet)
            sql_bind_int(s, 2, q->present[i]);
        sql_bind_int(s, (int)limit_at, (int64_t)(most + 1 - to->n));
        while (sql_next(s))
            vec_add(to, sql_int(s, 0));
    }
    return to->n <= most;
}

/* Findings, or resources of a condition on these, in any order. */
static bool find_all(const struct query *q, const struct condition *c, size_t most, ids *to)
{
    to->n = 0;
    if (c->key->find == FIND_NOT || !condition_positive(c))
        return false;
    for (size_t i = 0; i < c->n; i++) {
        _cleanup_(query_text_free) struct query_text text = text_new(q);
        if (findable(&c->at[i]) &&
            (!condition_find(&text, c, i) || !run_find(q, &text, condition_by_facet(c), most, to)))
            return false;
    }
    return true;
}

/* ---- resources ---- */

/* Those of the set that `more` has, too. Takes `more` over. */
static void intersect(struct query *q, ids *more)
{
    struct id_set with = id_set_new(more);
    ids both = {0};
    for (size_t i = 0; q->by_resource && i < q->resources.at.n; i++)
        if (id_set_has(&with, q->resources.at.at[i]))
            vec_add(&both, q->resources.at.at[i]);
    if (q->by_resource) {
        id_set_free(&with);
        id_set_free(&q->resources);
        with = id_set_new(&both);
    }
    q->resources = with;
    q->by_resource = true;
}

void query_find_resources(struct query *q, size_t most)
{
    for (size_t i = 0; q->on_resources && i < q->criteria->n; i++) {
        const struct condition *c = &q->criteria->at[i];
        ids found = {0};
        if (q->checks[i] && condition_on_resource(c) && find_all(q, c, most, &found))
            intersect(q, &found);
        vec_free(&found);
    }
    q->never |= q->by_resource && !q->resources.at.n;
}

static bool findings_of_resources(const struct query *q, size_t most, ids *to)
{
    struct statement *s =
        sql_prepare(q->db, "SELECT f.id FROM finding f WHERE f.account = ?1 AND f.resource = ?2 LIMIT ?3");
    to->n = 0;
    for (size_t i = 0; i < q->resources.at.n && to->n <= most; i++) {
        sql_bind_int(s, 1, q->account);
        sql_bind_int(s, 2, q->resources.at.at[i]);
        sql_bind_int(s, 3, (int64_t)(most + 1 - to->n));
        while (sql_next(s))
            vec_add(to, sql_int(s, 0));
    }
    return to->n <= most;
}

/* ---- findings ---- */

bool query_gather(const struct query *q, bool by_facet, size_t resources, size_t most, ids *to)
{
    bool found =
        !by_facet && q->by_resource && q->resources.at.n <= resources && findings_of_resources(q, most, to);
    for (size_t i = 0; q->criteria && i < q->criteria->n && !found; i++) {
        const struct condition *c = &q->criteria->at[i];
        if (q->checks[i] && !condition_on_resource(c) && (!by_facet || condition_by_facet(c)))
            found = find_all(q, c, most, to);
    }
    if (found)
        ids_sort(to);
    return found;
}

/* Whether a facet has a finding that meets any entry of the condition. */
static bool facet_has(const struct query *q, const struct condition *c, int64_t facet)
{
    struct query one = *q;
    ids first = {0};
    one.present = &facet;
    one.n_present = 1;
    bool has = !find_all(&one, c, 0, &first);
    vec_free(&first);
    return has;
}

/* Whether any of the resources is of this type. */
static bool resources_have(const struct query *q, unsigned type)
{
    struct statement *s =
        sql_prepare(q->db, "SELECT r.id FROM resource r WHERE r.account = ?1 AND r.type = ?2");
    bool has = false;
    sql_bind_int(s, 1, q->account);
    sql_bind_int(s, 2, type);
    while (!has && sql_next(s))
        has = id_set_has(&q->resources, sql_int(s, 0));
    sql_reset(s);
    return has;
}

static void narrow_to_resources(struct query *q)
{
    size_t n = 0;
    int has[32]; /* by type; < 0: not known */
    memset(has, -1, sizeof has);
    for (size_t k = 0; k < q->n_present; k++) {
        unsigned type = facet_value(q->present[k], FACET_RESOURCE_TYPE);
        if (has[type] < 0)
            has[type] = resources_have(q, type);
        if (has[type])
            q->present[n++] = q->present[k];
    }
    q->n_present = n;
}

void query_narrow_facets(struct query *q)
{
    if (q->by_resource)
        narrow_to_resources(q);
    for (size_t i = 0; q->criteria && i < q->criteria->n; i++) {
        const struct condition *c = &q->criteria->at[i];
        if (!q->checks[i] || !condition_by_facet(c) || !condition_positive(c))
            continue;
        size_t n = 0;
        for (size_t k = 0; k < q->n_present; k++)
            if (facet_has(q, c, q->present[k]))
                q->present[n++] = q->present[k];
        q->n_present = n;
    }
}
