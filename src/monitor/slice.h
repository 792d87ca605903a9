/* Long work is done in slices, each a transaction, so that other writers get their turn. */
#ifndef ASSAY_MONITOR_SLICE_H
#define ASSAY_MONITOR_SLICE_H

#include "base/time.h"
#include "store/store.h"

struct slice {
    struct sql *db;
    uint64_t work_began, began;
};

/* After 100 ms when others wait to write. While none does it may go on, since a page is written once a slice,
 * however much of it changes; but not for longer than the work has lasted, so that its first fruits are seen
 * at once. */
static inline bool slice_is_over(const struct slice *s)
{
    enum { SHARED_MS = 100, ALONE_MS = 500 };
    uint64_t lasts = time_monotonic_ns() - s->began, ms = lasts / 1000000;
    if (ms < SHARED_MS)
        return false;
    return ms >= ALONE_MS || lasts > s->began - s->work_began || store_is_awaited(s->db);
}

#endif
