/* The job that brings findings after the advisory database in use. */
#include <syslog.h>

#include "base/cleanup.h"
#include "monitor/engine.h"
#include "monitor/job_kind.h"

static int apply(struct monitor *m, const struct db *old, const struct db *advisories)
{
    struct engine_apply *e;
    int status = engine_apply_new(monitor_store(m), old, advisories, &e);
    if (status < 0)
        return status;
    uint64_t begin = time_monotonic_ns();
    do
        status = monitor_stopping(m) ? JOB_INTERRUPTED : engine_apply_slice(e, time_now());
    while (status > 0 && !monitor_stopping(m));
    const struct engine_work *work = engine_apply_work(e);
    monitor_count_judged(m, work->packages_judged);
    if (status == 0)
        monitor_log(m, LOG_INFO,
                    "advisories %.*s: %llu packages judged, %llu findings changed on %llu resources, %.1f s",
                    STR_ARG(db_generation(advisories)), (unsigned long long)work->packages_judged,
                    (unsigned long long)work->findings_touched, (unsigned long long)work->resources_touched,
                    (double)(time_monotonic_ns() - begin) / 1e9);
    engine_apply_free(e);
    return status;
}

static int run(struct monitor *m, struct job *job)
{
    (void)job;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(db_cleanup) struct db *old = NULL;
    const struct db *advisories = monitor_db(m);
    struct sql *db = store_reader(monitor_store(m));
    bool current = engine_current(db, advisories);
    struct str generation = engine_generation(db, a, advisories);
    int status = sql_status(db);
    store_release(db);
    if (status == 0 && !current) {
        old = generation.n ? monitor_generation(m, generation) : NULL;
        status = apply(m, old, advisories);
    }
    monitor_db_release(m, advisories);
    return status;
}

const struct job_kind job_apply_advisories = {
    .number = JOB_APPLY_ADVISORIES,
    .name = "apply-advisories",
    .seconds = 60,
    .at_once = 1,
    .run = run,
};
