/* Giving up rights, for good: what a process that reads hostile bytes does first. Linux only. */
#ifndef ASSAY_SOURCE_CONFINE_H
#define ASSAY_SOURCE_CONFINE_H

#include <stddef.h>
#include <stdint.h>

/* Limits on memory, processor time, files; no core dumps, no new privileges. ERR_IO. */
int confine_limits(uint64_t memory, unsigned seconds, unsigned files);
/* Nothing of the file system but `folder`, where files may be made, and no TCP. ERR_UNSUPPORTED without
 * Landlock. */
int confine_files(const char *folder);
/* No system calls but those that reading takes; the others fail with EPERM. ERR_UNSUPPORTED without seccomp.
 */
int confine_calls(void);

#endif
