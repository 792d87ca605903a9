/* The order for software without a version scheme of its own, and a variant of it. */
#ifndef ASSAY_VERSION_GENERIC_H
#define ASSAY_VERSION_GENERIC_H

#include "base/str.h"

/* As the scheme "generic". With `semantic`, as libraries of lenient semantic versions do: whatever follows a
 * hyphen is a pre-release, and build metadata does not count. */
int generic_compare(struct str a, struct str b, bool semantic, int *ret_order);
int generic_satisfies(struct str version, struct str range, bool semantic, bool *ret_satisfied);

#endif
