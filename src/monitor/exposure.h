/* From where an instance, and the services that its packages are, can be reached. */
#ifndef ASSAY_MONITOR_EXPOSURE_H
#define ASSAY_MONITOR_EXPOSURE_H

#include "score/contextual.h"
#include "score/service.h"
#include "store/network.h"
#include "store/resource.h"

struct exposure {
    enum reached any;                   /* some port; REACH_UNKNOWN: the network is not known */
    enum reached service[SERVICES_MAX]; /* a port where it listens, or may have been moved to */
};
struct exposure exposure_of(const struct network_paths *paths);
/* Of a resource; of anything but instances nothing is known. */
struct exposure exposure_read(struct sql *db, struct arena *a, const struct resource *r);
bool exposure_equal(const struct exposure *a, const struct exposure *b);

/* A flaw is reached where one of its packages is. Begins at none; a package's `service` may be -1. */
struct seen {
    enum reached reach;
    int service; /* whose ports made it less than for the resource as a whole; or -1 */
};
struct seen exposure_begin(const struct exposure *e);
void exposure_package(const struct exposure *e, int service, struct seen *seen);

#endif
