/* What the describe calls of a region say of its network, and what follows: network findings, the coverage
 * of instances by scan type NETWORK, and the scores of their package findings.
 *
 * A document is JSON text as the AWS CLI prints it, an object of one or several lists of describe calls
 * (docs/reach.md: "Reservations", "SecurityGroups", ...; unknown lists are passed over), a page or all pages
 * of a call. {"NotRead": [...]} among those of a region names the lists that could not be read, and says that
 * all others are whole (aws/network.h). Without it a list that none of them holds is not known to be empty:
 * what it would tell counts as possible, and lowers no score. Documents are kept in the store, so that
 * nothing has to be asked again after a restart.
 *
 * Both calls may take long. When the server is about to stop they end early with JOB_INTERRUPTED: called
 * again with the same, they go on.
 *
 * What is worked out belongs to instances by (account, instance id), whether there is a resource of it yet or
 * not: one that is put later gets its network findings by monitor_review().
 */
#ifndef ASSAY_MONITOR_NETWORK_H
#define ASSAY_MONITOR_NETWORK_H

#include "monitor/monitor.h"

/* Replaces all that is known of a region's network; n == 0: it is no longer looked at. The same documents as
 * before, in any order, are no work. ERR_INVALID, with nothing changed, for what is no document; ERR_LIMIT
 * for too much. */
int monitor_network(struct monitor *m, account_id account, struct str region, const struct str *documents,
                    size_t n);
/* Takes in what changed, each component as it is now: a security group, an instance that was launched or
 * terminated. What is not in the document stays; what ceased to exist otherwise (a route table, a group)
 * stays until all is replaced. ERR_MISSING where the region is not known: it wants all documents first. */
int monitor_network_update(struct monitor *m, account_id account, struct str region, struct str document);
/* Works out anew what is open, from what is known of the region and of those around it, unless that has been
 * done: a job does it soon after one of these changed. */
int monitor_network_again(struct monitor *m, account_id account, struct str region);

#endif
