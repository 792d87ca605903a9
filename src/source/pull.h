/* An image of a registry as a target: its layers come into a temporary folder and are read there. */
#ifndef ASSAY_SOURCE_PULL_H
#define ASSAY_SOURCE_PULL_H

#include "ecosystem/inventory.h"

/* The name after "registry:" or "docker://"; false when the target is not named so. */
bool pull_target(const char *target, struct str *ret_name);
/* Adds what the image holds. `platform` as for other images; `insecure`: plain HTTP, of a registry on this
 * machine only. */
int pull_image(struct inventory *inv, struct str name, const char *platform, bool insecure);
/* Removes the layers that pull_image() of another thread keeps, for a process that is about to end. */
void pull_abandon(void);

#endif
