/* Two tables of fixed size, in which the new displaces the old, and locks for their stripes.
 *
 * A signature is good while its date is within the allowed skew, so for ten minutes at most. Two requests of
 * one client that are alike in everything have the same signature if they are made within the same second:
 * an SDK's quick retry, or a script's second identical call. So what comes again is taken for that within
 * the SETTLE_SECONDS after it came first, and for a replay ever after. The table has room for what comes in
 * ten minutes at some 800 requests a second; beyond that the oldest of a bucket are forgotten first.
 */
#include "net/sigv4_cache.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
    KEYS = 4096,
    BUCKETS = 1 << 17,
    BUCKET = 4,
    LOCKS = 64,
    MEMORY_SECONDS = 600,
    SETTLE_SECONDS = 3,
};

struct derived {
    struct sigv4_digest of; /* secret, date, region and service */
    struct sigv4_digest key;
};
struct seen {
    uint64_t tag; /* of a signature; 0: free */
    int64_t at;
};
struct sigv4_cache {
    struct derived keys[KEYS];
    struct seen seen[BUCKETS][BUCKET];
    pthread_mutex_t key_locks[LOCKS], seen_locks[LOCKS];
};

struct sigv4_cache *sigv4_cache_new(void)
{
    struct sigv4_cache *c = mem_alloc(sizeof *c);
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_init(&c->key_locks[i], NULL);
        pthread_mutex_init(&c->seen_locks[i], NULL);
    }
    return c;
}

void sigv4_cache_free(struct sigv4_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_destroy(&c->key_locks[i]);
        pthread_mutex_destroy(&c->seen_locks[i]);
    }
    OPENSSL_cleanse(c->keys, sizeof c->keys);
    free(c);
}

struct sigv4_digest sigv4_cache_derive(struct sigv4_cache *c, struct arena *a, struct str secret,
                                       const struct sigv4_scope *scope)
{
    if (!c)
        return sigv4_derive(a, secret, scope);
    struct sigv4_digest of, key;
    uint32_t i;
    struct str what = arena_printf(a, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(scope->date), STR_ARG(scope->region),
                                   STR_ARG(scope->service), STR_ARG(secret));
    SHA256((const unsigned char *)what.p, what.n, of.bytes);
    memcpy(&i, of.bytes, sizeof i);
    struct derived *slot = &c->keys[i % KEYS];
    pthread_mutex_t *lock = &c->key_locks[i % LOCKS];
    pthread_mutex_lock(lock);
    bool found = !memcmp(&slot->of, &of, sizeof of);
    key = slot->key;
    pthread_mutex_unlock(lock);
    if (found)
        return key;
    key = sigv4_derive(a, secret, scope);
    pthread_mutex_lock(lock);
    *slot = (struct derived){of, key};
    pthread_mutex_unlock(lock);
    return key;
}

bool sigv4_cache_seen(struct sigv4_cache *c, struct str signature, int64_t now)
{
    if (!c)
        return false;
    uint64_t tag = hash64(signature) | 1;
    size_t i = tag >> 32 & (BUCKETS - 1);
    struct seen *bucket = c->seen[i], *place = bucket;
    bool replayed = false;
    pthread_mutex_lock(&c->seen_locks[i % LOCKS]);
    for (struct seen *s = bucket; s < bucket + BUCKET; s++) {
        if (s->tag == tag && s->at >= now - MEMORY_SECONDS) {
            replayed = now - s->at > SETTLE_SECONDS;
            place = NULL;
            break;
        }
        if (s->at < place->at)
            place = s;
    }
    if (place)
        *place = (struct seen){tag, now};
    pthread_mutex_unlock(&c->seen_locks[i % LOCKS]);
    return replayed;
}
