/* Within src/aws: what a handle holds, and a call with a key that somebody else chose. */
#ifndef ASSAY_AWS_STATE_H
#define ASSAY_AWS_STATE_H

#include "aws/aws.h"
#include "aws/profile.h"
#include "base/time.h"

/* What handles that were made from one another have in common; it does not change. */
struct aws_config {
    struct arena *arena;
    struct aws_options options; /* copies */
    struct str profile;         /* the options', the environment's, or "default" */
    struct profiles profiles;   /* the files, as they were when the handle was made */
    _Atomic unsigned references;
};
struct aws_config *config_hold(struct aws_config *config);
void config_release(struct aws_config *config);
/* That a call may take, with all its attempts. */
unsigned call_seconds(const struct aws_config *config);

struct credential_source;
struct aws {
    struct aws_config *config;
    struct credential_source *source;
    struct str region;
};

/* Where a service answers in a region. */
struct endpoint {
    struct str url;    /* without a slash at the end */
    struct str region; /* that the signature names: of a global service not the one asked for */
};
int endpoint_find(const struct aws_config *config, struct arena *a, const struct aws_call *call,
                  struct str region, struct endpoint *ret_endpoint);

/* A call with all its attempts; `key` NULL: not signed. */
int call_send(const struct aws_config *config, struct arena *a, struct str region,
              const struct sigv4_key *key, const struct aws_call *call, struct aws_reply *ret_reply);

/* What an answer says that is not 2xx. */
struct refusal {
    int code;   /* of base/err.h */
    bool again; /* another attempt makes sense */
};
/* Sets the error's text, without `key`'s secrets, and its code for aws_error_code(). */
struct refusal answer_refused(struct arena *a, const struct aws_call *call, struct str region,
                              const struct client_reply *reply, const struct sigv4_key *key);
void answer_clear_code(void);
/* Whether the last error says that credentials were good once. */
bool answer_says_expired(void);

#endif
