/* libcurl, loaded when something is fetched: it brings some forty libraries with it, which a scan need not
 * pay for. Its headers are needed to build, nothing of it to run what does not fetch. */
#ifndef ASSAY_NET_CURL_H
#define ASSAY_NET_CURL_H

#include <stdbool.h>

#include <curl/curl.h>

#define CURL_SYMBOLS(X)                                                                                      \
    X(easy_init)                                                                                             \
    X(easy_reset)                                                                                            \
    X(easy_setopt)                                                                                           \
    X(easy_perform)                                                                                          \
    X(easy_getinfo)                                                                                          \
    X(easy_strerror)                                                                                         \
    X(easy_cleanup)                                                                                          \
    X(slist_append)                                                                                          \
    X(slist_free_all)                                                                                        \
    X(global_init)

/* The functions curl_NAME. */
struct curl_functions {
#define CURL_MEMBER(name) __typeof__(curl_##name) *name;
    CURL_SYMBOLS(CURL_MEMBER)
#undef CURL_MEMBER
};

extern struct curl_functions curl;

/* Loads and starts the library, once for all threads; it stays. ERR_UNSUPPORTED when there is none or one
 * that lacks what is needed: not ERR_MISSING, which is the server's word on a file. */
int curl_load(void);

/* What all requests have in common: the URL, the user agent, http and https alone, TLS verified against the
 * authorities in $SSL_CERT_FILE if that is set. */
int curl_prepare(CURL *handle, const char *url);
/* Adds "name: value" unless memory is short. */
void curl_add_header(struct curl_slist **list, const char *line);

/* How long to wait before attempt number `attempt` + 1, in milliseconds: half a second, doubled each time,
 * plus up to as much again, so that many clients do not come back together; or what the server said in
 * seconds (-1: nothing). At most CURL_RETRY_MAX_MS. */
enum { CURL_RETRY_MAX_MS = 30000 };
long curl_backoff(unsigned attempt, long retry_after);
void curl_wait(long ms);

#endif
