/* What writer and reader of the kept form share. Nobody else includes this. */
#ifndef ASSAY_SOURCE_ARTEFACT_FORM_H
#define ASSAY_SOURCE_ARTEFACT_FORM_H

#include "base/str.h"

#define FORM_MAGIC STR("AAI1")

/* The members of a package that are strings, but for `path`, which mostly is that of its record, and `owner`,
 * which nobody knows yet. */
#define PACKAGE_STRINGS_OF(p)                                                                                \
    {                                                                                                        \
        &(p)->type, &(p)->namespace, &(p)->name, &(p)->version, &(p)->arch, &(p)->source,                    \
            &(p)->source_version, &(p)->modularity, &(p)->vendor, &(p)->license, &(p)->digest                \
    }
enum { PACKAGE_STRINGS = 11 };
enum { FLAG_DEV = 1, FLAG_UNRESOLVED = 2, FLAG_SAME_PATH = 4 };

#endif
