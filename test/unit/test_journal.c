/* Journals of ext3 and ext4 that hold what is not in its place. debugfs writes and replays them; one that a
 * kernel wrote is a seed of the fuzz target. */
#include "disk_util.h"

#include <isa-l/crc.h>

enum { BLOCK = 1024 };

static void debugfs(const char *image, const char *commands)
{
    put("commands", commands);
    run((const char *[]){"debugfs", "-w", "-f", at("commands"), image, NULL});
}

/* The first block with this content. */
static unsigned block_of(const char *image, const char *content)
{
    struct str all;
    assert_int_equal(file_map(image, &all), 0);
    ptrdiff_t found = str_find_str(all, str_from(content));
    file_unmap(all);
    assert_true(found > 0);
    return (unsigned)(found / BLOCK);
}

static const char *seen(const char *image)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    if (view_open_disk(image, &v) < 0)
        fail_msg("%s", err_text());
    return walk(arena, v, "*");
}

/* A file system with the files a, b, c and d, whose content is a line of their name. */
static const char *make(const char *options)
{
    put("root/etc/os-release", "ID=debian\n");
    put("twice", arena_printf(arena, "%-*s%-*s", BLOCK, "new", BLOCK, "new").p);
    put("new", arena_printf(arena, "%-*s", BLOCK, "new").p);
    put("other", arena_printf(arena, "%-*s", BLOCK, "other").p);
    /* A block that begins as those of the journal do is escaped in it. */
    put("magic", arena_printf(arena, "\xc0\x3b\x39\x98%-*s", BLOCK - 4, "content").p);
    for (const char *name = "abcd"; *name; name++)
        put(arena_printf(arena, "root/%c", *name).p,
            arena_printf(arena, "file %c %-*s", *name, BLOCK - 7, "old").p);
    return make_fs("disk.img", 24, "mkfs.ext4", options, at("root"));
}

static void replayed(void **state)
{
    (void)state;
    static const struct {
        const char *options, *open;
    } kinds[] = {
        {"-b 1024", "jo -c -v 3"},
        {"-b 1024", "jo -c -v 2"},
        {"-b 1024 -O ^metadata_csum,^64bit", "jo"},
        {"-b 1024 -O ^metadata_csum,^64bit,^extent", "jo"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *image = make(kinds[i].options), *copy = at("copy.img");
        unsigned a = block_of(image, "file a"), b = block_of(image, "file b"), c = block_of(image, "file c"),
                 d = block_of(image, "file d");
        /* a is new; b was freed afterwards; c was freed, and then written again; d has what is escaped. */
        debugfs(image,
                arena_printf(
                    arena, "%s\njw -b %u,%u %s\njw -b %u %s\njw -r %u,%u\njw -b %u %s\njw -b %u %s\njc\n",
                    kinds[i].open, a, b, at("twice"), c, at("magic"), b, c, c, at("new"), d, at("magic"))
                    .p);
        struct str all;
        assert_int_equal(file_read(arena, image, 64 << 20, &all), 0);
        assert_int_equal(file_replace(copy, all, 0600), 0);
        debugfs(copy, "jr\n");
        const char *expected = seen(copy);
        assert_non_null(strstr(expected, "a=new"));
        assert_non_null(strstr(expected, "\nb=file b"));
        assert_non_null(strstr(expected, "\nc=new"));
        assert_non_null(strstr(expected, "\nd=\xc0\x3b\x39\x98"));
        assert_string_equal(seen(image), expected);
    }
}

static void what_was_not_committed(void **state)
{
    (void)state;
    const char *image = make("-b 1024");
    unsigned a = block_of(image, "file a"), b = block_of(image, "file b");
    debugfs(
        image,
        arena_printf(arena, "jo -c -v 3\njw -b %u %s\njw -c -b %u %s\njc\n", a, at("new"), b, at("other")).p);
    assert_non_null(strstr(seen(image), "a=new"));
    assert_non_null(strstr(seen(image), "\nb=file b"));
    assert_null(strstr(seen(image), "!"));
    /* Its data need not have arrived. */
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, "O", 1, (off_t)block_of(image, "other") * BLOCK), 1);
    close(fd);
    assert_non_null(strstr(seen(image), "a=new"));
    assert_null(strstr(seen(image), "!"));
}

/* Of three transactions the second one has something wrong in its data, and then in its commit block. */
static void damage(void **state)
{
    (void)state;
    const char *image = make("-b 1024");
    unsigned a = block_of(image, "file a"), b = block_of(image, "file b"), c = block_of(image, "file c");
    debugfs(image, arena_printf(arena, "jo -c -v 3\njw -b %u %s\njw -b %u %s\njw -b %u %s\njc\n", a,
                                at("new"), b, at("other"), c, at("new"))
                       .p);
    off_t data = (off_t)block_of(image, "other") * BLOCK;
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, "O", 1, data), 1);
    const char *walked = seen(image);
    assert_non_null(
        strstr(walked, "!.: unsupported: the disk: its journal has 1 blocks with a wrong checksum"));
    assert_non_null(strstr(walked, "a=new"));
    assert_non_null(strstr(walked, "\nb=file b"));
    assert_non_null(strstr(walked, "\nc=new"));
    assert_int_equal(pwrite(fd, "o", 1, data), 1);
    assert_non_null(strstr(seen(image), "\nb=other"));
    assert_int_equal(pwrite(fd, "x", 1, data + BLOCK + 20), 1);
    walked = seen(image);
    assert_non_null(
        strstr(walked, "replayed only up to where it is damaged: transaction 2 has a wrong checksum"));
    assert_non_null(strstr(walked, "a=new"));
    assert_non_null(strstr(walked, "\nb=file b"));
    assert_non_null(strstr(walked, "\nc=file c"));
    close(fd);
}

static void on_another_device(void **state)
{
    (void)state;
    enum { SUPER = 1024, FEATURES = 0x60, DEVICE = 0xe4 };
    const char *image = make("-b 1024");
    unsigned char features;
    int fd = open(image, O_RDWR);
    assert_int_equal(pread(fd, &features, 1, SUPER + FEATURES), 1);
    features |= 4; /* needs recovery */
    assert_int_equal(pwrite(fd, &features, 1, SUPER + FEATURES), 1);
    assert_null(strstr(seen(image), "!"));
    assert_int_equal(pwrite(fd, "\1", 1, SUPER + DEVICE), 1);
    assert_non_null(strstr(seen(image), "its journal is not replayed: it is on another device"));
    assert_non_null(strstr(seen(image), "a=file a"));
    close(fd);
}

/* Copied while it was mounted, when nothing of what was done last was in its place: a package database
 * written anew, directories made, filled, renamed and removed. */
static void of_a_kernel(void **state)
{
    (void)state;
    static const char *const seeds[] = {"ext/journal", "ext/journal-ext3", "xfs/log", "xfs/log-v1"};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        const char *status = walk_seed(seeds[i], "var/lib/dpkg/*");
        assert_memory_equal(status, "var/lib/dpkg/status=Package: new0\n", 34);
        assert_non_null(strstr(status, "Package: new8\n"));
        assert_string_equal(walk_seed(seeds[i], "etc/*"),
                            "etc/moved=moved\n\netc/os-release=ID=debian\nVERSION_ID=12\n\n");
        assert_string_equal(walk_seed(seeds[i], "*"), "last=last\n\nshrinks=0123456789\n\n");
        assert_string_equal(walk_seed(seeds[i], "gone/**"), "");
        assert_string_equal(walk_seed(seeds[i], "many/*-1?"),
                            "many/a-long-name-for-a-file-11=11\n\nmany/a-long-name-for-a-file-13=13\n\n"
                            "many/a-long-name-for-a-file-15=15\n\nmany/a-long-name-for-a-file-17=17\n\n"
                            "many/a-long-name-for-a-file-19=19\n\n");
        assert_string_equal(walk_seed(seeds[i], "made/file-?"),
                            "made/file-1=1\n\nmade/file-2=2\n\nmade/file-3=3\n\nmade/file-4=4\n\nmade/"
                            "file-5=5\n\nmade/file-6=6\n\nmade/file-8=8\n\nmade/file-9=9\n\n");
    }
}

/* The seed of a log, to be changed. */
static unsigned char *log_seed(const char *name, size_t *ret_n)
{
    const char *source = getenv("ASSAY_SOURCE");
    struct str seed;
    const char *path = arena_printf(arena, "%s/test/fuzz/corpus/xfs/%s", source ? source : ".", name).p;
    assert_int_equal(file_read(arena, path, 1 << 20, &seed), 0);
    *ret_n = seed.n;
    return (unsigned char *)(uintptr_t)seed.p;
}

static const char *walk_bytes(const unsigned char *bytes, size_t n)
{
    struct view *v;
    struct disk *disk = sparse_disk(bytes, n);
    assert_int_equal(view_open_disks(&disk, 1, &v), 0);
    const char *all = walk(arena, v, "*");
    view_close(v);
    return all;
}

/* With one byte changed in the record that is the `back`th from the head of the log. */
static const char *with_damage(unsigned back)
{
    enum { RECORD = 0xfeedbabe };
    size_t n;
    unsigned char *bytes = log_seed("log", &n), *found = NULL;
    for (size_t at = n - 512; at > 0; at--)
        if (get_be32(bytes + at) == RECORD && get_be32(bytes + at + 4) == 1 && back-- == 0) {
            found = bytes + at;
            break;
        }
    assert_non_null(found);
    found[512 + 100] ^= 1;
    return walk_bytes(bytes, n);
}

/* The last record of the log may have arrived in part only: what is before it counts. */
static void damaged_log(void **state)
{
    (void)state;
    const char *without_last = with_damage(0);
    assert_null(strstr(without_last, "last=last"));
    assert_null(strstr(without_last, "!"));
}

/* Of a log with such features it is not known what its items do. */
static void unknown_log(void **state)
{
    (void)state;
    enum { SIZE = 512, FEATURES = 220, SUM = 224 };
    size_t n;
    unsigned char *bytes = log_seed("log", &n), *super = memmem(bytes, n, "XFSB", 4);
    assert_non_null(super);
    super[FEATURES + 3] |= 2;
    memset(super + SUM, 0, 4);
    const uint32_t sum = htole32(~crc32_iscsi(super, SIZE, UINT32_MAX));
    memcpy(super + SUM, &sum, sizeof sum);
    const char *seen = walk_bytes(bytes, n);
    assert_non_null(strstr(seen, "its log is not replayed: features of it that are not known (0x2)"));
    assert_null(strstr(seen, "last=last"));
}

/* Two items of inodes become a mapping that is to be made and, if it is `done`, the word that it was. */
static const char *with_intent(bool done)
{
    static const unsigned char operation[] = {0, 0, 0, 56, 0x69};
    enum { ITEM_AT = 8, ID_AT = 8, INODE = 0x3b, INTENT = 0x44, DONE = 0x45 };
    size_t n;
    unsigned char *bytes = log_seed("log-unchecked", &n), *at = bytes, *last = NULL, *before = NULL;
    while ((at = memmem(at, n - (size_t)(at - bytes), operation, sizeof operation)))
        if (*(at += ITEM_AT) == INODE && at[1] == 0x12)
            before = last, last = at;
    assert_non_null(before);
    before[0] = INTENT;
    memcpy(last + ID_AT, before + ID_AT, 8);
    last[0] = done ? DONE : INODE;
    return walk_bytes(bytes, n);
}

/* Content on its way from one file to another is told of, unless it arrived. */
static void intents(void **state)
{
    (void)state;
    const char *note = "1 changes of where content lies were under way, and are seen half done: files may be";
    assert_non_null(strstr(with_intent(false), note));
    assert_null(strstr(with_intent(true), "under way"));
}

static const char *with_limit(size_t bytes)
{
    size_t limit = view_limits.log_bytes;
    view_limits.log_bytes = bytes;
    const char *seen = walk_seed("xfs/log", "*");
    view_limits.log_bytes = limit;
    return seen;
}

static void large_log(void **state)
{
    (void)state;
    assert_non_null(
        strstr(with_limit(4096), "its log is not replayed: transactions of more than 2048 bytes"));
    assert_non_null(
        strstr(with_limit(80000), "its log is not replayed: a log that changes more than 80000 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replayed),    TEST(what_was_not_committed),
        TEST(damage),      TEST(on_another_device),
        TEST(of_a_kernel), TEST(damaged_log),
        TEST(unknown_log), TEST(intents),
        TEST(large_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
