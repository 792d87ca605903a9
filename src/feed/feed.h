/* Advisory sources, one file each: bytes as their publishers serve them in, advisory writer out. */
#ifndef ASSAY_FEED_FEED_H
#define ASSAY_FEED_FEED_H

#include "advisory/writer.h"
#include "base/arena.h"

/* A file that a feed needs. Many feeds have several (a year each, a release each). */
struct feed_file {
    const char *url;  /* the publisher's address */
    const char *path; /* where a mirror keeps it, relative: "osv/npm/all.zip" */
    const char *checksum; /* URL of a published checksum file, or NULL */
};

struct feed {
    const char *name;    /* "osv", "debian", "alpine", "nvd", ... */
    const char *help;    /* one line */
    const char *licence; /* SPDX id, or words where the publisher states none */
    const char *url;     /* the publisher's page about it */
    /* The files, ended by an entry without url. */
    const struct feed_file *files;
    /* Reads one file, already on disk at `path`, into the writer. `file` is the row of `files` it belongs to. An error
     * refuses the whole file. */
    int (*read)(struct db_writer *w, const struct feed *feed, const struct feed_file *file, const char *path);
};

/* The generated table, sorted by name, ended by NULL. */
extern const struct feed *const feeds[];

#endif
