/* The advisories of one file, gathered in memory before any goes to the writer: so a file counts as a whole
 * or not at all, and files are read in parallel while the writer is fed by one thread in a fixed order.
 *
 * The batch owns all it holds. Strings given to it are copied. A record is built between record_begin() and
 * record_end(); affected packages within it between affected_begin() and affected_end().
 */
#ifndef ASSAY_FEED_BATCH_H
#define ASSAY_FEED_BATCH_H

#include "advisory/writer.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

struct batch_options {
    bool facts_only;         /* no prose */
    bool no_cpe;             /* no affected entries of ecosystem "cpe" */
    unsigned max_references; /* per record; 0: all, up to BATCH_REFERENCES */
};

struct batch_epss {
    struct str cve;
    double score, percentile;
};

/* Caps on one record; over them it is cut and counted as skipped in part, except where less would mean a
 * wrong answer. */
enum {
    BATCH_IDS = 10000, /* aliases, upstream or related ids */
    BATCH_REFERENCES = 2000,
    BATCH_SEVERITIES = 200,
};

typedef VEC(struct str) id_list;
typedef VEC(struct advisory_severity) severity_list;

struct feed_batch {
    struct arena *arena;   /* holds what was built */
    struct arena *scratch; /* for the reader; reset between archive entries */
    struct batch_options options;
    VEC(struct advisory) advisories;
    VEC(struct batch_epss) epss;
    VEC(struct advisory_source) sources;
    struct map source_keys;    /* of those */
    int64_t date;              /* the publisher's own; or TIME_NONE */
    size_t skipped;            /* records that made no sense */
    char skip_text[200];       /* why the first of them was */
    struct map strings;        /* short strings, kept once */
    struct feed_batch *joined; /* by batch_join(); owned */
    /* The record being built. */
    struct advisory record;
    id_list aliases;
    id_list upstream;
    id_list related;
    id_list cwes;
    severity_list severities;
    VEC(struct advisory_reference) references;
    VEC(struct advisory_affected) affected;
    /* The affected entry being built. */
    struct advisory_affected entry;
    VEC(struct advisory_range) ranges;
    id_list versions;
    severity_list entry_severities;
};

struct feed_batch *batch_new(const struct batch_options *options);
void batch_free(struct feed_batch *b);
static inline void batch_cleanup(struct feed_batch **b)
{
    if (*b)
        batch_free(*b);
}
/* A copy that lives with the batch. */
struct str batch_str(struct feed_batch *b, struct str s);
/* Counts a record that makes no sense and keeps the reason of the first. */
void batch_skip(struct feed_batch *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void batch_add_epss(struct feed_batch *b, struct str cve, double score, double percentile);

/* A build of a binary package, each rule that builds show is kept once; versions may be empty: not told. */
void batch_add_source(struct feed_batch *b, struct str ecosystem, struct str binary,
                      struct str binary_version, struct str source, struct str source_version);

void record_begin(struct feed_batch *b, struct str id);
/* Ids are added once; an id equal to the record's own is not added. */
void record_alias(struct feed_batch *b, struct str id);
void record_upstream(struct feed_batch *b, struct str id);
void record_related(struct feed_batch *b, struct str id);
/* Anything that begins with CWE- and a digit; the rest (NVD-CWE-noinfo) is left out. */
void record_cwe(struct feed_batch *b, struct str cwe);
void record_severity(struct feed_batch *b, struct str source, struct str vector, struct str rating);
void record_reference(struct feed_batch *b, struct str kind, struct str url);
void record_prose(struct feed_batch *b, struct str summary, struct str details);
void record_end(struct feed_batch *b);

struct advisory_affected *affected_begin(struct feed_batch *b, struct str ecosystem, struct str name);
void affected_range(struct feed_batch *b, struct advisory_range range);
void affected_version(struct feed_batch *b, struct str version);
void affected_severity(struct feed_batch *b, struct str source, struct str vector, struct str rating);
void affected_end(struct feed_batch *b);

/* The publisher's own date, else that of the newest advisory (dates to come do not count); or TIME_NONE. */
int64_t batch_date(const struct feed_batch *b);

/* Joins the advisories of `from` with those of the same id in `to`: affected entries are added up. `to` owns
 * `from` from then on. */
void batch_join(struct feed_batch *to, struct feed_batch *from);

#endif
