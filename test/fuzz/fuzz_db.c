/* The reader of the advisory database on damaged files. Checksums would stop nearly every mutation at the
 * door, so they are put right first: what is fuzzed is the reading behind them. */
#include <stdlib.h>

#include "advisory/format.h"
#include "advisory/reader.h"
#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend(char *bytes, size_t size)
{
    struct db_header h;
    if (size < sizeof h)
        return;
    memcpy(&h, bytes, sizeof h);
    if (h.n_sections != SECTION_COUNT)
        h.n_sections = SECTION_COUNT_FIRST;
    size_t table = h.n_sections * sizeof(struct db_section);
    if (size < sizeof h + table)
        return;
    memcpy(h.magic, DB_MAGIC, sizeof h.magic);
    h.version = DB_VERSION;
    h.size = size;
    h.checksum = 0;
    struct db_section *sections = (struct db_section *)(bytes + sizeof h);
    for (uint32_t i = 0; i < h.n_sections; i++)
        if (sections[i].offset <= size && sections[i].size <= size - sections[i].offset)
            sections[i].checksum = hash64((struct str){bytes + sections[i].offset, sections[i].size});
    h.checksum =
        hash64_with(hash64((struct str){(const char *)&h, sizeof h}), (struct str){bytes + sizeof h, table});
    memcpy(bytes, &h, sizeof h);
}

static int on_package(void *ctx, enum db_change change, struct str ecosystem, struct str name)
{
    (void)change;
    struct db_span span = db_package(ctx, ecosystem, name);
    return span.n > DB_PACKAGE_MAX;
}

static int on_id(void *ctx, enum db_change change, struct str id)
{
    uint32_t record;
    double score, percentile;
    (void)change;
    db_record_find(ctx, id, &record);
    db_epss(ctx, id, &score, &percentile);
    return 0;
}

static void walk(struct db *db, const struct db *empty)
{
    struct arena *a = arena_new(0);
    struct str ecosystem, name;
    struct db_span span;
    struct db_feed feed;
    struct db_counts counts;
    uint32_t *numbers;
    size_t n;
    db_counts(db, &counts);
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++)
        ;
    for (uint32_t i = 0; i < 64 && db_package_at(db, i, &ecosystem, &name, &span); i++)
        for (uint32_t k = span.first; k < span.first + span.n && k < span.first + 64; k++) {
            struct advisory_affected e;
            uint32_t record;
            db_affected(db, a, k, &e, &record);
            db_has_ecosystem(db, ecosystem);
        }
    for (uint32_t i = 0; i < 64 && i < db->records.n; i++) {
        struct advisory v;
        db_record(db, a, i, true, &v);
        db_record_feed(db, i);
        db_record_affected(db, a, i, &numbers, &n);
        db_records_of(db, a, db_record_id(db, i), &numbers, &n);
    }
    for (uint32_t i = 0; i < 64 && i < db->n_sources; i++) {
        struct advisory_source rule;
        struct str source, version;
        if (db_source_at(db, i, &rule))
            db_source(db, a, rule.ecosystem, rule.binary, rule.from, &source, &version);
    }
    const struct db_diff diff = {.package = on_package, .record = on_id, .epss = on_id, .ctx = db};
    db_difference(db, empty, &diff);
    db_difference(empty, db, &diff);
    db_verify(db);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char none[sizeof(struct db_header) + SECTION_COUNT * sizeof(struct db_section) + 8];
    struct db *db, *empty;
    if (!size || size > 1 << 20)
        return 0;
    /* Aligned as a map is. */
    char *bytes = malloc(size), *blank = malloc(sizeof none);
    memcpy(bytes, data, size);
    memcpy(blank, none, sizeof none);
    /* A database of nothing but PACKAGE_FIRST's one element. */
    ((struct db_section *)(blank + sizeof(struct db_header)))[SECTION_PACKAGE_FIRST] =
        (struct db_section){.offset = sizeof none - 8, .size = 4, .count = 1};
    mend(blank, sizeof none);
    mend(bytes, size);
    if (db_open_bytes((struct str){blank, sizeof none}, "empty", &empty) < 0)
        abort();
    if (db_open_bytes((struct str){bytes, size}, "fuzzed", &db) == 0) {
        walk(db, empty);
        db_close(db);
    }
    db_close(empty);
    free(bytes);
    free(blank);
    return 0;
}
