/* The advisory database: one file, mapped read-only, read in place.
 *
 * db_open() maps the file and checks its header and section bounds only; it costs no memory of its own. Every
 * later read checks its offsets, so a damaged file gives an error or less data, never a fault. Slices that
 * come back point into the map and live until db_close(). A struct db may be shared by threads.
 */
#ifndef ASSAY_ADVISORY_DB_H
#define ASSAY_ADVISORY_DB_H

#include "advisory/advisory.h"
#include "advisory/source.h"
#include "advisory/writer.h"
#include "base/arena.h"

struct db;

int db_open(const char *path, struct db **ret_db);
/* Has the kernel read ahead everything but prose, so that looking up many packages right after the machine
 * has started does not wait for the disk at each. Takes as long as the disk is slow: for a thread beside
 * other work. */
void db_prefetch(const struct db *db);
void db_close(struct db *db);
static inline void db_cleanup(struct db **db)
{
    if (*db)
        db_close(*db);
}
/* Reads the whole file and checks every section's checksum and every offset. ERR_INVALID names the section.
 */
int db_verify(const struct db *db);

/* The generation: a digest of the content, 32 hex digits. Equal inputs give equal generations. */
struct str db_generation(const struct db *db);
/* As it was opened. */
const char *db_path(const struct db *db);
int64_t db_built(const struct db *db);
bool db_facts_only(const struct db *db);

struct db_counts {
    uint64_t packages, affected, advisories, vulnerabilities, epss, kev, sources, feeds, bytes;
};
void db_counts(const struct db *db, struct db_counts *ret_counts);
/* False past the last one. */
bool db_feed_at(const struct db *db, uint32_t index, struct db_feed *ret_feed);

/* Whether the database holds any package of this ecosystem: that is, whether it can judge one. */
bool db_has_ecosystem(const struct db *db, struct str ecosystem);

/* A package's entries: index of the first and how many; n == 0 when it is not in the database. Under a
 * microsecond. */
struct db_span {
    uint32_t first, n;
};
struct db_span db_package(const struct db *db, struct str ecosystem, struct str name);
/* Package by number, in the order of ecosystem, then name; false past the last one. */
bool db_package_at(const struct db *db, uint32_t number, struct str *ret_ecosystem, struct str *ret_name,
                   struct db_span *ret_span);
/* Entry `index` of a span, without its advisory. Ranges, versions and severities are allocated from the
 * arena. */
int db_affected(const struct db *db, struct arena *a, uint32_t index, struct advisory_affected *ret_affected,
                uint32_t *ret_record);

/* Records: advisories and vulnerabilities by number or by id (any alias is found too; an exact id wins). */
bool db_record_find(const struct db *db, struct str id, uint32_t *ret_record);
struct str db_record_id(const struct db *db, uint32_t record);
uint32_t db_record_feed(const struct db *db, uint32_t record);
/* As the feeds gave it, but references in no particular order, and dates before 1970-01-02 are TIME_NONE.
 * Everything but `affected` (n_affected is 0) and, unless `prose`, summary and details. */
int db_record(const struct db *db, struct arena *a, uint32_t record, bool prose,
              struct advisory *ret_advisory);
/* The affected entries of a record, as indices for db_affected(). */
int db_record_affected(const struct db *db, struct arena *a, uint32_t record, uint32_t **ret_indices,
                       size_t *ret_n);
/* All records whose id, alias or upstream is `id`, that with the id itself first: the advisories that speak
 * of a CVE. */
int db_records_of(const struct db *db, struct arena *a, struct str id, uint32_t **ret_records, size_t *ret_n);
/* As db_records_of() for ids as people type them: "cve-2021-44228", "ghsa-...". */
int db_records_typed(const struct db *db, struct arena *a, struct str id, uint32_t **ret_records,
                     size_t *ret_n);

/* The source package that `version` of a distribution's binary package was built from, and the source's
 * version; that is empty where it cannot be told. False when no source is known, or not for certain. In the
 * arena. */
bool db_source(const struct db *db, struct arena *a, struct str ecosystem, struct str binary,
               struct str version, struct str *ret_source, struct str *ret_version);

/* EPSS of a CVE; false when it has none. */
bool db_epss(const struct db *db, struct str cve, double *ret_score, double *ret_percentile);

/* The difference of two generations, as a merge walk over sorted tables. Callbacks may be NULL; returning
 * non-zero from one stops the walk with that value. */
enum db_change { DB_ADDED, DB_REMOVED, DB_CHANGED };
struct db_diff {
    int (*package)(void *ctx, enum db_change change, struct str ecosystem, struct str name);
    /* Vectors, dates, KEV, aliases, references of a record: everything but its packages and EPSS. */
    int (*record)(void *ctx, enum db_change change, struct str id);
    int (*epss)(void *ctx, enum db_change change, struct str cve);
    void *ctx;
};
int db_difference(const struct db *old, const struct db *new, const struct db_diff *diff);

/* The database to use: `path` if given, else $ASSAY_DB, else the user's (XDG_DATA_HOME/assay/advisories.db
 * or, for root, /var/lib/assay/advisories.db), else the snapshot that was installed with the program.
 * ERR_MISSING says how to get one. */
int db_open_default(const char *path, struct db **ret_db);
/* Where the user's own database is, or would be. */
int db_user_path(char *ret_path, size_t size);

#endif
