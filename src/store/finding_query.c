/* Which findings match, in which order.
 *
 * Conditions on what takes few values (severity, status, ...) choose facets, and cost nothing. Any other
 * condition can be met in two ways, and which of them is short depends on how many findings it takes:
 *
 *   gather  find the candidates of one condition in its index, check the others, sort what is left. Cheap
 *           when there are few candidates. That is seen by gathering: it stops after so many.
 *   walk    take findings in the order asked for (finding_walk.c), check them, until the page is full. Cheap
 *           when many match, wherever in the order they stand, but dear when they all stand at its end.
 *
 * So: gather from a condition that has few candidates; else walk for a while; else gather the ids of one that
 * has more, and read the rows of those alone that the order needs; else walk to the end. Each is exact, so
 * the choice is never seen but in time. */
#include <limits.h>

#include "store/finding_walk.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/page_token.h"

enum {
    FEW = 3000,     /* candidates that are gathered at once */
    MANY = 120000,  /* candidates whose rows are read when walking did not help */
    MOST = 2000000, /* candidates whose ids alone are gathered then */
    SORTED_BY_MAP = 1000,
    PATIENCE = 4000, /* findings that are walked before that is tried */
    CHECKED = 256,   /* ids in one statement; */
    CHECKED_FEW = 8, /* or, when there are so few, as for what one resource changes */
    BATCH_MAX = 1024,
    TOKEN_TEXT_MAX = 700, /* of a sort value; longer ones are cut there */
};

const struct names sort_field_names = {(const char *const[]){
#define NAME_ENTRY(name) #name,
                                           SORT_FIELDS(NAME_ENTRY)},
                                       SORT_EPSS_SCORE + 1};

typedef VEC(int64_t) ids;

struct query {
    struct sql *db;
    struct arena *arena;
    account_id account;
    const struct criteria *criteria;
    bool checks[128]; /* by condition: not said by the facets alone */
    bool checking;    /* any of them */
    bool never;       /* no finding can match */
    struct facet_set facets;
    int64_t *present; /* facets that the account has and the criteria allow */
    size_t n_present;
    struct sort_order order;
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
    }
}

static size_t checked_at_once(size_t n)
{
    return n <= CHECKED_FEW ? CHECKED_FEW : CHECKED;
}

/* The id is all that a row is looked up by: of its account a planner without statistics would expect few.
 *
 * Prepares the check of `width` ids, to be bound from *ret_first on. `columns` are selected beside the id;
 * `all`: with the conditions that the facets say. */
static struct statement *check_statement(const struct query *q, const char *columns, bool all, size_t width,
                                         size_t *ret_first)
{
    _cleanup_(query_text_free) struct query_text text =
        query_text_new(q->arena, q->db, q->account, "f.resource");
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

static void bind_ids(struct statement *s, size_t first, size_t width, const int64_t *at, size_t n)
{
    for (size_t i = 0; i < width; i++)
        sql_bind_int(s, (int)(first + i), at[i < n ? i : n - 1]);
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Those of `at` that match, in their order, at the beginning of `at`; returns how many. */
static size_t check(const struct query *q, bool all, int64_t *at, size_t n)
{
    ids good = {0};
    size_t first, kept = 0, width = checked_at_once(n);
    struct statement *s = check_statement(q, "", all, width, &first);
    for (size_t i = 0; i < n; i += width) {
        bind_ids(s, first, width, at + i, n - i < width ? n - i : width);
        while (sql_next(s))
            vec_add(&good, sql_int(s, 0));
    }
    if (good.n)
        qsort(good.at, good.n, sizeof *good.at, compare_ids);
    for (size_t i = 0; i < n && good.n; i++)
        if (bsearch(&at[i], good.at, good.n, sizeof *good.at, compare_ids))
            at[kept++] = at[i];
    vec_free(&good);
    return kept;
}

/* Runs a search of candidates, of one facet after the other if it goes by facets; false when there are more
 * than `most`. */
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

static void sort_few_ids(ids *v)
{
    size_t n = 0;
    if (v->n)
        qsort(v->at, v->n, sizeof *v->at, compare_ids);
    for (size_t i = 0; i < v->n; i++)
        if (!n || v->at[n - 1] != v->at[i])
            v->at[n++] = v->at[i];
    v->n = n;
}

/* In order, each once. Many of them lie close together: they are marked in a map of all ids between. */
static void sort_ids(ids *v)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (size_t i = 0; i < v->n; i++) {
        low = v->at[i] < low ? v->at[i] : low;
        high = v->at[i] > high ? v->at[i] : high;
    }
    if (v->n < SORTED_BY_MAP || (uint64_t)(high - low) / 64 > v->n) {
        sort_few_ids(v);
        return;
    }
    size_t words = (size_t)(high - low) / 64 + 1, n = 0;
    _cleanup_free_ uint64_t *map = mem_alloc(words * sizeof *map);
    for (size_t i = 0; i < v->n; i++)
        map[(v->at[i] - low) / 64] |= UINT64_C(1) << ((v->at[i] - low) % 64);
    for (size_t i = 0; i < words; i++)
        for (uint64_t word = map[i]; word; word &= word - 1)
            v->at[n++] = low + (int64_t)i * 64 + __builtin_ctzll(word);
    v->n = n;
}

/* All candidates of a condition, in order of id, each once; false when there are more than `most`, or no way
 * to find them. */
static bool find_candidates(const struct query *q, const struct condition *c, size_t most, ids *to)
{
    to->n = 0;
    if (c->key->find == FIND_NOT || !condition_positive(c))
        return false;
    for (size_t i = 0; i < c->n; i++) {
        _cleanup_(query_text_free) struct query_text text =
            query_text_new(q->arena, q->db, q->account, "f.resource");
        if (!c->at[i].parts && c->at[i].comparison == IS_NOT_EQUAL)
            continue;
        if (!condition_find(&text, c, i) || !run_find(q, &text, c->key->find == FIND_FACET, most, to))
            return false;
    }
    sort_ids(to);
    return true;
}

/* Candidates of any condition that has at most `most`. */
static bool gather(const struct query *q, size_t most, ids *to)
{
    for (size_t i = 0; q->criteria && i < q->criteria->n; i++)
        if (q->checks[i] && find_candidates(q, &q->criteria->at[i], most, to))
            return true;
    return false;
}

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
static void sort_candidates(const struct query *q, ids *candidates, const struct place_in_order *after,
                            size_t want)
{
    VEC(struct place_in_order) places = {0};
    struct sort_order order = q->order;
    size_t first;
    char columns[64];
    snprintf(columns, sizeof columns, ", f.facet%s%s", order.column ? ", f." : "",
             order.column ? order.column : "");
    size_t width = checked_at_once(candidates->n);
    struct statement *s = check_statement(q, columns, true, width, &first);
    for (size_t i = 0; i < candidates->n; i += width) {
        bind_ids(s, first, width, candidates->at + i, candidates->n - i < width ? candidates->n - i : width);
        while (sql_next(s)) {
            struct place_in_order *p = vec_push(&places);
            read_place(&order, s, q->arena, p);
            if (after && place_compare(&order, p, after) <= 0)
                places.n--;
        }
    }
    if (places.n)
        qsort_r(places.at, places.n, sizeof *places.at, compare_places, &order);
    candidates->n = places.n < want ? places.n : want;
    for (size_t i = 0; i < candidates->n; i++)
        candidates->at[i] = places.at[i].id;
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
    int64_t batch[CHECKED];
    for (size_t i = 0; i < candidates->n && found->n < want && !sql_status(q->db);) {
        size_t n = 0;
        for (; i < candidates->n && n < CHECKED; i++) {
            int64_t id = candidates->at[q->order.descending ? candidates->n - 1 - i : i];
            if (!after || (q->order.descending ? id < *after : id > *after))
                batch[n++] = id;
        }
        size_t kept = n ? check(q, true, batch, n) : 0;
        for (size_t k = 0; k < kept && found->n < want; k++)
            vec_add(found, batch[k]);
    }
}

/* Candidates of `stage` when `q` is narrowed to its facets; without reading their rows. */
static bool find_in_stage(const struct query *q, bool only_stage, ids *to)
{
    for (size_t i = 0; q->criteria && i < q->criteria->n; i++) {
        const struct condition *c = &q->criteria->at[i];
        if (q->checks[i] && (only_stage || c->key->find == FIND_FACET) && find_candidates(q, c, MOST, to))
            return true;
    }
    return false;
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
        can = !(q->order.column && stage) && find_in_stage(&part, taken == q->n_present, &candidates);
        if (can)
            take_by_id(q, &candidates, after && after->stage == stage ? &after->id : NULL, want, found);
    }
    vec_free(&candidates);
    return can;
}

/* Takes findings from the walk until `want` match, or (false) after `patience`. `only`: no others can match;
 * in order of id. */
static bool walk_until(const struct query *q, struct walk *w, const ids *only, size_t want, size_t patience,
                       ids *found)
{
    int64_t batch[BATCH_MAX];
    size_t walked = 0, size = q->checking ? want * 2 : want;
    for (; found->n < want && walked < patience && !sql_status(q->db); size *= 2) {
        size_t n = 0;
        bool more = true;
        size = size < BATCH_MAX ? size : BATCH_MAX;
        while (n < size && (more = walk_next(w, &batch[n])))
            n += !only || bsearch(&batch[n], only->at, only->n, sizeof *only->at, compare_ids);
        walked += n;
        size_t kept = q->checking && n ? check(q, false, batch, n) : n;
        for (size_t i = 0; i < kept && found->n < want; i++)
            vec_add(found, batch[i]);
        if (!more)
            return true;
    }
    return found->n == want;
}

/* The first `want` findings that match after `after`. */
static void search(struct query *q, const struct place_in_order *after, size_t want, ids *found)
{
    look_at_criteria(q);
    if (q->never || !want)
        return;
    q->n_present = facets_present(q->db, q->arena, q->account, &q->facets, &q->present);
    if (!q->n_present)
        return;
    if (q->checking && gather(q, FEW, found)) {
        sort_candidates(q, found, after, want);
        return;
    }
    found->n = 0;
    _cleanup_(walk_cleanup) struct walk *w =
        walk_new(q->db, q->arena, q->account, &q->order, q->present, q->n_present, q->criteria, after, want);
    if (walk_until(q, w, NULL, want, q->checking ? PATIENCE : SIZE_MAX, found))
        return;
    ids gathered = {0};
    if (gather_by_id(q, after, want, &gathered)) {
        vec_free(found);
        *found = gathered;
        return;
    }
    bool can = gather(q, MOST, &gathered);
    if (can && gathered.n <= MANY) {
        sort_candidates(q, &gathered, after, want);
        vec_free(found);
        *found = gathered;
        return;
    }
    walk_until(q, w, can ? &gathered : NULL, want, SIZE_MAX, found);
    vec_free(&gathered);
}

static struct query query_of(struct sql *db, struct arena *a, account_id account,
                             const struct criteria *criteria)
{
    return (struct query){.db = db, .arena = a, .account = account, .criteria = criteria};
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
    struct query q = query_of(db, a, query->account, query->criteria);
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
    struct query q = query_of(db, a, account, criteria);
    ids found = {0};
    int64_t n = 0;
    look_at_criteria(&q);
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
    struct query q = query_of(db, a, account, criteria);
    int64_t *left = arena_new_array(a, int64_t, n + 1);
    if (n)
        memcpy(left, at, n * sizeof *at);
    size_t kept = n ? check(&q, true, left, n) : 0;
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
    struct statement *s = sql_prepare(db, "SELECT id FROM finding WHERE account = ?1 AND key = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_blob(s, 2, key, sizeof key);
    int64_t id = sql_run_int(s, 0);
    if (sql_status(db) < 0)
        return sql_status(db);
    if (!id)
        return err_set(ERR_MISSING, "%.*s: no such finding", STR_ARG(arn));
    *ret_id = id;
    return 0;
}
