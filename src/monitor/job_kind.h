/* Kinds of jobs, one file each: job_NAME.c defines `const struct job_kind job_NAME`, meson.build lists them.
 * The numbers are stored: they never change. */
#ifndef ASSAY_MONITOR_JOB_KIND_H
#define ASSAY_MONITOR_JOB_KIND_H

#include "monitor/monitor.h"

/* `subject` says what is to be done; the same subject waits once. What concerns the whole server has account
 * 0 and no subject. */
enum job_number {
    /* Where the origin is an AWS account, the region stands between it and the name. */
    JOB_SCAN_IMAGE = 1,   /* "ORIGIN REPOSITORY REFERENCE": a tag, a digest "sha256:...", or "TAG@DIGEST" */
    JOB_SCAN_FUNCTION,    /* "ORIGIN NAME" */
    JOB_POLL_ORIGIN,      /* "ORIGIN" */
    JOB_APPLY_ADVISORIES, /* from the generation that findings were judged by to the present one */
    JOB_UPDATE_ADVISORIES,
    JOB_REPORT,        /* the report's id */
    JOB_HOUSEKEEPING,  /* silent hosts, expired windows, old findings, unused rows */
    JOB_ACCOUNT,       /* scan types or settings of the account changed */
    JOB_APPLY_RULE,    /* "RULE CHANGE": a rule changed and who did that did not apply all of it */
    JOB_SCAN_INSTANCE, /* "ORIGIN REGION INSTANCE" */
    JOB_LOOK_EC2,      /* "ORIGIN REGION WORD [ID]": a service of an AWS account, aws_look.h */
    JOB_LOOK_NETWORK,
    JOB_LOOK_ECR,
    JOB_LOOK_ECS,
    JOB_LOOK_LAMBDA,
    JOB_LOOK_ORGANIZATION,
    JOB_APPLY_NETWORK, /* "REGION": what it is judged by, of other accounts and regions, changed */
    JOB_KINDS
};

/* What run() may return beside 0 and errors: the job is ready again, without an attempt being counted. */
enum { JOB_INTERRUPTED = 1 };

struct job_kind {
    enum job_number number;
    const char *name; /* "scan-image" */
    unsigned seconds; /* of lease; it is renewed while the job runs, so this is how soon another takes over */
    /* How many of them run at a time; 0: one a core. There are workers enough for all kinds at once, so that
     * none waits for another. */
    unsigned at_once;
    /* 0, or an error: the job is tried again, or set aside. */
    int (*run)(struct monitor *m, struct job *job);
    /* After the last attempt: what the world is told (coverage INTERNAL_ERROR with the text). May be NULL. */
    void (*give_up)(struct monitor *m, struct job *job, struct str error);
};
extern const struct job_kind *const job_kinds[];

/* What jobs need of the monitor. */
const struct monitor_options *monitor_options(const struct monitor *m);
static inline struct store *monitor_store(const struct monitor *m)
{
    return monitor_options(m)->store;
}
/* The server is about to stop: a long job ends early with JOB_INTERRUPTED, and is done again later. */
bool monitor_stopping(const struct monitor *m);
void monitor_log(const struct monitor *m, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void monitor_count_artefacts(struct monitor *m, uint64_t n);
void monitor_count_judged(struct monitor *m, uint64_t n);
/* The generation that was in use when findings were last judged, for the difference; NULL when its file is
 * gone: everything is judged again. Close it with db_close(). */
struct db *monitor_generation(struct monitor *m, struct str generation);

#endif
