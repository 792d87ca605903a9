/* Another program, run to its end: what it says, how it ended. */
#ifndef ASSAY_BASE_CHILD_H
#define ASSAY_BASE_CHILD_H

#include "base/buf.h"

struct child {
    const char *const *argv; /* ended by NULL; argv[0] is a path */
    unsigned seconds;        /* after which it is killed; 0: any time */
    int nice;                /* added to ours */
    /* Asked several times a second: true ends the child. May be NULL. */
    bool (*stop)(void *ctx);
    void *ctx;
};
/* Standard input is empty. Output over the caps of the two buffers is read and dropped. *ret_status is the
 * exit code, or 128 and the signal's number. ERR_LIMIT over the time, ERR_IO when it could not be started or
 * `stop` ended it. */
int child_run(const struct child *c, struct buf *output, struct buf *errors, int *ret_status);

#endif
