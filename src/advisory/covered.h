/* Which enumerated versions an entry's ranges already say: OSV lists them for readers that cannot compare. */
#ifndef ASSAY_ADVISORY_COVERED_H
#define ASSAY_ADVISORY_COVERED_H

#include "advisory/advisory.h"
#include "version/version.h"

/* The scheme in which the entry's ranges are compared; NULL when it is not known. */
const struct version_scheme *covered_scheme(const struct advisory_affected *e);
/* Whether `version` is certainly in one of the entry's ranges. False when any comparison fails, or without
 * scheme. */
bool covered(const struct version_scheme *scheme, const struct advisory_affected *e, struct str version);

#endif
