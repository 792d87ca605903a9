/* Ranges as intervals, which Maven and NuGet share. */
#ifndef ASSAY_VERSION_INTERVAL_H
#define ASSAY_VERSION_INTERVAL_H

#include "version/version.h"

/* Whether `range` is meant as intervals: it begins with a bracket. */
bool interval_begins(struct str range);
/* Whether `version` is in one of the intervals, in the order of `scheme`. */
int interval_satisfies(const struct version_scheme *scheme, struct str version, struct str range,
                       bool *ret_satisfied);

#endif
