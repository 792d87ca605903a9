/* The generic cell rate algorithm (ITU-T I.371): of each asker the time is kept at which its bucket would be
 * full again. */
#include "net/limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

enum { BUCKETS = 1 << 14, BUCKET = 4, LOCKS = 64 };
static const uint64_t second = 1000000000;

struct asker {
    uint64_t tag;  /* of its name; 0: free */
    uint64_t full; /* when its bucket will be */
};
struct limit {
    struct asker askers[BUCKETS][BUCKET];
    pthread_mutex_t locks[LOCKS];
    uint64_t cost, most; /* nanoseconds: of one; that a bucket may lack */
};

struct limit *limit_new(unsigned per_second, unsigned burst)
{
    struct limit *l = mem_alloc(sizeof *l);
    l->cost = second / per_second;
    l->most = l->cost * burst;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&l->locks[i], NULL);
    return l;
}

void limit_free(struct limit *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&l->locks[i]);
    free(l);
}

/* Its place, or that of the one who is quiet longest. */
static struct asker *find(struct asker *bucket, uint64_t tag)
{
    struct asker *quiet = bucket;
    for (struct asker *i = bucket; i < bucket + BUCKET; i++) {
        if (i->tag == tag)
            return i;
        if (i->full < quiet->full)
            quiet = i;
    }
    *quiet = (struct asker){.tag = tag};
    return quiet;
}

unsigned limit_take(struct limit *l, struct str who, uint64_t now)
{
    uint64_t tag = hash64(who) | 1, wait = 0;
    size_t at = tag >> 32 & (BUCKETS - 1);
    pthread_mutex_lock(&l->locks[at % LOCKS]);
    struct asker *a = find(l->askers[at], tag);
    uint64_t full = (a->full > now ? a->full : now) + l->cost;
    if (full - now > l->most)
        wait = full - now - l->most;
    else
        a->full = full;
    pthread_mutex_unlock(&l->locks[at % LOCKS]);
    return (unsigned)((wait + second - 1) / second);
}
