#include "api/native.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/native_state.h"
#include "base/hash.h"
#include "base/mem.h"

static void tidy(void *ctx)
{
    struct native *n = ctx;
    uploads_expire(n->uploads, time_now());
}

int native_new(const struct api_options *options, struct native **ret_native)
{
    char folder[4096];
    struct native *n = mem_alloc(sizeof *n);
    n->options = options;
    n->coverage_at = TIME_NONE;
    pthread_mutex_init(&n->lock, NULL);
    pthread_mutex_init(&n->counting, NULL);
    snprintf(folder, sizeof folder, "%s/uploads", options->directory);
    int status = uploads_new(folder, &n->uploads);
    if (status == 0)
        status = listeners_new(options->store, &n->listeners);
    if (status < 0) {
        native_free(n);
        return status;
    }
    if (options->monitor)
        monitor_on_housekeeping(options->monitor, tidy, n);
    *ret_native = n;
    return 0;
}

void native_free(struct native *n)
{
    if (!n)
        return;
    listeners_free(n->listeners);
    uploads_free(n->uploads);
    arena_free(n->coverage_arena);
    pthread_mutex_destroy(&n->lock);
    pthread_mutex_destroy(&n->counting);
    free(n);
}

/* Addresses that share a slot share the allowance. */
bool native_peer_may(struct native *n, struct str address)
{
    struct peer *p = &n->peers[hash64(address) % PEER_SLOTS];
    uint64_t now = time_monotonic_ns();
    pthread_mutex_lock(&n->lock);
    double left = p->at ? p->left + (double)(now - p->at) / 1e9 * PEER_PER_SECOND : PEER_BURST;
    p->left = left < PEER_BURST ? left : PEER_BURST;
    p->at = now;
    bool may = p->left >= 1;
    if (may)
        p->left -= 1;
    pthread_mutex_unlock(&n->lock);
    return may;
}

bool native_query_number(const struct http_request *r, const char *name, uint64_t *ret_value)
{
    struct str text;
    return !http_query(r, name, 0, &text) || str_u64(text, ret_value);
}

int native_reply(struct call *c, struct str type, struct buf *text)
{
    c->reply->status = 200;
    c->reply->body = arena_str(c->arena, buf_str(text));
    http_reply_header(c->reply, "Content-Type", type);
    return buf_status(text);
}
