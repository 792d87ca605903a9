/* What verification remembers: derived keys, and the signatures it has accepted. */
#ifndef ASSAY_NET_SIGV4_CACHE_H
#define ASSAY_NET_SIGV4_CACHE_H

#include "net/sigv4_canonical.h"

/* sigv4_derive(), remembered. The secret is not kept. `c` may be NULL. */
struct sigv4_digest sigv4_cache_derive(struct sigv4_cache *c, struct arena *a, struct str secret,
                                       const struct sigv4_scope *scope);
/* Notes an accepted signature (hex). True when it was accepted before, other than just now. */
bool sigv4_cache_seen(struct sigv4_cache *c, struct str signature, int64_t now);

#endif
