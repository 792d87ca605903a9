/* Views of images: layers written by libarchive, laid out as OCI folders, OCI tars and docker archives;
 * hostile ones too. */
#include <fcntl.h>
#include <isa-l/crc.h>
#include <unistd.h>

#include "image_util.h"
#include "view/stream.h"

static const char *walk_image(const char *path, const char *platform, const char *wanted)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_image(at(path), platform, &v);
    if (status < 0) {
        const char *text = strstr(err_text(), path);
        return arena_printf(arena, "%s: %s", err_name(status), text ? text : err_text()).p;
    }
    return walk(arena, v, wanted);
}

/* What a stack of layers gives, lowest first, in every format and compression. */
static void stack_gives(const struct entry *const *layers, size_t n, const char *expected)
{
    for (int i = 0; i < 9; i++) {
        struct made made[8];
        for (size_t l = 0; l < n; l++)
            made[l] = make(layers[l], i / 3, i % 3);
        const char *folder = arena_printf(arena, "image%d", i).p;
        put_layout(folder, made, n);
        const char *got = walk_image(folder, NULL, "**/*.txt");
        if (strcmp(got, expected))
            fail_msg("format %d, compression %d:\n%swanted:\n%s", i / 3, i % 3, got, expected);
    }
}
#define STACK(expected, ...)                                                                                 \
    stack_gives((const struct entry *const[]){__VA_ARGS__},                                                  \
                sizeof((const struct entry *const[]){__VA_ARGS__}) / sizeof(void *), expected)

#define LONG20 "aaaaaaaaaaaaaaaaaaaa"
#define LONG_DIR                                                                                             \
    LONG20 LONG20 "/" LONG20 LONG20 "/" LONG20 LONG20 "/" LONG20 LONG20 /* fits ustar: prefix and name */

static void image_gives_files_of_all_layers(void **state)
{
    (void)state;
    STACK("a.txt=1\n" LONG_DIR "/b.txt=2\ndir/c.txt=3\n",
          ((const struct entry[]){{'d', "dir/", NULL}, {'f', "a.txt", "1"}, {'f', "x.bin", "no"}, {0}}),
          ((const struct entry[]){{'f', LONG_DIR "/b.txt", "2"}, {'f', "./dir/c.txt", "3"}, {0}}));
}

static void image_upper_layers_hide_lower_ones(void **state)
{
    (void)state;
    STACK(
        "a.txt=new\nd/3.txt=kept\ndir/f.txt=upper\nf2.txt=f2\nlink/1.txt=hidden by no one\nopq/new.txt=in\n",
        ((const struct entry[]){{'f', "a.txt", "old"},
                                {'f', "gone.txt", "old"},
                                {'f', "d/1.txt", "old"},
                                {'f', "d/2/x.txt", "old"},
                                {'f', "d/3.txt", "kept"},
                                {'f', "opq/old.txt", "old"},
                                {'f', "opq/sub/old.txt", "old"},
                                {'f', "dir/f.txt/under.txt", "old"},
                                {'f', "sym/under.txt", "old"},
                                {'f', "bin/under.txt", "old"},
                                {'f', "link/1.txt", "hidden by no one"},
                                {'f', "f2.txt", "f2"},
                                {'f', "g.txt", "file where a directory comes"},
                                {0}}),
        ((const struct entry[]){{'f', "opq/middle.txt", "old"}, {0}}),
        ((const struct entry[]){{'f', "a.txt", "new"},
                                {'f', ".wh.gone.txt", ""},
                                {'f', "d/.wh.1.txt", ""},
                                {'f', "d/.wh.2", ""},
                                {'f', "opq/new.txt", "in"},
                                {'f', "opq/.wh..wh..opq", ""},
                                {'f', "dir/f.txt", "upper"},
                                {'l', "sym", "elsewhere"},
                                {'f', "bin", "a file, not wanted"},
                                {'d', "g.txt/", NULL},
                                {'f', ".wh..wh.plnk", ""},
                                {0}}));
}

static void image_whiteouts_spare_their_own_layer(void **state)
{
    (void)state;
    STACK("d/1.txt=again\nd/2.txt=again\n",
          ((const struct entry[]){{'f', "d/1.txt", "old"}, {'f', "d/0.txt", "old"}, {0}}),
          ((const struct entry[]){{'f', ".wh.d", ""}, {'f', "d/1.txt", "again"}, {0}}),
          ((const struct entry[]){{'f', "d/2.txt", "again"}, {0}}));
    STACK("a.txt=1\n", ((const struct entry[]){{'f', "b.txt", "old"}, {0}}),
          ((const struct entry[]){{'f', "a.txt", "1"}, {'f', ".wh..wh..opq", ""}, {0}}));
}

static void image_names_are_cleaned(void **state)
{
    (void)state;
    STACK("!x.txt: missing: a hard link to etc/shadow, which its layer "
          "lacks\nabsolute.txt=2\nd/c.txt=3\netc/up.txt=1\n",
          ((const struct entry[]){{'f', "../../etc/up.txt", "1"},
                                  {'f', "/absolute.txt", "2"},
                                  {'f', "d/x/../c.txt", "3"},
                                  {'h', "x.txt", "../../../etc/shadow"},
                                  {'l', "y.txt", "../../../etc/passwd"},
                                  {'l', "circle.txt", "circle.txt"},
                                  {'c', "dev.txt", NULL},
                                  {'p', "pipe.txt", NULL},
                                  {0}}));
}

static void image_follows_links_inside(void **state)
{
    (void)state;
    STACK("direct.txt=lower\nhard.txt=data\nhard2.txt=data\nlink.txt=lower\nup/over.txt=upper\n",
          ((const struct entry[]){{'f', "store/lower.dat", "lower"},
                                  {'f', "store/both.dat", "old"},
                                  {'f', "store/gone.dat", "gone"},
                                  {'f', "file.dat", "data"},
                                  {'h', "hard.txt", "file.dat"},
                                  {'h', "hard2.txt", "./file.dat"},
                                  {'h', "hidden.txt", "file.dat"},
                                  {0}}),
          ((const struct entry[]){{'l', "link.txt", "/store/lower.dat"},
                                  {'l', "direct.txt", "store/../store/lower.dat"},
                                  {'l', "up/over.txt", "../store/both.dat"},
                                  {'l', "dead.txt", "store/gone.dat"},
                                  {'f', "store/both.dat", "upper"},
                                  {'f', "store/.wh.gone.dat", ""},
                                  {'f', ".wh.hidden.txt", ""},
                                  {0}}));
}

static void image_names_layers(void **state)
{
    (void)state;
    struct made made[2] = {make((const struct entry[]){{'f', "a.txt", "1"}, {0}}, 0, 1),
                           make((const struct entry[]){{'f', "b.txt", "2"}, {0}}, 0, 2)};
    put_layout("image", made, 2);
    _cleanup_(view_cleanup) struct view *v = NULL;
    assert_int_equal(view_open_image(at("image"), NULL, &v), 0);
    assert_int_equal(v->n_layers, 2);
    assert_true(str_eq(v->layers[0], made[0].diff_id));
    assert_true(str_eq(v->layers[1], made[1].diff_id));
    assert_string_equal(walk(arena, v, "*.txt"), "a.txt=1\nb.txt=2\n");
    assert_int_equal(v->files, 2);
    assert_string_equal(walk(arena, v, "b.txt"), "b.txt=2\n");
}

/* The folder as a tar file. */
static void tar_up(const char *folder, const char *to)
{
    assert_int_equal(system(arena_printf(arena, "cd %s/%s && tar -cf ../%s *", temp, folder, to).p), 0);
}

static struct str packed(struct str plain, int filter)
{
    size_t size = plain.n + 65536, used;
    char *to = arena_alloc(arena, size);
    struct archive *a = archive_write_new();
    archive_write_set_format_raw(a);
    filters[filter](a);
    archive_write_set_bytes_per_block(a, 0);
    archive_write_open_memory(a, to, size, &used);
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_filetype(e, AE_IFREG);
    archive_write_header(a, e);
    archive_write_data(a, plain.p, plain.n);
    archive_entry_free(e);
    archive_write_free(a);
    return (struct str){to, used};
}

static void image_may_be_a_tar(void **state)
{
    (void)state;
    struct made made[2] = {make((const struct entry[]){{'f', "a.txt", "1"}, {0}}, 0, 1),
                           make((const struct entry[]){{'f', "b.txt", "2"}, {0}}, 1, 0)};
    put_layout("image", made, 2);
    tar_up("image", "image.tar");
    assert_string_equal(walk_image("image.tar", NULL, "*.txt"), "a.txt=1\nb.txt=2\n");
    struct str plain;
    assert_int_equal(file_read(arena, at("image.tar"), 1 << 20, &plain), 0);
    for (int filter = 1; filter < FILTERS; filter++) {
        put_bytes("image.packed", packed(plain, filter));
        assert_string_equal(walk_image("image.packed", NULL, "*.txt"), "a.txt=1\nb.txt=2\n");
    }
}

static void put_docker(const char *folder, const struct made *layers)
{
    struct str config = arena_printf(
        arena, "{\"os\":\"linux\",\"architecture\":\"arm64\",\"rootfs\":{\"diff_ids\":[\"%s\",\"%s\"]}}",
        layers[0].diff_id.p, layers[1].diff_id.p);
    put_bytes(arena_printf(arena, "%s/%s.json", folder, sha(config).p + 7).p, config);
    put_bytes(arena_printf(arena, "%s/1/layer.tar", folder).p, layers[0].bytes);
    put_bytes(arena_printf(arena, "%s/2/real.tar", folder).p, layers[1].bytes);
    assert_int_equal(symlink("../2/real.tar", at(arena_printf(arena, "%s/1/link.tar", folder).p)), 0);
    put_bytes(
        arena_printf(arena, "%s/manifest.json", folder).p,
        arena_printf(
            arena,
            "[{\"Config\":\"%s.json\",\"RepoTags\":[\"x:1\"],\"Layers\":[\"1/layer.tar\",\"1/link.tar\"]}]",
            sha(config).p + 7));
}

static void image_may_be_a_docker_archive(void **state)
{
    (void)state;
    struct made made[2] = {make((const struct entry[]){{'f', "a.txt", "1"}, {0}}, 0, 0),
                           make((const struct entry[]){{'f', "b.txt", "2"}, {0}}, 0, 0)};
    put_docker("image", made);
    tar_up("image", "image.tar");
    assert_string_equal(walk_image("image.tar", NULL, "*.txt"), "a.txt=1\nb.txt=2\n");
    assert_string_equal(walk_image("image", NULL, "*.txt"), "a.txt=1\nb.txt=2\n");
    assert_string_equal(walk_image("image.tar", "linux/arm64", "*.txt"), "a.txt=1\nb.txt=2\n");
    assert_string_equal(walk_image("image.tar", "linux/amd64", "*.txt"),
                        "missing: image.tar: the image is not for linux/amd64, but for: linux/arm64");
    put_bytes("image/manifest.json",
              STR("[{\"Config\":\"a\",\"RepoTags\":[\"x:1\"]},{\"Config\":\"b\",\"RepoTags\":[\"y:2\"]}]"));
    assert_string_equal(walk_image("image", NULL, "*.txt"),
                        "unsupported: image: holds several images, save them one at a time: x:1, y:2");
}

static void image_is_chosen_by_platform(void **state)
{
    (void)state;
    static const char *const archs[] = {"amd64", "arm64", "arm"};
    struct str list = STR("");
    for (int i = 0; i < 3; i++) {
        struct made m = make((const struct entry[]){{'f', "arch.txt", archs[i]}, {0}}, 0, 1);
        struct str digest = put_image("image", archs[i], &m, 1);
        list = arena_printf(
            arena, "%.*s%s{\"digest\":\"%s\",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"%s}}",
            STR_ARG(list), i ? "," : "", digest.p, archs[i], i == 2 ? ",\"variant\":\"v7\"" : "");
    }
    list = arena_printf(
        arena, "%.*s,{\"digest\":\"%s\",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}",
        STR_ARG(list), put_blob("image", STR("{}")).p);
    struct str index = put_blob("image", arena_printf(arena, "{\"manifests\":[%.*s]}", STR_ARG(list)));
    put_index("image", arena_printf(arena, "{\"digest\":\"%s\"}", index.p).p);
    assert_string_equal(walk_image("image", "linux/amd64", "*.txt"), "arch.txt=amd64\n");
    assert_string_equal(walk_image("image", "linux/arm64/v8", "*.txt"), "arch.txt=arm64\n");
    assert_string_equal(walk_image("image", "linux/arm", "*.txt"), "arch.txt=arm\n");
    assert_string_equal(
        walk_image("image", "linux/s390x", "*.txt"),
        "missing: image: the image is not for linux/s390x, but for: linux/amd64, linux/arm64, linux/arm/v7");
}

static void image_says_when_digests_lie(void **state)
{
    (void)state;
    struct made good = make((const struct entry[]){{'f', "a.txt", "1"}, {0}}, 0, 1);
    struct made other = make((const struct entry[]){{'f', "b.txt", "2"}, {0}}, 0, 1);
    struct made lying = good;
    lying.diff_id = other.diff_id;
    put_layout("diff", &lying, 1);
    assert_string_equal(
        walk_image("diff", NULL, "*.txt"),
        arena_printf(arena,
                     "!layer %s: invalid: the layer does not have the diff id that the configuration "
                     "states\na.txt=1\n",
                     lying.diff_id.p)
            .p);
    put_layout("blob", &good, 1);
    put_bytes(arena_printf(arena, "blob/blobs/sha256/%s", good.digest.p + 7).p, other.bytes);
    assert_string_equal(
        walk_image("blob", NULL, "*.txt"),
        arena_printf(arena, "!layer %s: invalid: the layer's file does not have the digest %s\nb.txt=2\n",
                     good.diff_id.p, good.digest.p)
            .p);
    struct str manifest = put_image("manifest", "amd64", &good, 1);
    put_index("manifest", arena_printf(arena, "{\"digest\":\"%s\"}", manifest.p).p);
    put_bytes(arena_printf(arena, "manifest/blobs/sha256/%s", manifest.p + 7).p, STR("{\"layers\":[]}"));
    assert_non_null(strstr(walk_image("manifest", NULL, "*.txt"), "does not have the digest"));
}

static void image_reads_what_is_left_of_cut_layers(void **state)
{
    (void)state;
    const struct entry entries[] = {{'f', "a.txt", "1"}, {'f', "b.txt", "2"}, {0}};
    for (int filter = 0; filter < 3; filter++) {
        struct made made[2] = {make(entries, 0, filter),
                               make((const struct entry[]){{'f', "c.txt", "3"}, {0}}, 0, 1)};
        const char *folder = arena_printf(arena, "cut%d", filter).p;
        put_layout(folder, made, 2);
        size_t keep = filter ? made[0].bytes.n - 8 : 2048;
        put_bytes(arena_printf(arena, "%s/blobs/sha256/%s", folder, made[0].digest.p + 7).p,
                  str_slice(made[0].bytes, 0, keep));
        const char *got = walk_image(folder, NULL, "*.txt");
        assert_non_null(strstr(got, arena_printf(arena, "!layer %s: invalid: ", made[0].diff_id.p).p));
        if (filter < 2) /* zstd has all in one block */
            assert_non_null(strstr(got, "a.txt=1\n"));
        assert_non_null(strstr(got, "c.txt=3\n"));
    }
    struct made m = make(entries, 0, 1);
    put_layout("lost", &m, 1);
    unlink(at(arena_printf(arena, "lost/blobs/sha256/%s", m.digest.p + 7).p));
    assert_non_null(strstr(walk_image("lost", NULL, "*.txt"), "missing: the image lacks blobs/sha256/"));
}

static void image_caps_hold(void **state)
{
    (void)state;
    struct view_limits old = view_limits;
    struct made m =
        make((const struct entry[]){{'f', "a.txt", "123456"}, {'f', "b.txt", "1"}, {'f', "c.txt", "1"}, {0}},
             1, 1);
    put_layout("image", &m, 1);
    const char *layer = arena_printf(arena, "!layer %s: limit: ", m.diff_id.p).p;
    view_limits.files = 2;
    assert_string_equal(
        walk_image("image", NULL, "*.txt"),
        arena_printf(arena, "%smore than 2 files; the rest is not read\na.txt=123456\nb.txt=1\n", layer).p);
    view_limits = old;
    view_limits.bytes = 1000;
    assert_string_equal(walk_image("image", NULL, "*.txt"),
                        arena_printf(arena, "%smore than 1000 bytes unpacked\n", layer).p);
    view_limits = old;
    view_limits.file_bytes = 5;
    assert_string_equal(walk_image("image", NULL, "a.txt"), "a.txt: limit: larger than 5 bytes\n");
    view_limits = old;

    size_t n = (size_t)20 << 20;
    char *zeros = calloc(n + 1, 1);
    memset(zeros, ' ', n);
    struct archive *a = archive_write_new();
    size_t used, size = 1 << 20;
    char *to = arena_alloc(arena, size);
    archive_write_set_format_pax(a);
    archive_write_add_filter_gzip(a);
    archive_write_open_memory(a, to, size, &used);
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, "bomb.bin");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (int64_t)n);
    archive_write_header(a, e);
    archive_write_data(a, zeros, n);
    archive_entry_free(e);
    archive_write_free(a);
    free(zeros);
    struct made bomb = {.bytes = {to, used}, .digest = sha((struct str){to, used}), .diff_id = m.diff_id};
    put_layout("bomb", &bomb, 1);
    assert_string_equal(walk_image("bomb", NULL, "*.txt"),
                        arena_printf(arena, "%sunpacks to more than 200 times its size\n", layer).p);
}

static void image_must_be_one(void **state)
{
    (void)state;
    put("empty/x", "");
    put("junk", "this is neither an archive nor an image, but it is longer than 512 bytes so that it has a "
                "header: " LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20
                    LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20 LONG20);
    put("bad/index.json", "{\"manifests\":[{\"digest\":\"sha256:../../../etc/passwd\"}]}");
    put("none/index.json", "{\"manifests\":[]}");
    assert_string_equal(walk_image("empty", NULL, "*"),
                        "unsupported: empty: not an image: neither index.json nor manifest.json");
    assert_string_equal(walk_image("junk", NULL, "*"), "invalid: junk: tar: not a number before byte 512");
    assert_string_equal(walk_image("bad", NULL, "*"),
                        "unsupported: bad: not a sha256 digest: 'sha256:../../../etc/passwd'");
    assert_string_equal(walk_image("none", NULL, "*"),
                        "missing: none: the index names no image that is here");
    assert_non_null(strstr(walk_image("absent", NULL, "*"), "absent: no such file or directory"));
}

/* gzip of several members, zstd of several frames and xz of several streams, with boundaries at every place
 * of a small block. */
static void streams_join_members(void **state)
{
    (void)state;
    for (int filter = 1; filter < FILTERS; filter++)
        for (int n = 0; n < 40; n++) {
            struct buf all = buf_new(1 << 20), plain = buf_new(1 << 20);
            for (int i = 0; i < 5; i++) {
                struct str part = arena_printf(arena, "%0*d-%d\n", n * 7 + 1, i, i);
                buf_add_str(&all, packed(part, filter));
                buf_add_str(&plain, part);
            }
            put_bytes("members", buf_str(&all));
            _cleanup_fd_ int fd = open(at("members"), O_RDONLY);
            struct view_budget budget = {0};
            const struct blob blob = {fd, 0, all.n};
            struct stream *s = stream_open(&blob, &budget);
            struct stream_digests got;
            unsigned char hex[SHA256_HEX + 1];
            int status = stream_finish(s, &got);
            if (status < 0)
                fail_msg("filter %d, %d: %s", filter, n, err_text());
            sha256_hex(got.plain, (char *)hex);
            assert_string_equal((char *)hex, sha(buf_str(&plain)).p + 7);
            sha256_hex(got.packed, (char *)hex);
            assert_string_equal((char *)hex, sha(buf_str(&all)).p + 7);
            assert_int_equal(budget.unpacked, plain.n);
            stream_free(s);
            buf_free(&all);
            buf_free(&plain);
        }
}

static int unpack_all(struct str bytes)
{
    put_bytes("packed", bytes);
    _cleanup_fd_ int fd = open(at("packed"), O_RDONLY);
    struct view_budget budget = {.packed = bytes.n};
    const struct blob blob = {.fd = fd, .size = bytes.n};
    struct stream_digests ignored;
    _cleanup_(stream_cleanup) struct stream *s = stream_open(&blob, &budget);
    return stream_finish(s, &ignored);
}

/* An xz stream that states another size of its dictionary: the byte in the header of its first block (The .xz
 * File Format, 3.1 and 5.3.1), which is behind twelve bytes of the stream's and has a checksum of its own. */
static struct str with_dictionary(struct str xz, unsigned char size)
{
    char *copy = arena_alloc(arena, xz.n);
    memcpy(copy, xz.p, xz.n);
    assert_memory_equal(copy + 12, "\x02\x00\x21\x01", 4);
    copy[16] = (char)size;
    uint32_t crc = crc32_gzip_refl(0, (unsigned char *)copy + 12, 8);
    for (int i = 0; i < 4; i++)
        copy[20 + i] = (char)(crc >> 8 * i);
    return (struct str){copy, xz.n};
}

static void streams_of_xz_have_limits(void **state)
{
    (void)state;
    enum { MIB_64 = 28, MIB_96 = 29 };
    struct str good = packed(STR("some text, some text, some text"), 3);
    assert_int_equal(unpack_all(good), 0);
    assert_int_equal(unpack_all(with_dictionary(good, MIB_64)), 0);
    assert_int_equal(unpack_all(with_dictionary(good, MIB_96)), ERR_LIMIT);
    for (size_t n = 6; n < good.n; n++)
        assert_int_equal(unpack_all(str_slice(good, 0, n)), ERR_INVALID);
    char *behind = arena_alloc(arena, good.n + 4);
    memcpy(behind, good.p, good.n);
    memcpy(behind + good.n, "text", 4);
    assert_int_equal(unpack_all((struct str){behind, good.n + 4}), ERR_INVALID);
    size_t n = (size_t)20 << 20;
    char *zeros = calloc(n, 1);
    assert_int_equal(unpack_all(packed((struct str){zeros, n}, 3)), ERR_LIMIT);
    free(zeros);
    assert_int_equal(unpack_all(STR("BZh91AY&SY")), ERR_UNSUPPORTED);
}

/* Every byte of an image tar changed, one at a time, and cut everywhere: any result, but no fault. */
static void image_survives_damage(void **state)
{
    (void)state;
    struct made made = make((const struct entry[]){{'f', "a.txt", "1"}, {'h', "b.txt", "x"}, {0}}, 0, 0);
    put_layout("image", &made, 1);
    tar_up("image", "image.tar");
    struct str whole;
    assert_int_equal(file_read(arena, at("image.tar"), 1 << 20, &whole), 0);
    char *copy = malloc(whole.n);
    for (size_t i = 0; i < whole.n; i += 13) {
        memcpy(copy, whole.p, whole.n);
        copy[i] ^= (char)(1 << i % 8);
        put_bytes("damaged.tar", (struct str){copy, whole.n});
        walk_image("damaged.tar", NULL, "*.txt");
        put_bytes("damaged.tar", (struct str){copy, i});
        walk_image("damaged.tar", NULL, "*.txt");
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(image_gives_files_of_all_layers),
        TEST(image_upper_layers_hide_lower_ones),
        TEST(image_whiteouts_spare_their_own_layer),
        TEST(image_names_are_cleaned),
        TEST(image_follows_links_inside),
        TEST(image_names_layers),
        TEST(image_may_be_a_tar),
        TEST(image_may_be_a_docker_archive),
        TEST(image_is_chosen_by_platform),
        TEST(image_says_when_digests_lie),
        TEST(image_reads_what_is_left_of_cut_layers),
        TEST(image_caps_hold),
        TEST(image_must_be_one),
        TEST(streams_join_members),
        TEST(streams_of_xz_have_limits),
        TEST(image_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
