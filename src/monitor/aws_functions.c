/* Lambda functions: which are new, changed or gone. Reading one is a job. */
#include "aws/lambda.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_place.h"
#include "monitor/function.h"

enum { PAYLOAD_MAX = 64 << 10 };

struct look {
    struct aws_place *place;
    struct arena *arena, *names;
    struct map seen; /* ids */
};

/* Whether the known function is as the list says, tags aside. What could not be read at all is tried anew. */
static bool is_known(struct look *l, const struct resource *now, struct resource *ret_known)
{
    struct aws_place *p = l->place;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    struct coverage c;
    if (resource_find(db, l->arena, p->account, now->resource_id, ret_known) < 0 || resource_differs(db, now))
        return false;
    bool denied = coverage_get(db, l->arena, p->account, ret_known->id, SCAN_PACKAGE, &c) &&
                  (c.reason == REASON_ACCESS_DENIED || c.reason == REASON_INTERNAL_ERROR);
    return !denied;
}

/* A list says nothing of tags. */
static int tags_differ(struct look *l, const struct resource *known, bool *ret_differ)
{
    json_val *function;
    struct str tags = {NULL, 0};
    int status = lambda_function(l->place->aws, l->arena, known->name, &function);
    if (status == 0)
        status = function_tags(l->arena, json_get(function, "Tags"), &tags);
    if (status == ERR_IO)
        return status;
    *ret_differ = status < 0 || !str_eq(tags.n ? tags : STR("{}"), known->tags.n ? known->tags : STR("{}"));
    return 0;
}

static int ask(struct look *l, json_val *configuration, struct str name)
{
    size_t n;
    _cleanup_free_ char *text = yyjson_val_write(configuration, 0, &n);
    bool fits = text && n <= PAYLOAD_MAX;
    return aws_ask(l->place, JOB_SCAN_FUNCTION, name, fits ? (struct str){text, n} : (struct str){NULL, 0});
}

static int look_at(struct look *l, json_val *configuration)
{
    struct aws_place *p = l->place;
    struct lambda_facts f;
    struct resource known;
    bool differ = false;
    int status = lambda_facts_read(l->arena, configuration, NULL, &f);
    if (status < 0)
        return aws_trouble(p);
    f.facts.region = p->region;
    f.facts.origin = p->origin->origin.id;
    const struct resource now = function_resource(l->arena, p->account, &f.facts);
    map_set(&l->seen, arena_str(l->names, now.resource_id), l);
    if (is_known(l, &now, &known))
        status = tags_differ(l, &known, &differ);
    else
        differ = true;
    return status < 0 || !differ ? status : ask(l, configuration, f.facts.name);
}

static int on_page(void *ctx, json_val *document)
{
    struct look *l = ctx;
    int status = 0;
    for (json_each(configuration, json_get(document, "Functions"))) {
        arena_reset(l->arena);
        status = monitor_stopping(l->place->m) ? JOB_INTERRUPTED : look_at(l, configuration);
        if (status)
            return status;
    }
    return 0;
}

static void look_end(struct look *l)
{
    map_free(&l->seen);
    arena_free(l->arena);
    arena_free(l->names);
}

int aws_look_functions(struct aws_place *p)
{
    _cleanup_(look_end) struct look l = {.place = p, .arena = arena_new(0), .names = arena_new(0)};
    int64_t began = time_now();
    int status = lambda_functions(p->aws, on_page, &l);
    return status ? status : aws_close_others(p, RESOURCE_AWS_LAMBDA_FUNCTION, &l.seen, began);
}
