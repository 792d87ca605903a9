/* rpm: headers, the three forms of database, damage. The databases that the tests need beside the conformance
 * data are written here, from lists of packages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/rpm_header.h"

enum { CELLS = 8 };
enum cell { EPOCH, NAME, VERSION, RELEASE, ARCH, SOURCE_RPM, VENDOR, MODULARITY };
typedef struct str row[CELLS]; /* a line of an expectation, in the order of enum cell */

static const char *shared_dir(void)
{
    const char *shared = getenv("ASSAY_SHARED");
    if (!shared || access(shared, R_OK) != 0) {
        print_message("skipped: the conformance data is not at $ASSAY_SHARED\n");
        skip();
    }
    return shared;
}

static struct inventory *read_as(const char *path, struct str content)
{
    struct inventory *inv = inventory_new();
    struct view_file file = view_file_memory(str_from(path), content);
    if (!ecosystem_wants(file.path))
        fail_msg("nobody wants %s", path);
    ecosystem_offer(inv, &file);
    inventory_finish(inv);
    return inv;
}

/* The line that a package of the expectation gives: everything that the inventory keeps of it. */
static struct str expected_line(struct arena *a, const row r)
{
    struct str name = r[NAME], version, source, source_version;
    const char *epoch =
        r[EPOCH].n && !str_is(r[EPOCH], "0") ? arena_printf(a, "%.*s:", STR_ARG(r[EPOCH])).p : "";
    version = arena_printf(a, "%s%.*s-%.*s", epoch, STR_ARG(r[VERSION]), STR_ARG(r[RELEASE]));
    if (!rpm_split_source(r[SOURCE_RPM], &source, &source_version))
        source = name, source_version = version;
    else
        source_version = arena_printf(a, "%s%.*s", epoch, STR_ARG(source_version));
    return arena_printf(a, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(name), STR_ARG(version),
                        STR_ARG(r[ARCH]), STR_ARG(source), STR_ARG(source_version), STR_ARG(r[VENDOR]),
                        STR_ARG(r[MODULARITY]));
}

static struct str package_line(struct arena *a, const struct package *p)
{
    struct str source = p->source.n ? p->source : p->name;
    struct str source_version = p->source_version.n ? p->source_version : p->version;
    return arena_printf(a, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(p->name), STR_ARG(p->version),
                        STR_ARG(p->arch), STR_ARG(source), STR_ARG(source_version), STR_ARG(p->vendor),
                        STR_ARG(p->modularity));
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The inventory holds the rows, no more and no less, the keys that rpm trusts left out. */
static void assert_packages(struct arena *a, const struct inventory *inv, const row *rows, size_t n,
                            const char *what)
{
    VEC(struct str) expected = {0}, got = {0};
    for (size_t i = 0; i < n; i++)
        if (!str_is(rows[i][NAME], "gpg-pubkey"))
            vec_add(&expected, expected_line(a, rows[i]));
    vec_each(p, &inv->packages)
    {
        vec_add(&got, package_line(a, p));
    }
    vec_each(p, &inv->problems)
    {
        fail_msg("%s: %.*s", what, STR_ARG(p->text));
    }
    qsort(expected.at, expected.n, sizeof *expected.at, by_text);
    if (got.n)
        qsort(got.at, got.n, sizeof *got.at, by_text);
    size_t i = 0;
    while (i < expected.n && i < got.n && str_eq(expected.at[i], got.at[i]))
        i++;
    if (i < expected.n || i < got.n)
        fail_msg("%s: package %zu of %zu: expected %.*s, got %.*s", what, i, expected.n,
                 STR_ARG(i < expected.n ? expected.at[i] : STR("none")),
                 STR_ARG(i < got.n ? got.at[i] : STR("none")));
    vec_free(&expected);
    vec_free(&got);
}

/* Reads a table whose columns are named in its first line. */
static size_t read_rows(struct arena *a, const char *path, row **ret_rows)
{
    static const char *const names[CELLS] = {"epoch", "name",      "version", "release",
                                             "arch",  "sourcerpm", "vendor",  "modularitylabel"};
    struct str table, line, cell;
    if (file_read(a, path, 8 << 20, &table) < 0)
        fail_msg("%s", err_text());
    size_t column[CELLS] = {0}, lines = 0, n = 0;
    str_next(&table, '\n', &line);
    for (size_t at = 0; str_next(&line, '\t', &cell); at++)
        for (size_t i = 0; i < CELLS; i++)
            if (str_is(cell, names[i]))
                column[at] = i;
    for (size_t i = 0; i < table.n; i++)
        lines += table.p[i] == '\n';
    row *rows = arena_alloc_array(a, lines + 1, sizeof(row));
    while (str_next(&table, '\n', &line)) {
        for (size_t at = 0; at < CELLS && str_next(&line, '\t', &cell); at++)
            rows[n][column[at]] = cell;
        n++;
    }
    *ret_rows = rows;
    return n;
}

static const struct {
    const char *folder, *name;
} databases[] = {
    {"bdb-osquery", "Packages"},
    {"bdb-syft-dive", "Packages"},
    {"ndb-osquery", "Packages.db"},
    {"sqlite-osquery", "rpmdb.sqlite"},
};

static void test_conformance(void **state)
{
    (void)state;
    const char *shared = shared_dir();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
        struct str content;
        struct str folder = arena_printf(a, "%s/conformance/rpmdb/%s", shared, databases[i].folder);
        if (file_read(a, arena_printf(a, "%s/%s", folder.p, databases[i].name).p, 8 << 20, &content) < 0)
            fail_msg("%s", err_text());
        row *rows;
        size_t n = read_rows(a, arena_printf(a, "%s/expected.tsv", folder.p).p, &rows);
        _cleanup_(inventory_cleanup) struct inventory *inv =
            read_as(arena_printf(a, "var/lib/rpm/%s", databases[i].name).p, content);
        assert_packages(a, inv, rows, n, databases[i].folder);
    }
}

/* A header as rpm writes it, of the tags that the inventory reads. */
struct header_writer {
    struct buf index, data;
    uint32_t n;
};

static void put_be32(struct buf *b, uint32_t value)
{
    const char bytes[] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value};
    buf_add(b, bytes, 4);
}

static void put_tag(struct header_writer *w, uint32_t tag, uint32_t type, uint32_t count, const void *data,
                    size_t n)
{
    if (type == 4)
        while (w->data.n % 4)
            buf_add_c(&w->data, 0);
    put_be32(&w->index, tag);
    put_be32(&w->index, type);
    put_be32(&w->index, (uint32_t)w->data.n);
    put_be32(&w->index, count);
    buf_add(&w->data, data, n);
    w->n++;
}

static void put_string(struct header_writer *w, uint32_t tag, struct str value)
{
    char text[300];
    if (value.n)
        put_tag(w, tag, 6, 1, text, (size_t)snprintf(text, sizeof text, "%.*s", STR_ARG(value)) + 1);
}

static struct str make_header(struct arena *a, const row r)
{
    struct header_writer w = {.index = buf_new(1 << 20), .data = buf_new(1 << 20)};
    struct buf all = buf_new(1 << 20);
    uint64_t epoch;
    put_string(&w, RPM_NAME, r[NAME]);
    put_string(&w, RPM_VERSION, r[VERSION]);
    put_string(&w, RPM_RELEASE, r[RELEASE]);
    if (str_u64(r[EPOCH], &epoch)) {
        const char bytes[] = {(char)(epoch >> 24), (char)(epoch >> 16), (char)(epoch >> 8), (char)epoch};
        put_tag(&w, RPM_EPOCH, 4, 1, bytes, 4);
    }
    put_string(&w, RPM_ARCH, r[ARCH]);
    put_string(&w, RPM_SOURCE_RPM, r[SOURCE_RPM]);
    put_string(&w, RPM_VENDOR, r[VENDOR]);
    put_string(&w, RPM_MODULARITY_LABEL, r[MODULARITY]);
    put_tag(&w, RPM_BASE_NAMES, 8, 2, "os-release\0x", 13);
    put_tag(&w, RPM_DIR_NAMES, 8, 2, "/usr/lib/\0/etc/", 16);
    put_tag(&w, RPM_DIR_INDEXES, 4, 2, "\0\0\0\0\0\0\0\1", 8);
    put_be32(&all, w.n);
    put_be32(&all, (uint32_t)w.data.n);
    buf_add_str(&all, buf_str(&w.index));
    buf_add_str(&all, buf_str(&w.data));
    struct str blob = arena_str(a, buf_str(&all));
    buf_free(&w.index);
    buf_free(&w.data);
    buf_free(&all);
    return blob;
}

static struct str make_sqlite(struct arena *a, const row *rows, size_t n)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    sqlite3_exec(db,
                 "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL); BEGIN",
                 NULL, NULL, NULL);
    assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO Packages(blob) VALUES(?)", -1, &insert, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < n; i++) {
        struct str blob = make_header(a, rows[i]);
        sqlite3_bind_blob(insert, 1, blob.p, (int)blob.n, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_int64 size;
    unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);
    struct str content = arena_str(a, (struct str){(const char *)bytes, (size_t)size});
    sqlite3_free(bytes);
    sqlite3_close(db);
    return content;
}

static void put_u32(struct buf *b, uint32_t value, bool big)
{
    if (big)
        value = __builtin_bswap32(value);
    buf_add(b, &value, 4); /* the tests run where bytes are little-endian */
}

static void put_u16(char *at, uint32_t value, bool big)
{
    uint16_t half = (uint16_t)(big ? __builtin_bswap16((uint16_t)value) : value);
    memcpy(at, &half, 2);
}

static void pad(struct buf *b, size_t to)
{
    while (b->n % to)
        buf_add_c(b, 0);
}

static void put_page_head(struct buf *b, uint32_t number, uint32_t next, uint32_t entries, uint32_t used,
                          char type, bool big)
{
    char tail[6] = {0};
    put_u16(tail, entries, big);
    put_u16(tail + 2, used, big);
    tail[5] = type;
    buf_add(b, "\0\0\0\0\0\0\0", 8);
    put_u32(b, number, big);
    put_u32(b, 0, big);
    put_u32(b, next, big);
    buf_add(b, tail, 6);
}

/* A hash page a package, its header on overflow pages behind it. */
static struct str make_bdb(struct arena *a, const row *rows, size_t n, bool big)
{
    enum { PAGE = 512, ROOM = PAGE - 26 };
    struct buf pages = buf_new(64 << 20), b = buf_new(64 << 20);
    uint32_t number = 1;
    for (size_t i = 0; i < n; i++) {
        struct str blob = make_header(a, rows[i]);
        put_page_head(&pages, number, 0, 2, 0, 13, big);
        char page[ROOM] = {0};
        put_u16(page, PAGE - 5, big);
        put_u16(page + 2, PAGE - 17, big);
        struct buf items = buf_new(100);
        buf_add(&items, "\3\0\0", 4);
        put_u32(&items, number + 1, big);
        put_u32(&items, (uint32_t)blob.n, big);
        buf_add(&items, "\1k\0\0", 5);
        memcpy(page + ROOM - 17, items.p, 17);
        buf_free(&items);
        buf_add(&pages, page, ROOM);
        number++;
        for (size_t at = 0; at < blob.n; at += ROOM, number++) {
            size_t used = blob.n - at < ROOM ? blob.n - at : ROOM;
            put_page_head(&pages, number, at + used < blob.n ? number + 1 : 0, 1, (uint32_t)used, 7, big);
            buf_add(&pages, blob.p + at, used);
            pad(&pages, PAGE);
        }
    }
    buf_add(&b, "\0\0\0\0\0\0\0\0\0\0\0", 12);
    put_u32(&b, 0x061561, big);
    put_u32(&b, 9, big);
    put_u32(&b, PAGE, big);
    buf_add(&b, "\0\10\0\0\0\0\0", 8);
    put_u32(&b, number - 1, big);
    pad(&b, PAGE);
    buf_add_str(&b, buf_str(&pages));
    struct str content = arena_str(a, buf_str(&b));
    buf_free(&pages);
    buf_free(&b);
    return content;
}

static uint32_t plain_adler32(const char *p, size_t n)
{
    uint32_t low = 1, high = 0;
    for (size_t i = 0; i < n; i++) {
        low = (low + (unsigned char)p[i]) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

static struct str make_ndb(struct arena *a, const row *rows, size_t n)
{
    struct buf slots = buf_new(64 << 20), blobs = buf_new(64 << 20);
    uint32_t pages = (uint32_t)((n + 2) * 16 / 4096 + 1);
    buf_add(&slots, "RpmP\0\0\0\0\1\0\0", 12);
    put_u32(&slots, pages, false);
    while (slots.n < 32)
        buf_add_c(&slots, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct str blob = make_header(a, rows[i]);
        size_t start = blobs.n;
        buf_add(&blobs, "BlbS", 4);
        put_u32(&blobs, i + 1, false);
        put_u32(&blobs, 1, false);
        put_u32(&blobs, (uint32_t)blob.n, false);
        buf_add_str(&blobs, blob);
        while ((blobs.n + 12) % 16)
            buf_add_c(&blobs, 0);
        put_u32(&blobs, plain_adler32(blobs.p + start, blobs.n - start), false);
        put_u32(&blobs, (uint32_t)blob.n, false);
        buf_add(&blobs, "BlbE", 4);
        buf_add(&slots, "Slot", 4);
        put_u32(&slots, i + 1, false);
        put_u32(&slots, (uint32_t)((pages * 4096 + start) / 16), false);
        put_u32(&slots, (uint32_t)((blobs.n - start) / 16), false);
    }
    while (slots.n < (size_t)pages * 4096)
        buf_add(&slots, "Slot\0\0\0\0\0\0\0\0\0\0\0", 16);
    buf_add_str(&slots, buf_str(&blobs));
    struct str content = arena_str(a, buf_str(&slots));
    buf_free(&slots);
    buf_free(&blobs);
    return content;
}

/* The packages of whole distributions, through each form of database. */
static void test_installed_sets(void **state)
{
    (void)state;
    static const char *const sets[] = {"CentOS5Plain",
                                       "CentOS6DevTools",
                                       "CentOS6Plain",
                                       "CentOS7Httpd24",
                                       "CentOS7Plain",
                                       "CentOS8Modularitylabel",
                                       "Fedora35PlusMongoDBWithSQLite3"};
    const char *shared = shared_dir();
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        row *rows;
        size_t n = read_rows(
            a, arena_printf(a, "%s/conformance/rpm_installed_sets/%s.tsv", shared, sets[i]).p, &rows);
        assert_true(n > 100);
        const struct {
            const char *path;
            struct str content;
        } forms[] = {
            {"usr/lib/sysimage/rpm/rpmdb.sqlite", make_sqlite(a, rows, n)},
            {"var/lib/rpm/Packages.db", make_ndb(a, rows, n)},
            {"var/lib/rpm/Packages", make_bdb(a, rows, n, false)},
            {"usr/share/rpm/Packages", make_bdb(a, rows, n, true)},
        };
        for (size_t form = 0; form < 4; form++) {
            _cleanup_(inventory_cleanup) struct inventory *inv =
                read_as(forms[form].path, forms[form].content);
            assert_packages(a, inv, rows, n, sets[i]);
            assert_int_equal(inv->owned.n, 1);
        }
    }
}

static const row bash = {{NULL, 0},       STR("bash"),   STR("5.1.8"),
                         STR("6.el9"),    STR("x86_64"), STR("bash-5.1.8-6.el9.src.rpm"),
                         STR("Somebody"), {NULL, 0}};

/* Damage is a problem or leaves the packages whole; it is never an empty system without a word. */
static void check_damaged(const char *path, struct str content, const char *what, size_t at)
{
    char *exact =
        malloc(content.n ? content.n : 1); /* so that a sanitizer sees the first byte past the end */
    if (content.n)
        memcpy(exact, content.p, content.n);
    _cleanup_(inventory_cleanup) struct inventory *inv = read_as(path, (struct str){exact, content.n});
    if (inv->packages.n < 2 && !inv->problems.n)
        fail_msg("%s, %s at %zu: %zu packages and no problem", path, what, at, inv->packages.n);
    free(exact);
}

static void test_truncated(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    row rows[2];
    memcpy(rows[0], bash, sizeof bash);
    memcpy(rows[1], bash, sizeof bash);
    rows[1][NAME] = STR("bash-doc");
    const struct {
        const char *path;
        struct str content;
    } forms[] = {
        {"var/lib/rpm/rpmdb.sqlite", make_sqlite(a, rows, 2)},
        {"var/lib/rpm/Packages.db", make_ndb(a, rows, 2)},
        {"var/lib/rpm/Packages", make_bdb(a, rows, 2, false)},
    };
    for (size_t form = 0; form < 3; form++) {
        size_t n = forms[form].content.n;
        for (size_t at = 0; at < n; at += at < 100 || at + 100 > n ? 1 : 61)
            check_damaged(forms[form].path, str_slice(forms[form].content, 0, at), "cut", at);
    }
}

/* Each bit of the parts that describe the file, and every 7th byte of the rest. Where a form has no checksum
 * a flipped bit may well change a letter of a name; what counts is that nothing crashes, loops or reads
 * outside. */
static void test_flipped(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    row rows[1];
    memcpy(rows[0], bash, sizeof bash);
    const struct {
        const char *path;
        struct str content;
    } forms[] = {
        {"var/lib/rpm/rpmdb.sqlite", make_sqlite(a, rows, 1)},
        {"var/lib/rpm/Packages.db", make_ndb(a, rows, 1)},
        {"var/lib/rpm/Packages", make_bdb(a, rows, 1, false)},
    };
    for (size_t form = 0; form < 3; form++) {
        size_t n = forms[form].content.n;
        _cleanup_free_ char *copy = malloc(n);
        memcpy(copy, forms[form].content.p, n);
        for (size_t at = 0; at < n; at += at < 128 ? 1 : 7)
            for (int bit = 0; bit < 8; bit += 3) {
                copy[at] ^= (char)(1 << bit);
                _cleanup_(inventory_cleanup) struct inventory *inv =
                    read_as(forms[form].path, (struct str){copy, n});
                assert_true(inv->packages.n <= 1);
                copy[at] ^= (char)(1 << bit);
            }
    }
}

/* What cannot be read says so, in words. */
static void test_refused(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    row rows[1];
    memcpy(rows[0], bash, sizeof bash);
    struct str loop = make_bdb(a, rows, 1, false);
    char *copy = (char *)(uintptr_t)loop.p;
    uint32_t first = 2;
    memcpy(copy + 2 * 512 + 16, &first, 4); /* the overflow page goes on at itself */
    uint32_t huge = 20000;
    memcpy(copy + 512 + 512 - 17 + 8, &huge, 4);
    char wal[100] = {0};
    const struct {
        const char *path;
        struct str content;
        int code;
        const char *text;
    } cases[] = {
        {"var/lib/rpm/Packages", STR(""), ERR_INVALID, "empty"},
        {"var/lib/rpm/rpmdb.sqlite", STR("asdf"), ERR_INVALID, "ends at byte 4"},
        {"var/lib/rpm/rpmdb.sqlite", STR("asdfasdfasdfasdfasdf"), ERR_INVALID, "neither"},
        {"var/lib/rpm/Packages", STR("\0\0\0\0\0\0\0\0\0\0\0\0\x62\x31\x05\0"), ERR_UNSUPPORTED, "btree"},
        {"var/lib/rpm/Packages.db", STR("RpmP\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
         ERR_UNSUPPORTED, "version 1"},
        {"var/lib/rpm/Packages", loop, ERR_LIMIT, "states more bytes"},
        {"usr/lib/sysimage/rpm/rpmdb.sqlite-wal", {wal, sizeof wal}, ERR_UNSUPPORTED, "not merged"},
        {"var/lib/rpmmanifest/container-manifest-2", STR("filesystem 1.1"), ERR_INVALID, "line 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = read_as(cases[i].path, cases[i].content);
        assert_int_equal(inv->packages.n, 0);
        assert_int_equal(inv->problems.n, 1);
        if (inv->problems.at[0].code != cases[i].code ||
            str_find_str(inv->problems.at[0].text, str_from(cases[i].text)) < 0)
            fail_msg("case %zu: %.*s", i, STR_ARG(inv->problems.at[0].text));
    }
    _cleanup_(inventory_cleanup) struct inventory *inv = read_as("var/lib/rpm/rpmdb.sqlite-wal", STR(""));
    assert_int_equal(inv->problems.n, 0);
}

/* A database whose Packages is not the plain table it should be. */
static void test_hostile_schema(void **state)
{
    (void)state;
    static const char *const schemas[] = {
        ("CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i "
         "AS "
         "blob FROM n"),
        "CREATE TABLE Packages (hnum, blob AS (zeroblob(1000000000)))",
        "CREATE TABLE Other (x)",
        "CREATE TABLE Packages (hnum)",
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        sqlite3 *db;
        sqlite3_int64 size;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, schemas[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_exec(db, "INSERT INTO Packages(hnum) VALUES (1)", NULL, NULL, NULL);
        unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);
        _cleanup_(inventory_cleanup) struct inventory *inv =
            read_as("var/lib/rpm/rpmdb.sqlite", (struct str){(const char *)bytes, (size_t)size});
        if (inv->problems.n != 1)
            fail_msg("%s: no problem", schemas[i]);
        sqlite3_free(bytes);
        sqlite3_close(db);
    }
}

static void test_source(void **state)
{
    (void)state;
    static const struct {
        const char *file, *name, *version;
    } rows[] = {
        {"bash-5.1.8-6.el9.src.rpm", "bash", "5.1.8-6.el9"},
        {"java-1.8.0-openjdk-1.8.0.412.b08-2.el8.src.rpm", "java-1.8.0-openjdk", "1.8.0.412.b08-2.el8"},
        {"x-1-2.nosrc.rpm", "x", "1-2"},
        {"x-1-2.rpm", NULL, NULL},
        {"x-1.src.rpm", NULL, NULL},
        {"-1-2.src.rpm", NULL, NULL},
        {"x--2.src.rpm", NULL, NULL},
        {"x-1-.src.rpm", NULL, NULL},
        {".src.rpm", NULL, NULL},
        {"(none)", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str name, version;
        bool fits = rpm_split_source(str_from(rows[i].file), &name, &version);
        if (fits != (rows[i].name != NULL) ||
            (fits && (!str_is(name, rows[i].name) || !str_is(version, rows[i].version))))
            fail_msg("%s", rows[i].file);
    }
}

static void test_manifest(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv =
        read_as("var/lib/rpmmanifest/container-manifest-2",
                STR("openssl-libs\t1.1.1k-17.cm2\t1\t2\tMicrosoft Corporation\t(none)\t3\tx86_64\t0\t"
                    "openssl-1.1.1k-17.cm2.src.rpm\nx\t1-2\t1\t2\tM\t4\t3\tnoarch\t4\tx-1-2.src.rpm\n"));
    assert_int_equal(inv->problems.n, 0);
    assert_int_equal(inv->packages.n, 2);
    assert_string_equal(package_line(a, &inv->packages.at[0]).p,
                        "openssl-libs|1.1.1k-17.cm2|x86_64|openssl|1.1.1k-17.cm2|Microsoft Corporation|");
    assert_string_equal(package_line(a, &inv->packages.at[1]).p, "x|4:1-2|noarch|x|4:1-2|M|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance), cmocka_unit_test(test_installed_sets),
        cmocka_unit_test(test_truncated),   cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_hostile_schema),
        cmocka_unit_test(test_source),      cmocka_unit_test(test_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
