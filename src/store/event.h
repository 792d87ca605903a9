/* What happened, in order; written in the transaction of the change itself. */
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

#endif
