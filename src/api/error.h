/* Error replies: status, type and members on the wire, in the form of the operation's protocol. */
#ifndef ASSAY_API_ERROR_H
#define ASSAY_API_ERROR_H

#include "api/api.h"

struct error_reply {
    unsigned status;
    const char *type; /* "ValidationException" */
    struct str message;
    const char *reason; /* of a ValidationException: then c->errors are sent, too; or NULL */
    struct str resource_id, resource_type;
    unsigned retry_after; /* seconds; 0: not stated */
};
/* Sets the reply of the call; returns ERR_INVALID. */
int call_error(struct call *c, const struct error_reply *e);

/* The body is none that the protocol knows. */
int call_unreadable(struct call *c, const char *text);
/* With Retry-After. */
int call_throttled(struct call *c, unsigned seconds);
/* The same: with a new signature it is another request, and an SDK's retry has one. */
int call_repeated(struct call *c);
int call_broken(struct call *c);

#endif
