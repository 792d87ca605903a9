/* Who listens to events: one thread reads what happened since and hands it to all streams; a slow reader is
 * dropped, and nobody who writes to the state waits. */
#ifndef ASSAY_API_LISTENERS_H
#define ASSAY_API_LISTENERS_H

#include "net/server.h"
#include "store/access.h"
#include "store/event.h"

struct listeners;
/* Becomes the store's listener to events. */
int listeners_new(struct store *store, struct listeners **ret_listeners);
void listeners_free(struct listeners *l);
/* From the event after `after` on, as long as the key holds. The stream is the listeners' from then on. */
void listeners_add(struct listeners *l, struct http_stream *stream, const struct access_key *key,
                   int64_t after);
size_t listeners_count(struct listeners *l);

/* Whether those who listen to the account are told of the event. */
bool event_concerns(const struct event *e, account_id account);
/* As server-sent event (WHATWG HTML, section 9.2): the finding or resource as it is now. */
void event_render(struct sql *db, struct arena *a, const struct event *e, struct buf *to);

#endif
