/* Inspector's API and our own endpoints: from an HTTP request to a reply.
 *
 * An operation is a row of a table: method, path, the roles that may call it, the function. Inspector's are
 * in one file a capability group, ours (under /assay/v1/) in native_*.c; meson.build lists the groups and
 * generates the table.
 */
#ifndef ASSAY_API_API_H
#define ASSAY_API_API_H

#include "api/request.h"
#include "monitor/monitor.h"
#include "net/server.h"
#include "store/access.h"

struct api;
struct filter;

/* One call: what an operation gets. */
struct call {
    struct api *api;
    const struct operation *operation; /* NULL: there is no such path */
    struct arena *arena;
    struct store *store;
    struct monitor *monitor;
    const struct http_request *http;
    struct http_reply *reply;
    account_id account;
    const struct access_key *key; /* NULL for operations that need none */
    json_val *body;               /* the parsed body; NULL when empty */
    struct str label;             /* what stands for {…} or {…+} in the path, decoded; or empty */
    struct field_errors errors;
    int64_t now;
};

enum roles {
    ROLE_BIT_ADMIN = 1,
    ROLE_BIT_READ = 2,
    ROLE_BIT_COLLECTOR = 4,
    ROLE_BIT_NONE = 8,     /* no signature */
    ROLE_BIT_LOOPBACK = 16 /* no signature from a loopback address; from elsewhere as the other bits say */
};
enum {
    MAY_READ = ROLE_BIT_ADMIN | ROLE_BIT_READ,
    MAY_WRITE = ROLE_BIT_ADMIN,
    MAY_REPORT = ROLE_BIT_COLLECTOR | ROLE_BIT_ADMIN
};

struct operation {
    const char *name;   /* "ListFindings" */
    const char *method; /* "POST" */
    const char *path;   /* "/findings/list"; "{…}" is one segment, "{…+}" all that follows */
    unsigned roles;
    const char
        *errors; /* modelled ones beside InternalServer and Throttling: "AD NF VA" as in the reference */
    /* Writes the members of the answer into the object that is open. Returns 0, or what call_*() below
     * returned. An operation with neither run nor raw is one that this server does not support. */
    int (*run)(struct call *c, struct json_out *out);
    /* Of our own endpoints that take or answer something other than a JSON object: reads c->http->body, which
     * is not parsed for it, and fills c->reply itself. */
    int (*raw)(struct call *c);
    size_t body_max;     /* 0: 1 MiB */
    const char *service; /* in the scope of the signature; NULL: "inspector2" */
    bool any_region;     /* the signature may be of another Region: for who learns it from the answer */
};
struct operation_group {
    const char *name;                   /* "findings" */
    const struct operation *operations; /* ended by one without a name */
};
/* The generated table, ended by NULL. */
extern const struct operation_group *const operation_groups[];

/* Reads the body by a table (request.h) into `into`; sets the reply when it does not fit. */
int call_read(struct call *c, const struct member *members, void *into);
/* The member filterCriteria of the body, checked; sets the reply when it is not valid. */
int call_criteria(struct call *c, enum criteria_of of, struct criteria **ret_criteria);
/* Whether the caller's own account is asked for, by name or by naming none. */
bool call_names_own(const struct call *c, const struct str_list *accounts);
/* A map of tags: at most TAGS_MAX, keys of 1 to 128 characters that do not begin with "aws:", values of up to
 * 256. Adds to c->errors. */
void call_check_tags(struct call *c, json_val *tags);
/* The member "tags": those of what the ARN names. */
void call_out_tags(struct call *c, struct sql *db, struct str arn, struct json_out *out);
/* The filter that an ARN names. ERR_MISSING. */
int call_filter(struct call *c, struct sql *db, struct str arn, struct filter *ret_filter);

/* Errors of an operation: set the reply and return a negative code, so that `return call_missing(c, ...)`
 * reads well. */
int call_invalid(struct call *c, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* with c->errors */
int call_invalid_fields(struct call *c);   /* the message is made of c->errors */
int call_bad_request(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int call_missing(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int call_denied(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int call_conflict(struct call *c, struct str id, struct str type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int call_quota(struct call *c, struct str id, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* From the present error: ERR_INVALID -> Validation, ERR_MISSING -> ResourceNotFound, else InternalServer
 * (the text goes to the log, not to the client). */
int call_failed(struct call *c, int code);

/* Serves everything: give it to server_options.handle with the api as ctx. */
/* What an hour or a scan of each type costs; < 0: Amazon's list price. */
struct usage_prices {
    double of[USAGE_EC2_AGENTLESS_INSTANCE_HOURS + 1];
};
struct api_options {
    struct store *store;
    struct monitor *monitor;
    const struct master_key *master;
    struct server *const *server;                /* for the metrics; set once it has started */
    const char *public_url;                      /* as people reach it: "http://127.0.0.1:8440" */
    const char *directory;                       /* where unfinished uploads are kept */
    void (*log)(int priority, const char *text); /* syslog's priorities; NULL: nowhere */
    unsigned requests_per_second;                /* an access key, bursts of twice that; 0: 5,000 */
    const struct usage_prices *prices;           /* NULL: list prices */
};
int api_new(const struct api_options *options, struct api **ret_api);
void api_free(struct api *a);
/* False: the program was built without the web console. */
bool api_has_console(void);
const struct api_options *api_options(const struct api *a);
/* What our own endpoints keep between calls (native.h): made by api_new(), freed by api_free(). */
struct native *api_native(const struct api *a);

/* The token that goes with a session key ("ASIA..."), as X-Amz-Security-Token: without it the key is refused.
 * Not stored: it holds under the master key. */
struct str session_token(struct arena *a, const struct master_key *k, const struct access_key *key);
bool session_token_holds(struct arena *a, const struct master_key *k, const struct access_key *key,
                         struct str token);

void api_handle(void *api, struct http_request *r, struct http_reply *reply);
unsigned api_accept(void *api, const struct http_request *r, size_t *ret_body_max);

#endif
