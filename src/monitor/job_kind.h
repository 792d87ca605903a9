/* Kinds of jobs, one file each: job_NAME.c defines `const struct job_kind job_NAME`, meson.build lists them.
 * The numbers are stored: they never change. */
#ifndef ASSAY_MONITOR_JOB_KIND_H
#define ASSAY_MONITOR_JOB_KIND_H

#include "monitor/monitor.h"

enum job_number {
    JOB_SCAN_IMAGE = 1,
    JOB_SCAN_FUNCTION,
    JOB_POLL_ORIGIN,
    JOB_APPLY_ADVISORIES, /* from the generation that findings were judged by to the present one, a slice a
                             job */
    JOB_UPDATE_ADVISORIES,
    JOB_REPORT,
    JOB_HOUSEKEEPING, /* silent hosts, expired windows, old findings, unused rows */
    JOB_ACCOUNT,      /* scan types or settings of an account changed */
};

struct job_kind {
    enum job_number number;
    const char *name; /* "scan-image" */
    unsigned seconds; /* of lease: how long it may take */
    /* 0, or an error: the job is tried again, or set aside. */
    int (*run)(struct monitor *m, struct job *job);
    /* After the last attempt: what the world is told (coverage INTERNAL_ERROR with the text). May be NULL. */
    void (*give_up)(struct monitor *m, struct job *job, struct str error);
};
extern const struct job_kind *const job_kinds[];

#endif
