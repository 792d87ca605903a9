/* What is in an EC2 instance, found out from outside: job_scan_instance.c chooses between the inventory that
 * Systems Manager has of it and snapshots of its volumes. */
#ifndef ASSAY_MONITOR_INSTANCE_H
#define ASSAY_MONITOR_INSTANCE_H

#include "aws/aws.h"
#include "monitor/scan.h"

struct instance_scan {
    struct monitor *m;
    struct arena *arena;
    account_id account;
    struct scan_origin origin;
    struct str region, id; /* of the instance */
    struct aws *aws;
    struct resource resource;
};

/* What an attempt ended with: an inventory, or why there is none. */
struct instance_result {
    enum scan_reason reason; /* REASON_SUCCESSFUL: `inventory` is set, and is the caller's */
    struct str text;
    struct inventory *inventory;
    int later; /* seconds after which there will be more; 0: this is it */
};
/* Packages as the agent of Systems Manager reported them. UNMANAGED_EC2_INSTANCE, NO_INVENTORY,
 * STALE_INVENTORY, UNSUPPORTED_OS, ACCESS_DENIED; an error: try again. */
int instance_ssm(struct instance_scan *s, struct instance_result *ret_result);
/* Everything on its volumes, through snapshots of them. Called again after `later` seconds it finds those by
 * their tags. AGENTLESS_*, UNSUPPORTED_OS, ACCESS_DENIED, ACCESS_DENIED_TO_ENCRYPTION_KEY. */
int instance_disks(struct instance_scan *s, struct instance_result *ret_result);
/* Removes what snapshots there are of the instance, and of others those that nobody needs any more. */
int instance_disks_clean(struct instance_scan *s);
/* Whether disks that could not be read are let be for now. */
int instance_waits(struct instance_scan *s, bool *ret_waits);
/* They could not be read for this reason, and are let be for a day or more; `text` tells until when. */
int instance_wait_begin(struct instance_scan *s, enum scan_reason reason, struct str *text);

/* Finds the sources of Debian packages that are listed without, by the advisory database and by what other
 * inventories of the account tell, before inventory_finish(); what it does not find is noted as a problem. */
void instance_sources(struct sql *db, const struct db *advisories, account_id account, struct inventory *inv);

/* The inventory that the pages of ListInventoryEntries of the type AWS:Application hold. */
struct ssm_application {
    struct inventory *inventory;
    size_t n;
    bool modular; /* an rpm of a module was: which is not told */
};
int ssm_application_page(void *ctx, json_val *document);
/* The operating system that DescribeInstanceInformation's PlatformName and PlatformVersion mean; family
 * empty: none that is known. */
struct os ssm_platform(struct arena *a, struct str name, struct str version);

#endif
