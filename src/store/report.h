/* Exports of findings: what was asked for, and how it went. findings_report.h writes them. */
#ifndef ASSAY_STORE_REPORT_H
#define ASSAY_STORE_REPORT_H

#include "store/store.h"

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
