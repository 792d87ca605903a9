/* What follows from changed findings, summed and written at the end: counters, events. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "store/event.h"
#include "store/finding_state.h"

enum { DAY = 86400 };

struct finding_batch *finding_batch_new(struct sql *db, account_id account, int64_t now)
{
    struct finding_batch *b = mem_alloc(sizeof *b);
    b->db = db;
    b->account = account;
    b->now = now;
    b->arena = arena_new(0);
    b->scratch = arena_new(0);
    return b;
}

/* A number as the key of a map. */
static struct str number_key(const int64_t *number)
{
    return (struct str){(const char *)number, sizeof *number};
}

/* The place of a number, whose key is copied when it is new. */
static void **number_at(struct map *m, struct arena *a, int64_t number)
{
    struct str key = number_key(&number);
    if (map_get(m, key))
        return map_at(m, key);
    return map_at(m, arena_str(a, key));
}

struct str package_title(struct finding_batch *b, int64_t package)
{
    void **at = number_at(&b->titles, b->arena, package);
    if (*at)
        return *(struct str *)*at;
    struct str *title = arena_alloc(b->arena, sizeof *title);
    *at = title;
    return *title = package_shown(b->db, b->arena, package);
}

struct resource_facts facts_of(const struct resource *r)
{
    bool image = r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE;
    return (struct resource_facts){.id = r->id,
                                   .type = r->type,
                                   .resource_id = r->resource_id,
                                   .repository = image ? r->name : (struct str){NULL, 0},
                                   .ami = r->ami};
}

const struct resource_facts *facts_load(struct finding_batch *b, int64_t resource)
{
    void **at = number_at(&b->facts, b->arena, resource);
    if (*at)
        return *at;
    struct resource r = {.id = resource};
    struct statement *s =
        sql_prepare(b->db, "SELECT type, resource_id, name, ami FROM resource WHERE id = ?1");
    sql_bind_int(s, 1, resource);
    if (sql_next(s)) {
        r.type = (enum resource_type)sql_int(s, 0);
        r.resource_id = arena_str(b->arena, sql_str(s, 1));
        r.name = arena_str(b->arena, sql_str(s, 2));
        r.ami = arena_str(b->arena, sql_str(s, 3));
    }
    sql_reset(s);
    struct resource_facts *facts = arena_alloc(b->arena, sizeof *facts);
    *facts = facts_of(&r);
    *at = facts;
    return facts;
}

/* ---- counters ---- */

struct counter {
    enum dimension dimension;
    enum resource_type resource_type;
    enum finding_type finding_type;
    struct str key, key2;
    struct counts counts;
};

static struct counts counts_of(const struct finding_state *s, int sign)
{
    return (struct counts){
        .critical = s->severity == GRADE_CRITICAL ? sign : 0,
        .high = s->severity == GRADE_HIGH ? sign : 0,
        .medium = s->severity == GRADE_MEDIUM ? sign : 0,
        .total = sign,
        .exploitable = s->exploit == 1 ? sign : 0,
        .fixable = s->fix == FIX_AVAILABLE_YES || s->fix == FIX_AVAILABLE_PARTIAL ? sign : 0,
        .network = s->type == FINDING_NETWORK_REACHABILITY ? sign : 0,
    };
}

static void counts_add(struct counts *to, const struct counts *change)
{
    to->critical += change->critical;
    to->high += change->high;
    to->medium += change->medium;
    to->total += change->total;
    to->exploitable += change->exploitable;
    to->fixable += change->fixable;
    to->network += change->network;
}

static bool counts_zero(const struct counts *c)
{
    static const struct counts zero;
    return memcmp(c, &zero, sizeof zero) == 0;
}

static void count_one(struct finding_batch *b, enum dimension dimension, struct str key, struct str key2,
                      const struct resource_facts *r, const struct finding_state *s,
                      const struct counts *change)
{
    struct str name = arena_printf(b->scratch, "%d %d %d %zu %.*s%.*s", (int)dimension, (int)r->type,
                                   (int)s->type, key.n, STR_ARG(key), STR_ARG(key2));
    struct counter *c = map_get(&b->counters, name);
    if (!c) {
        c = arena_alloc(b->arena, sizeof *c);
        *c = (struct counter){.dimension = dimension,
                              .resource_type = r->type,
                              .finding_type = s->type,
                              .key = arena_str(b->arena, key),
                              .key2 = arena_str(b->arena, key2)};
        map_set(&b->counters, arena_str(b->arena, name), c);
    }
    counts_add(&c->counts, change);
}

/* Once a distinct text that is not empty. */
static void count_each(struct finding_batch *b, enum dimension dimension, struct str *texts, size_t n,
                       struct str key2, const struct resource_facts *r, const struct finding_state *s,
                       const struct counts *change)
{
    if (n)
        qsort(texts, n, sizeof *texts, str_order);
    for (size_t i = 0; i < n; i++)
        if (texts[i].n && (!i || !str_eq(texts[i], texts[i - 1])))
            count_one(b, dimension, texts[i], key2, r, s, change);
}

void batch_count(struct finding_batch *b, const struct resource_facts *r, const struct finding_state *s,
                 const struct finding_package *packages, size_t n, int sign)
{
    static const struct str none;
    struct counts change = counts_of(s, sign);
    void **at = number_at(&b->resources, b->arena, r->id);
    if (!*at)
        *at = arena_alloc(b->arena, sizeof change);
    counts_add(*at, &change);

    count_one(b, BY_ACCOUNT, none, none, r, s, &change);
    count_one(b, BY_TITLE, s->title, s->vulnerability_id, r, s, &change);
    if (r->repository.n)
        count_one(b, BY_REPOSITORY, r->repository, none, r, s, &change);
    if (r->ami.n)
        count_one(b, BY_AMI, r->ami, none, r, s, &change);
    struct str *texts = arena_new_array(b->scratch, struct str, n);
    for (size_t i = 0; i < n; i++)
        texts[i] = package_title(b, packages[i].package);
    count_each(b, BY_PACKAGE, texts, n, none, r, s, &change);
    for (size_t i = 0; i < n; i++)
        texts[i] = packages[i].layer;
    count_each(b, BY_LAYER, texts, n, r->resource_id, r, s, &change);
}

static void write_resource(struct finding_batch *b, int64_t resource, const struct counts *c)
{
    struct statement *s =
        sql_prepare(b->db, "UPDATE resource SET critical = critical + ?2, high = high + ?3,"
                           " medium = medium + ?4, total = total + ?5, exploitable = exploitable + ?6,"
                           " fixable = fixable + ?7, network = network + ?8 WHERE id = ?1");
    sql_bind_int(s, 1, resource);
    sql_bind_int(s, 2, c->critical);
    sql_bind_int(s, 3, c->high);
    sql_bind_int(s, 4, c->medium);
    sql_bind_int(s, 5, c->total);
    sql_bind_int(s, 6, c->exploitable);
    sql_bind_int(s, 7, c->fixable);
    sql_bind_int(s, 8, c->network);
    sql_run(s);
}

static void write_counters(struct finding_batch *b)
{
    for (size_t i = 0; i < b->counters.n; i++) {
        const struct counter *c = b->counters.entries[i].value;
        if (!counts_zero(&c->counts))
            counter_change(b->db, b->account, c->dimension, c->key, c->key2, c->resource_type,
                           c->finding_type, &c->counts);
    }
    for (size_t i = 0; i < b->resources.n; i++) {
        const struct map_entry *e = &b->resources.entries[i];
        int64_t resource;
        memcpy(&resource, e->key.p, sizeof resource);
        if (!counts_zero(e->value))
            write_resource(b, resource, e->value);
    }
}

/* ---- events ---- */

void batch_event(struct finding_batch *b, enum event_kind kind, int64_t finding)
{
    struct finding_event *e = vec_push(&b->events);
    e->kind = kind;
    e->finding = finding;
}

void batch_touched(struct finding_batch *b, int64_t finding)
{
    void **at = number_at(&b->touched_set, b->arena, finding);
    if (*at)
        return;
    *at = b;
    vec_add(&b->touched, finding);
}

const int64_t *finding_batch_touched(const struct finding_batch *b, size_t *ret_n)
{
    *ret_n = b->touched.n;
    return b->touched.at;
}

size_t finding_batch_changes(const struct finding_batch *b)
{
    return b->events.n;
}

/* For the chart of how findings come and go; a finding that was hidden or shown again did neither. */
static void write_day(struct finding_batch *b)
{
    int64_t opened = 0, closed = 0;
    vec_each(e, &b->events)
    {
        opened += e->kind == EVENT_FINDING_CREATED || e->kind == EVENT_FINDING_REOPENED;
        closed += e->kind == EVENT_FINDING_CLOSED;
    }
    if (opened == 0 && closed == 0)
        return;
    struct statement *s = sql_prepare(
        b->db, "INSERT INTO finding_day (account, day, opened, closed) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
               "(account, day) DO UPDATE SET opened = finding_day.opened + excluded.opened, "
               "closed = finding_day.closed + excluded.closed");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, b->now / DAY);
    sql_bind_int(s, 3, opened);
    sql_bind_int(s, 4, closed);
    sql_run(s);
}

void finding_batch_end(struct finding_batch *b)
{
    static const struct str none;
    if (!b)
        return;
    write_counters(b);
    write_day(b);
    vec_each(e, &b->events) event_add(b->db, b->account, e->kind, e->finding, none);
    map_free(&b->counters);
    map_free(&b->resources);
    map_free(&b->titles);
    map_free(&b->facts);
    map_free(&b->touched_set);
    vec_free(&b->touched);
    vec_free(&b->events);
    arena_free(b->scratch);
    arena_free(b->arena);
    free(b);
}
