/* What a registry tells of itself: the envelope of events that Docker's distribution sends to webhooks
 * (distribution.github.io/distribution, "Notifications"), which Harbor, Zot and others send, too. */
#ifndef ASSAY_API_NOTIFICATION_H
#define ASSAY_API_NOTIFICATION_H

#include "base/json.h"

enum notification_action { NOTIFICATION_PUSH, NOTIFICATION_PULL, NOTIFICATION_DELETE };
struct notification {
    enum notification_action action;
    struct str host; /* of the registry, as its client named it: "registry:5000"; or empty */
    struct str repository, digest, tag; /* tag or, of a deletion, digest may be empty */
};
enum { NOTIFICATIONS_MAX = 1000 };

/* The events that concern manifests, in the arena, as slices of the JSON. Layers, other actions and what has
 * no repository or reference are left out. ERR_INVALID when there is no list of events, ERR_LIMIT over
 * NOTIFICATIONS_MAX. */
int notifications_read(struct arena *a, json_val *envelope, struct notification **ret_list, size_t *ret_n);

/* Whether the URL of a registry ("http://registry:5000/") has this host, its port being 80 or 443 when it
 * names none. */
bool registry_has_host(struct str url, struct str host);

#endif
