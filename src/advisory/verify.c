/* Reading everything once: checksums, order, and that every number leads somewhere. */
#include <stdlib.h>

#include "advisory/reader.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

static const char *const names[SECTION_COUNT] = {
    [SECTION_FEEDS] = "feeds",
    [SECTION_FEEDS_AT] = "offsets of feeds",
    [SECTION_TEXT] = "text",
    [SECTION_TEXT_AT] = "offsets of text",
    [SECTION_IDS] = "ids",
    [SECTION_IDS_AT] = "offsets of ids",
    [SECTION_LINKS] = "links",
    [SECTION_LINKS_AT] = "offsets of links",
    [SECTION_KINDS] = "kinds of links",
    [SECTION_KINDS_AT] = "offsets of kinds",
    [SECTION_SEVERITIES] = "severities",
    [SECTION_SEVERITIES_AT] = "offsets of severities",
    [SECTION_RANGES] = "ranges",
    [SECTION_RANGES_AT] = "offsets of ranges",
    [SECTION_VERSIONS] = "versions",
    [SECTION_VERSIONS_AT] = "offsets of versions",
    [SECTION_SHAPES] = "shapes",
    [SECTION_SHAPES_AT] = "offsets of shapes",
    [SECTION_RECORDS] = "records",
    [SECTION_RECORDS_AT] = "offsets of records",
    [SECTION_MENTIONS] = "mentions",
    [SECTION_MENTIONS_AT] = "offsets of mentions",
    [SECTION_PROSE] = "prose",
    [SECTION_PROSE_AT] = "offsets of prose",
    [SECTION_RECORD_DIGEST] = "digests of records",
    [SECTION_PACKAGE_ECOSYSTEM] = "ecosystems of packages",
    [SECTION_PACKAGE_NAME] = "names of packages",
    [SECTION_PACKAGE_FIRST] = "entries of packages",
    [SECTION_PACKAGE_DIGEST] = "digests of packages",
    [SECTION_PACKAGE_HASH] = "hashes of packages",
    [SECTION_PACKAGE_OF_HASH] = "packages by hash",
    [SECTION_AFFECTED_RECORD] = "records of entries",
    [SECTION_AFFECTED_RANGES] = "ranges of entries",
    [SECTION_AFFECTED_SHAPE] = "shapes of entries",
    [SECTION_EPSS_CVE] = "EPSS",
    [SECTION_EPSS_LEVEL] = "levels of EPSS",
    [SECTION_EPSS_SCORE] = "EPSS scores",
    [SECTION_EPSS_PERCENTILE] = "EPSS percentiles",
    [SECTION_SOURCE_HASH] = "hashes of binary packages",
    [SECTION_SOURCE_ECOSYSTEM] = "ecosystems of binary packages",
    [SECTION_SOURCE_BINARY] = "binary packages",
    [SECTION_SOURCE_NAME] = "source packages",
    [SECTION_SOURCE_FROM] = "versions of binary packages",
    [SECTION_SOURCE_TO] = "versions of source packages",
};

static int bad_section(const struct db *db, enum db_section_kind kind)
{
    return err_set(ERR_INVALID, "%s: damaged advisory database: section '%s'", db->path, names[kind]);
}

static int verify_checksums(const struct db *db)
{
    for (int i = 0; i < SECTION_COUNT && (uint32_t)i < db->header.n_sections; i++) {
        const struct db_section *s = &db->table[i];
        if (hash64(str_slice(db->map, s->offset, s->offset + s->size)) != s->checksum)
            return bad_section(db, i);
        /* The bytes that align the next one are zero. */
        uint64_t end = s->offset + s->size, next = (end + 7) & ~(uint64_t)7;
        for (; end < next && end < db->map.n; end++)
            if (db->map.p[end])
                return bad_section(db, i);
    }
    return 0;
}

/* Strings in order from `restart` on anew, each only once. */
struct sorted_walk {
    char last[DB_TEXT_MAX];
    size_t n;
    uint32_t restart;
    bool sorted;
};

static bool sorted_each(void *ctx, uint32_t number, struct str s)
{
    struct sorted_walk *w = ctx;
    if (s.n > sizeof w->last)
        return false;
    if (w->sorted && number && number != w->restart && str_cmp((struct str){w->last, w->n}, s) >= 0)
        return false;
    if (s.n)
        memcpy(w->last, s.p, s.n);
    w->n = s.n;
    return true;
}

static bool any_each(void *ctx, uint32_t number, struct str s)
{
    (void)ctx;
    (void)number;
    (void)s;
    return true;
}

static int verify_pools(const struct db *db)
{
    const struct {
        enum db_section_kind kind;
        const struct pool *pool;
        bool sorted;
    } rows[] = {
        {SECTION_FEEDS, &db->feeds, false},
        {SECTION_TEXT, &db->text, true},
        {SECTION_IDS, &db->ids, true},
        {SECTION_LINKS, &db->links, true},
        {SECTION_KINDS, &db->kinds, false},
        {SECTION_SEVERITIES, &db->severities, false},
        {SECTION_RANGES, &db->ranges, false},
        {SECTION_VERSIONS, &db->versions, false},
        {SECTION_SHAPES, &db->shapes, false},
        {SECTION_RECORDS, &db->records, false},
        {SECTION_MENTIONS, &db->mentions, false},
    };
    struct sorted_walk *w = mem_alloc(sizeof *w);
    int status = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && status == 0; i++) {
        w->restart = rows[i].kind == SECTION_IDS ? db->records.n : 0;
        w->sorted = rows[i].sorted;
        bool front = rows[i].kind == SECTION_LINKS;
        if (!pool_walk(rows[i].pool, front, rows[i].sorted ? sorted_each : any_each, w))
            status = bad_section(db, rows[i].kind);
    }
    free(w);
    return status;
}

static int verify_packages(const struct db *db)
{
    struct str ecosystem = {0}, name = {0}, e, n;
    for (uint32_t i = 0; i < db->n_packages; i++) {
        if (!db_package_key(db, i, &e, &n))
            return bad_section(db, SECTION_PACKAGE_NAME);
        int order = str_cmp(ecosystem, e);
        if (order > 0 || (order == 0 && str_cmp(name, n) >= 0))
            return bad_section(db, SECTION_PACKAGE_NAME);
        if (!db_package(db, e, n).n)
            return bad_section(db, SECTION_PACKAGE_HASH);
        if (db->package_first[i] >= db->package_first[i + 1] || (i == 0 && db->package_first[i]))
            return bad_section(db, SECTION_PACKAGE_FIRST);
        ecosystem = e;
        name = n;
    }
    if (db->package_first[db->n_packages] != db->n_affected)
        return bad_section(db, SECTION_PACKAGE_FIRST);
    return 0;
}

static int verify_entries(const struct db *db, struct arena *a)
{
    for (uint32_t i = 0; i < db->n_affected; i++) {
        struct advisory_affected e;
        uint32_t record;
        arena_reset(a);
        int status = db_affected(db, a, i, &e, &record);
        if (status < 0)
            return status;
    }
    return 0;
}

/* Decompresses every block; `sizes` gets what is in each. */
static int verify_prose(const struct db *db, size_t *sizes)
{
    for (uint32_t i = 0; i < db->n_prose; i++) {
        char *text;
        int status = db_prose_block(db, i, &text, &sizes[i]);
        if (status < 0)
            return status;
        free(text);
    }
    return 0;
}

static int verify_records(const struct db *db, struct arena *a, const size_t *prose_sizes)
{
    for (uint32_t i = 0; i < db->records.n; i++) {
        struct advisory v;
        struct prose_place p;
        uint32_t *records;
        size_t n;
        arena_reset(a);
        int status = db_record_decode(db, a, i, &v, &p);
        if (status < 0)
            return status;
        uint64_t end = (uint64_t)p.at + p.n_summary + p.n_details;
        if (end && (p.block >= db->n_prose || end > prose_sizes[p.block]))
            return bad_section(db, SECTION_RECORDS);
        status = db_records_of(db, a, v.id, &records, &n);
        if (status < 0)
            return status;
    }
    return 0;
}

static int verify_epss(const struct db *db)
{
    for (uint32_t i = 0; i < db->n_epss; i++) {
        if (i && db->epss_cve[i - 1] >= db->epss_cve[i])
            return bad_section(db, SECTION_EPSS_CVE);
        if (db->epss_level[i] >= db->n_levels)
            return bad_section(db, SECTION_EPSS_LEVEL);
    }
    for (uint32_t i = 0; i < db->n_levels; i++)
        if (db->epss_score[i] > 100000 || db->epss_percentile[i] > 100000)
            return bad_section(db, SECTION_EPSS_SCORE);
    return 0;
}

static int verify_sources(const struct db *db)
{
    struct advisory_source s;
    for (uint32_t i = 0; i < db->n_sources; i++) {
        if (!db_source_at(db, i, &s))
            return bad_section(db, SECTION_SOURCE_NAME);
        if (db->source_hash[i] != package_hash(s.ecosystem, s.binary) ||
            (i && db->source_hash[i - 1] > db->source_hash[i]))
            return bad_section(db, SECTION_SOURCE_HASH);
    }
    return 0;
}

static int verify_feeds(const struct db *db)
{
    struct db_feed feed;
    for (uint32_t i = 0; i < db->feeds.n; i++)
        if (!db_feed_at(db, i, &feed))
            return bad_section(db, SECTION_FEEDS);
    return 0;
}

static int verify_contents(const struct db *db, struct arena *a, size_t *prose_sizes)
{
    int status = verify_feeds(db);
    if (status == 0)
        status = verify_packages(db);
    if (status == 0)
        status = verify_entries(db, a);
    if (status == 0)
        status = verify_prose(db, prose_sizes);
    if (status == 0)
        status = verify_records(db, a, prose_sizes);
    if (status == 0)
        status = verify_epss(db);
    return status < 0 ? status : verify_sources(db);
}

int db_verify(const struct db *db)
{
    int status = verify_checksums(db);
    if (status == 0)
        status = verify_pools(db);
    if (status < 0)
        return status;
    struct arena *a = arena_new(0);
    size_t *prose_sizes = mem_alloc(db->n_prose * sizeof *prose_sizes);
    status = verify_contents(db, a, prose_sizes);
    free(prose_sizes);
    arena_free(a);
    return status;
}
