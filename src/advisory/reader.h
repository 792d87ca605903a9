/* The inside of the reader. Everything points into the map; counts were checked against section sizes by
 * db_open(), contents are checked as they are read. */
#ifndef ASSAY_ADVISORY_READER_H
#define ASSAY_ADVISORY_READER_H

#include "advisory/db.h"
#include "advisory/pool.h"

struct db {
    struct str map;
    bool mapped; /* by us: db_close() unmaps it */
    char *path;  /* owned; for messages */
    struct db_header header;
    struct db_section table[SECTION_COUNT]; /* zeros: the file does not have it */
    struct pool feeds, text, ids, links, kinds, severities, ranges, versions, shapes, records, mentions;
    struct str prose;
    const uint32_t *prose_at; /* one more than there are blocks */
    uint32_t n_prose, n_packages, n_affected, n_epss, n_levels, n_sources;
    const uint64_t *record_digest, *package_digest;
    const uint32_t *package_ecosystem, *package_name, *package_first, *package_hash, *package_of_hash;
    const uint32_t *affected_record, *affected_ranges, *affected_shape;
    const uint32_t *epss_cve, *epss_level, *epss_score, *epss_percentile;
    const uint32_t *source_hash, *source_ecosystem, *source_binary, *source_name, *source_from, *source_to;
};

/* What db_open() does, on bytes that the caller keeps. The database is freed with db_close() all the same. */
int db_open_bytes(struct str bytes, const char *name, struct db **ret_db);

/* "NAME: damaged: WHAT"; ERR_INVALID. */
int db_damaged(const struct db *db, const char *what, uint64_t number);

/* The first element of the sorted column that is not below `value`. */
uint32_t db_lower_bound(const uint32_t *column, uint32_t n, uint32_t value);
/* Text `number`; on damage the empty string, and `bad` set. */
struct str db_text(const struct db *db, uint32_t number, bool *bad);
/* Ecosystem and name of a package. */
bool db_package_key(const struct db *db, uint32_t package, struct str *ret_ecosystem, struct str *ret_name);

/* Rule `number` of those about sources. False when it is damaged. */
bool db_source_at(const struct db *db, uint32_t number, struct advisory_source *ret_source);

/* Where a record's prose is. */
struct prose_place {
    uint32_t block, at, n_summary, n_details;
};
int db_record_decode(const struct db *db, struct arena *a, uint32_t record, struct advisory *ret_advisory,
                     struct prose_place *ret_place);
/* The decompressed block, to be freed with free(). */
int db_prose_block(const struct db *db, uint32_t block, char **ret_text, size_t *ret_size);

#endif
