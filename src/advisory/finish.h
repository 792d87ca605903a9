/* The steps of db_writer_finish(): fold the parts of each record, sort, encode, digest. */
#ifndef ASSAY_ADVISORY_FINISH_H
#define ASSAY_ADVISORY_FINISH_H

#include "advisory/build.h"
#include "advisory/encode.h"

struct finish {
    struct db_writer *w;
    struct output out;
    /* Numbers of the interns to numbers of the file, and back. */
    uint32_t *text_rank, *text_sorted, *id_rank, *id_sorted, *link_rank, *link_sorted;
    uint32_t n_records;
    struct part **records; /* the part into which each record was folded, by number */
    struct intern links;   /* templates: what the file has instead of the writer's links */
    /* Digests of the values, by numbers of the interns. */
    uint64_t *text_hash, *id_hash, *link_hash, *severity_hash, *ranges_hash, *versions_hash, *shape_hash;
    VEC(uint64_t) scratch;
    struct sha256 *generation;
    uint64_t n_vulnerabilities, n_kev;
};

/* Digest of the values in `scratch`, which is emptied. */
uint64_t finish_digest(struct finish *f);
void finish_generation(struct finish *f, uint64_t value);

/* fold.c: one part a record, links as templates. */
void fold_records(struct finish *f);
/* entries.c: packages, their entries, hash and digests. */
int put_entries(struct finish *f);
/* records.c: records, mentions, EPSS. */
void put_records(struct finish *f);
void put_mentions(struct finish *f);
void put_epss(struct finish *f);
/* sources.c: which source a binary package is of. */
void put_sources(struct finish *f);

#endif
