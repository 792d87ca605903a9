/* How often somebody may ask: so many times a second, with bursts. Each costs the same to look up, and memory
 * is fixed: when more ask than there is room for, whoever has been quiet longest is forgotten first. Threads
 * share it.
 */
#ifndef ASSAY_NET_LIMIT_H
#define ASSAY_NET_LIMIT_H

#include "base/str.h"

struct limit;

/* Each may ask `per_second` times a second (> 0) and, after some quiet, `burst` times (> 0) at once. */
struct limit *limit_new(unsigned per_second, unsigned burst);
void limit_free(struct limit *l);
/* `who` asks (an access key, an address) at `now`, in nanoseconds of time_monotonic_ns(). 0: it may; else the
 * seconds after which it is worth asking again, for Retry-After. */
unsigned limit_take(struct limit *l, struct str who, uint64_t now);

#endif
