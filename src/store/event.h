/* What happened, in order; and usage by the hour. Both are written in the transaction of the change itself.
 */
#ifndef ASSAY_STORE_EVENT_H
#define ASSAY_STORE_EVENT_H

#include "store/store.h"

/* `subject`: id of the finding or resource. `detail`: JSON or empty. */
void event_add(struct sql *db, account_id account, enum event_kind kind, int64_t subject, struct str detail);
struct event {
    int64_t seq, subject, at;
    account_id account;
    enum event_kind kind;
    struct str detail;
};
/* After `after`, at most `max`, of one account or of ALL_ACCOUNTS (0 is an account as any other). */
enum { ALL_ACCOUNTS = -1 };
size_t event_list(struct sql *db, struct arena *a, account_id account, int64_t after, size_t max,
                  struct event **ret_events);
int64_t event_last(struct sql *db);
/* The first that is kept; 0: there was none yet. */
int64_t event_first(struct sql *db);
/* Drops events before `before` (a time), some thousands at a time: whether there are more. The last event
 * stays: it tells where those that listen are. */
bool event_trim(struct sql *db, int64_t before);

/* Usage: `change` more (or fewer) resources are being counted from `now` on. */
void usage_active(struct sql *db, account_id account, enum usage_type type, int change, int64_t now);
/* Counted at once: a scan. */
void usage_add(struct sql *db, account_id account, enum usage_type type, double amount, int64_t now);
/* Hours or scans from `from` to `now`, what is running included. Kept by the day (of UTC): of the day that
 * `from` is in, hours that have been added count by its share of the day, and all scans. */
double usage_total(struct sql *db, account_id account, enum usage_type type, int64_t from, int64_t now);

/* Exports. */
struct findings_report {
    struct str id, criteria, destination, message; /* destination: JSON as sent */
    enum report_file_format format;
    enum report_status status;
    int error; /* enum report_error, or -1 */
    int64_t created, finished;
};
/* ERR_LIMIT while another one of the account is in progress. */
int report_add(struct sql *db, struct arena *a, account_id account, struct findings_report *r);
/* `id` empty: the latest. ERR_MISSING. */
int report_get(struct sql *db, struct arena *a, account_id account, struct str id,
               struct findings_report *ret_report);
/* Only from IN_PROGRESS; returns whether it was. */
bool report_finish(struct sql *db, account_id account, struct str id, enum report_status status, int error,
                   struct str message);
/* Drops what was asked for before `before` and is over; of each account at most `max`: whether there may be
 * more. */
bool report_trim(struct sql *db, int64_t before, size_t max);

#endif
