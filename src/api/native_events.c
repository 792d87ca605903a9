/* GET /assay/v1/events: what happens, as server-sent events (WHATWG HTML, section 9.2). */
#include "api/native_state.h"
#include "base/cleanup.h"

/* Of what was missed, in one answer; who has missed more comes again, as browsers do by themselves. */
enum { MISSED_MAX = 1000, MISSED_BYTES = 1 << 20 };

struct listening {
    struct native *native;
    const struct access_key *key;
    int64_t after;
    bool more; /* the answer ends here: it was only a part of what was missed */
};

static void on_stream(void *ctx, struct http_stream *stream)
{
    const struct listening *l = ctx;
    if (l->more)
        http_stream_end(stream);
    else
        listeners_add(l->native->listeners, stream, l->key, l->after);
}

/* Events after l->after into `to`; moves l->after on. */
static int add_missed(struct call *c, struct listening *l, struct buf *to)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    struct event *events;
    size_t n = event_list(db, c->arena, c->account, l->after, MISSED_MAX, &events);
    for (size_t i = 0; i < n && !l->more; i++) {
        l->after = events[i].seq;
        if (event_concerns(&events[i], c->account))
            event_render(db, c->arena, &events[i], to);
        l->more = to->n > MISSED_BYTES;
    }
    l->more |= n == MISSED_MAX;
    return sql_status(db);
}

static int begin_after(struct call *c, struct listening *l)
{
    struct str last = http_header(c->http, "Last-Event-ID");
    uint64_t seq;
    if (!last.n && !http_query(c->http, "lastEventId", 0, &last)) {
        _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
        l->after = event_last(db);
        return sql_status(db);
    }
    if (!str_u64(last, &seq) || seq > INT64_MAX)
        return call_invalid(c, "Last-Event-ID is the id of an event: a number.");
    l->after = (int64_t)seq;
    return 0;
}

/* Not all that followed is kept any more, or the state is an older one than the listener knows: that has to
 * be read anew. The id is where the listener then is. */
static int add_gap(struct call *c, struct listening *l, struct buf *to)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int64_t first = event_first(db), last = event_last(db), now = l->after;
    if (l->after > last)
        now = last;
    else if (first && l->after < first - 1)
        now = first - 1;
    if (now != l->after)
        buf_printf(to,
                   "id: %lld\nevent: EVENTS_MISSED\ndata: {\"seq\":%lld,\"kind\":\"EVENTS_MISSED\","
                   "\"after\":%lld,\"first\":%lld}\n\n",
                   (long long)now, (long long)now, (long long)l->after, (long long)now + 1);
    l->after = now;
    return sql_status(db);
}

static int listen_to_events(struct call *c)
{
    struct listening *l = arena_alloc(c->arena, sizeof *l);
    _cleanup_(buf_free) struct buf first = buf_new(4 * MISSED_BYTES);
    *l = (struct listening){.native = api_native(c->api), .key = c->key};
    int status = begin_after(c, l);
    if (status == 0)
        status = add_gap(c, l, &first);
    /* Who loses the line before any event came knows from where to go on. */
    buf_printf(&first, "retry: 1000\nid: %lld\n\n", (long long)l->after);
    if (status == 0)
        status = add_missed(c, l, &first);
    if (status < 0)
        return status;
    c->reply->status = 200;
    c->reply->body = arena_str(c->arena, buf_str(&first));
    c->reply->stream = on_stream;
    c->reply->stream_ctx = l;
    http_reply_header(c->reply, "Content-Type", STR("text/event-stream"));
    http_reply_header(c->reply, "Cache-Control", STR("no-store"));
    return 0;
}

static const struct operation operations[] = {
    {"ListenToEvents", "GET", "/assay/v1/events", MAY_READ, "AD VA", .raw = listen_to_events}, {0}};
const struct operation_group operations_native_events = {"native_events", operations};
