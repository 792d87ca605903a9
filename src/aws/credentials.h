/* Where keys come from, and when they are fetched anew.
 *
 * Each place is one file, which defines `const struct credential_provider credentials_NAME`; the order is the
 * one of AWS's SDKs. No text of an error holds a secret, nor what was found where one was looked for.
 */
#ifndef ASSAY_AWS_CREDENTIALS_H
#define ASSAY_AWS_CREDENTIALS_H

#include "aws/aws_state.h"

struct credentials {
    struct sigv4_key key;
    int64_t expires; /* TIME_NONE: never */
};

/* Who asks. */
struct credential_request {
    const struct aws_config *config;
    struct arena *arena; /* also for what is found */
    struct str region;   /* of the security token service */
    struct str profile;
    bool only_profile; /* what the environment says of keys does not count: a profile was named */
    int depth;         /* profiles that lead to profiles */
};
struct credential_provider {
    const char *name;
    /* ERR_MISSING: nothing there, the next may be asked. Any other error ends the search. */
    int (*find)(const struct credential_request *r, struct credentials *ret_credentials);
};
extern const struct credential_provider *const credential_providers[];
/* Those that a profile may lead to. */
extern const struct credential_provider credentials_environment, credentials_assume_role,
    credentials_web_identity, credentials_profile, credentials_container, credentials_metadata;

/* From the members AccessKeyId, SecretAccessKey, `token` and Expiration. ERR_INVALID without a key. */
int credentials_from_json(struct arena *a, const char *who, struct str text, const char *token,
                          struct credentials *ret_credentials);

/* Keys that renew themselves; shared by handles and threads. */
struct credential_source;
/* Of the options' key, or of the providers. */
struct credential_source *source_new(struct aws_config *config, struct str region);
/* Of a role that is assumed with the keys of another; that is held. */
struct credential_source *source_of_role(struct credential_source *base, struct str region, struct str role,
                                         struct str external_id);
struct credential_source *source_hold(struct credential_source *s);
void source_release(struct credential_source *s);
/* The present keys; they are fetched by one thread while others use the old ones as long as those are good.
 */
int source_get(struct credential_source *s, struct arena *a, struct sigv4_key *ret_key);
/* AWS says that these have expired: false when there are no others to be had. */
bool source_expired(struct credential_source *s, const struct sigv4_key *key);

/* ---- the security token service ---- */

struct sts_role {
    struct str arn, external_id, session; /* session empty: "assay" */
    struct str duration;                  /* seconds; or empty */
    struct str web_token;                 /* AssumeRoleWithWebIdentity; else empty */
};
/* `key` NULL with a web token. */
int sts_assume(const struct aws_config *config, struct arena *a, struct str region,
               const struct sigv4_key *key, const struct sts_role *role, struct credentials *ret_credentials);

#endif
