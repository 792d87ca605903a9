/* ECR: repositories, and which images are new, changed or gone in them. What one listing says of an image is
 * compared with what is known; reading it is a job. */
#include "aws/ecr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_place.h"
#include "monitor/engine.h"
#include "monitor/image.h"

enum { READ = 500, IMAGES_MAX = 1000000 };

/* An image or index of the repository at hand. */
struct listed {
    struct str digest;
    struct str *tags;
    size_t n_tags;
    bool is_index;
    struct registry_image times;
};

struct look {
    struct aws_place *place;
    json_val *scanning;  /* the registry's configuration */
    bool unsaid;         /* which it does not tell: all stays as it is known */
    struct map seen;     /* ARNs of repositories */
    struct arena *names; /* of those */
    /* The repository at hand. */
    struct arena *arena;
    struct str name;
    int64_t began, listed; /* at the repository at hand; at the list of all */
    enum scan_frequency frequency;
    VEC(struct listed) images;
    struct map failed;          /* digests of known images that could not be read */
    struct map by_digest, tags; /* digest -> struct listed, by its number + 1; tag -> struct str, digest */
    VEC(struct resource) known;
};

static struct image_facts facts(const struct look *l, struct str digest)
{
    static _Thread_local char account[ACCOUNT_TEXT];
    const struct aws_place *p = l->place;
    return (struct image_facts){.account = p->account,
                                .origin = p->origin->origin.id,
                                .repository = l->name,
                                .digest = digest,
                                .registry = str_from(account_text(p->account, account)),
                                .region = p->region,
                                .pushed = TIME_NONE,
                                .pulled = TIME_NONE,
                                .last_in_use = TIME_NONE,
                                .in_use_count = -1};
}

/* ---- what the registry lists ---- */

static bool is_index(struct str media_type)
{
    return str_is(media_type, "application/vnd.oci.image.index.v1+json") ||
           str_is(media_type, "application/vnd.docker.distribution.manifest.list.v2+json");
}

static int on_images(void *ctx, json_val *document)
{
    struct look *l = ctx;
    for (json_each(image, json_get(document, "imageDetails"))) {
        struct str digest = json_get_str(image, "imageDigest");
        json_val *tags = json_get(image, "imageTags");
        if (!digest_valid(digest))
            continue;
        if (l->images.n == IMAGES_MAX)
            return err_set(ERR_LIMIT, "%.*s: more than %d images", STR_ARG(l->name), IMAGES_MAX);
        struct listed one = {.digest = arena_str(l->arena, digest),
                             .tags = arena_new_array(l->arena, struct str, yyjson_arr_size(tags) + 1),
                             .is_index = is_index(json_get_str(image, "imageManifestMediaType")),
                             .times = registry_ecr_image(image)};
        for (json_each(tag, tags))
            if (reference_check(json_str(tag)) == 0)
                one.tags[one.n_tags++] = arena_str(l->arena, json_str(tag));
        vec_add(&l->images, one);
    }
    return 0;
}

static void index_listed(struct look *l)
{
    for (size_t i = 0; i < l->images.n; i++) {
        struct listed *one = &l->images.at[i];
        map_set(&l->by_digest, one->digest, one);
        for (size_t t = 0; t < one->n_tags; t++)
            map_set(&l->tags, one->tags[t], &one->digest);
    }
}

/* ---- what is known ---- */

static int read_known(struct look *l)
{
    const struct aws_place *p = l->place;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    struct resource *list;
    size_t n;
    int64_t after = 0;
    do {
        n = resource_named(db, l->arena, p->account, RESOURCE_AWS_ECR_CONTAINER_IMAGE, l->name, after, READ,
                           &list);
        for (size_t i = 0; i < n; i++) {
            after = list[i].id;
            if (list[i].state == STATE_GONE || !str_eq(list[i].origin, p->origin->origin.id) ||
                !str_eq(list[i].region, p->region))
                continue;
            vec_add(&l->known, list[i]);
            if (aws_may_be_read_now(db, l->arena, &list[i]))
                map_set(&l->failed, list[i].hash, l);
        }
    } while (n == READ);
    return sql_status(db);
}

/* Another push or pull: its window moves. Archived or brought back: its coverage follows. */
static int follow_times(struct look *l, const struct resource *r, const struct listed *listed)
{
    struct image_facts f;
    struct monitor *m = l->place->m;
    bool is_new, changed;
    image_facts_of(l->arena, r, &f);
    if (listed->times.pushed != TIME_NONE)
        f.pushed = listed->times.pushed;
    if (listed->times.pulled != TIME_NONE)
        f.pulled = listed->times.pulled;
    f.archived = listed->times.archived;
    if (f.pushed == r->pushed && f.pulled == r->pulled && f.archived == (r->state == STATE_STOPPED))
        return 0;
    struct resource now = image_resource(l->arena, store_place(monitor_store(m)), &f);
    bool shown = f.pushed != r->pushed || f.archived != (r->state == STATE_STOPPED);
    struct sql *db = store_writer(monitor_store(m));
    resource_put(db, &now, &is_new, &changed);
    int status = changed && shown ? engine_resource_changed(db, r, &now, time_now()) : 0;
    if (status < 0) {
        store_release(db);
        return status;
    }
    status = store_commit(db);
    return status < 0 ? status : monitor_review(m, r->id);
}

static int ask(struct look *l, struct str reference)
{
    return aws_ask(l->place, JOB_SCAN_IMAGE,
                   arena_printf(l->arena, "%.*s %.*s", STR_ARG(l->name), STR_ARG(reference)),
                   (struct str){NULL, 0});
}

/* What a tag led to is noted with the image: an image by its own digest, or by that of its index. */
static int compare_known(struct look *l, struct map *led, struct map *digests)
{
    struct monitor *m = l->place->m;
    int status = 0;
    vec_each(r, &l->known)
    {
        struct image_facts f;
        const struct listed *listed = map_get(&l->by_digest, r->hash);
        if (!listed) {
            status = r->first_seen < l->began ? scan_gone(m, r) : 0; /* else it was pushed meanwhile */
            if (status < 0)
                return status;
            continue;
        }
        map_set(digests, r->hash, r);
        if ((status = follow_times(l, r, listed)) < 0)
            return status;
        if (map_get(&l->failed, r->hash) && (status = ask(l, r->hash)) < 0)
            return status;
        image_facts_of(l->arena, r, &f);
        for (size_t i = 0; i < f.n_references; i++) {
            struct str tag = f.references[i].tag, *digest = arena_alloc(l->arena, sizeof *digest);
            *digest = f.references[i].digest;
            map_set(led, tag, digest);
            if (!map_get(&l->tags, tag))
                status = image_untag(m, l->place->account, f.origin, l->name, tag, NULL, 0);
            if (status < 0)
                return status;
        }
    }
    return 0;
}

/* It cannot be read: one that was archived before anybody knew it is none of ours until it is back. */
static bool is_archived(const struct look *l, struct str digest)
{
    const struct listed *one = map_get(&l->by_digest, digest);
    return one && one->times.archived;
}

static int compare_listed(struct look *l, const struct map *led, const struct map *digests)
{
    int status = 0;
    for (size_t i = 0; i < l->tags.n && status == 0; i++) {
        struct str tag = l->tags.entries[i].key;
        const struct str *was = map_get(led, tag), *is = l->tags.entries[i].value;
        if ((!was || !str_eq(*was, *is)) && !is_archived(l, *is))
            status = ask(l, arena_printf(l->arena, "%.*s@%.*s", STR_ARG(tag), STR_ARG(*is)));
    }
    /* Those without a tag are images, too; an index is looked into when it has one. */
    vec_each(one, &l->images)
    {
        if (status < 0)
            break;
        if (!one->n_tags && !one->is_index && !one->times.archived && !map_get(digests, one->digest))
            status = ask(l, one->digest);
    }
    return status;
}

static int compare(struct look *l)
{
    struct map led = {0}, digests = {0};
    int status = compare_known(l, &led, &digests);
    if (status == 0)
        status = compare_listed(l, &led, &digests);
    map_free(&led);
    map_free(&digests);
    return status;
}

/* ---- repositories ---- */

static void repository_end(struct look *l)
{
    vec_free(&l->images);
    vec_free(&l->known);
    map_free(&l->by_digest);
    map_free(&l->tags);
    map_free(&l->failed);
    l->by_digest = l->tags = l->failed = (struct map){0};
}

static int put_repository(struct look *l, enum scan_status status, enum scan_reason reason, struct str error)
{
    const struct image_facts f = facts(l, (struct str){NULL, 0});
    return repository_put(l->place->m, &f, status, reason, error);
}

static int look_closely(struct look *l)
{
    int status = ecr_images(l->place->aws, l->name, on_images, l);
    if (status == ERR_DENIED) {
        aws_trouble(l->place);
        return put_repository(l, SCAN_STATUS_INACTIVE, REASON_ACCESS_DENIED, str_from(err_text()));
    }
    if (status == ERR_MISSING) /* it went meanwhile */
        return 0;
    if (status < 0)
        return status;
    index_listed(l);
    status = read_known(l);
    if (status == 0)
        status = put_repository(l, repository_status(l->frequency), repository_reason(l->frequency), STR(""));
    return status < 0 ? status : compare(l);
}

static int on_repositories(void *ctx, json_val *document)
{
    struct look *l = ctx;
    for (json_each(repository, json_get(document, "repositories"))) {
        struct str name = json_get_str(repository, "repositoryName");
        if (repository_check(name) < 0) {
            aws_trouble(l->place);
            continue;
        }
        if (monitor_stopping(l->place->m))
            return JOB_INTERRUPTED;
        arena_reset(l->arena);
        l->name = arena_str(l->arena, name);
        l->began = time_now();
        l->frequency = image_frequency_of(l->place->origin, l->scanning, name);
        const struct image_facts f = facts(l, (struct str){NULL, 0});
        if (l->unsaid)
            image_frequency_known(l->place->m, l->arena, &f, &l->frequency);
        map_set(&l->seen, repository_arn(l->names, store_place(monitor_store(l->place->m)), &f), l);
        int status = look_closely(l);
        repository_end(l);
        if (status == ERR_IO)
            return status;
        if (status < 0)
            aws_trouble(l->place);
    }
    return 0;
}

static void look_end(struct look *l)
{
    repository_end(l);
    map_free(&l->seen);
    arena_free(l->names);
    arena_free(l->arena);
}

/* With a repository go its images. */
static bool is_closed(const void *ctx, const struct resource *r)
{
    const struct look *l = ctx;
    bool image = r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE;
    ptrdiff_t slash = str_rfind(r->resource_id, '/');
    if ((!image && r->type != RESOURCE_AWS_ECR_REPOSITORY) || slash < 0)
        return false;
    return str_eq(r->region, l->place->region) && r->first_seen < l->listed &&
           !map_get(&l->seen, image ? str_slice(r->resource_id, 0, (size_t)slash) : r->resource_id);
}

static void begin(struct look *l)
{
    struct aws_place *p = l->place;
    l->names = arena_new(0);
    l->arena = arena_new(0);
    if (!p->origin->options.frequency_stated && ecr_scanning(p->aws, p->arena, &l->scanning) < 0) {
        aws_trouble(p); /* it may be all that we are not let see */
        l->unsaid = true;
    }
    l->listed = time_now();
}

static bool is_of_repository(const void *ctx, const struct resource *r)
{
    const struct look *l = ctx;
    return str_eq(r->name, l->name) && is_closed(ctx, r);
}

int aws_look_repository(struct aws_place *p, struct str name)
{
    _cleanup_(look_end) struct look l = {.place = p};
    json_val *document;
    if (repository_check(name) < 0)
        return 0;
    begin(&l);
    int status = ecr_repository(p->aws, p->arena, name, &document);
    if (status == 0)
        return on_repositories(&l, document);
    l.name = name;
    l.listed++; /* nothing is missing for being newer than a list */
    return status == ERR_MISSING ? scan_gone_of(p->m, p->account, p->origin->origin.id, is_of_repository, &l)
                                 : status;
}

int aws_look_repositories(struct aws_place *p)
{
    _cleanup_(look_end) struct look l = {.place = p};
    begin(&l);
    int status = ecr_repositories(p->aws, on_repositories, &l);
    return status ? status : scan_gone_of(p->m, p->account, p->origin->origin.id, is_closed, &l);
}
