/* An origin is looked at: what is new or changed there becomes jobs, what is gone there is closed.
 *
 * This never fails as a job: it comes again by the clock, and an origin that cannot be reached for a day is
 * no poison. What went wrong is in the origin's state and, when it begins, in the log. */
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/network.h"
#include "monitor/poll.h"
#include "store/network.h"

enum { STATE_MAX = 64 << 20 };

static int finish(struct poll *p)
{
    json_member_str(&p->out, "error", p->error);
    json_end_object(&p->out);
    if (buf_status(p->out.to) < 0)
        return err_set(ERR_LIMIT, "what is known of the origin takes more than %d MiB", STATE_MAX >> 20);
    struct sql *db = store_writer(monitor_store(p->m));
    origin_checked(db, p->account, p->origin->origin.id, buf_str(p->out.to), time_now());
    if (p->more)
        job_add(db, p->account, JOB_POLL_ORIGIN, p->origin->origin.id, (struct str){NULL, 0}, time_now());
    return store_commit(db);
}

/* As it was before: only the error is new. */
static void keep_state(struct poll *p)
{
    p->out.to->n = 0;
    p->out = (struct json_out){.to = p->out.to};
    json_begin_object(&p->out);
    for (json_each_member(key, value, p->state)) {
        size_t n;
        char *text = str_is(json_str(key), "error") ? NULL : yyjson_val_write(value, 0, &n);
        if (!text)
            continue;
        json_key_str(&p->out, json_str(key));
        json_out_raw(&p->out, (struct str){text, n});
        free(text);
    }
}

/* Each kind its own way; what an account has not enabled is not looked at, and known as before. */
static int look(struct poll *p)
{
    enum resource_scan_type type = p->origin->origin.kind == ORIGIN_REGISTRY ? SCAN_OF_ECR : SCAN_OF_LAMBDA;
    if (p->origin->origin.kind == ORIGIN_AWS_ACCOUNT)
        return poll_aws(p);
    if (!scan_enabled(p->m, p->account, type)) {
        keep_state(p);
        return 0;
    }
    return type == SCAN_OF_ECR ? poll_registry(p) : poll_functions(p);
}

static int poll_origin(struct poll *p)
{
    const struct origin *o = &p->origin->origin;
    struct str before;
    if (o->state.n && json_parse(p->arena, o->state, &p->state) < 0)
        p->state = NULL;
    before = json_get_str(p->state, "error");
    json_begin_object(&p->out);
    int status = look(p);
    if (monitor_stopping(p->m) && (status < 0 || p->error.n)) /* which is why */
        return JOB_INTERRUPTED;
    if (status < 0) {
        p->error = arena_str(p->arena, str_from(err_text()));
        keep_state(p);
        p->more = false;
    }
    if (p->error.n && !str_eq(p->error, before))
        monitor_log(p->m, LOG_WARNING, "%.*s: %.*s", STR_ARG(o->url), STR_ARG(p->error));
    return finish(p);
}

/* The origin was removed: nobody looks at the networks of an AWS account any more. */
static int leave_networks(struct monitor *m, account_id account, struct str origin)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    char digits[ACCOUNT_TEXT];
    struct str url = arena_printf(a, "aws:%s", account_text(account, digits)), *regions;
    if (!str_eq(origin, origin_id(a, ORIGIN_AWS_ACCOUNT, url)))
        return 0;
    struct sql *db = store_reader(monitor_store(m));
    size_t n = network_regions(db, a, account, &regions);
    int status = store_commit(db);
    for (size_t i = 0; i < n && status == 0; i++)
        status = monitor_network(m, account, regions[i], NULL, 0);
    return status;
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf b = buf_new(STATE_MAX);
    struct scan_origin origin;
    int status = scan_origin(m, a, job->account, job->subject, &origin);
    if (status == ERR_MISSING) {
        status = scan_gone_of(m, job->account, job->subject, NULL, NULL);
        return status < 0 ? status : leave_networks(m, job->account, job->subject);
    }
    if (status < 0)
        return status;
    struct poll p = {.m = m, .arena = a, .account = job->account, .origin = &origin, .out = {.to = &b}};
    status = poll_origin(&p);
    if (status == 0)
        monitor_wake(m);
    return status;
}

const struct job_kind job_poll_origin = {
    .number = JOB_POLL_ORIGIN,
    .name = "poll-origin",
    .seconds = 120,
    .run = run,
};
