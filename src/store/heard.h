/* What is heard of resources beside what is in them: that a host reported, that an image was pulled. */
#ifndef ASSAY_STORE_HEARD_H
#define ASSAY_STORE_HEARD_H

#include "store/store.h"

/* Whether the inventory of the host came from a report with this digest and nothing asks for another: then a
 * heartbeat says all. *ret_resource is the key of the host, 0 when it is not known. */
bool host_has(struct sql *db, account_id account, struct str resource_id, struct str digest,
              int64_t *ret_resource);
/* Whether a collector on the host brought what is known to be in it, and spoke since. What others tell of the
 * host does not count. */
bool host_reports(struct sql *db, account_id account, int64_t resource, int64_t since);
/* Notes that a report with this digest came, and that `inventory`, if the host still has that, came from it.
 */
void host_reported(struct sql *db, account_id account, int64_t resource, int64_t inventory, struct str digest,
                   int64_t now);

/* The image with this digest was pulled from a repository of the origin. Written at most once an hour. */
void image_pulled(struct sql *db, account_id account, struct str origin, struct str repository,
                  struct str digest, int64_t now);

#endif
