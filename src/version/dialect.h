/* Range dialects: other readings of the ranges of a scheme, by name. They are for people who check what
 * another tool says; matching uses the schemes' own. */
#ifndef ASSAY_VERSION_DIALECT_H
#define ASSAY_VERSION_DIALECT_H

#include "base/str.h"

struct version_dialect {
    const char *name;
    const char *aliases; /* comma-separated, or NULL */
    const char *summary;
    int (*satisfies)(struct str version, struct str range, bool *ret_satisfied);
};

/* Ended by one without a name. */
extern const struct version_dialect version_dialects[];

/* NULL when there is none. */
const struct version_dialect *version_dialect_find(struct str name);

#endif
