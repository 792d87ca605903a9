/* Names inside archives, made safe: relative to the root, without "." and "..", never outside. */
#ifndef ASSAY_VIEW_PATH_H
#define ASSAY_VIEW_PATH_H

#include "base/buf.h"

/* Appends the clean form of `name` to `to` (nothing for the root itself): leading slashes fall away, ".."
 * stops at the root. ERR_INVALID for a NUL byte, ERR_LIMIT over view_limits.path or the buffer's cap. */
int path_clean(struct str name, struct buf *to);
/* Appends where the link `link` (a clean path) with this target leads, by its text alone. */
int path_follow(struct str link, struct str target, struct buf *to);

#endif
