/* Which findings match, in which order.
 *
 * Conditions on what takes few values (severity, status, ...) choose facets, and cost nothing. Those on
 * resources choose these once, which are fewer than their findings. Any other condition can be met in two
 * ways, and which of them is short depends on how many findings it takes:
 *
 *   gather  find the candidates of one condition in its index, check the others, sort what is left. Cheap
 *           when there are few candidates. That is seen by gathering: it stops after so many.
 *   walk    take findings in the order asked for (finding_walk.c), check them, until the page is full. Cheap
 *           when many match, wherever in the order they stand, but dear when they all stand at its end.
 *
 * A finding that is read costs several times one that is walked, or gathered by its id alone. So: gather from
 * a condition that has few candidates; else walk for a while; else gather the ids of one that has more, and
 * walk on past all others, for as long as reading the candidates would take; else read and sort them. Each is
 * exact, so the choice is never seen but in time. */
#include <limits.h>

#include "store/finding_candidates.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/page_token.h"

enum {
    MOST = 2000000, /* ids that are gathered at all */
    CHECK_COST = 6, /* a row that is read takes as long as so many that are walked */
    BATCH = 256,
    BATCH_MAX = 1024,
    TOKEN_TEXT_MAX = 700, /* of a sort value; longer ones are cut there */
};

struct finding_search_limits finding_search_limits = {
    .few = 3000,
    .many = 120000,
    .patience = 12000,
    .resources_quick = 10000,
    .resources_few = 1000,
    .resources_many = 5000,
};

const struct names sort_field_names = {(const char *const[]){
#define NAME_ENTRY(name) #name,
                                           SORT_FIELDS(NAME_ENTRY)},
                                       SORT_EPSS_SCORE + 1};

static void read_place(const struct sort_order *o, struct statement *s, struct arena *a,
                       struct place_in_order *ret_place)
{
    struct place_in_order p = {.id = sql_int(s, 0), .stage = stage_of(o, sql_int(s, 1))};
    if (o->type == VALUE_INT)
        p.number = sql_int(s, 2);
    else if (o->type == VALUE_REAL)
        p.real = sql_double(s, 2);
    else if (o->type == VALUE_TEXT)
        p.text = arena_str(a, sql_str(s, 2));
    *ret_place = p;
}

static int compare_places(const void *a, const void *b, void *order)
{
    return place_compare(order, a, b);
}

/* Checks the candidates and keeps, in order, those that follow `after`: at most `want`. */
static void sort_candidates(const struct query *q, const ids *candidates, const struct place_in_order *after,
                            size_t want, ids *found)
{
    VEC(struct place_in_order) places = {0};
    struct sort_order order = q->order;
    size_t first;
    char columns[64];
    snprintf(columns, sizeof columns, ", f.facet%s%s", order.column ? ", f." : "",
             order.column ? order.column : "");
    size_t width = query_width(candidates->n);
    struct statement *s = query_check_statement(q, columns, true, width, &first);
    for (size_t i = 0; i < candidates->n; i += width) {
        size_t n = candidates->n - i < width ? candidates->n - i : width;
        query_bind_ids(s, first, width, candidates->at + i, n);
        while (sql_next(s)) {
            struct place_in_order *p = vec_push(&places);
            read_place(&order, s, q->arena, p);
            if (after && place_compare(&order, p, after) <= 0)
                places.n--;
        }
    }
    if (places.n)
        qsort_r(places.at, places.n, sizeof *places.at, compare_places, &order);
    found->n = 0;
    for (size_t i = 0; i < places.n && i < want; i++)
        vec_add(found, places.at[i].id);
    vec_free(&places);
}

/* The first stage in order, or the one that follows `stage`. */
static int next_stage(const struct query *q, const int *stage)
{
    bool down = q->order.descending;
    int next = down ? INT_MIN : INT_MAX;
    for (size_t i = 0; i < q->n_present; i++) {
        int s = stage_of(&q->order, q->present[i]);
        if ((!stage || (down ? s < *stage : s > *stage)) && (down ? s > next : s < next))
            next = s;
    }
    return next;
}

static size_t facets_of_stage(const struct query *q, int stage, int64_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n_present; i++)
        if (stage_of(&q->order, q->present[i]) == stage)
            to[n++] = q->present[i];
    return n;
}

/* Appends those of the candidates, in order of id, that match and follow `after`, until there are `want`. */
static void take_by_id(const struct query *q, const ids *candidates, const int64_t *after, size_t want,
                       ids *found)
{
    int64_t batch[BATCH];
    for (size_t i = 0; i < candidates->n && found->n < want && !sql_status(q->db);) {
        size_t n = 0;
        for (; i < candidates->n && n < BATCH; i++) {
            int64_t id = candidates->at[q->order.descending ? candidates->n - 1 - i : i];
            if (!after || (q->order.descending ? id < *after : id > *after))
                batch[n++] = id;
        }
        size_t kept = n ? query_check(q, true, batch, n) : 0;
        for (size_t k = 0; k < kept && found->n < want; k++)
            vec_add(found, batch[k]);
    }
}

/* Where findings stand by stage and id, and the index of a condition says the stage, candidates need not be
 * read to be sorted. False when that is not so before `want` are found. */
static bool gather_by_id(const struct query *q, const struct place_in_order *after, size_t want, ids *found)
{
    struct query part = *q;
    ids candidates = {0};
    size_t done = 0, taken;
    bool can = true;
    part.present = arena_new_array(q->arena, int64_t, q->n_present + 1);
    found->n = 0;
    for (int stage = next_stage(q, NULL); can && done < q->n_present && found->n < want;
         done += taken, stage = next_stage(q, &stage)) {
        taken = facets_of_stage(q, stage, part.present);
        part.n_present = taken;
        if (after && (q->order.descending ? stage > after->stage : stage < after->stage))
            continue;
        can = !(q->order.column && stage) &&
              query_gather(&part, taken < q->n_present, finding_search_limits.resources_many, MOST,
                           &candidates);
        if (can)
            take_by_id(q, &candidates, after && after->stage == stage ? &after->id : NULL, want, found);
    }
    vec_free(&candidates);
    return can;
}

static bool may_match(const struct query *q, const struct id_set *only, int64_t id, int64_t resource)
{
    return (!q->by_resource || id_set_has(&q->resources, resource)) && (!only || id_set_has(only, id));
}

/* Takes findings from the walk until `want` match, or (false) after `patience`. `only`: no others can match.
 */
static bool walk_until(const struct query *q, struct walk *w, const struct id_set *only, size_t want,
                       size_t patience, ids *found)
{
    int64_t batch[BATCH_MAX], resource;
    bool more = true;
    for (size_t size = q->checking ? want * 2 : want; found->n < want && patience; size *= 2) {
        size_t n = 0;
        size = size < BATCH_MAX ? size : BATCH_MAX;
        while (n < size && patience && (more = walk_next(w, &batch[n], &resource))) {
            n += may_match(q, only, batch[n], resource);
            patience--;
        }
        if (q->checking) {
            patience -= n * CHECK_COST < patience ? n * CHECK_COST : patience;
            n = n ? query_check(q, false, batch, n) : 0;
        }
        for (size_t i = 0; i < n && found->n < want; i++)
            vec_add(found, batch[i]);
        if (!more || sql_status(q->db) < 0)
            return true;
    }
    return found->n == want;
}

static struct walk *walk_of(const struct query *q, const struct place_in_order *after, size_t want)
{
    return walk_new(q->db, q->arena, q->account, &q->order, q->present, q->n_present, q->criteria, after,
                    want);
}

/* Goes on where a walk has found little: with all that can be known of what matches. */
static void search_on(struct query *q, struct walk *begun, const struct place_in_order *after, size_t want,
                      ids *found)
{
    ids gathered = {0};
    query_find_resources(q, MOST);
    query_narrow_facets(q);
    if (q->never || !q->n_present)
        return;
    if (gather_by_id(q, after, want, &gathered)) {
        vec_free(found);
        *found = gathered;
        return;
    }
    bool can = query_gather(q, false, finding_search_limits.resources_many, MOST, &gathered);
    struct id_set only = id_set_new(&gathered);
    _cleanup_(walk_cleanup) struct walk *w = walk_of(q, walk_last(begun), want);
    size_t patience = can ? only.at.n * CHECK_COST : SIZE_MAX;
    if (!walk_until(q, w, can ? &only : NULL, want, patience, found)) {
        if (only.at.n <= finding_search_limits.many)
            sort_candidates(q, &only.at, after, want, found);
        else
            walk_until(q, w, &only, want, SIZE_MAX, found);
    }
    id_set_free(&only);
}

/* The first `want` findings that match after `after`. */
static void search(struct query *q, const struct place_in_order *after, size_t want, ids *found)
{
    const struct finding_search_limits *limits = &finding_search_limits;
    if (q->never || !want)
        return;
    q->n_present = facets_present(q->db, q->arena, q->account, &q->facets, &q->present);
    query_find_resources(q, limits->resources_quick);
    if (q->never || !q->n_present)
        return;
    ids few = {0};
    bool can = q->checking && query_gather(q, false, limits->resources_few, limits->few, &few);
    if (can)
        sort_candidates(q, &few, after, want, found);
    vec_free(&few);
    if (can)
        return;
    _cleanup_(walk_cleanup) struct walk *w = walk_of(q, after, want);
    if (!walk_until(q, w, NULL, want, q->checking ? limits->patience : SIZE_MAX, found))
        search_on(q, w, after, want, found);
}

static uint64_t digest_of(const struct finding_query *q)
{
    int64_t what[] = {q->account, q->criteria ? (int64_t)q->criteria->digest : 0,
                      q->sorted ? (int64_t)q->sort + 1 : 0, q->sorted && q->descending};
    return hash64((struct str){(const char *)what, sizeof what});
}

/* The place of a finding, for the token. */
static void place_of_id(const struct query *q, int64_t id, struct place_in_order *ret_place)
{
    _cleanup_(query_text_free) struct query_text text =
        query_text_new(q->arena, q->db, q->account, "f.resource");
    query_add(&text, "SELECT f.id, f.facet%s%s FROM finding f WHERE f.account = ?1 AND f.id = ",
              q->order.column ? ", f." : "", q->order.column ? q->order.column : "");
    query_int(&text, id);
    struct statement *s = query_prepare(&text, q->db);
    if (sql_next(s))
        read_place(&q->order, s, q->arena, ret_place);
    sql_reset(s);
}

static struct str token_after(const struct query *q, uint64_t digest, int64_t id)
{
    struct place_in_order p = {.id = id};
    place_of_id(q, id, &p);
    if (!p.stage)
        p.text.n = 0;
    struct page_token t = {.id = p.id, .number = q->order.type == VALUE_INT ? p.number : 0, .real = p.real};
    size_t n = p.text.n > TOKEN_TEXT_MAX ? TOKEN_TEXT_MAX : p.text.n;
    while (n < p.text.n && n && ((unsigned char)p.text.p[n] & 0xc0) == 0x80)
        n--;
    t.text = str_slice(p.text, 0, n);
    char stage = (char)p.stage;
    t.text2 = (struct str){&stage, 1};
    return page_token_write(q->arena, digest, &t);
}

int finding_query(struct sql *db, struct arena *a, const struct finding_query *query, int64_t **ret_ids,
                  size_t *ret_n, struct str *ret_token)
{
    _cleanup_(query_free) struct query q = query_new(db, a, query->account, query->criteria);
    struct place_in_order after;
    uint64_t digest = digest_of(query);
    ids found = {0};
    q.order = sort_order_of(query);
    if (query->token.n) {
        struct page_token t;
        int r = page_token_read(a, digest, query->token, &t);
        if (r < 0)
            return r;
        if (t.text2.n != 1)
            return err_set(ERR_INVALID, "nextToken: not a token of this service");
        after = (struct place_in_order){
            .stage = t.text2.p[0], .number = t.number, .real = t.real, .text = t.text, .id = t.id};
    }
    search(&q, query->token.n ? &after : NULL, query->max + 1, &found);
    size_t n = found.n < query->max ? found.n : query->max;
    int64_t *at = arena_new_array(a, int64_t, n + 1);
    if (n)
        memcpy(at, found.at, n * sizeof *at);
    struct str token = found.n > n && n ? token_after(&q, digest, at[n - 1]) : STR("");
    vec_free(&found);
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_ids = at;
    *ret_n = n;
    *ret_token = token;
    return 0;
}

/* Of facets that say it all, the rows are counted and none is read. */
static int64_t count_facets(const struct query *q, int64_t most)
{
    int64_t n = 0;
    struct statement *s =
        sql_prepare(q->db, "SELECT count(*) FROM finding f WHERE f.account = ?1 AND f.facet = ?2");
    for (size_t i = 0; i < q->n_present && n < most; i++) {
        sql_bind_int(s, 1, q->account);
        sql_bind_int(s, 2, q->present[i]);
        n += sql_run_int(s, 0);
    }
    return n < most ? n : most;
}

int finding_count(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria,
                  int64_t most, int64_t *ret_n)
{
    _cleanup_(query_free) struct query q = query_new(db, a, account, criteria);
    ids found = {0};
    int64_t n = 0;
    if (!q.checking && !q.never) {
        q.n_present = facets_present(db, a, account, &q.facets, &q.present);
        n = count_facets(&q, most);
    } else if (!q.never && most > 0) {
        q.order = (struct sort_order){.descending = true};
        search(&q, NULL, (size_t)most, &found);
        n = (int64_t)found.n;
    }
    vec_free(&found);
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_n = n;
    return 0;
}

int finding_matching(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria,
                     const int64_t *at, size_t n, int64_t **ret_ids, size_t *ret_n)
{
    _cleanup_(query_free) struct query q = query_new(db, a, account, criteria);
    int64_t *left = arena_new_array(a, int64_t, n + 1);
    if (n)
        memcpy(left, at, n * sizeof *at);
    size_t kept = n ? query_check(&q, true, left, n) : 0;
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_ids = left;
    *ret_n = kept;
    return 0;
}

int finding_by_arn(struct sql *db, account_id account, struct str arn, int64_t *ret_id)
{
    unsigned char key[FINDING_KEY];
    if (!finding_arn_parse(sql_place(db), account, arn, key))
        return err_set(ERR_MISSING, "%.*s: not a finding of this account", STR_ARG(arn));
    struct statement *s =
        sql_prepare(db, "SELECT f.id FROM resource r CROSS JOIN finding f WHERE r.account = ?1"
                        " AND r.key = ?2 AND f.account = ?1 AND f.resource = r.id"
                        " AND f.key = ?3");
    sql_bind_int(s, 1, account);
    sql_bind_blob(s, 2, key, RESOURCE_KEY);
    sql_bind_blob(s, 3, key, sizeof key);
    int64_t id = sql_run_int(s, 0);
    if (sql_status(db) < 0)
        return sql_status(db);
    if (!id)
        return err_set(ERR_MISSING, "%.*s: no such finding", STR_ARG(arn));
    *ret_id = id;
    return 0;
}
