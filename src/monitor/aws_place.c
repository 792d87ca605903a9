#include "monitor/aws_place.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"

enum { TAGS_MAX = 200 << 10 };

void aws_add_job(struct aws_place *p, struct sql *db, int kind, struct str rest, struct str payload)
{
    struct str id = p->origin->origin.id;
    job_add(db, p->account, kind,
            arena_printf(p->arena, "%.*s %.*s %.*s", STR_ARG(id), STR_ARG(p->region), STR_ARG(rest)), payload,
            time_now());
}

int aws_ask(struct aws_place *p, int kind, struct str rest, struct str payload)
{
    struct sql *db = store_writer(monitor_store(p->m));
    aws_add_job(p, db, kind, rest, payload);
    int status = store_commit(db);
    if (status == 0)
        monitor_wake(p->m);
    return status;
}

int aws_trouble(struct aws_place *p)
{
    if (!p->trouble.n)
        p->trouble = arena_str(p->arena, str_from(err_text()));
    return 0;
}

bool aws_may_be_read_now(struct sql *db, struct arena *a, const struct resource *r)
{
    struct coverage c;
    return coverage_get(db, a, r->account, r->id, SCAN_PACKAGE, &c) &&
           (c.reason == REASON_ACCESS_DENIED || c.reason == REASON_INTERNAL_ERROR);
}

struct others {
    const struct aws_place *place;
    enum resource_type type;
    const struct map *seen;
    int64_t began;
};

static bool is_other(const void *ctx, const struct resource *r)
{
    const struct others *o = ctx;
    return r->type == o->type && r->first_seen < o->began && str_eq(r->region, o->place->region) &&
           !map_get(o->seen, r->resource_id);
}

int aws_close_others(struct aws_place *p, enum resource_type type, const struct map *seen, int64_t began)
{
    const struct others o = {p, type, seen, began};
    return scan_gone_of(p->m, p->account, p->origin->origin.id, is_other, &o);
}

struct str aws_tags(struct arena *a, json_val *list)
{
    _cleanup_(buf_free) struct buf b = buf_new(TAGS_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    for (json_each(tag, list)) {
        json_key_str(&o, json_get_str(tag, "Key"));
        json_out_str(&o, json_get_str(tag, "Value"));
    }
    json_end_object(&o);
    return buf_status(&b) < 0 ? STR("{}") : arena_str(a, buf_str(&b));
}
