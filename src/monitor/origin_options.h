/* Options of an origin, the JSON object that is kept with it:
 *
 *   REGISTRY         {"user", "ca", "insecure", "repositories": [globs], "platforms": ["linux/arm64", ...],
 *                     "scanFrequency": "CONTINUOUS_SCAN" | "SCAN_ON_PUSH" | "MANUAL", "pollSeconds"}
 *   FUNCTION_FOLDER  {"role", "pollSeconds"}
 *   FUNCTION_BUCKET  {"accessKeyId", "region", "prefix", "insecure", "role", "pollSeconds"}
 *   AWS_ACCOUNT      {"profile" | "accessKeyId", "role", "externalId", "regions": [names],
 *                     "endpoints": {service: URL}, "ca", "platforms", "scanFrequency", "queues": [URLs of
 * SQS], "organization": bool, "organizationRole", "memberOf": account, "callSeconds", "pollSeconds",
 *                     "readSeconds"}
 *
 * All are optional. Its secret is the password of `user` (without one: a token that is sent as it is), or the
 * secret of `accessKeyId`. URLs: "https://HOST[:PORT]" of a registry, an absolute path or file:/// URL of a
 * folder, "https://HOST[:PORT]/BUCKET" of a bucket (path style), "aws:123456789012" of an AWS account, which
 * is kept in the account of that number.
 */
#ifndef ASSAY_MONITOR_ORIGIN_OPTIONS_H
#define ASSAY_MONITOR_ORIGIN_OPTIONS_H

#include "aws/aws.h"
#include "store/access.h"
#include "store/resource.h"

enum scan_frequency { FREQUENCY_CONTINUOUS, FREQUENCY_ON_PUSH, FREQUENCY_MANUAL };
struct origin_options {
    struct str user;          /* of a registry */
    struct str ca;            /* authorities that may vouch for it, in PEM; or empty: the system's */
    bool insecure;            /* TLS is not verified: loopback only */
    struct str *repositories; /* globs; none: all that the registry lists */
    size_t n_repositories;
    struct str *platforms; /* "os/arch[/variant]"; none: linux/amd64 and linux/arm64 */
    size_t n_platforms;
    enum scan_frequency frequency;
    bool frequency_stated;
    unsigned poll_seconds; /* between polls; set to its kind's default when not stated */
    struct str role;       /* of functions that state none: an ARN; of an AWS account: to assume; or empty */
    struct str key_id, region, prefix; /* of a bucket; key_id: also of an AWS account */
    struct aws_account_options {
        struct str profile, external_id;
        struct str *queues; /* that events come to: of one region each, perhaps of members, too */
        size_t n_queues;
        struct str *regions; /* none: all that the account has enabled */
        size_t n_regions;
        struct aws_endpoint *endpoints;
        size_t n_endpoints;
        bool organization; /* its members become accounts here, too, which are read as organization_role */
        struct str organization_role;
        unsigned read_seconds; /* that reading the disks of an instance may take */
        unsigned call_seconds; /* that a call may take; 0: not stated */
        account_id member_of;  /* the credentials of that account assume `role`; -1: its own do */
    } aws;
};
/* ERR_INVALID with what is wrong, for people. In the arena. `json` empty: all defaults. */
int origin_options_read(struct arena *a, enum origin_kind kind, struct str json,
                        struct origin_options *ret_options);
/* ERR_INVALID when no origin of this kind can be at the URL; *ret_url is how it is kept (without a slash at
 * its end, folders as paths), in the arena. */
int origin_url_check(struct arena *a, enum origin_kind kind, struct str url, struct str *ret_url);
/* The account that an AWS_ACCOUNT's URL names. */
bool origin_url_account(struct str url, account_id *ret_account);
/* "CONTINUOUS_SCAN", ... */
const char *scan_frequency_name(enum scan_frequency frequency);
/* Whether the queue is one of those that are listened to. */
bool origin_has_queue(const struct origin_options *o, struct str queue);
/* Whether the region is one of those that are looked at. */
bool origin_has_region(const struct origin_options *o, struct str region);

/* The state of an origin for people, as JSON in the arena: that of its poller; of an AWS account with its
 * problems. */
struct str origin_shown(struct sql *db, struct arena *a, const struct origin *origin);
/* Whether it is about to be looked at, or being. */
bool origin_looked_at(struct sql *db, const struct origin *origin, int64_t now);

/* How the secret of an origin is sealed: bound to its URL, as it is kept. */
struct str origin_secret_seal(struct arena *a, const struct master_key *k, struct str url, struct str secret);
/* Empty when it has none. */
int origin_secret_open(struct arena *a, const struct master_key *k, const struct origin *o,
                       struct str *ret_secret);

#endif
