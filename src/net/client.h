/* HTTP requests of any kind through libcurl: for registries, buckets, services. Downloads of files with
 * resume are net/http.h's.
 */
#ifndef ASSAY_NET_CLIENT_H
#define ASSAY_NET_CLIENT_H

#include "net/server.h"
#include "net/sigv4.h"

struct client_request {
    const char *method, *url;
    const struct http_field *headers;
    size_t n_headers;
    struct str body;
    const struct sigv4_key *key; /* signs the request; NULL: does not */
    struct str region, service;  /* for the signature; service "s3" follows S3's rules */
    size_t cap;                  /* of the answer's body; 0: 16 MiB */
    unsigned attempts; /* 0: 3; 429, 5xx and faults of the network are tried again, Retry-After respected */
    unsigned seconds;  /* for the whole of it; 0: 60 */
    unsigned quiet_seconds;      /* with less than 1,000 bytes a second, which end it; 0: 60 */
    const char *save_to;         /* write the body of a 2xx answer to this file instead; or NULL */
    const char *user, *password; /* HTTP basic; or NULL */
    struct str ca; /* who may vouch for the server, in PEM, instead of the system's authorities; or empty */
    bool insecure; /* TLS is not verified: only for loopback addresses, else ERR_INVALID */
    bool no_redirects;
};
struct client_reply {
    unsigned status;
    const struct http_field *headers;
    size_t n_headers;
    struct str body;
};
/* Any status is an answer: 0. ERR_IO without one, or none in time; ERR_LIMIT over the cap. Credentials never
 * follow a redirect to another host. In the arena. */
int client_send(struct arena *a, const struct client_request *r, struct client_reply *ret_reply);
/* Requests of this thread end with ERR_IO, within a second, once it is true: for those that wait long. NULL:
 * they do not. It lasts as long as the thread, or until another is set. */
void client_stop_when(const _Atomic bool *stop);
const _Atomic bool *client_stop(void); /* for threads that ask on behalf of this one */
bool client_stopped(void);
/* Before another attempt, say. False, and at once, when no more is to be asked. */
bool client_wait(long ms);
struct str client_header(const struct client_reply *r, const char *name);

/* S3-compatible buckets, path style. */
struct bucket {
    struct str endpoint; /* "https://s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000" */
    struct str name, region;
    struct sigv4_key key;
};
/* ERR_MISSING: no such bucket or object; ERR_DENIED. */
int bucket_put(struct arena *a, const struct bucket *b, struct str object, struct str content_type,
               struct str content);
int bucket_get(struct arena *a, const struct bucket *b, struct str object, const char *save_to);
struct bucket_object {
    struct str name, etag;
    uint64_t size;
    int64_t modified;
};
/* One page of ListObjectsV2; *ret_next is empty at the end. */
int bucket_list(struct arena *a, const struct bucket *b, struct str prefix, struct str token,
                struct bucket_object **ret_objects, size_t *ret_n, struct str *ret_next);

#endif
