/* Writing the advisory database: feeds add, finish sorts and writes one file.
 *
 * The writer copies what it is given. Records with the same id from the same or other feeds are merged when
 * they are vulnerability records (CVE-...): vectors, references, CWE, KEV, SSVC are united, dates and prose
 * are taken from the first that has them. An advisory of another kind seen twice keeps the newer `modified`.
 */
#ifndef ASSAY_ADVISORY_WRITER_H
#define ASSAY_ADVISORY_WRITER_H

#include "advisory/advisory.h"
#include "advisory/source.h"

struct db_writer;

struct db_feed {
    struct str name;    /* "osv/npm", "debian", "nvd", ... */
    struct str url;     /* where it came from */
    struct str licence; /* SPDX id or words; empty: none stated */
    struct str digest;  /* "sha256:..." of what was read; or empty */
    int64_t date;       /* the publisher's, else the newest advisory's; TIME_NONE: none is stated */
    struct str state;   /* "ok", or why the last good state is used instead */
};

struct db_writer_options {
    bool facts_only; /* leave out all prose */
};

struct db_writer *db_writer_new(const struct db_writer_options *options);
void db_writer_free(struct db_writer *w);

/* Records added afterwards belong to this feed. Returns its index. */
uint32_t db_writer_feed(struct db_writer *w, const struct db_feed *feed);
int db_writer_add(struct db_writer *w, const struct advisory *advisory);
/* EPSS of a CVE: probability and percentile, 0..1, kept to five decimals. */
int db_writer_epss(struct db_writer *w, struct str cve, double score, double percentile);
/* Of which source a binary package is. */
int db_writer_source(struct db_writer *w, const struct advisory_source *source);

/* Writes the file atomically (a temporary beside it, synced, renamed). The writer is used up. */
int db_writer_finish(struct db_writer *w, const char *path);

#endif
