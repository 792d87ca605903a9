/* The engine of the server: keeps inventories, findings and coverage true to what is known, continuously.
 *
 * Four things can change the answer, and each does its own work only: a resource (monitor_inventory()), the
 * advisories (advisories.c), the surroundings (tags, details, later reachability), a rule
 * (monitor_rule_changed()). Work that takes long or may fail goes through the queue (store/job.h) and is
 * done by a pool of workers; reading a foreign artefact happens in a child process.
 */
#ifndef ASSAY_MONITOR_MONITOR_H
#define ASSAY_MONITOR_MONITOR_H

#include "advisory/db.h"
#include "ecosystem/inventory.h"
#include "net/client.h"
#include "store/access.h"
#include "store/finding_query.h"
#include "store/job.h"

struct monitor;

/* How long things are kept or waited for, in days; 0: the default. */
struct monitor_days {
    unsigned closed;   /* findings after remediation; 30 */
    unsigned gone;     /* findings after their resource went; 3 */
    unsigned silent;   /* hosts, before they are STALE_INVENTORY; 7 */
    unsigned feeds;    /* advisories, before they are stale; 3 */
    unsigned events;   /* 7 */
    unsigned reopen;   /* a finding that comes back within these is the same; 7 */
    unsigned reports;  /* what is known of an export of findings; 90 */
    unsigned artefact; /* what was read in a layer or zip, since its last use; 90 */
};
struct monitor_options {
    struct store *store;
    const struct master_key *master;
    const char *directory; /* where generations of the advisory database and spooled artefacts are kept */
    const char *db;        /* the advisory database to begin with; NULL: as db_open_default() finds it */
    const char *program;   /* of the child processes: this one */
    const char *mirror;    /* feeds from here instead of the publishers; NULL: the publishers */
    unsigned workers;      /* 0: one a core */
    unsigned update_hours; /* between advisory updates, plus up to a tenth; 0: only on demand */
    struct monitor_days days;
    const char *reports; /* the directory that buckets of reports are folders of; NULL: DIRECTORY/reports */
    const struct bucket
        *bucket; /* reports go to this S3-compatible service instead (without `name`); or NULL */
    void (*log)(int priority, const char *text); /* syslog's priorities */
};
/* Opens the advisory database, and applies it if findings were last judged by another generation. */
int monitor_new(const struct monitor_options *options, struct monitor **ret_monitor);
/* Starts workers and schedules. */
int monitor_start(struct monitor *m);
/* Called by housekeeping, about once an hour, for what others keep too long; one listener, set before the
 * start. */
void monitor_on_housekeeping(struct monitor *m, void (*call)(void *ctx), void *ctx);
/* Lets running jobs finish, or gives them back. */
void monitor_stop(struct monitor *m);
void monitor_free(struct monitor *m);

/* The advisory database in use: take it for as long as it is read. */
const struct db *monitor_db(struct monitor *m);
void monitor_db_release(struct monitor *m, const struct db *db);

/* A resource's inventory came: stores it, judges what is new in it, brings findings and coverage up to date,
 * all in one transaction. `r` was put before (r->id). Returns through *ret_changed whether any finding
 * changed. */
int monitor_inventory(struct monitor *m, const struct resource *r, const struct inventory *inv,
                      bool *ret_changed);
/* Tags, state or dates of a resource changed that decide whether it is covered: coverage and findings
 * follow. */
int monitor_review(struct monitor *m, int64_t resource);
/* The host with this key says that nothing changed: cheap, written with others a little later. */
void monitor_heard(struct monitor *m, int64_t resource);
/* A rule is added, changed or removed. Within that transaction monitor_rule_note(), so that it takes effect
 * even if the process dies; after its commit monitor_rule_changed() with the note, in the arena: it brings
 * the status of the findings that the rule concerns up to date. What takes longer than two seconds it leaves
 * to the queue, which goes on at once. */
struct str monitor_rule_note(struct sql *db, struct arena *a, account_id account, struct str rule);
int monitor_rule_changed(struct monitor *m, account_id account, struct str note);
/* How many ACTIVE or SUPPRESSED findings a rule with these criteria would hide: counted up to
 * `most`. */
int monitor_rule_preview(struct monitor *m, account_id account, const struct criteria *criteria, int64_t most,
                         int64_t *ret_n);
/* Scan types were enabled or disabled, settings changed: coverage and findings follow. */
int monitor_account_changed(struct monitor *m, account_id account);
/* Jobs for the queue; the workers wake at once. */
int monitor_rescan(struct monitor *m, account_id account, struct str resource_id);
int monitor_push(struct monitor *m, account_id account, struct str origin, struct str repository,
                 struct str reference);
int monitor_poll(struct monitor *m, account_id account, struct str origin);
int monitor_update_advisories(struct monitor *m);
int monitor_report(struct monitor *m, account_id account, struct str report);
void monitor_wake(struct monitor *m);

/* The generation in use and its age, and what was done since the start: for /assay/v1/advisories, metrics and
 * the log. */
struct monitor_state {
    char generation[33];
    int64_t built, updated, newest_feed, oldest_feed;
    bool stale; /* not updated for days.feeds */
    char update_error[256];
    uint64_t artefacts_read, packages_judged, jobs_done, jobs_failed;
};
void monitor_state(struct monitor *m, struct monitor_state *ret_state);

#endif
