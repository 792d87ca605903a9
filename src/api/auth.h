/* Who calls: the signature, the key, its role and its rate. */
#ifndef ASSAY_API_AUTH_H
#define ASSAY_API_AUTH_H

#include "api/api.h"

struct auth;

struct auth *auth_new(const struct api_options *options);
void auth_free(struct auth *a);
/* Sets c->key and c->account, or the reply: 0 when the call may go on. */
int auth_call(struct auth *a, struct call *c);
/* Whether the operation can be called without a signature by this peer. */
bool auth_open(const struct operation *o, const struct http_request *r);

#endif
