/* Another account or region changed by which a region's network is judged, too. */
#include "monitor/job_kind.h"
#include "monitor/network.h"

static int run(struct monitor *m, struct job *job)
{
    return monitor_network_again(m, job->account, job->subject);
}

const struct job_kind job_apply_network = {
    .number = JOB_APPLY_NETWORK,
    .name = "apply-network",
    .seconds = 300,
    .at_once = 1,
    .run = run,
};
