/* Calls to AWS's APIs: credentials that renew themselves, regions, endpoints, signatures, retries, pages.
 *
 * One file a service lies beside this one (ec2.h, ecr.h, lambda.h, ...); each answers in the members' names
 * that the AWS CLI prints, as JSON documents, whatever the service speaks on the wire. Nothing that a service
 * says is believed: answers have caps, tokens that repeat end a list with an error.
 *
 * Errors of all calls: ERR_DENIED (access denied; credentials missing, expired or refused), ERR_MISSING (no
 * such thing), ERR_IO (no answer, throttled or 5xx after the last attempt: may be better the next time),
 * ERR_LIMIT, ERR_INVALID (an answer that is none, or a request that AWS refuses). The text names the service,
 * the operation, the region and AWS's code and message; aws_error_code() the code alone.
 */
#ifndef ASSAY_AWS_AWS_H
#define ASSAY_AWS_AWS_H

#include "base/json.h"
#include "net/client.h"

/* Where a service answers instead of AWS: "http://127.0.0.1:5000". `service` as in struct aws_call; empty:
 * every service that has none of its own. */
struct aws_endpoint {
    struct str service, url;
};
/* Whose resources, and by which credentials. All strings are copied. */
struct aws_options {
    struct sigv4_key key;         /* static; or empty: the default chain (environment, profile, web identity,
                                     container         role, IMDSv2), in AWS's order */
    struct str profile;           /* of the shared configuration and credentials files; or empty */
    struct str role, external_id; /* ARN of a role to assume with these credentials; or empty */
    struct str region;            /* empty: as the environment or profile says */
    struct str ca; /* who may vouch for endpoints, in PEM; or empty: the system's authorities */
    const struct aws_endpoint *endpoints;
    size_t n_endpoints;
    unsigned call_seconds; /* that a call may take, with all its attempts; 0: 60 */
};
/* Credentials in a region: may be shared by threads. Nothing is sent yet. */
struct aws;
/* ERR_INVALID for a region or files that are none; ERR_DENIED when the profile is not there. */
int aws_new(const struct aws_options *options, struct aws **ret_aws);
/* The same credentials in another region, or with another role assumed by them. To be freed before or after.
 */
struct aws *aws_in_region(struct aws *aws, struct str region);
struct aws *aws_in_role(struct aws *aws, struct str role, struct str external_id);
void aws_free(struct aws *aws);
static inline void aws_cleanup(struct aws **aws)
{
    aws_free(*aws);
}
/* As set: empty when nothing says it. */
struct str aws_region(const struct aws *aws);
/* That, or the one of the instance that this is. ERR_MISSING when there is none. */
int aws_find_region(struct aws *aws, struct arena *a, struct str *ret_region);

enum aws_protocol {
    AWS_JSON, /* POST with X-Amz-Target */
    AWS_REST, /* method and path; JSON bodies */
    AWS_QUERY /* POST of a form, XML answers: EC2, ELB, STS */
};
struct aws_call {
    const char *service; /* endpoint prefix: "ec2", "api.ecr", "lambda", "elasticloadbalancing" */
    const char *signs;   /* name in the signature when it is another ("ecr"); or NULL */
    enum aws_protocol protocol;
    const char *operation; /* X-Amz-Target, or Action; for messages alone with AWS_REST */
    const char *version;   /* of a query API: "2016-11-15"; of AWS_JSON: NULL for 1.1, "1.0" */
    const char *method;    /* AWS_REST; else NULL */
    struct str path;       /* AWS_REST: with query, percent-encoded; else empty */
    struct str body;       /* JSON, or the form without Action and Version; or empty */
    size_t cap;            /* of the answer's body; 0: 16 MiB */
    const char *list;      /* member that each answer has, if only an empty list; or NULL */
    const char *save_to;   /* a raw answer goes to this file; or NULL */
    unsigned seconds; /* that it may take with its attempts, where that is less than `call_seconds`; or 0 */
};
struct aws_reply {
    const struct http_field *headers;
    size_t n_headers;
    struct str body;
};
/* Throttling and faults are tried again with jitter (Retry-After respected, at most five times, within
 * `call_seconds`);
 * credentials that expired are renewed once. In the arena. */
int aws_send(struct aws *aws, struct arena *a, const struct aws_call *call, struct aws_reply *ret_reply);
/* The same, with the body read as JSON. */
int aws_json(struct aws *aws, struct arena *a, const struct aws_call *call, json_val **ret_document);
/* AWS's code of this thread's last error ("AccessDeniedException"); empty when there was no answer. */
const char *aws_error_code(void);

/* Lists come page by page, each as a document like the AWS CLI's: {"Reservations": [...]}. A result other
 * than 0 ends the list and is returned. The document lasts as long as the call. */
typedef int aws_page(void *ctx, json_val *document);

#endif
