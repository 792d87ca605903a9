/* Views of directories: trees made on the fly, hostile ones too. */
#include <fcntl.h>

#include "view/root.h"
#include "view_util.h"

static const char *walk_dir(const char *path, const char *wanted)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    assert_int_equal(view_open_dir(path, &v), 0);
    return walk(arena, v, wanted);
}

static void dir_gives_wanted_files(void **state)
{
    (void)state;
    put("a/one.txt", "1");
    put("a/b/two.txt", "22");
    put("a/b/other", "no");
    put("top.txt", "");
    put("a/new\nline.txt", "n");
    put("a/\xff\xfe.txt", "u");
    assert_string_equal(walk_dir(temp, "**/*.txt"),
                        "a/b/two.txt=22\na/new\nline.txt=n\na/one.txt=1\na/\xff\xfe.txt=u\ntop.txt=\n");
}

static void dir_counts_files(void **state)
{
    (void)state;
    put("a/1", "");
    put("2", "");
    _cleanup_(view_cleanup) struct view *v = NULL;
    assert_int_equal(view_open_dir(temp, &v), 0);
    assert_string_equal(walk(arena, v, "nothing"), "");
    assert_int_equal(v->files, 2);
    assert_string_equal(walk(arena, v, "2"), "2=\n"); /* and may be walked again */
    assert_int_equal(v->files, 2);
}

static void dir_links_stay_inside(void **state)
{
    (void)state;
    put("outside.txt", "secret");
    put("root/usr/real.dat", "inside");
    put("root/usr/named.txt", "own name");
    put("root/outside.txt", "root's");
    link_named("usr/real.dat", "root/relative.txt");
    link_named("/usr/real.dat", "root/absolute.txt");
    link_named("../../../usr/real.dat", "root/usr/up.txt");
    link_named("../outside.txt", "root/escape.txt"); /* leads to root/outside.txt, which is wanted itself */
    link_named("usr/named.txt", "root/second.txt");  /* wanted itself */
    link_named("nowhere", "root/dangling.txt");
    link_named("loop.txt", "root/loop.txt");
    link_named("/proc/self/exe", "root/magic.txt");
    link_named("..", "root/usr/parent"); /* a directory: never entered */
    assert_string_equal(walk_dir(at("root"), "**/*.txt"), "absolute.txt=inside\n"
                                                          "outside.txt=root's\n"
                                                          "relative.txt=inside\n"
                                                          "usr/named.txt=own name\n"
                                                          "usr/up.txt=inside\n");
}

static void dir_opens_no_pipes_or_sockets(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(at("pipe.txt"), 0666), 0);
    link_named("pipe.txt", "pipe-link.txt");
    link_named("/dev/tty", "device.txt");
    assert_string_equal(walk_dir(temp, "**/*.txt"), "");
}

static void dir_has_a_depth(void **state)
{
    (void)state;
    struct str path = STR("d");
    for (unsigned i = 1; i < view_limits.depth * 16; i++)
        path = arena_printf(arena, "%.*s/d", STR_ARG(path));
    put(arena_printf(arena, "%.*s/last.txt", STR_ARG(path)).p, "deep");
    put(arena_printf(arena, "%.*s/d/more.txt", STR_ARG(path)).p, "deeper");
    assert_string_equal(walk_dir(temp, "**/*.txt"),
                        arena_printf(arena,
                                     "!%.*s/d: limit: directories nested deeper than 128 levels\n"
                                     "%.*s/last.txt=deep\n",
                                     STR_ARG(path), STR_ARG(path))
                            .p);
}

static void dir_has_a_length(void **state)
{
    (void)state;
    size_t old = view_limits.path;
    put("directory/long-name.txt", "");
    put("directory/x.txt", "x");
    view_limits.path = 20;
    assert_string_equal(walk_dir(temp, "**/*.txt"),
                        "!directory/: limit: paths longer than 20 bytes\ndirectory/x.txt=x\n");
    view_limits.path = old;
}

static void dir_has_a_count(void **state)
{
    (void)state;
    uint64_t old = view_limits.files;
    for (int i = 0; i < 10; i++)
        put(arena_printf(arena, "f%d", i).p, "");
    view_limits.files = 5;
    assert_string_equal(walk_dir(temp, "nothing"), "!.: limit: more than 5 files; the rest is not read\n");
    view_limits.files = old;
}

static void dir_caps_content(void **state)
{
    (void)state;
    uint64_t old = view_limits.file_bytes;
    put("big.txt", "0123456789");
    view_limits.file_bytes = 9;
    assert_string_equal(walk_dir(temp, "*"), "big.txt: limit: larger than 9 bytes\n");
    view_limits.file_bytes = old;
}

static void dir_names_what_is_unreadable(void **state)
{
    (void)state;
    put("closed/in.txt", "");
    put("open.txt", "");
    put("closed.txt", "");
    if (geteuid() == 0) {
        print_message("skipped: the superuser may read everything\n");
        return;
    }
    chmod(at("closed"), 0);
    chmod(at("closed.txt"), 0);
    const char *got = walk_dir(temp, "**/*.txt");
    chmod(at("closed"), 0755);
    assert_string_equal(got, "!closed: io: opening: Permission denied\n"
                             "!closed.txt: io: opening: Permission denied\nopen.txt=\n");
}

static void swap_for_a_link(struct view_file *f)
{
    (void)f;
    for (int i = 0; i < 8; i++) {
        char victim[64], moved[64];
        snprintf(victim, sizeof victim, "%s/root/v%d", temp, i);
        snprintf(moved, sizeof moved, "%s/moved%d", temp, i);
        if (rename(victim, moved) == 0)
            assert_int_equal(symlink("../outside", victim), 0);
    }
}

static void dir_survives_races(void **state)
{
    (void)state;
    put("outside/secret.txt", "secret");
    for (int i = 0; i < 8; i++)
        put(arena_printf(arena, "root/v%d/t.txt", i).p, "t");
    _cleanup_(view_cleanup) struct view *v = NULL;
    assert_int_equal(view_open_dir(at("root"), &v), 0);
    struct seen s = {.arena = arena, .wanted = "**/*.txt", .on_visit = swap_for_a_link};
    const struct view_visitor visitor = {seen_wants, seen_visit, seen_problem, &s};
    assert_int_equal(view_walk(v, &visitor), 0);
    assert_int_equal(s.lines.n, 1); /* the one that was open already; the others are links by now */
    vec_free(&s.lines);
}

static void dir_leaves_container_storage_out(void **state)
{
    (void)state;
    put("var/lib/docker/overlay2/x/os.txt", "");
    put("var/lib/dockerfiles/os.txt", "y");
    assert_string_equal(
        walk_dir(temp, "**/*.txt"),
        "!var/lib/docker: unsupported: not read: container storage; scan its images by themselves\n"
        "var/lib/dockerfiles/os.txt=y\n");
}

static void dir_must_be_one(void **state)
{
    (void)state;
    struct view *v = NULL;
    put("file", "");
    assert_int_equal(view_open_dir(at("file"), &v), ERR_IO);
    assert_int_equal(view_open_dir(at("absent"), &v), ERR_MISSING);
    assert_null(v);
}

/* Both ways to resolve agree on every kind of path. */
static void root_resolves_inside(void **state)
{
    (void)state;
    put("outside", "o");
    put("root/a/b/file", "f");
    link_named("/a/b", "root/abs");
    link_named("../../../../a", "root/a/up");
    link_named("x2", "root/x1");
    link_named("x1", "root/x2");
    link_named("abs/file/", "root/slash");
    static const char *const paths[] = {
        "a/b/file",         "/a/b/file", "abs/file",   "a/up/b/file", "../outside",         "x1",
        "a/none",           ".",         "a/b/file/x", "..",          "a/../a/b/../b/file", "abs/..",
        "a/up/up/up/b/file"};
    _cleanup_fd_ int root = open(at("root"), O_PATH | O_DIRECTORY);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct stat one = {0}, two = {0};
        _cleanup_fd_ int kernel = root_resolve(root, paths[i]);
        _cleanup_fd_ int hand = root_resolve_by_hand(root, paths[i]);
        if ((kernel < 0) != (hand < 0))
            fail_msg("'%s': %d by the kernel, %d by hand", paths[i], kernel, hand);
        if (kernel < 0)
            continue;
        fstat(kernel, &one);
        fstat(hand, &two);
        assert_int_equal(one.st_ino, two.st_ino);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dir_gives_wanted_files),
        TEST(dir_counts_files),
        TEST(dir_links_stay_inside),
        TEST(dir_opens_no_pipes_or_sockets),
        TEST(dir_has_a_depth),
        TEST(dir_has_a_length),
        TEST(dir_has_a_count),
        TEST(dir_caps_content),
        TEST(dir_names_what_is_unreadable),
        TEST(dir_survives_races),
        TEST(dir_leaves_container_storage_out),
        TEST(dir_must_be_one),
        TEST(root_resolves_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
