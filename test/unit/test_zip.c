/* Views of zip archives: real ones written by libarchive, and hostile ones written by hand. */
#include <archive.h>
#include <archive_entry.h>
#include <isa-l/crc.h>
#include <zstd.h>

#include "base/buf.h"
#include "view_util.h"

/* An archive by libarchive: pairs of name and content, ended by NULL. `options` as
 * archive_write_set_options() has. */
static struct str real_zip(const char *options, const char *const *files)
{
    size_t size = 1 << 20, used = 0;
    char *to = arena_alloc(arena, size);
    struct archive *a = archive_write_new();
    archive_write_set_format_zip(a);
    assert_int_equal(archive_write_set_options(a, options), ARCHIVE_OK);
    archive_write_open_memory(a, to, size, &used);
    for (; *files; files += 2) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, files[0]);
        archive_entry_set_size(e, (int64_t)strlen(files[1]));
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0600);
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        archive_write_data(a, files[1], strlen(files[1]));
        archive_entry_free(e);
    }
    archive_write_free(a);
    return (struct str){to, used};
}

/* Archives by hand, to lie in. */
struct maker {
    struct buf body, directory;
    unsigned n;
};

struct member {
    struct str name, data;
    unsigned method, flags;
    uint32_t size, crc; /* 0: the true ones of stored data */
    uint32_t packed;    /* 0: the length of data */
    uint32_t offset;    /* of the local header; 0: where it is */
    unsigned mode;
    bool no_body; /* only in the directory */
};

static void little(struct buf *b, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++, value >>= 8)
        buf_add_c(b, (char)value);
}

static struct maker maker_new(void)
{
    return (struct maker){.body = buf_new(1 << 26), .directory = buf_new(1 << 26)};
}

static void add(struct maker *m, struct member e)
{
    uint32_t offset = (uint32_t)m->body.n;
    if (!e.size)
        e.size = (uint32_t)e.data.n;
    if (!e.packed)
        e.packed = (uint32_t)e.data.n;
    if (!e.crc && e.data.n)
        e.crc = crc32_gzip_refl(0, (const unsigned char *)e.data.p, e.data.n);
    if (!e.no_body) {
        buf_add(&m->body, "PK\3\4\24\0", 6);
        little(&m->body, e.flags, 2);
        little(&m->body, e.method, 2);
        little(&m->body, 0, 4);
        little(&m->body, e.crc, 4);
        little(&m->body, e.packed, 4);
        little(&m->body, e.size, 4);
        little(&m->body, e.name.n, 2);
        little(&m->body, 0, 2);
        buf_add_str(&m->body, e.name);
        buf_add_str(&m->body, e.data);
    }
    struct buf *d = &m->directory;
    buf_add(d, "PK\1\2\24\3\24\0", 8);
    little(d, e.flags, 2);
    little(d, e.method, 2);
    little(d, 0, 4);
    little(d, e.crc, 4);
    little(d, e.packed, 4);
    little(d, e.size, 4);
    little(d, e.name.n, 2);
    little(d, 0, 2 + 2 + 2 + 2);
    little(d, (uint64_t)e.mode << 16, 4);
    little(d, e.offset ? e.offset : offset, 4);
    buf_add_str(d, e.name);
    m->n++;
}

/* The whole archive, and the maker is done. */
static struct str finish(struct maker *m)
{
    struct buf out = buf_new(1 << 27);
    buf_add_str(&out, buf_str(&m->body));
    buf_add_str(&out, buf_str(&m->directory));
    buf_add(&out, "PK\5\6\0\0\0\0", 8);
    little(&out, m->n & 0xffff, 2);
    little(&out, m->n & 0xffff, 2);
    little(&out, m->directory.n, 4);
    little(&out, m->body.n, 4);
    little(&out, 0, 2);
    struct str all = arena_str(arena, buf_str(&out));
    buf_free(&out);
    buf_free(&m->body);
    buf_free(&m->directory);
    return all;
}

static const char *walk_zip(struct str archive, const char *wanted)
{
    struct view_file f = view_file_memory(STR("x.zip"), archive);
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_zip_file(&f, &v);
    if (status < 0)
        return arena_printf(arena, "%s: %s", err_name(status), err_text()).p;
    return walk(arena, v, wanted);
}

static const char *const three[] = {
    "a.txt", "alpha alpha alpha alpha alpha", "d/b.txt", "beta", "c.bin", "no", NULL};
#define THREE "x.zip!/a.txt=alpha alpha alpha alpha alpha\nx.zip!/d/b.txt=beta\n"

static void zip_gives_wanted_files(void **state)
{
    (void)state;
    assert_string_equal(walk_zip(real_zip("compression=deflate", three), "**/*.txt"), THREE);
    assert_string_equal(walk_zip(real_zip("compression=store", three), "**/*.txt"), THREE);
    assert_string_equal(walk_zip(real_zip("zip64", three), "**/*.txt"), THREE);
}

static void zip_by_path_has_plain_names(void **state)
{
    (void)state;
    struct str archive = real_zip("compression=deflate", three);
    assert_int_equal(file_replace(at("three.zip"), archive, 0644), 0);
    _cleanup_(view_cleanup) struct view *v = NULL;
    assert_int_equal(view_open_zip(at("three.zip"), &v), 0);
    assert_string_equal(walk(arena, v, "**/*.txt"), "a.txt=alpha alpha alpha alpha alpha\nd/b.txt=beta\n");
    assert_int_equal(v->files, 3);
}

static void zip_may_have_bytes_in_front(void **state)
{
    (void)state;
    struct str archive = real_zip("compression=deflate", three);
    archive = arena_printf(arena, "#!/bin/sh\nexec java -jar \"$0\"\n%s", "");
    struct str tail = real_zip("compression=deflate", three);
    char *both = arena_alloc(arena, archive.n + tail.n);
    memcpy(both, archive.p, archive.n);
    memcpy(both + archive.n, tail.p, tail.n);
    assert_string_equal(walk_zip((struct str){both, archive.n + tail.n}, "**/*.txt"), THREE);
}

static void zip_unpacks_zstd(void **state)
{
    (void)state;
    char packed[256];
    size_t n = ZSTD_compress(packed, sizeof packed, "zzzzzzzzzz", 10, 3);
    struct maker m = maker_new();
    add(&m, (struct member){STR("z.txt"),
                            {packed, n},
                            .method = 93,
                            .size = 10,
                            .crc = crc32_gzip_refl(0, (const unsigned char *)"zzzzzzzzzz", 10)});
    assert_string_equal(walk_zip(finish(&m), "**/*.txt"), "x.zip!/z.txt=zzzzzzzzzz\n");
}

static struct member stored(const char *name, const char *content)
{
    return (struct member){str_from(name), str_from(content)};
}

static void zip_names_are_cleaned(void **state)
{
    (void)state;
    struct maker m = maker_new();
    add(&m, stored("../../etc/up.txt", "1"));
    add(&m, stored("/absolute.txt", "2"));
    add(&m, stored("a/./b//../c.txt", "3"));
    add(&m, stored("win\\dows.txt", "4"));
    add(&m, (struct member){{"nul\0.txt", 8}, STR("5")});
    add(&m, stored("folder.txt/", ""));
    add(&m, (struct member){STR("link.txt"), STR("/etc/passwd"), .mode = 0120777});
    assert_string_equal(walk_zip(finish(&m), "**/*.txt"), "!x.zip!/: invalid: a name with a NUL byte\n"
                                                          "x.zip!/a/c.txt=3\n"
                                                          "x.zip!/absolute.txt=2\n"
                                                          "x.zip!/etc/up.txt=1\n"
                                                          "x.zip!/win/dows.txt=4\n");
}

static void zip_reports_entries_it_cannot_read(void **state)
{
    (void)state;
    struct maker m = maker_new();
    add(&m, (struct member){STR("a.txt"), STR("secret"), .flags = 1});
    add(&m, (struct member){STR("b.txt"), STR("BZh"), .method = 12});
    add(&m, (struct member){STR("c.txt"), STR("\xff\xff\xff"), .method = 8});
    add(&m, (struct member){STR("d.txt"), STR("wrong sum"), .crc = 1});
    add(&m, (struct member){STR("e.txt"), STR("far"), .offset = 99999999});
    add(&m, (struct member){STR("f.txt"), STR("long"), .size = 5});
    add(&m, (struct member){STR("g.txt"), STR(""), .packed = 1000000, .size = 1000000});
    add(&m, stored("h.txt", "good"));
    assert_string_equal(walk_zip(finish(&m), "**/*.txt"),
                        "!x.zip!/h.txt: invalid: zip: the entry overlaps another one\n"
                        "x.zip!/a.txt: unsupported: zip: the entry is encrypted\n"
                        "x.zip!/b.txt: unsupported: zip: compression method 12\n"
                        "x.zip!/c.txt: invalid: damaged deflate data\n"
                        "x.zip!/d.txt: invalid: zip: the checksum differs\n"
                        "x.zip!/e.txt: invalid: zip: the entry lies behind the end of the archive\n"
                        "x.zip!/f.txt: invalid: zip: a stored entry of two sizes\n"
                        "x.zip!/g.txt: invalid: zip: the entry ends behind the archive: it was cut short\n");
}

static void zip_offers_duplicates_and_says_so(void **state)
{
    (void)state;
    struct maker m = maker_new();
    add(&m, stored("same.txt", "1"));
    add(&m, stored("same.txt", "2"));
    add(&m, stored("./same.txt", "3"));
    assert_string_equal(
        walk_zip(finish(&m), "**/*.txt"),
        "!x.zip!/same.txt: invalid: zip: the archive has several entries of this name; all are read\n"
        "x.zip!/same.txt=1\nx.zip!/same.txt=2\nx.zip!/same.txt=3\n");
}

static void zip_refuses_overlapping_entries(void **state)
{
    (void)state;
    struct maker m = maker_new();
    add(&m, stored("0.bin", "."));
    uint32_t offset = (uint32_t)m.body.n;
    add(&m, stored("a.txt", "data"));
    add(&m, (struct member){STR("b.txt"), STR("data"), .offset = offset, .no_body = true});
    add(&m, (struct member){STR("c.txt"), STR("data"), .offset = offset + 1, .no_body = true});
    const char *got = walk_zip(finish(&m), "**/*.txt");
    assert_non_null(strstr(got, "!x.zip!/c.txt: invalid: zip: the entry overlaps another one\n"));
    assert_non_null(strstr(got, "!x.zip!/b.txt: invalid: zip: the entry overlaps another one\n"));
    assert_non_null(strstr(got, "x.zip!/a.txt=data\n"));
}

/* 40 MiB of zeros in a few hundred bytes of deflate, and the same claimed to be small. */
static void zip_stops_bombs(void **state)
{
    (void)state;
    size_t n = (size_t)40 << 20;
    char *zeros = calloc(n + 1, 1);
    size_t size = ZSTD_compressBound(n), used;
    char *packed = malloc(size);
    used = ZSTD_compress(packed, size, zeros, n, 3);
    struct maker m = maker_new();
    uint32_t crc = crc32_gzip_refl(0, (const unsigned char *)zeros, n);
    add(&m, (struct member){STR("bomb.txt"), {packed, used}, .method = 93, .size = (uint32_t)n, .crc = crc});
    add(&m, (struct member){STR("lying.txt"), {packed, used}, .method = 93, .size = 1000, .crc = crc});
    add(&m, stored("small.txt", "still read"));
    free(zeros);
    free(packed);
    assert_string_equal(walk_zip(finish(&m), "**/*.txt"),
                        "x.zip!/bomb.txt: limit: larger than 1048576 bytes\n"
                        "x.zip!/lying.txt: invalid: more bytes than the stated 1000\n"
                        "x.zip!/small.txt=still read\n");
}

static void read_one_byte(struct view_file *f)
{
    char c;
    size_t n;
    if (view_file_read_at(f, 0, &c, 1, &n) < 0)
        err_context(ERR_LIMIT, "%.*s", STR_ARG(f->path));
    else
        err_set(ERR_LIMIT, "read");
}

static bool wants_all(void *ctx, struct str path, uint64_t size)
{
    (void)ctx, (void)path, (void)size;
    return true;
}

static void keep_error(void *ctx, struct view_file *f)
{
    struct str *to = ctx;
    read_one_byte(f);
    *to = arena_printf(arena, "%.*s%s\n", STR_ARG(*to), err_text());
}

static const char *errors_of(struct str archive)
{
    struct view_file f = view_file_memory(STR("x.zip"), archive);
    _cleanup_(view_cleanup) struct view *v = NULL;
    struct str errors = STR("");
    const struct view_visitor visitor = {wants_all, keep_error, NULL, &errors};
    assert_int_equal(view_open_zip_file(&f, &v), 0);
    assert_int_equal(view_walk(v, &visitor), 0);
    return errors.p;
}

static void zip_caps_ratio_and_bytes(void **state)
{
    (void)state;
    size_t n = (size_t)20 << 20;
    char *zeros = calloc(n, 1), packed[4096];
    size_t used = ZSTD_compress(packed, sizeof packed, zeros, n, 3);
    uint32_t crc = crc32_gzip_refl(0, (const unsigned char *)zeros, n);
    free(zeros);
    struct maker m = maker_new();
    add(&m, (struct member){STR("bomb"), {packed, used}, .method = 93, .size = (uint32_t)n, .crc = crc});
    struct str bomb = finish(&m);
    assert_string_equal(errors_of(bomb), "x.zip!/bomb: unpacks to more than 200 times its size\n");
    uint64_t bytes = view_limits.bytes;
    unsigned ratio = view_limits.ratio;
    view_limits.ratio = 1000000;
    assert_string_equal(errors_of(bomb), "read\n");
    view_limits.bytes = 1 << 20;
    assert_string_equal(errors_of(bomb), "x.zip!/bomb: more than 1048576 bytes unpacked\n");
    view_limits.bytes = bytes;
    view_limits.ratio = ratio;
}

static void zip_caps_entries(void **state)
{
    (void)state;
    uint64_t old = view_limits.files;
    struct maker m = maker_new();
    for (int i = 0; i < 10; i++)
        add(&m, stored(arena_printf(arena, "%d.txt", i).p, "x"));
    view_limits.files = 3;
    assert_string_equal(walk_zip(finish(&m), "**/2.txt"),
                        "!x.zip!/: limit: zip: more than 3 entries; the rest is not read\nx.zip!/2.txt=x\n");
    view_limits.files = old;
}

/* An archive in an archive in an archive ...: visited through the views until the cap stops it. */
struct nest {
    unsigned deepest;
    int status;
    uint64_t unpacked;
};

static void dive(void *ctx, struct view_file *f)
{
    struct nest *n = ctx;
    _cleanup_(view_cleanup) struct view *v = NULL;
    const struct view_visitor visitor = {wants_all, dive, NULL, n};
    if (f->depth > n->deepest)
        n->deepest = f->depth;
    if (f->budget)
        n->unpacked = f->budget->unpacked;
    int status = view_open_zip_file(f, &v);
    if (status < 0)
        n->status = status;
    else
        view_walk(v, &visitor);
}

static void zip_caps_nesting(void **state)
{
    (void)state;
    struct str archive = STR("not a zip");
    for (int i = 0; i < 20; i++) {
        struct maker m = maker_new();
        add(&m, (struct member){STR("in.zip"), archive});
        archive = finish(&m);
    }
    struct nest n = {0};
    struct view_file f = view_file_memory(STR("x.zip"), archive);
    dive(&n, &f);
    assert_int_equal(n.deepest, view_limits.depth);
    assert_int_equal(n.status, ERR_LIMIT);
    assert_string_equal(err_text(), "archives nested deeper than 8 levels");
}

static void zip_must_be_one(void **state)
{
    (void)state;
    assert_string_equal(walk_zip(STR(""), "*"), "invalid: zip: no central directory");
    assert_string_equal(walk_zip(STR("PK\3\4 cut short"), "*"), "invalid: zip: no central directory");
    struct str whole = real_zip("compression=deflate", three);
    for (size_t n = 0; n < whole.n; n++) /* cut anywhere: never a file, never a crash */
        assert_null(strstr(walk_zip(arena_str(arena, str_slice(whole, 0, n)), "**/*.txt"), "="));
}

/* Every byte of the archive changed, one at a time: any result, but no fault (the sanitizers watch). */
static void zip_survives_damage(void **state)
{
    (void)state;
    struct str whole = real_zip("compression=deflate", three);
    char *copy = malloc(whole.n);
    for (size_t i = 0; i < whole.n; i++) {
        memcpy(copy, whole.p, whole.n);
        copy[i] ^= (char)(1 << i % 8);
        walk_zip((struct str){copy, whole.n}, "**/*.txt");
    }
    free(copy);
}

static void zip_reads_large_entries(void **state)
{
    (void)state;
    size_t n = (size_t)6 << 20; /* beyond what a spool keeps in memory */
    char *data = malloc(n), *packed = malloc(ZSTD_compressBound(n));
    for (size_t i = 0; i < n; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    size_t used = ZSTD_compress(packed, ZSTD_compressBound(n), data, n, 1);
    struct maker m = maker_new();
    add(&m, (struct member){STR("big"),
                            {packed, used},
                            .method = 93,
                            .size = (uint32_t)n,
                            .crc = crc32_gzip_refl(0, (const unsigned char *)data, n)});
    struct str archive = finish(&m);
    assert_string_equal(errors_of(archive), "read\n");
    free(data);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(zip_gives_wanted_files),
        TEST(zip_by_path_has_plain_names),
        TEST(zip_may_have_bytes_in_front),
        TEST(zip_unpacks_zstd),
        TEST(zip_names_are_cleaned),
        TEST(zip_reports_entries_it_cannot_read),
        TEST(zip_offers_duplicates_and_says_so),
        TEST(zip_refuses_overlapping_entries),
        TEST(zip_stops_bombs),
        TEST(zip_caps_ratio_and_bytes),
        TEST(zip_caps_entries),
        TEST(zip_caps_nesting),
        TEST(zip_must_be_one),
        TEST(zip_survives_damage),
        TEST(zip_reads_large_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
