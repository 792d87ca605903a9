/* The inside of our own endpoints. */
#ifndef ASSAY_API_NATIVE_STATE_H
#define ASSAY_API_NATIVE_STATE_H

#include <pthread.h>

#include "api/listeners.h"
#include "api/native.h"
#include "api/upload.h"
#include "store/summary.h"

/* Who enrols or notifies is not known yet: attempts by address. */
enum { PEER_SLOTS = 1024, PEER_BURST = 1000, PEER_PER_SECOND = 100 };
struct peer {
    double left;
    uint64_t at;
};

struct native {
    const struct api_options *options;
    struct uploads *uploads;
    struct listeners *listeners;

    pthread_mutex_t lock; /* of peers */
    struct peer peers[PEER_SLOTS];

    pthread_mutex_t counting; /* of what follows */
    /* Counted at most once a minute: it costs by the number of resources. */
    struct arena *coverage_arena;
    struct coverage_summary *coverage;
    size_t n_coverage;
    int64_t coverage_at;
};

enum { AFFECTED_MOST = 50000 }; /* findings that are looked at to count what they affect */

/* Whether the address may try once more now. */
bool native_peer_may(struct native *n, struct str address);

/* A number in the query; false when it is there and none. *ret_value stays when it is absent. */
bool native_query_number(const struct http_request *r, const char *name, uint64_t *ret_value);
/* Sets the reply: 200 and a text of that type. */
int native_reply(struct call *c, struct str type, struct buf *text);

#endif
