/* The inside of the writer: what db_writer_add() gathers and db_writer_finish() sorts and encodes.
 *
 * Everything is interned when it comes; parts and entries are small structs of numbers. Numbers here are
 * those of the interns; the file has others, in sorted order.
 */
#ifndef ASSAY_ADVISORY_BUILD_H
#define ASSAY_ADVISORY_BUILD_H

#include "advisory/format.h"
#include "advisory/intern.h"
#include "advisory/writer.h"
#include "base/buf.h"
#include "base/vec.h"

/* What one feed says of one record. A record is the chain of its parts. */
struct part {
    uint32_t id;
    uint32_t next; /* 1 + the next part of the same record; 0: the last */
    uint32_t feed;
    bool dead; /* replaced by a newer one */
    bool ransomware;
    int64_t published, modified, withdrawn, kev_added, kev_due;
    uint32_t url;               /* 1 + link; 0: none */
    uint32_t ssvc, kev_action;  /* text */
    uint32_t lists[LIST_COUNT]; /* index into words: a count and as many numbers; 0: empty */
    uint32_t prose_block, prose_at, n_summary, n_details;
    uint64_t prose_hash, links_hash;
};

struct entry {
    uint32_t ecosystem, name; /* text */
    uint32_t part, ranges, shape;
};

struct epss {
    uint32_t cve, score, percentile;
};

struct source_row {
    uint32_t ecosystem, binary, source, from, to; /* text */
};

typedef VEC(uint32_t) word_list;

/* Prose, compressed as it comes. */
struct prose {
    void *zstd;
    struct buf open, done; /* the block being filled; finished frames */
    word_list at;          /* where each frame begins in `done` */
};

/* Columns of a shape, as words; the numbers of its severities follow. */
enum { SHAPE_SCHEME, SHAPE_MODULE, SHAPE_ARCH, SHAPE_QUALIFIER, SHAPE_FIX, SHAPE_VERSIONS, SHAPE_SEVERITIES };

struct feed_row {
    uint32_t name, url, licence, digest, state; /* text */
    int64_t date;
};

struct db_writer {
    struct db_writer_options options;
    struct intern text, ids, links, kinds, severities, ranges, versions, shapes;
    VEC(struct feed_row) feeds;
    VEC(struct part) parts;
    VEC(struct entry) entries;
    VEC(struct epss) epss;
    VEC(struct source_row) sources;
    word_list words;
    word_list part_of; /* 1 + first part of each id; 0: none */
    word_list scratch;
    struct prose prose;
};

void prose_free(struct prose *p);
int prose_add(struct prose *p, struct part *part, struct str summary, struct str details);
/* Compresses what is still open. */
int prose_end(struct prose *p);

#endif
