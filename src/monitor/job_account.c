/* Scan types or settings of an account changed: coverage and findings follow, then the change is complete.
 * Nothing is read again: findings are made anew from the inventories there are. What is being disabled is
 * PENDING_DISABLE first, all of it, which is soon done, before findings are closed and coverage goes. */
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/eligibility.h"
#include "monitor/runtime.h"

static const int types[] = {RESOURCE_AWS_EC2_INSTANCE, RESOURCE_AWS_ECR_CONTAINER_IMAGE,
                            RESOURCE_AWS_ECR_REPOSITORY, RESOURCE_AWS_LAMBDA_FUNCTION};

/* What is enabled now is looked for at once: an AWS account's own clock is slow. */
static void look_at_origins(struct sql *db, struct arena *a, account_id account)
{
    struct origin *origins;
    size_t n = origin_list(db, a, account, &origins);
    for (size_t i = 0; i < n; i++)
        if (origins[i].kind == ORIGIN_AWS_ACCOUNT)
            job_add(db, account, JOB_POLL_ORIGIN, origins[i].id, (struct str){0}, time_now());
}

/* ENABLING -> ENABLED, DISABLING -> DISABLED, unless it was changed again meanwhile: then another job
 * waits. */
static int complete(struct monitor *m, account_id account, const enum account_status *before, int n,
                    bool *ret_disabled)
{
    *ret_disabled = false;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct sql *db = store_writer(m->options.store);
    for (int type = 0; type < n; type++) {
        enum account_status status = account_scan_get(db, account, type).status;
        if (status != before[type])
            continue;
        if (status == ACCOUNT_ENABLING)
            account_scan_set(db, account, type, ACCOUNT_ENABLED);
        if (status == ACCOUNT_DISABLING)
            *ret_disabled |= account_scan_set(db, account, type, ACCOUNT_DISABLED);
    }
    look_at_origins(db, a, account);
    int r = store_commit(db);
    if (r == 0)
        monitor_wake(m);
    return r;
}

static int review_types(struct monitor *m, account_id account)
{
    int r = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types && !r; i++)
        r = review_all(m, account, types[i]);
    return r;
}

static int run(struct monitor *m, struct job *job)
{
    bool disabled;
    enum account_status before[SCAN_OF_CODE_REPOSITORY + 1];
    int n = sizeof before / sizeof *before;
    struct sql *db = store_reader(m->options.store);
    for (int type = 0; type < n; type++)
        before[type] = account_scan_get(db, job->account, type).status;
    store_release(db);
    int r = review_types(m, job->account);
    if (!r)
        r = complete(m, job->account, before, n, &disabled);
    return !r && disabled ? review_types(m, job->account) : r;
}

const struct job_kind job_account = {
    .number = JOB_ACCOUNT,
    .name = "account",
    .seconds = 120,
    .at_once = 1,
    .run = run,
};
