/* Advisory sources, one file each: bytes as their publishers serve them in, a batch of advisories out.
 *
 * A feed knows its files (what they are called, where they live) and how to read the bytes of one into a
 * batch. It neither fetches nor writes: whoever calls it owns the files, the batch, and what becomes of it.
 * Feeds keep no state, so different files may be read on different threads.
 */
#ifndef ASSAY_FEED_FEED_H
#define ASSAY_FEED_FEED_H

#include "base/arena.h"
#include "feed/batch.h"

/* A file that a feed needs. Many feeds have several (a year each, a release each). */
struct feed_file {
    const char *name; /* what the database calls it: "osv/npm", "nvd/2024" */
    const char *path; /* where a mirror keeps it, relative: "osv/npm/all.zip" */
    const char *url;  /* the publisher's address; NULL: only mirrors have it */
    /* "sha256:HEX" of the file, "unpacked-sha256:HEX" of what is in it, or the URL of a published file in
     * which "sha256:HEX" says the latter; mirrors keep that beside the file. NULL: none is published. */
    const char *checksum;
    const char *licence; /* NULL: the feed's */
    bool optional;       /* its absence is no fault */
};

/* The database takes the dates, the prose and the feed of a CVE from the first that states them: feeds are
 * read by rank. */
enum feed_rank {
    RANK_RECORD, /* tells what the flaw is */
    RANK_SIGNAL, /* adds something to flaws that others describe: exploits, scores */
    RANK_COUNT,
};

struct feed {
    const char *name;    /* "osv", "debian", "alpine", "nvd", ... */
    const char *help;    /* one line */
    const char *licence; /* SPDX id, or words where the publisher states none */
    const char *url;     /* the publisher's page about it */
    enum feed_rank rank;
    /* The files, ended by an entry without path. */
    const struct feed_file *files;
    bool archive; /* the files are archives (zip, tar, compressed or not); read() gets each .json file in them
                   */
    /* The same advisory comes in several files (one an architecture), each telling a part: they are joined.
     */
    bool join;
    /* Reads the content of one file, unpacked, into the batch. An error refuses the whole file: it is for
     * input that is not what it should be. A record that makes no sense in a sound file is skipped with
     * batch_skip(). */
    int (*read)(struct feed_batch *b, const struct feed_file *file, struct str content);
    /* For files that are found by reading others: given the content of `file`, sets *ret_next (strings in the
     * arena) and returns 1, or returns 0 when `file` is the one to read. NULL: all are. */
    int (*follow)(struct arena *a, const struct feed_file *file, struct str content,
                  struct feed_file *ret_next);
    /* Called once for the batch of all files joined; or NULL. */
    void (*finish)(struct feed_batch *b);
};

/* The generated table, sorted by name, ended by NULL. */
extern const struct feed *const feeds[];

/* NULL when there is none. */
const struct feed *feed_find(struct str name);

/* Reads the file at `path` (unpacked as input.h has it, entry by entry if it is an archive) into the batch.
 * On an error the batch holds part of the file and is to be thrown away. */
int feed_read(const struct feed *feed, const struct feed_file *file, const char *path, struct feed_batch *b);

/* Adds the batch to the database under the feed row. */
int feed_write(const struct feed_batch *b, const struct db_feed *row, struct db_writer *w);

#endif
