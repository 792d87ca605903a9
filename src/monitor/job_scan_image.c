/* An image of a registry was pushed, found or is to be scanned again: its layers are read where nobody has
 * read them, its inventory is composed, and its findings follow. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/image.h"
#include "source/sandbox.h"

enum { PLATFORMS_MAX = 64, INDEX_DEPTH = 3 };
static const uint64_t IMAGE_BYTES_MAX = (uint64_t)64 << 30;

/* The job at hand. */
struct scan {
    struct monitor *m;
    struct arena *arena;
    account_id account;
    struct scan_origin origin;
    struct registry *registry;
    struct str region; /* of an AWS account */
    enum scan_frequency frequency;
    struct str repository, reference; /* reference: what is asked for */
    struct str tag;                   /* that leads there; or empty */
    struct str digest;                /* of what the reference stands for */
    VEC(struct str) images;           /* digests of the images that it is, for our platforms */
    struct str failed;                /* digest of the image that failed last */
};

/* One image of it. */
struct one {
    struct scan *scan;
    struct manifest manifest;
    struct image_config config;
    struct image_facts facts;
    struct resource resource;
    struct scan_folder folder;
    size_t layer; /* at hand */
};

static void scan_free(struct scan *s)
{
    registry_free(s->registry);
    vec_free(&s->images);
    arena_free(s->arena);
}

static void one_free(struct one *o)
{
    scan_folder_remove(&o->folder);
}

/* ---- which images ---- */

static bool fits(const struct scan *s, struct str platform)
{
    static const struct str both[] = {STR("linux/amd64"), STR("linux/arm64")};
    const struct origin_options *o = &s->origin.options;
    const struct str *wanted = o->n_platforms ? o->platforms : both;
    size_t n = o->n_platforms ? o->n_platforms : 2;
    for (size_t i = 0; i < n; i++)
        if (platform_fits(wanted[i], platform))
            return true;
    return false;
}

static int collect(struct scan *s, struct str reference, unsigned depth);

static int collect_index(struct scan *s, const struct manifest *index, unsigned depth)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < index->n_items; i++) {
        const struct descriptor *d = &index->items[i];
        if (d->statement || (d->platform.n && !fits(s, d->platform)))
            continue;
        if (d->platform.n)
            vec_add(&s->images, d->digest);
        else
            status = collect(s, d->digest, depth + 1);
        if (s->images.n > PLATFORMS_MAX)
            status = err_set(ERR_LIMIT, "more than %d images in one index", PLATFORMS_MAX);
    }
    return status;
}

static int collect(struct scan *s, struct str reference, unsigned depth)
{
    struct manifest manifest;
    struct str digest;
    if (depth > INDEX_DEPTH)
        return err_set(ERR_LIMIT, "indexes nested deeper than %d levels", INDEX_DEPTH);
    int status = registry_manifest(s->registry, s->arena, s->repository, reference, &digest, &manifest);
    if (status < 0)
        return status;
    if (!depth)
        s->digest = digest;
    if (manifest.index)
        return collect_index(s, &manifest, depth);
    vec_add(&s->images, digest);
    return 0;
}

/* ---- one image ---- */

static struct image_facts new_facts(const struct scan *s, struct str digest)
{
    return (struct image_facts){.account = s->account,
                                .origin = s->origin.origin.id,
                                .repository = s->repository,
                                .digest = digest,
                                .registry = registry_host(s->registry),
                                .region = s->region,
                                .pushed = TIME_NONE,
                                .pulled = TIME_NONE,
                                .last_in_use = TIME_NONE,
                                .in_use_count = -1};
}

/* What the registry says of when it was pushed; else it was when we first saw it. */
static void set_times(struct scan *s, struct image_facts *f)
{
    struct registry_image image;
    if (registry_describe(s->registry, s->arena, s->repository, f->digest, &image) < 0)
        image = (struct registry_image){TIME_NONE, TIME_NONE, f->archived};
    if (image.pushed != TIME_NONE)
        f->pushed = image.pushed;
    if (image.pulled != TIME_NONE)
        f->pulled = image.pulled;
    f->archived = image.archived;
}

/* What is known of it already, and that the tag of this job leads to it now. */
static void set_facts(struct one *o, struct str digest)
{
    struct scan *s = o->scan;
    struct image_facts f = new_facts(s, digest);
    f.pushed = time_now();
    struct resource r = image_resource(s->arena, store_place(monitor_store(s->m)), &f), known;
    struct sql *db = store_reader(monitor_store(s->m));
    if (resource_find(db, s->arena, s->account, r.resource_id, &known) == 0 && known.state != STATE_GONE) {
        resource_values(db, s->arena, &known);
        image_facts_of(s->arena, &known, &f);
        f.origin = s->origin.origin.id;
        f.registry = registry_host(s->registry);
        r.inventory = known.inventory;
    }
    store_release(db);
    set_times(s, &f);
    struct image_reference *all = arena_new_array(s->arena, struct image_reference, f.n_references + 1);
    size_t n = 0;
    for (size_t i = 0; i < f.n_references; i++)
        if (!str_eq(f.references[i].tag, s->tag))
            all[n++] = f.references[i];
    if (s->tag.n)
        all[n++] = (struct image_reference){s->tag, s->digest};
    f.references = all;
    f.n_references = n;
    o->facts = f;
    o->resource.inventory = r.inventory;
}

static void set_resource(struct one *o)
{
    int64_t id = o->resource.id, inventory = o->resource.inventory;
    o->resource = image_resource(o->scan->arena, store_place(monitor_store(o->scan->m)), &o->facts);
    o->resource.id = id;
    o->resource.inventory = inventory;
}

static int read_manifest(struct one *o, struct str digest)
{
    struct scan *s = o->scan;
    struct str got = {NULL, 0}, text;
    uint64_t bytes = 0;
    int status = registry_manifest(s->registry, s->arena, s->repository, digest, &got, &o->manifest);
    if (status == 0 && o->manifest.index)
        status = err_set(ERR_INVALID, "an index where an image should be");
    if (status == 0)
        status = registry_config(s->registry, s->arena, s->repository, &o->manifest.config, &text);
    if (status == ERR_MISSING && got.n)
        status = err_set(ERR_INVALID, "the registry lacks the configuration: %s", err_text());
    if (status == 0)
        status = image_config_parse(s->arena, text, o->manifest.n_items, &o->config);
    for (size_t i = 0; status == 0 && i < o->manifest.n_items; i++)
        if ((bytes += o->manifest.items[i].size) > IMAGE_BYTES_MAX ||
            o->manifest.items[i].size > IMAGE_BYTES_MAX)
            status = err_set(ERR_LIMIT, "larger than %llu GiB", (unsigned long long)(IMAGE_BYTES_MAX >> 30));
    return status;
}

/* ---- layers ---- */

static struct str file_of(struct one *o, size_t layer)
{
    return arena_printf(o->scan->arena, "layer-%zu", layer);
}

/* Into the folder, unless it lies there. */
static int download(struct one *o, size_t layer)
{
    struct scan *s = o->scan;
    int status = o->folder.path[0] ? 0 : scan_folder_new(s->m, &o->folder);
    if (status < 0)
        return status;
    const char *path = arena_printf(s->arena, "%s/%s", o->folder.path, file_of(o, layer).p).p;
    if (access(path, F_OK) == 0)
        return 0;
    status = registry_blob(s->registry, s->repository, &o->manifest.items[layer], path);
    /* The registry has the manifest: what it names has to be there. */
    return status == ERR_MISSING ? err_set(ERR_INVALID, "the registry lacks a layer: %s", err_text())
                                 : status;
}

static struct layer layer_of(struct one *o, size_t layer)
{
    return (struct layer){file_of(o, layer), o->manifest.items[layer].digest, o->config.diff_ids[layer]};
}

static int read_layer(void *ctx, struct buf *to)
{
    struct one *o = ctx;
    const struct layer layer = layer_of(o, o->layer);
    const struct sandbox sandbox = scan_sandbox(o->scan->m);
    int status = download(o, o->layer);
    if (status < 0)
        return status;
    status = sandbox_read_layer(&sandbox, o->folder.path, &layer, to);
    return status < 0 ? err_context(status, "layer %.*s", STR_ARG(layer.digest)) : 0;
}

static int read_whole(void *ctx, struct buf *to)
{
    struct one *o = ctx;
    const struct sandbox sandbox = scan_sandbox(o->scan->m);
    struct image image = {arena_new_array(o->scan->arena, struct layer, o->manifest.n_items), 0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < o->manifest.n_items; i++) {
        image.layers[image.n_layers++] = layer_of(o, i);
        status = download(o, i);
    }
    return status < 0 ? status : sandbox_read_image(&sandbox, o->folder.path, &image, to);
}

static int whole_inventory(struct one *o, struct inventory **ret_inventory)
{
    struct artefact artefact;
    int status = scan_artefact(o->scan->m, o->scan->arena, o->scan->account, o->facts.digest, read_whole, o,
                               &artefact);
    if (status < 0)
        return status;
    struct inventory *inv = inventory_new();
    for (size_t i = 0; i < o->manifest.n_items; i++)
        vec_add(&inv->layers, arena_str(inv->arena, o->manifest.items[i].digest));
    status = artefact_add(inv, &artefact, ARTEFACT_LAYERS);
    if (status < 0) {
        inventory_free(inv);
        return status;
    }
    inventory_finish(inv);
    *ret_inventory = inv;
    return 0;
}

/* So that it is kept for as long as images are made of it. */
static int note_use(const struct one *o)
{
    struct sql *db = store_writer(monitor_store(o->scan->m));
    for (size_t i = 0; i < o->manifest.n_items; i++)
        artefact_used(db, o->scan->account, o->manifest.items[i].digest, time_now());
    artefact_used(db, o->scan->account, o->facts.digest, time_now());
    return store_commit(db);
}

static int image_inventory(struct one *o, struct inventory **ret_inventory)
{
    struct scan *s = o->scan;
    size_t n = o->manifest.n_items;
    struct artefact *artefacts = arena_new_array(s->arena, struct artefact, n);
    struct artefact_layer *layers = arena_new_array(s->arena, struct artefact_layer, n);
    for (o->layer = 0; o->layer < n; o->layer++) {
        struct str digest = o->manifest.items[o->layer].digest;
        int status = scan_artefact(s->m, s->arena, s->account, digest, read_layer, o, &artefacts[o->layer]);
        if (status < 0)
            return status;
        if (!str_eq(digest_text(s->arena, artefacts[o->layer].plain), o->config.diff_ids[o->layer]))
            return err_set(ERR_INVALID, "layer %.*s does not have the diff id that the configuration states",
                           STR_ARG(digest));
        layers[o->layer] = (struct artefact_layer){&artefacts[o->layer], digest};
    }
    int status = note_use(o);
    if (status == 0)
        status = artefact_compose(layers, n, ret_inventory);
    return status == ERR_UNSUPPORTED ? whole_inventory(o, ret_inventory) : status;
}

/* ---- from a scan to coverage ---- */

static int found(struct one *o, struct inventory *inv)
{
    struct scan *s = o->scan;
    bool changed;
    if (!inv->os.family.n && !inv->packages.n)
        return scan_end(s->m, &o->resource, SCAN_STATUS_INACTIVE, REASON_UNSUPPORTED_OS,
                        STR("neither an operating system nor packages were found"));
    inv->target_kind = STR("image");
    int status = monitor_inventory(s->m, &o->resource, inv, &changed);
    if (status < 0)
        return status;
    return scan_end(s->m, &o->resource, SCAN_STATUS_ACTIVE,
                    s->frequency == FREQUENCY_ON_PUSH ? REASON_SCAN_FREQUENCY_SCAN_ON_PUSH
                                                      : REASON_SUCCESSFUL,
                    scan_problems(s->arena, inv));
}

/* What stays as it is however often it is tried ends here; the rest is the queue's. */
static int not_found(struct one *o, int code)
{
    struct scan *s = o->scan;
    struct str text = arena_str(s->arena, str_from(err_text()));
    enum scan_reason reason;
    switch (code) {
    case ERR_DENIED:
        reason = REASON_ACCESS_DENIED;
        break;
    case ERR_UNSUPPORTED:
        reason = REASON_UNSUPPORTED_MEDIA_TYPE;
        break;
    case ERR_LIMIT:
        reason = REASON_IMAGE_SIZE_EXCEEDED;
        break;
    case ERR_INVALID:
        reason = REASON_INTERNAL_ERROR;
        break;
    default:
        return err_set(code, "%.*s", STR_ARG(text));
    }
    return scan_end(s->m, &o->resource, SCAN_STATUS_INACTIVE, reason, text);
}

static int scan_layers(struct one *o)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    if (o->config.os.n && !str_is(o->config.os, "linux"))
        return scan_end(o->scan->m, &o->resource, SCAN_STATUS_INACTIVE, REASON_UNSUPPORTED_OS,
                        arena_printf(o->scan->arena, "an image for %.*s", STR_ARG(o->config.os)));
    int status = image_inventory(o, &inv);
    return status < 0 ? not_found(o, status) : found(o, inv);
}

/* An image that is asked for by its digest is not there. */
static int digest_gone(struct scan *s, struct str digest)
{
    const struct image_facts f = new_facts(s, digest);
    struct resource r = image_resource(s->arena, store_place(monitor_store(s->m)), &f), known;
    struct sql *db = store_reader(monitor_store(s->m));
    int status = resource_find(db, s->arena, s->account, r.resource_id, &known);
    store_release(db);
    if (status < 0 || known.state == STATE_GONE || !str_eq(known.origin, s->origin.origin.id))
        return 0;
    return scan_gone(s->m, &known);
}

static int scan_image(struct scan *s, struct str digest)
{
    _cleanup_(one_free) struct one o = {.scan = s};
    bool covered;
    set_facts(&o, digest);
    int status = read_manifest(&o, digest);
    if (status == 0) {
        o.facts.architecture = o.config.architecture;
        o.facts.author = o.config.author;
    }
    if (status == ERR_MISSING) /* it went meanwhile */
        return digest_gone(s, digest);
    struct str why = arena_str(s->arena, str_from(err_text()));
    set_resource(&o);
    int begun = scan_begin(s->m, &o.resource, &covered);
    if (begun < 0)
        return begun;
    if (status < 0) {
        err_set(status, "%.*s", STR_ARG(why));
        return not_found(&o, status);
    }
    if (s->frequency == FREQUENCY_MANUAL)
        return scan_end(s->m, &o.resource, SCAN_STATUS_INACTIVE, REASON_SCAN_FREQUENCY_MANUAL, STR(""));
    if (!covered || (o.resource.inventory && s->tag.n)) /* the same bytes: only the tag is new */
        return 0;
    return scan_layers(&o);
}

/* ---- the job ---- */

static int put_repository(struct scan *s, enum scan_status status, enum scan_reason reason, struct str error)
{
    const struct image_facts f = new_facts(s, (struct str){NULL, 0});
    return repository_put(s->m, &f, status, reason, error);
}

/* Nothing is known of the image itself: what is wrong is said of the repository. ECR lists images by their
 * digests: there it is said of the image, which is read once more to see. */
static int unresolved(struct scan *s, int code)
{
    struct str text = arena_str(s->arena, str_from(err_text()));
    if (s->region.n && digest_valid(s->reference) && code != ERR_MISSING && code != ERR_IO)
        return scan_image(s, s->reference);
    switch (code) {
    case ERR_MISSING:
        return digest_valid(s->reference)
                   ? digest_gone(s, s->reference)
                   : image_untag(s->m, s->account, s->origin.origin.id, s->repository, s->tag, NULL, 0);
    case ERR_DENIED:
        return put_repository(s, SCAN_STATUS_INACTIVE, REASON_ACCESS_DENIED, text);
    case ERR_UNSUPPORTED:
    case ERR_LIMIT:
    case ERR_INVALID:
        if (s->digest.n) /* the index came, so there is something to hang it on */
            return put_repository(s, repository_status(s->frequency), repository_reason(s->frequency), text);
        return put_repository(s, SCAN_STATUS_INACTIVE,
                              code == ERR_UNSUPPORTED ? REASON_UNSUPPORTED_MEDIA_TYPE : REASON_INTERNAL_ERROR,
                              text);
    default:
        return err_set(code, "%.*s", STR_ARG(text));
    }
}

static int scan_all(struct scan *s)
{
    const struct image_facts f = new_facts(s, (struct str){NULL, 0});
    s->frequency = image_frequency(s->m, s->arena, &s->origin, &f);
    int result = collect(s, s->reference, 0);
    if (result < 0)
        return unresolved(s, result);
    result = put_repository(s, repository_status(s->frequency), repository_reason(s->frequency), STR(""));
    if (result == 0 && s->tag.n)
        result = image_untag(s->m, s->account, s->origin.origin.id, s->repository, s->tag, s->images.at,
                             s->images.n);
    struct str text = arena_str(s->arena, str_from(err_text()));
    for (size_t i = 0; i < s->images.n; i++) {
        if (monitor_stopping(s->m))
            return JOB_INTERRUPTED;
        int status = scan_image(s, s->images.at[i]);
        if (status < 0 && result == 0) {
            result = status;
            s->failed = s->images.at[i];
            text = arena_str(s->arena, str_from(err_text()));
        }
    }
    return result < 0 ? err_set(result, "%.*s", STR_ARG(text)) : 0;
}

/* A tag, a digest, or "TAG@DIGEST" as of a push: some registries tell of it before the tag leads there. */
static void set_reference(struct scan *s, struct str reference)
{
    s->reference = reference;
    s->tag = digest_valid(reference) ? (struct str){NULL, 0} : reference;
    str_cut(reference, '@', &s->tag, &s->reference);
}

/* 1: there is nothing to do. */
static int begin(struct scan *s, struct monitor *m, const struct job *job)
{
    struct str id, rest = job->subject;
    s->m = m;
    s->arena = arena_new(0);
    s->account = job->account;
    if (!str_cut(rest, ' ', &id, &rest) || str_find(rest, ' ') < 0)
        return err_set(ERR_INVALID, "not an image to scan: %.*s", STR_ARG(job->subject));
    if (!scan_enabled(m, job->account, SCAN_OF_ECR))
        return 1;
    int status = scan_origin(m, s->arena, job->account, id, &s->origin);
    if (status < 0)
        return status == ERR_MISSING ? 1 : status;
    bool cut = s->origin.origin.kind != ORIGIN_AWS_ACCOUNT || str_cut(rest, ' ', &s->region, &rest);
    if (!cut || !str_cut(rest, ' ', &s->repository, &rest))
        return err_set(ERR_INVALID, "not an image to scan: %.*s", STR_ARG(job->subject));
    set_reference(s, rest);
    return image_registry(m, &s->origin, s->region, &s->registry);
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(scan_free) struct scan s = {0};
    int status = begin(&s, m, job);
    return status < 0 ? status : status ? 0 : scan_all(&s);
}

/* Says it of the images that the reference led to the last time, or else of the repository. */
static void give_up(struct monitor *m, struct job *job, struct str error)
{
    _cleanup_(scan_free) struct scan s = {0};
    struct str prefix;
    int64_t *ids;
    if (begin(&s, m, job) != 0)
        return;
    struct sql *db = store_reader(monitor_store(m));
    const struct image_facts f = new_facts(&s, s.reference);
    struct resource r = image_resource(s.arena, store_place(monitor_store(m)), &f);
    prefix = arena_printf(s.arena, "%.*s:%.*s ", STR_ARG(s.repository), STR_ARG(s.tag));
    size_t n =
        resource_with_value(db, s.arena, s.account, RESOURCE_VALUE_REFERENCE, prefix, PLATFORMS_MAX, &ids);
    VEC(struct resource) list = {0};
    if (resource_find(db, s.arena, s.account, r.resource_id, &r) == 0)
        vec_add(&list, r);
    for (size_t i = 0; i < n; i++)
        if (resource_get(db, s.arena, ids[i], &r) == 0 && !r.inventory)
            vec_add(&list, r);
    store_release(db);
    vec_each(x, &list)(void) scan_end(m, x, SCAN_STATUS_INACTIVE, REASON_INTERNAL_ERROR, error);
    if (!list.n)
        (void)put_repository(&s, SCAN_STATUS_INACTIVE, REASON_INTERNAL_ERROR, error);
    vec_free(&list);
}

const struct job_kind job_scan_image = {
    .number = JOB_SCAN_IMAGE,
    .name = "scan-image",
    .seconds = 120,
    .run = run,
    .give_up = give_up,
};
