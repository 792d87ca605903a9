/* What was refused counts as it was said before. */
#ifndef ASSAY_MONITOR_NETWORK_EARLIER_H
#define ASSAY_MONITOR_NETWORK_EARLIER_H

#include "store/network.h"

/* The documents of a region with those that the store has of lists which could not be read: {"NotRead":
 * [...]} among the documents names them. In the arena. */
int network_with_earlier(struct sql *db, struct arena *a, account_id account, struct str region,
                         const struct str *documents, size_t n, struct str **ret_documents, size_t *ret_n);

#endif
