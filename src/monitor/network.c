/* A region's documents are taken in first, marked as not applied; then what is open on each instance is
 * compared with what is stored, and what differs is written in slices with its findings and scores; with the
 * last slice they are applied. Whoever finds documents that are not applied goes through all instances. */
#include "monitor/network.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/exposure.h"
#include "monitor/network_earlier.h"
#include "monitor/network_model.h"
#include "monitor/runtime.h"
#include "reach/load.h"

enum { DOCUMENTS_MAX = 100 * 1000, SLICE = 500, SLICE_NS = 100 * 1000 * 1000, PAGE = 1000 };
enum { NEIGHBOUR_SECONDS = 20 };
enum { UPDATES_MAX = 10 * 1000 }; /* of a model, whose arena grows with each, before it is made anew */

/* What is open on an instance differs from what is stored; empty: nobody knows any more. */
struct change {
    struct str instance, paths;
    bool scores;
};

struct applying {
    struct monitor *m;
    account_id account;
    struct str region;
    struct network_model *model; /* NULL: the region is no longer looked at */
    VEC(struct str) instances;   /* to look at */
    struct map seen;
    /* A document that is to be added with the first slice. */
    const unsigned char *subject;
    struct str document;
    bool tell; /* others are judged by what it says */
};

static void applying_free(struct applying *p)
{
    vec_free(&p->instances);
    map_free(&p->seen);
}

/* ---- one slice ---- */

static struct str paths_of(const struct applying *p, struct arena *a, struct str instance)
{
    const struct instance *i = p->model ? model_find(p->model->model, KIND_INSTANCE, instance) : NULL;
    return i && instance_is_told(i) && !instance_is_gone(i) ? network_model_paths(p->model, a, i)
                                                            : (struct str){0};
}

static struct exposure exposure_of_text(struct arena *a, struct str text)
{
    struct network_paths known;
    if (!text.n || network_paths_read(a, text, &known) < 0)
        return (struct exposure){.any = REACH_UNKNOWN};
    return exposure_of(&known);
}

/* Those among the next instances that differ; *at moves behind the last one looked at. */
static int find_changes(const struct applying *p, struct arena *a, size_t *at, struct change *ret_changes,
                        size_t *ret_n)
{
    _cleanup_(arena_cleanup) struct arena *each = arena_new(0);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    size_t n = 0;
    for (; *at < p->instances.n && n < SLICE; ++*at) {
        struct str instance = p->instances.at[*at];
        arena_reset(each);
        struct str before = network_paths_stored(db, each, p->account, instance);
        struct str now = paths_of(p, each, instance);
        if (str_eq(before, now))
            continue;
        struct exposure was = exposure_of_text(each, before), is = exposure_of_text(each, now);
        ret_changes[n++] = (struct change){instance, arena_str(a, now), !exposure_equal(&was, &is)};
    }
    *ret_n = n;
    return sql_status(db);
}

static int write_change(const struct applying *p, struct sql *db, struct engine_round *round,
                        const struct change *c)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource r;
    if (c->paths.n)
        network_paths_put(db, p->account, p->region, c->instance, c->paths);
    else
        network_paths_remove(db, p->account, c->instance);
    int status = resource_find(db, a, p->account, c->instance, &r);
    if (status == ERR_MISSING)
        return sql_status(db);
    return status < 0 || r.type != RESOURCE_AWS_EC2_INSTANCE
               ? status
               : review_network_changed(round, db, a, &r, c->scores);
}

/* Those that are judged by it are worked out again soon; what changes until then is done together. */
static void tell_neighbours(struct sql *db, account_id account, struct str region)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct network *all;
    size_t n = network_tell_neighbours(db, a, account, region, &all);
    for (size_t i = 0; i < n; i++)
        job_add(db, all[i].account, JOB_APPLY_NETWORK, all[i].region, (struct str){0},
                time_now() + NEIGHBOUR_SECONDS);
}

static void forget_region(struct sql *db, account_id account, struct str region)
{
    network_remove(db, account, region);
    tell_neighbours(db, account, region);
}

/* As many as fit into a tenth of a second, so that others get their turn; returns how many, or an error. */
static ptrdiff_t write_some(struct applying *p, const struct change *changes, size_t n, bool last)
{
    struct sql *db = store_writer(monitor_store(p->m));
    struct engine_round *round = engine_round_new(db, p->account, time_now());
    uint64_t end = time_monotonic_ns() + SLICE_NS;
    int status = p->subject ? network_add(db, p->account, p->region, p->subject, p->document) : 0;
    if (p->subject && p->tell)
        tell_neighbours(db, p->account, p->region);
    size_t i = 0;
    while (i < n && status == 0 && (i == 0 || time_monotonic_ns() < end))
        status = write_change(p, db, round, &changes[i++]);
    if (last && i == n && p->model)
        network_set_applied(db, p->account, p->region, true);
    else if (last && i == n)
        forget_region(db, p->account, p->region);
    status = engine_round_end(round, status);
    if (status == 0)
        status = store_commit(db);
    else
        store_release(db);
    p->subject = NULL;
    return status < 0 ? status : (ptrdiff_t)i;
}

static int apply(struct applying *p)
{
    size_t at = 0;
    do {
        if (monitor_stopping(p->m))
            return JOB_INTERRUPTED;
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        struct change *changes = arena_new_array(a, struct change, SLICE);
        size_t n, done = 0;
        int status = find_changes(p, a, &at, changes, &n);
        if (status < 0)
            return status;
        do {
            ptrdiff_t some = write_some(p, changes + done, n - done, at == p->instances.n);
            if (some < 0)
                return (int)some;
            done += (size_t)some;
        } while (done < n);
    } while (at < p->instances.n);
    return 0;
}

/* ---- which instances ---- */

static void look_at(struct applying *p, struct str instance)
{
    void **seen = map_at(&p->seen, instance);
    if (!*seen)
        vec_add(&p->instances, instance);
    *seen = p;
}

/* One that is only named may be another region's, as in the routes of a neighbour. */
static void look_at_described(const struct instance *i, void *data)
{
    if (i->node.known)
        look_at(data, i->node.id);
}

/* All that are described, and all of which something is stored. */
static int look_at_all(struct applying *p, struct arena *a)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    if (p->model)
        model_each(struct instance, i, p->model->model, KIND_INSTANCE) look_at_described(i, p);
    struct str after = {0}, *list;
    for (size_t n = PAGE; n == PAGE; after = n ? list[n - 1] : after) {
        n = network_instances(db, a, p->account, p->region, after, PAGE, &list);
        for (size_t i = 0; i < n; i++)
            look_at(p, list[i]);
    }
    return sql_status(db);
}

static int apply_all(struct applying *p)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int status = look_at_all(p, a);
    return status < 0 ? status : apply(p);
}

/* ---- all of a region ---- */

static int by_digest(const void *x, const void *y)
{
    return memcmp(x, y, SHA256_SIZE);
}

static void digest_of(const struct str *documents, size_t n, unsigned char ret_digest[SHA256_SIZE])
{
    unsigned char(*each)[SHA256_SIZE] = mem_alloc(n * sizeof *each);
    for (size_t i = 0; i < n; i++)
        sha256_of(documents[i], each[i]);
    qsort(each, n, sizeof *each, by_digest);
    sha256_of((struct str){(const char *)each, n * sizeof *each}, ret_digest);
    free(each);
}

/* What is known of the region follows from these documents; ret_applied: and what is open. */
static bool is_known(struct sql *db, const struct network *n, bool *ret_applied)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct network known;
    if (network_get(db, a, n->account, n->region, &known) < 0)
        return false;
    *ret_applied = known.applied;
    return memcmp(known.digest, n->digest, sizeof n->digest) == 0;
}

static bool is_applied(struct monitor *m, const struct network *n)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(m));
    bool applied;
    return is_known(db, n, &applied) && applied;
}

static int put_documents(struct monitor *m, const struct network *n, const struct str *documents,
                         size_t n_documents)
{
    struct sql *db = store_writer(monitor_store(m));
    bool applied, known = is_known(db, n, &applied);
    int status = network_replace(db, n, documents, n_documents);
    if (!known)
        tell_neighbours(db, n->account, n->region);
    if (status == 0)
        return store_commit(db);
    store_release(db);
    return status;
}

static int model_new_of(struct monitor *m, const struct network *n, const struct str *documents,
                        size_t n_documents, struct network_model **ret_model)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(m));
    return network_model_new(db, n->account, n->region, documents, n_documents, ret_model);
}

static int replace(struct monitor *m, struct network *n, const struct str *documents, size_t n_documents)
{
    struct network_model *model;
    digest_of(documents, n_documents, n->digest);
    if (is_applied(m, n))
        return 0;
    int status = model_new_of(m, n, documents, n_documents, &model);
    if (status < 0)
        return status;
    n->neighbours = model->neighbours;
    if ((status = put_documents(m, n, documents, n_documents)) < 0) {
        network_model_free(model);
        return status;
    }
    network_models_drop_neighbours(m->networks, n->account, n->region);
    monitor_wake(m);
    network_models_put(&m->networks, model);
    _cleanup_(applying_free) struct applying p = {
        .m = m, .account = n->account, .region = n->region, .model = model};
    return apply_all(&p);
}

/* What was refused counts as it was. */
static int replace_with_earlier(struct monitor *m, struct network *n, const struct str *documents,
                                size_t n_documents)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct sql *db = store_reader(monitor_store(m));
    struct str *all;
    size_t n_all;
    int status = network_with_earlier(db, a, n->account, n->region, documents, n_documents, &all, &n_all);
    store_release(db);
    return status < 0 ? status : replace(m, n, all, n_all);
}

static int forget(struct monitor *m, account_id account, struct str region)
{
    network_models_drop(m->networks, account, region);
    network_models_drop_neighbours(m->networks, account, region);
    _cleanup_(applying_free) struct applying p = {.m = m, .account = account, .region = region};
    int status = apply_all(&p);
    monitor_wake(m);
    return status;
}

int monitor_network(struct monitor *m, account_id account, struct str region, const struct str *documents,
                    size_t n)
{
    struct network network = {.account = account, .region = region};
    if (n > DOCUMENTS_MAX)
        return err_set(ERR_LIMIT, "network of %.*s: more than %d documents", STR_ARG(region), DOCUMENTS_MAX);
    pthread_mutex_lock(&m->network);
    int status = n ? replace_with_earlier(m, &network, documents, n) : forget(m, account, region);
    pthread_mutex_unlock(&m->network);
    return status;
}

/* ---- what changed ---- */

/* What a document speaks of: its lists, and the ids of what is in them. */
static void subject_of(json_val *root, unsigned char ret_subject[SHA256_SIZE])
{
    struct sha256 *h = sha256_new();
    for (json_each_member(list, items, root)) {
        sha256_update(h, json_str(list).p, json_str(list).n + 1);
        for (json_each(item, items)) {
            for (json_each_member(key, value, item))
                if (str_ends(json_str(key), STR("Id")))
                    sha256_update(h, json_str(value).p, json_str(value).n);
            for (json_each(instance, json_get(item, "Instances")))
                sha256_update(h, json_get_str(instance, "InstanceId").p,
                              json_get_str(instance, "InstanceId").n);
        }
    }
    sha256_finish(h, ret_subject);
}

/* The model in memory, else from the store. */
static int model_of(struct monitor *m, account_id account, struct str region,
                    struct network_model **ret_model)
{
    struct network_model *n = network_models_get(m->networks, account, region);
    if (!n || n->updates >= UPDATES_MAX) {
        struct sql *db = store_reader(monitor_store(m));
        int status = network_model_load(db, account, region, &n);
        store_release(db);
        if (status < 0)
            return status;
        network_models_put(&m->networks, n);
    }
    *ret_model = n;
    return 0;
}

/* Whether the region is known (else an error), what is open follows from all that is known of it, and whether
 * that includes this document already. */
static int look(struct monitor *m, account_id account, struct str region, const unsigned char *subject,
                struct str document, bool *ret_applied, bool *ret_there)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(m));
    struct network known;
    int status = network_get(db, a, account, region, &known);
    if (status < 0)
        return status;
    *ret_applied = known.applied;
    *ret_there = network_has(db, account, region, subject, document);
    return 0;
}

/* Others see who is where, and the ways there, but not what its groups admit. */
static bool concerns_others(json_val *root)
{
    bool others = false;
    for (json_each_member(list, items, root))
        others |= yyjson_is_arr(items) && !str_is(json_str(list), "SecurityGroups");
    return others;
}

static int update(struct monitor *m, account_id account, struct str region, json_val *root,
                  struct str document)
{
    unsigned char subject[SHA256_SIZE];
    struct network_model *model;
    bool applied, there;
    subject_of(root, subject);
    int status = look(m, account, region, subject, document, &applied, &there);
    if (status < 0 || (applied && there))
        return status;
    if ((status = model_of(m, account, region, &model)) < 0)
        return status;
    _cleanup_(applying_free) struct applying p = {.m = m,
                                                  .account = account,
                                                  .region = region,
                                                  .model = model,
                                                  .subject = subject,
                                                  .document = document,
                                                  .tell = concerns_others(root)};
    if (p.tell)
        network_models_drop_neighbours(m->networks, account, region);
    model->updates++;
    if ((status = reach_update(model->reach, root, look_at_described, &p)) < 0)
        return status;
    status = applied ? apply(&p) : apply_all(&p);
    if (p.tell)
        monitor_wake(m);
    return status;
}

int monitor_network_update(struct monitor *m, account_id account, struct str region, struct str document)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    int status = json_parse(a, document, &root);
    if (status < 0)
        return err_context(status, "network of %.*s", STR_ARG(region));
    pthread_mutex_lock(&m->network);
    status = update(m, account, region, root, document);
    if (status) /* the model may be ahead of the store */
        network_models_drop(m->networks, account, region);
    pthread_mutex_unlock(&m->network);
    return status;
}

int monitor_network_again(struct monitor *m, account_id account, struct str region)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct network known;
    struct network_model *model;
    pthread_mutex_lock(&m->network);
    struct sql *db = store_reader(monitor_store(m));
    int status = network_get(db, a, account, region, &known);
    store_release(db);
    bool again = status == 0 && !known.applied;
    if (again)
        status = model_of(m, account, region, &model);
    if (again && status == 0) {
        _cleanup_(applying_free) struct applying p = {
            .m = m, .account = account, .region = region, .model = model};
        status = apply_all(&p);
    }
    pthread_mutex_unlock(&m->network);
    return status == ERR_MISSING ? 0 : status; /* it is no longer looked at */
}
