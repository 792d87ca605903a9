/* Opening files below a root directory without ever leaving it.
 *
 * Paths are resolved as if the process had changed its root there: absolute links start at the root, ".."
 * stops at it, and the magic links of procfs are refused. The caller owns the descriptors.
 */
#ifndef ASSAY_VIEW_ROOT_H
#define ASSAY_VIEW_ROOT_H

#include "base/arena.h"

/* An O_PATH descriptor of what `path` names below `root`, links followed. -1 with errno set when there is
 * nothing. */
int root_resolve(int root, const char *path);
/* As root_resolve(), without openat2(2): for kernels and sandboxes that lack it. */
int root_resolve_by_hand(int root, const char *path);

/* Opens for reading what an O_PATH descriptor stands for when it is a regular file; devices, pipes and
 * sockets are never opened. -1 with errno set (EINVAL: not a regular file). */
int root_reopen(int path_fd);

/* Where `fd` is, relative to `root`, as the kernel names it now. False when that cannot be told or is
 * outside. */
bool root_locate(int root, int fd, struct arena *a, struct str *ret_path);

#endif
