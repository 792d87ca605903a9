/* Getting the files of feeds: from their publishers, from a mirror over HTTP, or from a directory laid out
 * alike.
 *
 * A cache directory keeps what was fetched, under the mirror's paths. PATH is the last good copy, PATH.state
 * what is known of it; PATH.new is a copy that has arrived whole but was not read yet. fetch_accept() or
 * fetch_refuse() says what became of it. Nothing is ever changed in place.
 */
#ifndef ASSAY_FEED_FETCH_H
#define ASSAY_FEED_FETCH_H

#include "feed/feed.h"
#include "net/http.h"

struct fetch_options {
    const char *from;  /* NULL: the publishers; a directory, file:// URL, or http(s) URL of a mirror */
    const char *cache; /* NULL: files are read where they are (`from` must then be a directory) */
    struct http_options http;
    void (*progress)(void *ctx, const char *name, uint64_t now, uint64_t total);
    void *ctx;
};

enum { FETCH_TEXT = 400 };

/* One file of a feed, in the end. Strings are in the arena that fetch_file() was given. */
struct fetched {
    const struct feed *feed;
    struct feed_file file;      /* after following; its url is where it came from */
    const char *current;        /* the last good copy, or the file in place; NULL without one */
    const char *fresh;          /* PATH.new, to be read first; or NULL */
    const char *current_digest; /* "sha256:..." */
    const char *fresh_digest;
    int64_t current_date, fresh_date;  /* when they were fetched, or the time of the file */
    struct http_validators validators; /* of the fresh copy */
    bool absent;                       /* the source does not have it, and need not */
    char problem[FETCH_TEXT];          /* why there is nothing fresh; or empty */
};

/* Never fails: what went wrong is in `problem`. */
void fetch_file(struct arena *a, const struct fetch_options *o, const struct feed *feed,
                const struct feed_file *file, struct fetched *ret);
/* The fresh copy was read: it becomes the current one. */
int fetch_accept(const struct fetched *f);
/* The fresh copy is of no use. */
void fetch_refuse(const struct fetched *f);

/* Whether `from` is a directory or file:// URL; sets *ret_path to the directory. */
bool fetch_is_local(const char *from, const char **ret_path);

#endif
