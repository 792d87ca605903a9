/* What is told of an origin: what its poller left, and what is wrong with parts of an AWS account now. */
#include "base/cleanup.h"
#include "base/json.h"
#include "monitor/aws_look.h"
#include "monitor/origin_options.h"
#include "store/job.h"

enum { SHOWN_MAX = 65 << 20 };

static void out_value(struct json_out *o, json_val *value)
{
    size_t n;
    _cleanup_free_ char *text = yyjson_val_write(value, 0, &n);
    if (text)
        json_out_raw(o, (struct str){text, n});
}

static void out_problems(struct json_out *o, const struct origin_problem *problems, size_t n)
{
    json_key(o, "problems");
    json_begin_array(o);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(o);
        json_member_str(o, str_is(problems[i].service, "sqs") ? "queue" : "region", problems[i].place);
        json_member_str(o, "service", problems[i].service);
        json_member_str(o, "error", problems[i].error);
        json_member_int(o, "since", problems[i].since);
        json_end_object(o);
    }
    json_end_array(o);
}

/* A process that ended may have left some of queues that are the origin's no more. */
static size_t read_problems(struct sql *db, struct arena *a, const struct origin *origin,
                            struct origin_problem **ret_problems)
{
    struct origin_options options;
    size_t all = origin_problems(db, a, origin->account, origin->id, ret_problems), n = 0;
    struct origin_problem *problems = *ret_problems;
    if (!all || origin_options_read(a, origin->kind, origin->options, &options) < 0)
        return 0;
    for (size_t i = 0; i < all; i++)
        if (!str_is(problems[i].service, "sqs") || origin_has_queue(&options, problems[i].place))
            problems[n++] = problems[i];
    return n;
}

struct str origin_shown(struct sql *db, struct arena *a, const struct origin *origin)
{
    _cleanup_(buf_free) struct buf b = buf_new(SHOWN_MAX);
    struct json_out o = {.to = &b};
    json_val *state = NULL;
    struct origin_problem *problems;
    if (origin->kind != ORIGIN_AWS_ACCOUNT)
        return origin->state;
    size_t n = read_problems(db, a, origin, &problems);
    if ((!n && !origin->state.n) || (origin->state.n && json_parse(a, origin->state, &state) < 0))
        return origin->state;
    struct str error = json_get_str(state, "error");
    json_begin_object(&o);
    for (json_each_member(key, value, state)) {
        if (str_is(json_str(key), "error"))
            continue;
        json_key_str(&o, json_str(key));
        out_value(&o, value);
    }
    out_problems(&o, problems, n);
    json_member_str(&o, "error", !error.n && n ? problems[0].error : error);
    json_end_object(&o);
    return buf_status(&b) < 0 ? origin->state : arena_str(a, buf_str(&b));
}

bool origin_looked_at(struct sql *db, const struct origin *origin, int64_t now)
{
    bool looked = job_pending(db, origin->account, JOB_POLL_ORIGIN, origin->id, now);
    for (const struct aws_look *l = aws_looks; l->word && !looked; l++)
        looked = l->whole && job_pending_of(db, origin->account, l->kind, origin->id, now);
    return looked;
}
