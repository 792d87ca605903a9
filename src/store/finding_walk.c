#include "store/finding_walk.h"

#include "base/cleanup.h"

enum { CHUNK_MAX = 256 };

#define BY_COLUMN(name, kind, has)                                                                           \
    {                                                                                                        \
        .column = name, .type = VALUE_##kind, .stage = has                                                   \
    }
#define BY_WORD(name, has, others)                                                                           \
    {                                                                                                        \
        .column = name, .type = VALUE_TEXT, .stage = has, .unusual = others                                  \
    }
static const struct sort_order orders[] = {
    [SORT_AWS_ACCOUNT_ID] = {.stage = FACET_NONE},
    [SORT_FINDING_TYPE] = {.stage = FACET_TYPE, .names = &finding_type_names},
    [SORT_SEVERITY] = {.stage = FACET_SEVERITY},
    [SORT_FIRST_OBSERVED_AT] = BY_COLUMN("first_observed", INT, FACET_NONE),
    [SORT_LAST_OBSERVED_AT] = BY_COLUMN("last_observed", INT, FACET_NONE),
    [SORT_FINDING_STATUS] = {.stage = FACET_STATUS, .names = &finding_status_names},
    [SORT_RESOURCE_TYPE] = {.stage = FACET_RESOURCE_TYPE, .names = &resource_type_names},
    [SORT_ECR_IMAGE_PUSHED_AT] = BY_COLUMN("pushed", INT, FACET_PUSHED),
    [SORT_ECR_IMAGE_REPOSITORY_NAME] = BY_COLUMN("repository", TEXT, FACET_REPOSITORY),
    [SORT_ECR_IMAGE_REGISTRY] = BY_COLUMN("registry", TEXT, FACET_REGISTRY),
    [SORT_NETWORK_PROTOCOL] = {.stage = FACET_PROTOCOL},
    [SORT_COMPONENT_TYPE] = BY_COLUMN("component_type", TEXT, FACET_COMPONENT_TYPE),
    [SORT_VULNERABILITY_ID] = BY_COLUMN("vulnerability_id", TEXT, FACET_VULNERABILITY_ID),
    [SORT_VULNERABILITY_SOURCE] = BY_WORD("source", FACET_SOURCE, "((f.facet >> 14) & 31) = 1"),
    [SORT_INSPECTOR_SCORE] = BY_COLUMN("score", REAL, FACET_SCORE),
    [SORT_VENDOR_SEVERITY] = BY_WORD("vendor_severity", FACET_VENDOR_SEVERITY, "((f.facet >> 19) & 31) = 1"),
    [SORT_EPSS_SCORE] = BY_COLUMN("epss", REAL, FACET_EPSS),
};

struct sort_order sort_order_of(const struct finding_query *q)
{
    if (!q->sorted)
        return (struct sort_order){.descending = true};
    struct sort_order o = orders[q->sort];
    o.descending = q->descending;
    return o;
}

int stage_of(const struct sort_order *o, int64_t facet)
{
    unsigned value = o->stage ? facet_value(facet, o->stage) : 1;
    int stage = 0;
    if (o->column)
        return value > 0; /* absent values come first */
    if (!o->names)
        return (int)value;
    for (size_t i = 0; i < o->names->n; i++)
        stage += value < o->names->n && strcmp(o->names->at[i], o->names->at[value]) < 0;
    return stage;
}

int place_compare(const struct sort_order *o, const struct place_in_order *a, const struct place_in_order *b)
{
    int c = (a->stage > b->stage) - (a->stage < b->stage);
    if (!c && o->column && a->stage) {
        c = (a->number > b->number) - (a->number < b->number);
        if (!c)
            c = (a->real > b->real) - (a->real < b->real);
        if (!c)
            c = str_cmp(a->text, b->text);
    }
    if (!c)
        c = (a->id > b->id) - (a->id < b->id);
    return o->descending ? -c : c;
}

size_t facets_present(struct sql *db, struct arena *a, account_id account, const struct facet_set *set,
                      int64_t **ret_facets)
{
    struct statement *s = sql_prepare(
        db, "WITH RECURSIVE one(facet) AS ("
            "SELECT min(facet) FROM finding WHERE account = ?1 UNION ALL "
            "SELECT (SELECT min(f.facet) FROM finding f WHERE f.account = ?1 AND f.facet > one.facet) "
            "FROM one WHERE one.facet IS NOT NULL) "
            "SELECT facet FROM one WHERE facet IS NOT NULL");
    VEC(int64_t) facets = {0};
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        if (facet_in(sql_int(s, 0), set))
            vec_add(&facets, sql_int(s, 0));
    size_t n = facets.n;
    *ret_facets = arena_new_array(a, int64_t, n + 1);
    if (n)
        memcpy(*ret_facets, facets.at, n * sizeof *facets.at);
    vec_free(&facets);
    return n;
}

/* One facet being walked: what was read ahead of it. */
struct stream {
    int64_t facet;
    struct row {
        struct place_in_order place;
        int64_t resource;
    } * rows;
    struct buf text; /* of the rows */
    struct str word; /* the value of all its findings; or empty */
    size_t n, at, chunk, room;
    bool pending; /* nothing was read: its only row says where it begins at the earliest */
    bool ended;
};

struct walk {
    struct sql *db;
    struct arena *arena;
    account_id account;
    struct sort_order order;
    const struct criteria *criteria;
    struct place_in_order after, last; /* last: what was taken */
    bool has_after, has_last;
    struct buf last_text;
    size_t want;
    struct stream *streams; /* by stage */
    int *stages;
    size_t n, opened; /* streams up to `opened` are in use, or used up */
    struct stream **heap;
    size_t n_heap;
};

static const struct place_in_order *head(const struct stream *s)
{
    return &s->rows[s->at].place;
}

/* "AND ..." of the conditions on columns that the index of the sort has: SQLite passes over what does not
 * meet them much quicker than a walk does. They are written so that the index is entered by the sort alone;
 * how far it is gone through at most, their bounds say. */
static void write_own_conditions(struct walk *w, struct query_text *q, bool has_after)
{
    static const char *const dates[] = {"f.first_observed", "f.last_observed", "f.updated"};
    char own[64];
    snprintf(own, sizeof own, "f.%s", w->order.column);
    bool dated = !strcmp(own, dates[0]) || !strcmp(own, dates[1]);
    for (size_t i = 0; w->criteria && i < w->criteria->n; i++) {
        const struct condition *c = &w->criteria->at[i];
        const char *column = c->key->in == IN_COLUMN ? c->key->column : "";
        bool is_date = false;
        for (int k = 0; k < 3; k++)
            is_date |= !strcmp(column, dates[k]);
        if (!strcmp(column, own) || (dated && is_date))
            condition_write(q, c);
        if (condition_bounds(c, own))
            condition_write_bounds(q, c, !has_after || w->order.descending,
                                   !has_after || !w->order.descending);
    }
}

static void write_after(struct walk *w, struct query_text *q, const char *column,
                        const struct place_in_order *after)
{
    const char *than = w->order.descending ? "<" : ">";
    if (!column) {
        query_add(q, " AND f.id %s ", than);
    } else {
        query_add(q, " AND (f.%s, f.id) %s (", column, than);
        if (w->order.type == VALUE_INT)
            query_int(q, after->number);
        else if (w->order.type == VALUE_REAL)
            query_real(q, after->real);
        else
            query_str(q, after->text);
        query_add(q, ", ");
    }
    query_int(q, after->id);
    query_add(q, column ? ")" : "");
}

static struct statement *stream_statement(struct walk *w, struct stream *s, const char *column,
                                          const struct place_in_order *after)
{
    const char *direction = w->order.descending ? "DESC" : "ASC";
    _cleanup_(query_text_free) struct query_text q =
        query_text_new(w->arena, w->db, w->account, "f.resource");
    if (column)
        query_add(
            &q,
            "SELECT f.id, f.resource, f.%s FROM finding f WHERE f.account = ?1 AND f.%s IS NOT NULL AND "
            "f.facet = ",
            column, column);
    else
        query_add(&q, "SELECT f.id, f.resource FROM finding f WHERE f.account = ?1 AND f.facet = ");
    query_int(&q, s->facet);
    if (column && w->order.unusual)
        query_add(&q, " AND %s", w->order.unusual);
    if (column)
        write_own_conditions(w, &q, after);
    if (after)
        write_after(w, &q, column, after);
    if (column)
        query_add(&q, " ORDER BY f.%s %s, f.id %s LIMIT ", column, direction, direction);
    else
        query_add(&q, " ORDER BY f.id %s LIMIT ", direction);
    query_int(&q, (int64_t)s->chunk);
    return query_prepare(&q, w->db);
}

/* Reads the rows that follow `after` into the stream. */
static void read_ahead(struct walk *w, struct stream *s, const struct place_in_order *after)
{
    int stage = stage_of(&w->order, s->facet);
    const char *column = stage && !s->word.n ? w->order.column : NULL;
    struct statement *statement = stream_statement(w, s, column, after);
    s->n = s->at = s->text.n = 0;
    if (s->chunk > s->room)
        s->rows = arena_new_array(w->arena, struct row, s->room = s->chunk);
    s->pending = false;
    while (s->n < s->chunk && sql_next(statement)) {
        struct row *row = &s->rows[s->n++];
        struct place_in_order *place = &row->place;
        *place = (struct place_in_order){.stage = stage, .text = s->word, .id = sql_int(statement, 0)};
        row->resource = sql_int(statement, 1);
        if (!column)
            continue;
        if (w->order.type == VALUE_INT) {
            place->number = sql_int(statement, 2);
        } else if (w->order.type == VALUE_REAL) {
            place->real = sql_double(statement, 2);
        } else {
            place->text.n = sql_str(statement, 2).n;
            buf_add_str(&s->text, sql_str(statement, 2));
        }
    }
    sql_reset(statement);
    for (size_t i = 0, at = 0; i < s->n && column && w->order.type == VALUE_TEXT;
         at += s->rows[i++].place.text.n)
        s->rows[i].place.text = str_slice(buf_str(&s->text), at, at + s->rows[i].place.text.n);
    s->ended = s->n < s->chunk;
}

static bool heap_before(const struct walk *w, size_t a, size_t b)
{
    return place_compare(&w->order, head(w->heap[a]), head(w->heap[b])) < 0;
}

static void sift_down(struct walk *w, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < w->n_heap; at = child) {
        if (child + 1 < w->n_heap && heap_before(w, child + 1, child))
            child++;
        if (!heap_before(w, child, at))
            return;
        struct stream *swapped = w->heap[at];
        w->heap[at] = w->heap[child];
        w->heap[child] = swapped;
    }
}

/* Makes a stream ready; false when nothing is left in it. One whose value is known waits for its turn. */
static bool open_stream(struct walk *w, struct stream *s, int stage, bool may_wait)
{
    const struct place_in_order *after = w->has_after && w->after.stage == stage ? &w->after : NULL;
    int c = after && s->word.n ? str_cmp(s->word, after->text) : 0;
    if (w->order.descending ? c > 0 : c < 0)
        return false;
    if (s->word.n && may_wait) {
        if (!s->room)
            s->rows = arena_new_array(w->arena, struct row, s->room = s->chunk);
        s->rows[0].place = (struct place_in_order){
            .stage = stage, .text = s->word, .id = w->order.descending ? INT64_MAX : INT64_MIN};
        s->n = 1;
        s->pending = true;
        return true;
    }
    read_ahead(w, s, c ? NULL : after);
    return s->n;
}

/* Opens the streams of the next stage; false when there is none. */
static bool open_stage(struct walk *w)
{
    if (w->opened == w->n)
        return false;
    size_t end = w->opened;
    int stage = w->stages[w->opened];
    while (end < w->n && w->stages[end] == stage)
        end++;
    size_t chunk = 2 * w->want / (end - w->opened) + 1;
    w->n_heap = 0;
    for (; w->opened < end; w->opened++) {
        struct stream *s = &w->streams[w->opened];
        s->chunk = chunk > CHUNK_MAX ? CHUNK_MAX : chunk;
        if (stage && w->order.unusual)
            s->word = facet_word(s->facet, w->order.stage);
        if (open_stream(w, s, stage, true))
            w->heap[w->n_heap++] = s;
    }
    for (size_t i = w->n_heap / 2; i-- > 0;)
        sift_down(w, i);
    return true;
}

/* The stream whose row is the next one; NULL at the end. */
static struct stream *next_stream(struct walk *w)
{
    for (;;) {
        while (!w->n_heap)
            if (!open_stage(w))
                return NULL;
        struct stream *s = w->heap[0];
        if (!s->pending)
            return s;
        if (!open_stream(w, s, head(s)->stage, false))
            w->heap[0] = w->heap[--w->n_heap];
        sift_down(w, 0);
    }
}

struct walk *walk_new(struct sql *db, struct arena *a, account_id account, const struct sort_order *o,
                      const int64_t *facets, size_t n, const struct criteria *criteria,
                      const struct place_in_order *after, size_t want)
{
    struct walk *w = arena_alloc(a, sizeof *w);
    *w = (struct walk){.db = db,
                       .arena = a,
                       .account = account,
                       .order = *o,
                       .criteria = criteria,
                       .want = want,
                       .last_text = buf_new(SIZE_MAX)};
    if (after)
        w->after = *after, w->has_after = true;
    w->streams = arena_new_array(a, struct stream, n + 1);
    w->stages = arena_new_array(a, int, n + 1);
    w->heap = arena_new_array(a, struct stream *, n + 1);
    int stages = 0;
    for (size_t i = 0; i < n; i++)
        if (stage_of(o, facets[i]) >= stages)
            stages = stage_of(o, facets[i]) + 1;
    for (int k = 0; k < stages; k++) {
        int stage = o->descending ? stages - 1 - k : k;
        if (after && (o->descending ? stage > after->stage : stage < after->stage))
            continue;
        for (size_t i = 0; i < n; i++) {
            if (stage_of(o, facets[i]) != stage)
                continue;
            w->streams[w->n] = (struct stream){.facet = facets[i], .text = buf_new(SIZE_MAX)};
            w->stages[w->n++] = stage;
        }
    }
    return w;
}

/* The text of a row is in a buffer that its stream uses again. */
static void note_last(struct walk *w, const struct place_in_order *place)
{
    w->last = *place;
    w->last_text.n = 0;
    buf_add_str(&w->last_text, place->text);
    w->last.text = buf_str(&w->last_text);
    w->has_last = true;
}

bool walk_next(struct walk *w, int64_t *ret_id, int64_t *ret_resource)
{
    struct stream *s = next_stream(w);
    if (!s)
        return false;
    *ret_id = head(s)->id;
    *ret_resource = s->rows[s->at].resource;
    note_last(w, head(s));
    if (++s->at == s->n && !s->ended) {
        s->chunk = s->chunk * 2 > CHUNK_MAX ? CHUNK_MAX : s->chunk * 2;
        read_ahead(w, s, &w->last);
    }
    if (s->at == s->n)
        w->heap[0] = w->heap[--w->n_heap];
    sift_down(w, 0);
    return true;
}

const struct place_in_order *walk_last(const struct walk *w)
{
    return w->has_last ? &w->last : w->has_after ? &w->after : NULL;
}

void walk_free(struct walk *w)
{
    for (size_t i = 0; w && i < w->n; i++)
        buf_free(&w->streams[i].text);
    if (w)
        buf_free(&w->last_text);
}
