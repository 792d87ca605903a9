/* What the jobs share that read artefacts of resources: results that are kept, coverage before and after. */
#ifndef ASSAY_MONITOR_SCAN_H
#define ASSAY_MONITOR_SCAN_H

#include "monitor/job_kind.h"
#include "monitor/origin_options.h"
#include "source/artefact.h"

/* Whether the account has this scan type enabled: otherwise nothing is looked at. */
bool scan_enabled(struct monitor *m, account_id account, enum resource_scan_type type);
/* The origin that a job's subject begins with, its options and its secret; in the arena. ERR_MISSING when it
 * is gone. */
struct scan_origin {
    struct origin origin;
    struct origin_options options;
    struct str secret;
};
int origin_read(struct store *s, const struct master_key *k, struct arena *a, account_id account,
                struct str id, struct scan_origin *ret_origin);
int scan_origin(struct monitor *m, struct arena *a, account_id account, struct str id,
                struct scan_origin *ret_origin);

/* The resource was found: puts it, with coverage PENDING_INITIAL_SCAN when it is new. *ret_covered: whether
 * tags, age and so on let it be scanned; if not, its coverage says so. */
int scan_begin(struct monitor *m, struct resource *r, bool *ret_covered);
/* It was scanned, or could not be: its coverage, and what follows for usage and events. Nothing when it
 * stopped, went or was excluded since the scan began: its coverage says so by now. */
int scan_end(struct monitor *m, const struct resource *r, enum scan_status status, enum scan_reason reason,
             struct str error);
/* The same within the transaction of the scan. */
void scan_covered(struct sql *db, const struct resource *r, enum scan_status status, enum scan_reason reason,
                  struct str error);
/* How an instance is looked into, from now on. */
int scan_set_mode(struct monitor *m, const struct resource *r, enum scan_mode mode);
/* The resource is no longer there: its findings are closed. */
int scan_gone(struct monitor *m, const struct resource *r);
/* The same for those of an origin of which `went` says so; NULL: for all. */
typedef bool scan_went(const void *ctx, const struct resource *r);
int scan_gone_of(struct monitor *m, account_id account, struct str origin, scan_went *went, const void *ctx);
/* The job that reads the resource again; false for one that is not read from here. *ret_subject is in the
 * arena. */
bool scan_job(struct sql *db, struct arena *a, const struct resource *r, enum job_number *ret_kind,
              struct str *ret_subject);
/* What of the inventory could not be read, for people; or empty. */
struct str scan_problems(struct arena *a, const struct inventory *inv);

/* A folder for artefacts that are being read. */
struct scan_folder {
    char path[512];
};
int scan_folder_new(struct monitor *m, struct scan_folder *ret_folder);
/* With all files in it. */
void scan_folder_remove(struct scan_folder *f);

/* What is kept of the artefact `name`; if there is nothing, `read` is called to make it, by one thread at a
 * time for the same name. In the arena. */
int scan_artefact(struct monitor *m, struct arena *a, account_id account, struct str name,
                  int (*read)(void *ctx, struct buf *to), void *ctx, struct artefact *ret_artefact);
struct sandbox;
/* The child processes of this monitor. */
struct sandbox scan_sandbox(struct monitor *m);

#endif
