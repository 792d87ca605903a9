/* ECS: which images run in the tasks of a region's clusters. */
#include "aws/ecr.h"
#include "aws/ecs.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_place.h"
#include "monitor/engine.h"
#include "monitor/image.h"
#include "store/image_use.h"

enum {
    WORKLOADS_MAX = 100000, /* images of task definitions, in a region */
    INDEXED_MAX = 100,      /* images that an index stands for */
    KEPT = 180 * 86400,     /* longer than any window by last use */
    WRITTEN_AT_ONCE = 200,  /* uses */
};

/* Images that run, each in each workload once. */
struct running {
    struct str cluster, definition, group, image, digest, architecture;
    int64_t units;
};

struct look {
    struct aws_place *place;
    struct image_use_place where;
    struct arena *arena;
    struct str cluster;
    VEC(struct str) clusters;
    VEC(struct running) running;
    struct map by_text, by_use; /* number + 1 */
    VEC(struct image_use) uses;
};

static void look_end(struct look *l)
{
    vec_free(&l->clusters);
    vec_free(&l->running);
    vec_free(&l->uses);
    map_free(&l->by_text);
    map_free(&l->by_use);
    arena_free(l->arena);
}

/* ---- what ECS says ---- */

static int on_clusters(void *ctx, json_val *document)
{
    struct look *l = ctx;
    for (json_each(arn, json_get(document, "clusterArns")))
        vec_add(&l->clusters, arena_str(l->arena, json_str(arn)));
    return 0;
}

/* As images say it: "x86_64" is "amd64". Empty where ECS does not tell. */
static struct str architecture_of(json_val *task)
{
    for (json_each(attribute, json_get(task, "attributes")))
        if (str_is(json_get_str(attribute, "name"), "ecs.cpu-architecture"))
            return str_is(json_get_str(attribute, "value"), "x86_64") ? STR("amd64")
                                                                      : json_get_str(attribute, "value");
    return (struct str){NULL, 0};
}

static int add(struct look *l, json_val *task, json_val *container)
{
    struct running r = {.cluster = l->cluster,
                        .definition = json_get_str(task, "taskDefinitionArn"),
                        .group = json_get_str(task, "group"),
                        .image = json_get_str(container, "image"),
                        .digest = json_get_str(container, "imageDigest"),
                        .architecture = architecture_of(task)};
    if (!r.digest.n || !r.image.n || !r.definition.n || !r.group.n)
        return 0;
    struct str *const texts[] = {&r.definition, &r.group, &r.image, &r.digest, &r.architecture};
    struct str key =
        arena_printf(l->arena, "%.*s %.*s %.*s %.*s %.*s %.*s", STR_ARG(r.cluster), STR_ARG(r.definition),
                     STR_ARG(r.group), STR_ARG(r.image), STR_ARG(r.digest), STR_ARG(r.architecture));
    size_t known = (size_t)map_get(&l->by_text, key);
    if (!known) {
        if (l->running.n == WORKLOADS_MAX)
            return err_set(ERR_LIMIT, "more than %d images in tasks", WORKLOADS_MAX);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *texts[i] = arena_str(l->arena, *texts[i]);
        vec_add(&l->running, r);
        known = l->running.n;
        map_set(&l->by_text, key, (void *)known);
    }
    l->running.at[known - 1].units++;
    return 0;
}

/* A task that ends has containers that run until they do not. */
static int on_tasks(void *ctx, json_val *document)
{
    struct look *l = ctx;
    int status = monitor_stopping(l->place->m) ? JOB_INTERRUPTED : 0;
    for (json_each(task, json_get(document, "tasks")))
        for (json_each(container, json_get(task, "containers")))
            if (status == 0 && str_is(json_get_str(container, "lastStatus"), "RUNNING"))
                status = add(l, task, container);
    return status;
}

/* ---- which of our images those are ---- */

static void use(struct look *l, const struct running *r, int64_t resource)
{
    struct str key = arena_printf(l->arena, "%lld %.*s %.*s %.*s", (long long)resource, STR_ARG(r->cluster),
                                  STR_ARG(r->definition), STR_ARG(r->group));
    size_t known = (size_t)map_get(&l->by_use, key);
    if (!known) {
        vec_add(&l->uses, (struct image_use){resource, r->cluster, r->definition, r->group, 0, TIME_NONE});
        known = l->uses.n;
        map_set(&l->by_use, key, (void *)known);
    }
    l->uses.at[known - 1].running += r->units;
}

/* Those that an index stands for, by the tag that led there; of the task's processor where both are known. */
static void use_indexed(struct look *l, struct sql *db, struct arena *a, const struct running *r,
                        const struct ecr_name *name)
{
    int64_t *ids;
    struct str value =
        arena_printf(a, "%.*s:%.*s %.*s", STR_ARG(name->repository), STR_ARG(name->tag), STR_ARG(r->digest));
    size_t n =
        resource_with_value(db, a, l->place->account, RESOURCE_VALUE_REFERENCE, value, INDEXED_MAX, &ids);
    for (size_t i = 0; i < n; i++) {
        struct resource image;
        if (resource_get(db, a, ids[i], &image) == 0 && image.state != STATE_GONE &&
            str_eq(image.region, name->region) &&
            (!r->architecture.n || !image.architecture.n || str_ieq(r->architecture, image.architecture)))
            use(l, r, image.id);
    }
}

static void find_images(struct look *l)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct aws_place *p = l->place;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    vec_each(r, &l->running)
    {
        char account[ACCOUNT_TEXT];
        struct ecr_name name;
        struct resource image;
        arena_reset(a);
        if (!ecr_name_read(r->image, &name) || !str_is(name.account, account_text(p->account, account)))
            continue;
        const struct image_facts f = {.account = p->account,
                                      .registry = name.account,
                                      .region = name.region,
                                      .repository = name.repository};
        struct str arn = repository_arn(a, store_place(monitor_store(p->m)), &f);
        arn = arena_printf(a, "%.*s/%.*s", STR_ARG(arn), STR_ARG(r->digest));
        if (resource_find(db, a, p->account, arn, &image) == 0 && image.state != STATE_GONE)
            use(l, r, image.id);
        else if (name.tag.n)
            use_indexed(l, db, a, r, &name);
    }
}

/* ---- what follows ---- */

static int follow(struct look *l, struct sql *db, struct arena *a, int64_t id, int64_t now)
{
    struct store *store = monitor_store(l->place->m);
    struct resource before;
    struct image_facts f;
    bool is_new, changed;
    if (resource_get(db, a, id, &before) < 0 || before.state == STATE_GONE)
        return 0;
    resource_values(db, a, &before);
    image_facts_of(a, &before, &f);
    image_uses_of(db, before.account, id, &f.in_use_count, &f.last_in_use);
    struct resource r = image_resource(a, store_place(store), &f);
    resource_put(db, &r, &is_new, &changed);
    return changed ? engine_image_used(db, &r, now) : 0;
}

/* Some of the uses that differ, if any: rules and coverage follow, and all of them at once would keep others
 * from writing for long. */
static int put_some(struct look *l, int64_t now, bool *ret_any)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct aws_place *p = l->place;
    int64_t *touched;
    int status = 0;
    struct sql *db = store_writer(monitor_store(p->m));
    size_t n = image_uses_put(db, a, p->account, &l->where, l->uses.at, l->uses.n, now, now - KEPT,
                              WRITTEN_AT_ONCE, &touched);
    for (size_t i = 0; i < n && status == 0; i++)
        status = follow(l, db, a, touched[i], now);
    if (status < 0) {
        store_release(db);
        return status;
    }
    status = store_commit(db);
    for (size_t i = 0; i < n && status == 0; i++) {
        status = monitor_review(p->m, touched[i]);
        if (status == ERR_MISSING) /* it went meanwhile */
            status = 0;
    }
    *ret_any = n > 0;
    return status;
}

static int put(struct look *l)
{
    int64_t now = time_now();
    int status = 0;
    for (bool any = true; any && status == 0;)
        status = monitor_stopping(l->place->m) ? JOB_INTERRUPTED : put_some(l, now, &any);
    return status;
}

int aws_leave_tasks(struct aws_place *p)
{
    _cleanup_(look_end) struct look l = {.place = p, .where = {.region = p->region}, .arena = arena_new(0)};
    return put(&l);
}

int aws_look_tasks(struct aws_place *p)
{
    _cleanup_(look_end) struct look l = {.place = p, .where = {.region = p->region}, .arena = arena_new(0)};
    int status = ecs_clusters(p->aws, on_clusters, &l);
    for (size_t i = 0; i < l.clusters.n && status == 0; i++) {
        l.cluster = l.clusters.at[i];
        status = ecs_tasks(p->aws, l.cluster, (struct str){NULL, 0}, on_tasks, &l);
        if (status == ERR_MISSING) /* it went meanwhile */
            status = 0;
    }
    if (status)
        return status;
    find_images(&l);
    return put(&l);
}

int aws_look_family(struct aws_place *p, struct str id)
{
    _cleanup_(look_end) struct look l = {.place = p, .where = {.region = p->region}, .arena = arena_new(0)};
    ptrdiff_t slash = str_rfind(id, '/');
    if (!str_cut(id, ' ', &l.where.cluster, &l.where.family) || slash < 0)
        return err_set(ERR_INVALID, "no cluster and task definition: %.*s", STR_ARG(id));
    l.cluster = l.where.cluster;
    int status = ecs_tasks(p->aws, l.cluster, str_slice(id, (size_t)slash + 1, id.n), on_tasks, &l);
    if (status && status != ERR_MISSING) /* the cluster went, and all that ran there */
        return status;
    find_images(&l);
    return put(&l);
}
