/* Credentials of AWS accounts, shared by everybody who reads them. */
#ifndef ASSAY_MONITOR_AWS_SESSION_H
#define ASSAY_MONITOR_AWS_SESSION_H

#include "monitor/scan.h"

/* What calls AWS as the origin says, in a region; empty: where its organization and queue are asked, the
 * first of its own. It stays until the monitor ends, and any thread may use it. Nothing is sent here. */
int aws_session(struct monitor *m, const struct scan_origin *o, struct str region, struct aws **ret_aws);
/* The same without a monitor, for who calls it a moment: aws_free() it. */
int aws_connect(struct store *s, const struct master_key *k, const struct scan_origin *o, struct str region,
                struct aws **ret_aws);
/* The AWS account that the account is here. ERR_MISSING when it is none. */
int aws_origin(struct monitor *m, struct arena *a, account_id account, struct scan_origin *ret_origin);

#endif
