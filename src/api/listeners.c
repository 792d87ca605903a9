#include "api/listeners.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/finding_query.h"
#include "store/resource.h"

/* ALIVE_SECONDS: proxies close what is silent for longer, often after 30 s. */
enum {
    BATCH = 256,
    EVENT_MAX = 64 << 10,
    ALIVE_SECONDS = 15,
    KEY_SECONDS = 5, /* between looks at whether the keys of listeners hold */
    POLL_SECONDS = 2,
    FULL = 128 << 10, /* bytes that wait for a listener; its stream takes twice as much */
    FULL_MS = 5,      /* in which a listener on a fast line has read that */
    STUCK_SECONDS = 30,
};

struct listener {
    struct http_stream *stream;
    account_id account;
    char key[ACCESS_KEY_ID + 1];
    int64_t seq;   /* it was told of all events up to this one */
    int64_t moved; /* when it was last told of one */
    bool full;     /* reads slower than it is told: waits until it has read */
};

struct listeners {
    struct store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock. */
    bool news, stop;
    VEC(struct listener) added;
    size_t n;
    /* The thread's. */
    VEC(struct listener) all;
    int64_t seq; /* of the last event that was looked at */
    int64_t alive, checked;
};

/* ---- one event ---- */

bool event_concerns(const struct event *e, account_id account)
{
    return e->account == account;
}

static void out_coverage(struct sql *db, struct arena *a, struct json_out *o, const struct event *e)
{
    struct resource r;
    struct coverage c;
    if (resource_get(db, a, e->subject, &r) < 0)
        return;
    json_member_str(o, "resourceId", r.resource_id);
    json_member_str(o, "resourceType", str_from(name_of(&resource_type_names, r.type)));
    if (!coverage_get(db, a, e->account, e->subject, SCAN_PACKAGE, &c))
        return;
    json_key(o, "scanStatus");
    json_begin_object(o);
    json_member_str(o, "statusCode", str_from(name_of(&scan_status_names, c.status)));
    json_member_str(o, "reason", str_from(name_of(&scan_reason_names, c.reason)));
    json_end_object(o);
}

/* What is gone by now is told without its content. */
static void out_finding(struct sql *db, struct arena *a, struct json_out *o, int64_t finding)
{
    _cleanup_(buf_free) struct buf text = buf_new(EVENT_MAX);
    struct json_out inner = {.to = &text};
    if (finding_json(db, a, finding, &(struct finding_style){0}, &inner) < 0 || buf_status(&text) < 0)
        return;
    json_key(o, "finding");
    json_out_raw(o, buf_str(&text));
}

void event_render(struct sql *db, struct arena *a, const struct event *e, struct buf *to)
{
    char account[ACCOUNT_TEXT];
    struct json_out o = {.to = to};
    const char *kind = name_of(&event_kind_names, e->kind);
    buf_printf(to, "id: %lld\nevent: %s\ndata: ", (long long)e->seq, kind);
    json_begin_object(&o);
    json_member_int(&o, "seq", e->seq);
    json_member_str(&o, "kind", str_from(kind));
    json_member_int(&o, "at", e->at);
    json_member_str(&o, "accountId", str_from(account_text(e->account, account)));
    switch (e->kind) {
    case EVENT_FINDING_CREATED:
    case EVENT_FINDING_UPDATED:
    case EVENT_FINDING_CLOSED:
    case EVENT_FINDING_REOPENED:
    case EVENT_FINDING_SUPPRESSED:
    case EVENT_FINDING_UNSUPPRESSED:
        out_finding(db, a, &o, e->subject);
        break;
    case EVENT_COVERAGE_CHANGED:
    case EVENT_SCAN_COMPLETED:
        out_coverage(db, a, &o, e);
        break;
    case EVENT_ADVISORIES_CHANGED:
        break;
    }
    json_end_object(&o);
    buf_add(to, "\n\n", 2);
}

/* ---- to all ---- */

static void drop(struct listeners *l, size_t i)
{
    http_stream_end(l->all.at[i].stream);
    l->all.at[i] = l->all.at[--l->all.n];
}

static void say_alive(struct listeners *l)
{
    int64_t now = time_now();
    if (now - l->alive < ALIVE_SECONDS)
        return;
    l->alive = now;
    for (size_t i = l->all.n; i-- > 0;)
        if (!http_stream_send(l->all.at[i].stream, STR(": alive\n\n")))
            drop(l, i);
}

/* Nobody listens on with a key that was removed or disabled, or in a session that is over. */
static void check_keys(struct listeners *l)
{
    int64_t now = time_now();
    if (!l->all.n || now - l->checked < KEY_SECONDS)
        return;
    l->checked = now;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(l->store);
    for (size_t i = l->all.n; i-- > 0;)
        if (!access_key_holds(db, str_from(l->all.at[i].key), now) && sql_status(db) == 0)
            drop(l, i);
}

static void tell(struct listener *one, struct str text, const struct event *e)
{
    /* One that is gone is found at the end of the round. */
    one->full = http_stream_waiting(one->stream) > FULL;
    if (one->full)
        return;
    http_stream_send(one->stream, text);
    one->seq = e->seq;
    one->moved = time_now();
}

static bool waits_for(const struct listener *one, const struct event *e)
{
    return !one->full && one->seq < e->seq && event_concerns(e, one->account);
}

/* Rendered once, when there is somebody to hear it. */
static void tell_all(struct listeners *l, struct sql *db, struct arena *a, const struct event *e)
{
    _cleanup_(buf_free) struct buf text = buf_new(2 * EVENT_MAX);
    vec_each(one, &l->all)
    {
        if (!waits_for(one, e))
            continue;
        if (!text.n)
            event_render(db, a, e, &text);
        tell(one, buf_str(&text), e);
    }
}

/* Whoever has read enough goes on from where it is. */
static void begin_round(struct listeners *l)
{
    vec_each(one, &l->all)
    {
        one->full = http_stream_waiting(one->stream) > FULL / 2;
    }
}

/* Up to where all who are not full were told; INT64_MAX when everybody is. */
static int64_t lowest_place(const struct listeners *l)
{
    int64_t lowest = INT64_MAX;
    for (size_t i = 0; i < l->all.n; i++)
        if (!l->all.at[i].full && l->all.at[i].seq < lowest)
            lowest = l->all.at[i].seq;
    return lowest;
}

/* Who was told of no event for want of interest is up to date all the same. */
static void end_round(struct listeners *l)
{
    for (size_t i = l->all.n; i-- > 0;) {
        struct listener *one = &l->all.at[i];
        bool stuck = one->full && time_now() - one->moved > STUCK_SECONDS;
        if (stuck || http_stream_gone(one->stream))
            drop(l, i);
        else if (!one->full && one->seq < l->seq)
            one->seq = l->seq;
    }
}

static void tell_news(struct listeners *l)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t since = 0;
    begin_round(l);
    for (size_t n = BATCH; n == BATCH;) {
        int64_t lowest = lowest_place(l);
        if (lowest == INT64_MAX) /* what none would hear is not read */
            break;
        since = lowest > since ? lowest : since;
        _cleanup_(store_release_cleanup) struct sql *db = store_reader(l->store);
        struct event *events;
        arena_reset(a);
        n = event_list(db, a, ALL_ACCOUNTS, since, BATCH, &events);
        if (sql_status(db) < 0)
            return;
        for (size_t i = 0; i < n; i++)
            tell_all(l, db, a, &events[i]);
        if (n)
            since = events[n - 1].seq;
        if (since > l->seq)
            l->seq = since;
    }
    end_round(l);
}

static void skip_news(struct listeners *l)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(l->store);
    int64_t last = event_last(db);
    if (sql_status(db) == 0 && last > l->seq)
        l->seq = last;
}

static void take_added(struct listeners *l)
{
    vec_each(one, &l->added) vec_add(&l->all, *one);
    l->added.n = 0;
}

static bool anybody_full(const struct listeners *l)
{
    for (size_t i = 0; i < l->all.n; i++)
        if (l->all.at[i].full)
            return true;
    return false;
}

static void wait_for_news(struct listeners *l)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (anybody_full(l))
        until.tv_nsec += FULL_MS * 1000000L;
    else
        until.tv_sec += POLL_SECONDS; /* other nodes and commands write, too */
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!l->news && !l->stop && !l->added.n)
        if (pthread_cond_timedwait(&l->changed, &l->lock, &until) == ETIMEDOUT)
            break;
    l->news = false;
}

static void *run(void *ctx)
{
    struct listeners *l = ctx;
    pthread_mutex_lock(&l->lock);
    while (!l->stop) {
        wait_for_news(l);
        take_added(l);
        pthread_mutex_unlock(&l->lock);
        if (l->all.n)
            tell_news(l);
        else
            skip_news(l);
        say_alive(l);
        check_keys(l);
        pthread_mutex_lock(&l->lock);
        l->n = l->all.n + l->added.n;
    }
    take_added(l);
    pthread_mutex_unlock(&l->lock);
    while (l->all.n)
        drop(l, l->all.n - 1);
    return NULL;
}

static void on_events(void *ctx)
{
    struct listeners *l = ctx;
    pthread_mutex_lock(&l->lock);
    l->news = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

int listeners_new(struct store *store, struct listeners **ret_listeners)
{
    struct listeners *l = mem_alloc(sizeof *l);
    pthread_condattr_t clock;
    *l = (struct listeners){.store = store, .alive = time_now()};
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&l->lock, NULL);
    skip_news(l);
    if (pthread_create(&l->thread, NULL, run, l)) {
        free(l);
        return err_set(ERR_LIMIT, "no thread for listeners to events");
    }
    store_on_events(store, on_events, l);
    *ret_listeners = l;
    return 0;
}

void listeners_free(struct listeners *l)
{
    if (!l)
        return;
    store_on_events(l->store, NULL, NULL);
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    vec_free(&l->added);
    vec_free(&l->all);
    free(l);
}

void listeners_add(struct listeners *l, struct http_stream *stream, const struct access_key *key,
                   int64_t after)
{
    struct listener one = {.stream = stream, .account = key->account, .seq = after, .moved = time_now()};
    memcpy(one.key, key->id, sizeof one.key);
    pthread_mutex_lock(&l->lock);
    vec_add(&l->added, one);
    l->n++;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

size_t listeners_count(struct listeners *l)
{
    pthread_mutex_lock(&l->lock);
    size_t n = l->n;
    pthread_mutex_unlock(&l->lock);
    return n;
}
