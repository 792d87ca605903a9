/* The order of one part (version or release) of an rpm version. */
#ifndef ASSAY_VERSION_RPMVERCMP_H
#define ASSAY_VERSION_RPMVERCMP_H

#include "base/str.h"

/* -1, 0 or 1 for any bytes. rpm's manual, "Dependencies: version comparison". */
int rpmvercmp(struct str a, struct str b);

/* One "[epoch:]version[-release]". */
struct rpm_evr {
    struct str epoch, version, release;
    bool has_release;
};

/* Cuts without judging: the digits before a first colon are the epoch, what follows the last hyphen the
 * release. */
struct rpm_evr rpm_evr_cut(struct str evr);
int rpm_evr_compare(const struct rpm_evr *a, const struct rpm_evr *b);

#endif
