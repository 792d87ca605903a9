/* Some files of a directory tree, named by their places, without walking the rest. */
#ifndef ASSAY_VIEW_PLACES_H
#define ASSAY_VIEW_PLACES_H

#include "view/view.h"

/* `patterns`, `n` of them, are paths below the root whose last segment may have wildcards: "etc/os-release",
 * "var/lib/dpkg/info/" "*.list". They live as long as the view. */
int view_open_places(const char *root, const struct str *patterns, size_t n, struct view **ret_view);

#endif
