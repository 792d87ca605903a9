/* Opening the database, its header's facts, and finding packages and EPSS. */
#include "advisory/db.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "advisory/reader.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

int db_damaged(const struct db *db, const char *what, uint64_t number)
{
    return err_set(ERR_INVALID, "%s: damaged advisory database: %s %llu", db->path, what,
                   (unsigned long long)number);
}

static int check_header(struct db *db)
{
    struct db_header *h = &db->header;
    if (db->map.n < sizeof *h || memcmp(db->map.p, DB_MAGIC, sizeof h->magic))
        return err_set(ERR_INVALID, "%s: not an advisory database", db->path);
    memcpy(h, db->map.p, sizeof *h);
    if (h->version != DB_VERSION)
        return err_set(ERR_UNSUPPORTED, "%s: advisory database of format %u, this program reads %d", db->path,
                       h->version, DB_VERSION);
    size_t table = h->n_sections * sizeof(struct db_section);
    if (h->size != db->map.n || h->n_sections < SECTION_COUNT_FIRST || h->n_sections > SECTION_COUNT_MAX ||
        db->map.n < sizeof *h + table)
        return err_set(ERR_INVALID, "%s: damaged advisory database: %zu bytes of %llu", db->path, db->map.n,
                       (unsigned long long)h->size);
    struct db_header blank = *h;
    blank.checksum = 0;
    uint64_t sum = hash64_with(hash64((struct str){(const char *)&blank, sizeof blank}),
                               str_slice(db->map, sizeof *h, sizeof *h + table));
    if (sum != h->checksum)
        return db_damaged(db, "checksum of the header, format", h->version);
    memcpy(db->table, db->map.p + sizeof *h, table < sizeof db->table ? table : sizeof db->table);
    return 0;
}

static int check_table(const struct db *db)
{
    for (int i = 0; i < SECTION_COUNT; i++) {
        const struct db_section *s = &db->table[i];
        if (s->offset % 8 || s->offset > db->map.n || s->size > db->map.n - s->offset ||
            s->count > UINT32_MAX - 1)
            return db_damaged(db, "bounds of section", (uint64_t)i);
    }
    return 0;
}

static struct str section(const struct db *db, enum db_section_kind kind)
{
    const struct db_section *s = &db->table[kind];
    return (struct str){db->map.p + s->offset, s->size};
}

static int open_pool(const struct db *db, enum db_section_kind kind, struct pool *ret_pool)
{
    const struct db_section *s = &db->table[kind], *at = &db->table[kind + 1];
    if (at->count != (s->count + DB_BLOCK - 1) / DB_BLOCK || at->size != at->count * sizeof(uint32_t))
        return db_damaged(db, "offsets of section", kind);
    *ret_pool =
        (struct pool){section(db, kind), (const uint32_t *)section(db, kind + 1).p, (uint32_t)s->count};
    return 0;
}

/* A column of `count` elements of `width` bytes. */
static int open_column(const struct db *db, enum db_section_kind kind, uint64_t count, size_t width,
                       const void *ret_column)
{
    const struct db_section *s = &db->table[kind];
    if (s->count != count || s->size != count * width)
        return db_damaged(db, "size of section", kind);
    *(const void **)(uintptr_t)ret_column = section(db, kind).p;
    return 0;
}

static int open_pools(struct db *db)
{
    const struct {
        enum db_section_kind kind;
        struct pool *pool;
    } rows[] = {
        {SECTION_FEEDS, &db->feeds},       {SECTION_TEXT, &db->text},
        {SECTION_IDS, &db->ids},           {SECTION_LINKS, &db->links},
        {SECTION_KINDS, &db->kinds},       {SECTION_SEVERITIES, &db->severities},
        {SECTION_RANGES, &db->ranges},     {SECTION_VERSIONS, &db->versions},
        {SECTION_SHAPES, &db->shapes},     {SECTION_RECORDS, &db->records},
        {SECTION_MENTIONS, &db->mentions},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = open_pool(db, rows[i].kind, rows[i].pool);
        if (status < 0)
            return status;
    }
    if (db->records.n > db->ids.n || db->mentions.n != db->ids.n)
        return db_damaged(db, "number of ids", db->ids.n);
    return 0;
}

static int open_columns(struct db *db)
{
    const struct db_section *t = db->table;
    db->n_packages = (uint32_t)t[SECTION_PACKAGE_NAME].count;
    db->n_affected = (uint32_t)t[SECTION_AFFECTED_RECORD].count;
    db->n_epss = (uint32_t)t[SECTION_EPSS_CVE].count;
    db->n_levels = (uint32_t)t[SECTION_EPSS_SCORE].count;
    db->n_prose = (uint32_t)t[SECTION_PROSE].count;
    db->n_sources = (uint32_t)t[SECTION_SOURCE_HASH].count;
    db->prose = section(db, SECTION_PROSE);
    uint64_t packages = db->n_packages, affected = db->n_affected;
    const struct {
        enum db_section_kind kind;
        uint64_t count;
        size_t width;
        const void *column;
    } rows[] = {
        {SECTION_RECORD_DIGEST, db->records.n, 8, &db->record_digest},
        {SECTION_PACKAGE_ECOSYSTEM, packages, 4, &db->package_ecosystem},
        {SECTION_PACKAGE_NAME, packages, 4, &db->package_name},
        {SECTION_PACKAGE_FIRST, packages + 1, 4, &db->package_first},
        {SECTION_PACKAGE_DIGEST, packages, 8, &db->package_digest},
        {SECTION_PACKAGE_HASH, packages, 4, &db->package_hash},
        {SECTION_PACKAGE_OF_HASH, packages, 4, &db->package_of_hash},
        {SECTION_AFFECTED_RECORD, affected, 4, &db->affected_record},
        {SECTION_AFFECTED_RANGES, affected, 4, &db->affected_ranges},
        {SECTION_AFFECTED_SHAPE, affected, 4, &db->affected_shape},
        {SECTION_EPSS_CVE, db->n_epss, 4, &db->epss_cve},
        {SECTION_EPSS_LEVEL, db->n_epss, 4, &db->epss_level},
        {SECTION_EPSS_SCORE, db->n_levels, 4, &db->epss_score},
        {SECTION_EPSS_PERCENTILE, db->n_levels, 4, &db->epss_percentile},
        {SECTION_PROSE_AT, db->n_prose ? db->n_prose + 1 : 0, 4, &db->prose_at},
        {SECTION_SOURCE_HASH, db->n_sources, 4, &db->source_hash},
        {SECTION_SOURCE_ECOSYSTEM, db->n_sources, 4, &db->source_ecosystem},
        {SECTION_SOURCE_BINARY, db->n_sources, 4, &db->source_binary},
        {SECTION_SOURCE_NAME, db->n_sources, 4, &db->source_name},
        {SECTION_SOURCE_FROM, db->n_sources, 4, &db->source_from},
        {SECTION_SOURCE_TO, db->n_sources, 4, &db->source_to},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = open_column(db, rows[i].kind, rows[i].count, rows[i].width, rows[i].column);
        if (status < 0)
            return status;
    }
    return 0;
}

int db_open_bytes(struct str bytes, const char *name, struct db **ret_db)
{
    _cleanup_(db_cleanup) struct db *db = mem_alloc(sizeof *db);
    db->path = mem_alloc(strlen(name) + 1);
    strcpy(db->path, name);
    db->map = bytes;
    int status = check_header(db);
    if (status == 0)
        status = check_table(db);
    if (status == 0)
        status = open_pools(db);
    if (status == 0)
        status = open_columns(db);
    if (status < 0)
        return status;
    *ret_db = db;
    db = NULL;
    return 0;
}

int db_open(const char *path, struct db **ret_db)
{
    struct str map;
    int status = file_map(path, &map);
    if (status < 0)
        return status;
    status = db_open_bytes(map, path, ret_db);
    if (status < 0)
        file_unmap(map);
    else
        (*ret_db)->mapped = true;
    return status;
}

void db_prefetch(const struct db *db)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (!db->mapped)
        return;
    for (int kind = 0; kind < SECTION_COUNT; kind++) {
        struct str bytes = section(db, kind);
        uintptr_t start = (uintptr_t)bytes.p & ~(page - 1);
        if (kind != SECTION_PROSE && bytes.n)
            madvise((void *)start, (uintptr_t)bytes.p + bytes.n - start, MADV_WILLNEED);
    }
}

void db_close(struct db *db)
{
    if (!db)
        return;
    if (db->mapped)
        file_unmap(db->map);
    free(db->path);
    free(db);
}

struct str db_generation(const struct db *db)
{
    return (struct str){db->header.generation, sizeof db->header.generation};
}

const char *db_path(const struct db *db)
{
    return db->path;
}

int64_t db_built(const struct db *db)
{
    return db->header.built;
}

bool db_facts_only(const struct db *db)
{
    return db->header.flags & DB_FACTS_ONLY;
}

void db_counts(const struct db *db, struct db_counts *ret_counts)
{
    uint64_t cves = db->header.n_vulnerabilities;
    *ret_counts = (struct db_counts){
        .packages = db->n_packages,
        .affected = db->n_affected,
        .advisories = db->records.n - (cves < db->records.n ? cves : db->records.n),
        .vulnerabilities = cves,
        .epss = db->n_epss,
        .kev = db->header.n_kev,
        .sources = db->n_sources,
        .feeds = db->feeds.n,
        .bytes = db->map.n,
    };
}

bool db_feed_at(const struct db *db, uint32_t index, struct db_feed *ret_feed)
{
    struct str row;
    if (!pool_get(&db->feeds, index, &row))
        return false;
    struct cursor c = cursor_of(row);
    struct db_feed feed = {.name = cursor_str(&c)};
    feed.url = cursor_str(&c);
    feed.licence = cursor_str(&c);
    feed.digest = cursor_str(&c);
    feed.state = cursor_str(&c);
    uint64_t date = cursor_u64(&c);
    feed.date = date && date <= INT64_MAX ? (int64_t)date : TIME_NONE;
    if (c.bad)
        return false;
    *ret_feed = feed;
    return true;
}

struct str db_text(const struct db *db, uint32_t number, bool *bad)
{
    struct str s = {0};
    if (!pool_get(&db->text, number, &s))
        *bad = true;
    return s;
}

bool db_package_key(const struct db *db, uint32_t package, struct str *ret_ecosystem, struct str *ret_name)
{
    return package < db->n_packages && pool_get(&db->text, db->package_ecosystem[package], ret_ecosystem) &&
           pool_get(&db->text, db->package_name[package], ret_name);
}

uint32_t db_lower_bound(const uint32_t *column, uint32_t n, uint32_t value)
{
    const uint32_t *base = column;
    while (n > 1) {
        uint32_t half = n / 2;
        base += base[half - 1] < value ? half : 0;
        n -= half;
    }
    return (uint32_t)(base - column) + (n && *base < value);
}

/* The same for hashes. They are spread evenly, so that the place is known to within a few hundred: that is
 * within one or two cache lines' steps instead of seventeen all over the column. */
static uint32_t hash_bound(const struct db *db, uint32_t hash)
{
    enum { MARGIN = 128 };
    const uint32_t *column = db->package_hash;
    uint32_t n = db->n_packages, guess = (uint32_t)((uint64_t)hash * n >> 32);
    uint32_t from = guess, to = guess, step = MARGIN;
    while (from > 0 && column[from] >= hash) {
        from -= step < from ? step : from;
        step *= 2;
    }
    step = MARGIN;
    while (to < n && column[to] < hash) {
        to += step < n - to ? step : n - to;
        step *= 2;
    }
    return from + db_lower_bound(column + from, to - from, hash);
}

bool db_has_ecosystem(const struct db *db, struct str ecosystem)
{
    uint32_t number;
    if (!pool_find(&db->text, 0, db->text.n, ecosystem, &number))
        return false;
    uint32_t at = db_lower_bound(db->package_ecosystem, db->n_packages, number);
    return at < db->n_packages && db->package_ecosystem[at] == number;
}

static struct db_span package_span(const struct db *db, uint32_t package)
{
    uint32_t first = db->package_first[package], end = db->package_first[package + 1];
    if (first > end || end > db->n_affected || end - first > DB_PACKAGE_MAX)
        return (struct db_span){0};
    return (struct db_span){first, end - first};
}

bool db_package_at(const struct db *db, uint32_t number, struct str *ret_ecosystem, struct str *ret_name,
                   struct db_span *ret_span)
{
    if (!db_package_key(db, number, ret_ecosystem, ret_name))
        return false;
    *ret_span = package_span(db, number);
    return true;
}

struct db_span db_package(const struct db *db, struct str ecosystem, struct str name)
{
    uint32_t hash = package_hash(ecosystem, name);
    for (uint32_t i = hash_bound(db, hash); i < db->n_packages && db->package_hash[i] == hash; i++) {
        struct str e, n;
        if (db_package_key(db, db->package_of_hash[i], &e, &n) && str_eq(n, name) && str_eq(e, ecosystem))
            return package_span(db, db->package_of_hash[i]);
    }
    return (struct db_span){0};
}

bool db_epss(const struct db *db, struct str cve, double *ret_score, double *ret_percentile)
{
    uint32_t packed;
    if (!cve_pack(cve, &packed))
        return false;
    uint32_t at = db_lower_bound(db->epss_cve, db->n_epss, packed);
    if (at >= db->n_epss || db->epss_cve[at] != packed || db->epss_level[at] >= db->n_levels)
        return false;
    *ret_score = db->epss_score[db->epss_level[at]] / 1e5;
    *ret_percentile = db->epss_percentile[db->epss_level[at]] / 1e5;
    return true;
}
