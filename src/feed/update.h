/* A database from all feeds: each file fetched, read whole or not at all, and written in the order of
 * the feeds' rank and then of the table. */
#ifndef ASSAY_FEED_UPDATE_H
#define ASSAY_FEED_UPDATE_H

#include "feed/fetch.h"

struct update_options {
    struct fetch_options fetch;
    struct batch_options batch;
    const struct str *feeds; /* names of feeds or of their files ("osv", "osv/npm", "alpine"); none: all */
    size_t n_feeds;
    const char *output;
    /* Something is not as it should be; the work goes on. Or NULL. */
    void (*problem)(void *ctx, const char *name, const char *text);
    /* Step `now` of `total` begins. Or NULL. */
    void (*step)(void *ctx, const char *name, unsigned now, unsigned total);
    void *ctx;
};

struct update_result {
    unsigned read;     /* files that are in the database */
    unsigned fresh;    /* of these, read for the first time */
    unsigned problems; /* files of which an older copy, or nothing, is in the database */
    size_t records, skipped;
};

/* Fails when nothing at all could be read, when a name of `feeds` is not known, or when the database cannot
 * be written: an older one is untouched then. */
int feeds_update(const struct update_options *o, struct update_result *ret);

#endif
