/* An EC2 instance is looked into: by what Systems Manager has of it, else, in hybrid mode, by snapshots of
 * its volumes. It is tried again once a day, and when something about it changes. One on which a collector
 * runs is left to that, which sees more and sooner. */
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_session.h"
#include "monitor/instance.h"
#include "monitor/settings.h"
#include "store/heard.h"

/* Payload of a job that comes back for them. */
#define SNAPSHOTS "snapshots"

enum { COLLECTOR_SECONDS = 24 * 3600 }; /* after which one that was not heard of counts no more */

static void scan_free(struct instance_scan *s)
{
    arena_free(s->arena);
}

/* 1: there is nothing to do. */
static int begin(struct instance_scan *s, struct monitor *m, const struct job *job)
{
    struct str origin, rest;
    s->m = m;
    s->arena = arena_new(0);
    s->account = job->account;
    if (!str_cut(job->subject, ' ', &origin, &rest) || !str_cut(rest, ' ', &s->region, &s->id))
        return err_set(ERR_INVALID, "not an instance to scan: %.*s", STR_ARG(job->subject));
    int status = scan_origin(m, s->arena, job->account, origin, &s->origin);
    if (status < 0)
        return status == ERR_MISSING ? 1 : status;
    status = aws_session(m, &s->origin, s->region, &s->aws);
    if (status < 0)
        return status;
    struct sql *db = store_reader(monitor_store(m));
    status = resource_find(db, s->arena, s->account, s->id, &s->resource);
    store_release(db);
    return status == ERR_MISSING ? 1 : status;
}

/* Whether it is to be looked into at all, by what is known of it. */
static bool is_covered(struct instance_scan *s)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(s->m));
    struct coverage c;
    return s->resource.state == STATE_PRESENT && scan_enabled(s->m, s->account, SCAN_OF_EC2) &&
           coverage_get(db, s->arena, s->account, s->resource.id, SCAN_PACKAGE, &c) &&
           c.reason != REASON_EXCLUDED_BY_TAG && c.reason != REASON_PENDING_DISABLE &&
           !host_reports(db, s->account, s->resource.id, time_now() - COLLECTOR_SECONDS);
}

static bool is_hybrid(struct instance_scan *s)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(s->m));
    return settings_get(db, s->arena, s->account).hybrid;
}

static int come_back(struct instance_scan *s, const struct job *job, int seconds)
{
    struct sql *db = store_writer(monitor_store(s->m));
    job_add(db, job->account, JOB_SCAN_INSTANCE, job->subject, STR(SNAPSHOTS), time_now() + seconds);
    return store_commit(db);
}

static int no_longer_waits(struct instance_scan *s)
{
    struct instance_wait wait;
    struct sql *db = store_reader(monitor_store(s->m));
    bool waits = instance_wait_get(db, s->arena, s->account, s->resource.id, &wait);
    int status = store_commit(db);
    if (!waits || status < 0)
        return status;
    db = store_writer(monitor_store(s->m));
    instance_wait_end(db, s->account, s->resource.id);
    return store_commit(db);
}

static int take_in(struct instance_scan *s, const struct instance_result *r, enum scan_mode mode)
{
    bool changed;
    int status = scan_set_mode(s->m, &s->resource, mode);
    if (status < 0)
        return status;
    if (r->reason != REASON_SUCCESSFUL)
        return scan_end(s->m, &s->resource, SCAN_STATUS_INACTIVE, r->reason, r->text);
    status = no_longer_waits(s);
    return status < 0 ? status : monitor_inventory(s->m, &s->resource, r->inventory, &changed);
}

/* Whether snapshots may tell what Systems Manager does not. */
static bool may_be_agentless(enum scan_reason reason)
{
    return reason == REASON_UNMANAGED_EC2_INSTANCE || reason == REASON_NO_INVENTORY ||
           reason == REASON_STALE_INVENTORY || reason == REASON_ACCESS_DENIED;
}

static void result_free(struct instance_result *r)
{
    inventory_free(r->inventory);
}

/* What fails is tried again by the queue; after the last attempt it is let be like what cannot be read: the
 * next look would pay for snapshots anew. */
static int read_disks(struct instance_scan *s, const struct job *job, struct instance_result *ret_disks)
{
    int status = instance_disks(s, ret_disks);
    if (status == 0 || job->attempts < JOB_ATTEMPTS)
        return status;
    struct str text = arena_str(s->arena, str_from(err_text()));
    *ret_disks = (struct instance_result){.reason = REASON_INTERNAL_ERROR, .text = text};
    return instance_disks_clean(s);
}

static int scan_disks(struct instance_scan *s, const struct job *job)
{
    _cleanup_(result_free) struct instance_result disks = {0};
    bool waits;
    int status = instance_waits(s, &waits);
    if (status < 0 || waits)
        return status;
    status = read_disks(s, job, &disks);
    if (status == 0 && disks.later)
        return come_back(s, job, disks.later);
    if (status == 0 && disks.reason != REASON_SUCCESSFUL)
        status = instance_wait_begin(s, disks.reason, &disks.text);
    return status < 0 ? status : take_in(s, &disks, MODE_EC2_AGENTLESS);
}

/* Systems Manager had nothing when snapshots were begun: they are gone on with while it does not answer, and
 * removed once it tells all. */
static int scan_instance(struct instance_scan *s, const struct job *job)
{
    _cleanup_(result_free) struct instance_result ssm = {0};
    bool begun = str_is(job->payload, SNAPSHOTS);
    int status = instance_ssm(s, &ssm);
    if (status < 0)
        return begun && is_hybrid(s) ? scan_disks(s, job) : status;
    if (may_be_agentless(ssm.reason) && is_hybrid(s))
        return scan_disks(s, job);
    status = begun ? instance_disks_clean(s) : 0;
    return status < 0 ? status : take_in(s, &ssm, MODE_EC2_SSM_AGENT_BASED);
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(scan_free) struct instance_scan s = {0};
    int status = begin(&s, m, job);
    if (status)
        return status < 0 ? status : 0;
    return is_covered(&s) ? scan_instance(&s, job) : instance_disks_clean(&s);
}

static void give_up(struct monitor *m, struct job *job, struct str error)
{
    _cleanup_(scan_free) struct instance_scan s = {0};
    if (begin(&s, m, job) != 0)
        return;
    (void)instance_disks_clean(&s);
    if (s.resource.state == STATE_PRESENT)
        (void)scan_end(m, &s.resource, SCAN_STATUS_INACTIVE, REASON_INTERNAL_ERROR, error);
}

const struct job_kind job_scan_instance = {
    .number = JOB_SCAN_INSTANCE,
    .name = "scan-instance",
    .seconds = 120,
    .at_once = 4,
    .run = run,
    .give_up = give_up,
};
