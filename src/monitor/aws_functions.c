/* Lambda functions: which are new, changed or gone. Reading one is a job. */
#include "aws/lambda.h"
#include "aws/tagging.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_place.h"
#include "monitor/function.h"

enum { PAYLOAD_MAX = 64 << 10, TAGGED_MAX = 1000000 };

struct look {
    struct aws_place *place;
    struct arena *arena, *names;
    struct map seen; /* ids */
    struct map tags; /* ARN -> text, in `names`: of all that have any, */
    bool has_tags;   /* unless we were not let see them */
};

/* Whether the known function is as the list says, tags aside. What could not be read at all is tried anew. */
static bool is_known(struct look *l, const struct resource *now, struct resource *ret_known)
{
    struct aws_place *p = l->place;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    if (resource_find(db, l->arena, p->account, now->resource_id, ret_known) < 0 || resource_differs(db, now))
        return false;
    return !aws_may_be_read_now(db, l->arena, ret_known);
}

/* ---- tags, of which a list says nothing ---- */

static int on_tags(void *ctx, json_val *document)
{
    struct look *l = ctx;
    for (json_each(one, json_get(document, "ResourceTagMappingList"))) {
        struct str arn = json_get_str(one, "ResourceARN");
        if (l->tags.n == TAGGED_MAX)
            return err_set(ERR_LIMIT, "more than %d functions with tags", TAGGED_MAX);
        struct str tags = aws_tags(l->names, json_get(one, "Tags"));
        map_set(&l->tags, arena_str(l->names, arn), (void *)(uintptr_t)tags.p);
    }
    return monitor_stopping(l->place->m) ? JOB_INTERRUPTED : 0;
}

/* Of all functions at once; else each is asked for. */
static int read_tags(struct look *l)
{
    int status = tagging_resources(l->place->aws, "lambda:function", on_tags, l);
    l->has_tags = status == 0;
    return status < 0 && status != ERR_IO ? aws_trouble(l->place) : status;
}

static int tags_of(struct look *l, const struct resource *known, struct str *ret_tags)
{
    json_val *function;
    struct str arn = known->resource_id;
    if (l->has_tags) {
        arn.n -= strlen(":$LATEST");
        *ret_tags = str_from(map_get(&l->tags, arn));
        return 0;
    }
    int status = lambda_function(l->place->aws, l->arena, known->name, &function);
    return status < 0 ? status : function_tags(l->arena, json_get(function, "Tags"), ret_tags);
}

/* In any order. */
static bool same_tags(struct arena *a, struct str left, struct str right)
{
    json_val *x, *y;
    return json_parse(a, left.n ? left : STR("{}"), &x) == 0 &&
           json_parse(a, right.n ? right : STR("{}"), &y) == 0 && yyjson_equals(x, y);
}

static int tags_differ(struct look *l, const struct resource *known, bool *ret_differ)
{
    struct str tags = {NULL, 0};
    int status = tags_of(l, known, &tags);
    if (status == ERR_IO)
        return status;
    *ret_differ = status < 0 || !same_tags(l->arena, tags, known->tags);
    return 0;
}

/* ---- functions ---- */

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
    map_free(&l->tags);
    arena_free(l->arena);
    arena_free(l->names);
}

int aws_look_functions(struct aws_place *p)
{
    _cleanup_(look_end) struct look l = {.place = p, .arena = arena_new(0), .names = arena_new(0)};
    int64_t began = time_now();
    int status = read_tags(&l);
    if (status == 0)
        status = lambda_functions(p->aws, on_page, &l);
    return status ? status : aws_close_others(p, RESOURCE_AWS_LAMBDA_FUNCTION, &l.seen, began);
}
