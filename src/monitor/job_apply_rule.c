/* A suppression rule changed, and whoever changed it could not apply it: the process died, the disk was full.
 */
#include "monitor/engine.h"
#include "monitor/job_kind.h"

static int run(struct monitor *m, struct job *job)
{
    struct str rule, rest = job->subject;
    str_next(&rest, ' ', &rule);
    return engine_rule_changed(monitor_store(m), job->account, rule, time_now());
}

const struct job_kind job_apply_rule = {
    .number = JOB_APPLY_RULE,
    .name = "apply-rule",
    .seconds = 300,
    .at_once = 1,
    .run = run,
};
