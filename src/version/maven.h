/* Maven's ranges, which maven.c offers beside its order. */
#ifndef ASSAY_VERSION_MAVEN_H
#define ASSAY_VERSION_MAVEN_H

#include "version/version.h"

/* "[1.0,2.0),[3.0,)", or a comparator list as advisories have it: ">= 1.0, < 2.0". */
int maven_satisfies(struct str version, struct str range, bool *ret_satisfied);

#endif
