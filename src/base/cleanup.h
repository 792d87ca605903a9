/* Scope-exit cleanup instead of goto ladders: `_cleanup_(buf_free) struct buf b = ...;`
 * The named function gets a pointer to the variable, as __attribute__((cleanup)) defines. */
#ifndef ASSAY_BASE_CLEANUP_H
#define ASSAY_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_file(FILE **f)
{
    if (*f)
        fclose(*f);
}

#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_fd_   _cleanup_(cleanup_fd)
#define _cleanup_file_ _cleanup_(cleanup_file)

#endif
