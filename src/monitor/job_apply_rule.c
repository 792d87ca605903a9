/* A suppression rule changed, and whoever changed it could not apply it all: it takes long, the process died,
 * the disk was full. */
#include "monitor/engine.h"
#include "monitor/job_kind.h"

static int run(struct monitor *m, struct job *job)
{
    struct str rule, rest = job->subject;
    str_next(&rest, ' ', &rule);
    int status;
    struct engine_rule *r = engine_rule_new(monitor_store(m), job->account, rule);
    do
        status = monitor_stopping(m) ? JOB_INTERRUPTED : engine_rule_slice(r, time_now());
    while (status > 0 && !monitor_stopping(m));
    engine_rule_free(r);
    return status;
}

const struct job_kind job_apply_rule = {
    .number = JOB_APPLY_RULE,
    .name = "apply-rule",
    .seconds = 300,
    .at_once = 1,
    .run = run,
};
