/* A registry: its catalogue and tags against what is known. An unchanged tag costs one request without a
 * body. Big registries are looked at in slices.
 *
 * What does not answer is told of and left for the next round. When several in a row do not it is the
 * registry: the next poll goes on behind them.
 *
 * State: "after", the repository that the last slice ended with; "began", when this round did; "asked", the
 * digests that scans were asked for ("REPOSITORY:TAG": digest), so that what makes no image is not asked for
 * again, but for once an hour ("again", when it was last). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/image.h"
#include "monitor/poll.h"

enum {
    SLICE = 500, /* requests */
    IMAGES = 500,
    TAGS_MAX = 100000,
    ASKED_MAX = 100000,
    AGAIN = 3600,
    FAULTS_MAX = 3,    /* requests in a row */
    HEARD_AFTER = 120, /* the state notes only now and then that a repository was seen */
};

struct look {
    struct poll *poll;
    struct registry *registry;
    struct map asked;    /* "REPOSITORY:TAG" -> struct str, its digest */
    struct arena *round; /* of the repository at hand */
    struct str repository;
    unsigned requests, faults; /* faults: in a row */
    struct str trouble;        /* the first of the repository at hand; or empty */
    int64_t began, again;
    bool anew; /* images that could not be read are asked for again */
};

/* ---- one repository ---- */

/* Of the images known: tags with what they stood for, and the images themselves. */
struct known {
    struct map tags; /* tag -> struct str, the digest of its reference */
    VEC(struct resource) images;
};

static void known_free(struct known *k)
{
    map_free(&k->tags);
    vec_free(&k->images);
}

static int read_known(struct look *l, struct known *k)
{
    struct poll *p = l->poll;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    struct resource *list;
    size_t n;
    int64_t after = 0;
    do {
        n = resource_named(db, l->round, p->account, RESOURCE_AWS_ECR_CONTAINER_IMAGE, l->repository, after,
                           IMAGES, &list);
        for (size_t i = 0; i < n; i++) {
            struct image_facts f;
            after = list[i].id;
            if (list[i].state == STATE_GONE || !str_eq(list[i].origin, p->origin->origin.id))
                continue;
            vec_add(&k->images, list[i]);
            image_facts_of(l->round, &list[i], &f);
            for (size_t t = 0; t < f.n_references; t++) {
                struct str *digest = arena_alloc(l->round, sizeof *digest);
                *digest = f.references[t].digest;
                map_set(&k->tags, f.references[t].tag, digest);
            }
        }
    } while (n == IMAGES);
    return sql_status(db);
}

static bool is_asked(const struct look *l, struct str key, struct str digest)
{
    const struct str *was = map_get(&l->asked, key);
    return was && str_eq(*was, digest);
}

static void note_asked(struct look *l, struct str key, struct str digest)
{
    struct arena *a = l->poll->arena;
    struct str *copy = arena_alloc(a, sizeof *copy);
    *copy = arena_str(a, digest);
    if (l->asked.n < ASKED_MAX)
        map_set(&l->asked, arena_str(a, key), copy);
}

static int ask(struct look *l, struct str tag)
{
    struct poll *p = l->poll;
    struct sql *db = store_writer(monitor_store(p->m));
    job_add(db, p->account, JOB_SCAN_IMAGE,
            arena_printf(l->round, "%.*s %.*s %.*s", STR_ARG(p->origin->origin.id), STR_ARG(l->repository),
                         STR_ARG(tag)),
            (struct str){NULL, 0}, time_now());
    int status = store_commit(db);
    if (status == 0)
        monitor_wake(p->m);
    return status;
}

/* 0 for what concerns one tag or repository alone. */
static int tolerate(struct look *l, int status)
{
    if (status < 0 && !l->trouble.n)
        l->trouble = arena_str(l->round, str_from(err_text()));
    if (status == ERR_IO && ++l->faults >= FAULTS_MAX)
        return status;
    return 0;
}

static int resolve(struct look *l, struct str reference, struct str *ret_digest)
{
    l->requests++;
    int status = registry_resolve(l->registry, l->round, l->repository, reference, ret_digest);
    if (status != ERR_IO)
        l->faults = 0;
    return status;
}

static int look_at_tag(struct look *l, const struct known *k, struct str tag)
{
    struct str digest, key = arena_printf(l->round, "%.*s:%.*s", STR_ARG(l->repository), STR_ARG(tag));
    const struct str *was = map_get(&k->tags, tag);
    int status = resolve(l, tag, &digest);
    if (status == ERR_MISSING || status == ERR_INVALID) /* it went meanwhile, or is no tag */
        return 0;
    if (status < 0)
        return status == ERR_DENIED ? status : tolerate(l, status);
    if ((was && str_eq(*was, digest)) || is_asked(l, key, digest))
        return 0;
    note_asked(l, key, digest);
    return ask(l, tag);
}

static int list_tags(struct look *l, struct map *ret_tags)
{
    struct str page = {NULL, 0}, *tags;
    size_t n;
    do {
        l->requests++;
        int status = registry_tags(l->registry, l->round, l->repository, &page, &tags, &n);
        if (status == ERR_MISSING)
            return 0;
        if (status < 0)
            return status;
        l->faults = 0;
        for (size_t i = 0; i < n; i++)
            map_set(ret_tags, tags[i], l);
        if (ret_tags->n > TAGS_MAX)
            return err_set(ERR_LIMIT, "%.*s: more than %d tags", STR_ARG(l->repository), TAGS_MAX);
    } while (page.n);
    return 0;
}

static int look_at_tags(struct look *l, const struct map *tags, const struct known *k)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < tags->n; i++)
        status = look_at_tag(l, k, tags->entries[i].key);
    for (size_t i = 0; status == 0 && i < k->tags.n; i++)
        if (!map_get(tags, k->tags.entries[i].key))
            status = image_untag(l->poll->m, l->poll->account, l->poll->origin->origin.id, l->repository,
                                 k->tags.entries[i].key, NULL, 0);
    return status;
}

static bool has_tag(struct look *l, const struct resource *r, const struct map *tags)
{
    struct image_facts f;
    image_facts_of(l->round, r, &f);
    for (size_t i = 0; i < f.n_references; i++)
        if (map_get(tags, f.references[i].tag))
            return true;
    return false;
}

/* An image without a tag is there for as long as the registry has it. */
static int look_at_images(struct look *l, const struct map *tags, const struct known *k)
{
    vec_each(r, &k->images)
    {
        struct str digest;
        int status = l->anew && !r->inventory ? ask(l, r->hash) : 0;
        if (status < 0)
            return status;
        if (has_tag(l, r, tags))
            continue;
        status = resolve(l, r->hash, &digest);
        status = status == ERR_MISSING ? scan_gone(l->poll->m, r) : tolerate(l, status);
        if (status < 0)
            return status;
    }
    return 0;
}

static int put_repository(struct look *l, enum scan_status status, enum scan_reason reason, struct str error)
{
    const struct image_facts f = {.account = l->poll->account,
                                  .origin = l->poll->origin->origin.id,
                                  .repository = l->repository,
                                  .registry = registry_host(l->registry),
                                  .pushed = TIME_NONE,
                                  .pulled = TIME_NONE};
    return repository_put(l->poll->m, &f, status, reason, error);
}

static int look_closely(struct look *l, struct str repository, bool listed)
{
    _cleanup_(known_free) struct known k = {0};
    struct map tags = {0};
    enum scan_frequency frequency = l->poll->origin->options.frequency;
    arena_reset(l->round);
    l->repository = arena_str(l->round, repository);
    int status = read_known(l, &k);
    if (status == 0)
        status = list_tags(l, &tags);
    if (status == 0)
        status = look_at_tags(l, &tags, &k);
    if (status == 0)
        status = look_at_images(l, &tags, &k);
    if (status == 0 && listed && !l->trouble.n)
        status = put_repository(l, repository_status(frequency), repository_reason(frequency), STR(""));
    if (status == ERR_DENIED)
        status = put_repository(l, SCAN_STATUS_INACTIVE, REASON_ACCESS_DENIED, str_from(err_text()));
    map_free(&tags);
    return status;
}

/* What is wrong with it is told of, and is no reason not to look at others: but for ERR_IO when it is the
 * registry. */
static int look_at_repository(struct look *l, struct str repository, bool listed)
{
    enum scan_frequency frequency = l->poll->origin->options.frequency;
    l->trouble = (struct str){NULL, 0};
    int down = tolerate(l, look_closely(l, repository, listed)), status = 0;
    if (l->trouble.n && !l->poll->error.n)
        l->poll->error = arena_str(l->poll->arena, l->trouble);
    if (l->trouble.n && listed)
        status = put_repository(l, repository_status(frequency), repository_reason(frequency), l->trouble);
    return status < 0 ? status : down;
}

/* ---- the catalogue ---- */

static bool is_wanted(const struct look *l, struct str name)
{
    const struct origin_options *o = &l->poll->origin->options;
    for (size_t i = 0; i < o->n_repositories; i++)
        if (str_glob(o->repositories[i], name))
            return repository_check(name) == 0;
    return !o->n_repositories && repository_check(name) == 0;
}

/* Repositories that the catalogue no longer lists: their images are looked for one by one. */
static int look_for_lost(struct look *l)
{
    struct poll *p = l->poll;
    struct resource *list;
    size_t n;
    int status = 0;
    int64_t after = 0;
    VEC(struct resource) lost = {0};
    struct sql *db = store_reader(monitor_store(p->m));
    do {
        n = resource_of_origin(db, p->arena, p->account, p->origin->origin.id, after, IMAGES, &list);
        for (size_t i = 0; i < n; i++) {
            after = list[i].id;
            if (list[i].type == RESOURCE_AWS_ECR_REPOSITORY && list[i].state != STATE_GONE &&
                list[i].heard < l->began - HEARD_AFTER)
                vec_add(&lost, list[i]);
        }
    } while (n == IMAGES);
    store_release(db);
    vec_each(r, &lost)
    {
        if (look_at_repository(l, r->name, false) < 0)
            break; /* the error is noted */
        if (!l->trouble.n)
            status = scan_gone(p->m, r);
        if (status < 0)
            break;
    }
    vec_free(&lost);
    return status;
}

/* One slice; *ret_after is the repository it ended with, empty at the end of the round. */
static int look_at_slice(struct look *l, struct str after, struct str *ret_after)
{
    struct arena *a = l->poll->arena;
    struct str page = {NULL, 0}, *names;
    size_t n;
    if (after.n)
        page = arena_printf(a, "/v2/_catalog?n=1000&last=%.*s", STR_ARG(after));
    do {
        int status = registry_repositories(l->registry, a, &page, &names, &n);
        if (status < 0)
            return status;
        for (size_t i = 0; i < n; i++) {
            status = is_wanted(l, names[i]) ? look_at_repository(l, names[i], true) : 0;
            if (status < 0 && l->faults < FAULTS_MAX)
                return status;
            if (status < 0 || l->requests > SLICE || monitor_stopping(l->poll->m)) {
                *ret_after = repository_check(names[i]) == 0 ? names[i] : (struct str){NULL, 0};
                return 0;
            }
        }
    } while (page.n);
    *ret_after = (struct str){NULL, 0};
    return 0;
}

static void out_state(struct look *l, struct str after)
{
    struct json_out *o = &l->poll->out;
    json_member_str(o, "after", after);
    json_member_int(o, "began", l->began);
    json_member_int(o, "again", l->again);
    json_key(o, "asked");
    json_begin_object(o);
    for (size_t i = 0; i < l->asked.n; i++) {
        json_key_str(o, l->asked.entries[i].key);
        json_out_str(o, *(const struct str *)l->asked.entries[i].value);
    }
    json_end_object(o);
}

int poll_registry(struct poll *p)
{
    _cleanup_(arena_cleanup) struct arena *round = arena_new(0);
    _cleanup_(registry_cleanup) struct registry *registry = NULL;
    int status = image_registry(p->m, p->origin, (struct str){NULL, 0}, &registry);
    if (status < 0)
        return status;
    struct look l = {.poll = p, .registry = registry, .round = round};
    struct str after = json_get_str(p->state, "after");
    l.began = after.n ? yyjson_get_sint(json_get(p->state, "began")) : time_now();
    l.again = yyjson_get_sint(json_get(p->state, "again"));
    l.anew = l.began - l.again >= AGAIN;
    for (json_each_member(key, value, l.anew && !after.n ? NULL : json_get(p->state, "asked")))
        note_asked(&l, json_str(key), json_str(value));
    if (after.n) /* what was wrong in this round */
        p->error = json_get_str(p->state, "error");
    status = look_at_slice(&l, after, &after);
    if (status == 0 && !after.n) {
        l.again = l.anew ? l.began : l.again;
        status = look_for_lost(&l);
    }
    if (status == 0) {
        out_state(&l, after);
        p->more = after.n && l.faults < FAULTS_MAX;
    }
    map_free(&l.asked);
    return status;
}
