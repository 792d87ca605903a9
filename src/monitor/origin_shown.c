/* What is told of an origin: what its poller left, and what is wrong with its queues. */
#include "base/cleanup.h"
#include "base/json.h"
#include "monitor/origin_options.h"

enum { SHOWN_MAX = 65 << 20 };

static void out_value(struct json_out *o, json_val *value)
{
    size_t n;
    _cleanup_free_ char *text = yyjson_val_write(value, 0, &n);
    if (text)
        json_out_raw(o, (struct str){text, n});
}

static void out_problems(struct json_out *o, json_val *state, const struct origin_queue *queues, size_t n)
{
    json_key(o, "problems");
    json_begin_array(o);
    for (json_each(problem, json_get(state, "problems")))
        out_value(o, problem);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(o);
        json_member_str(o, "service", STR("sqs"));
        json_member_str(o, "queue", queues[i].queue);
        json_member_str(o, "error", queues[i].error);
        json_member_int(o, "since", queues[i].since);
        json_end_object(o);
    }
    json_end_array(o);
}

/* A process that ended may have left some of queues that are the origin's no more. */
static size_t read_queues(struct sql *db, struct arena *a, const struct origin *origin,
                          struct origin_queue **ret_queues)
{
    struct origin_options options;
    size_t all = origin_queues(db, a, origin->account, origin->id, ret_queues), n = 0;
    struct origin_queue *queues = *ret_queues;
    if (!all || origin_options_read(a, origin->kind, origin->options, &options) < 0)
        return 0;
    for (size_t i = 0; i < all; i++)
        if (origin_has_queue(&options, queues[i].queue))
            queues[n++] = queues[i];
    return n;
}

struct str origin_shown(struct sql *db, struct arena *a, const struct origin *origin)
{
    _cleanup_(buf_free) struct buf b = buf_new(SHOWN_MAX);
    struct json_out o = {.to = &b};
    json_val *state = NULL;
    struct origin_queue *queues;
    size_t n = read_queues(db, a, origin, &queues);
    if (!n || (origin->state.n && json_parse(a, origin->state, &state) < 0))
        return origin->state;
    struct str error = json_get_str(state, "error");
    json_begin_object(&o);
    for (json_each_member(key, value, state)) {
        if (str_is(json_str(key), "problems") || str_is(json_str(key), "error"))
            continue;
        json_key_str(&o, json_str(key));
        out_value(&o, value);
    }
    out_problems(&o, state, queues, n);
    json_member_str(&o, "error", error.n ? error : queues[0].error);
    json_end_object(&o);
    return buf_status(&b) < 0 ? origin->state : arena_str(a, buf_str(&b));
}
