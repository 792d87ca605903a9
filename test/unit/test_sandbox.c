/* Child processes that read artefacts: what they give, what ends them, what they may not do. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "disk_util.h"
#include "image_util.h"
#include "source/artefact.h"
#include "source/confine.h"
#include "source/disk_feed.h"
#include "source/sandbox.h"
#include "view/io.h"

static struct sandbox sandbox(void)
{
    return (struct sandbox){.program = getenv("ASSAY_PROGRAM")};
}

static void child_reads_as_the_parent_would(void **state)
{
    (void)state;
    struct made made =
        make((const struct entry[]){{'f', "opt/x/requirements.txt", "jinja2==2.0\n"}, {0}}, 0, 1);
    struct layer layer = {arena_printf(arena, "blobs/sha256/%s", made.digest.p + 7), made.digest,
                          made.diff_id};
    const struct image image = {&layer, 1};
    const struct sandbox s = sandbox();
    struct str zip = archive_of((const struct entry[]){{'f', "a.py", ""}, {0}}, archive_write_set_format_zip,
                                archive_write_add_filter_none);
    put_layout("image", &made, 1);
    put_bytes("image/code.zip", zip);
    for (int kind = 0; kind < 3; kind++) {
        _cleanup_(buf_free) struct buf here = buf_new(ARTEFACT_MAX), there = buf_new(ARTEFACT_MAX);
        int status = kind == 0   ? artefact_read_layer(at("image"), &layer, &here)
                     : kind == 1 ? artefact_read_image(at("image"), &image, &here)
                                 : artefact_read_zip(at("image/code.zip"), &here);
        assert_int_equal(status, 0);
        status = kind == 0   ? sandbox_read_layer(&s, at("image"), &layer, &there)
                 : kind == 1 ? sandbox_read_image(&s, at("image"), &image, &there)
                             : sandbox_read_zip(&s, at("image"), "code.zip", &there);
        if (status < 0)
            fail_msg("%d: %s", kind, err_text());
        assert_true(str_eq(buf_str(&here), buf_str(&there)));
    }
}

/* A file of 5 MiB does not fit the memory that a spool takes: it needs the temporary folder. */
static void child_has_room_for_large_files(void **state)
{
    (void)state;
    const struct sandbox s = sandbox();
    static const char lock[] = "{\"lockfileVersion\":3,\"packages\":{}}";
    char *large = memset(arena_alloc(arena, 5 << 20), ' ', 5 << 20);
    memcpy(large, lock, sizeof lock - 1);
    _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
    size_t used;
    char *to = arena_alloc(arena, 8 << 20);
    struct archive *a = archive_write_new();
    archive_write_set_format_zip(a);
    archive_write_open_memory(a, to, 8 << 20, &used);
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, "package-lock.json");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_size(e, 5 << 20);
    archive_write_header(a, e);
    archive_write_data(a, large, 5 << 20);
    archive_entry_free(e);
    archive_write_close(a);
    archive_write_free(a);
    put_bytes("code.zip", (struct str){to, used});
    struct artefact artefact;
    if (sandbox_read_zip(&s, temp, "code.zip", &kept) < 0 ||
        artefact_open(arena, buf_str(&kept), &artefact) < 0)
        fail_msg("%s", err_text());
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    assert_int_equal(artefact_add(inv, &artefact, NO_LAYER), 0);
    vec_each(p, &inv->problems) fail_msg("%.*s: %.*s", STR_ARG(p->path), STR_ARG(p->text));
}

static void faults_end_one_reading(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int code;
        const char *text;
    } rows[] = {
        {"kill -SEGV $$", ERR_INVALID, "crashed (signal 11)"},
        {"kill -KILL $$", ERR_LIMIT, "too little memory"},
        {"sleep 30", ERR_LIMIT, "longer than 1 seconds"},
        {"echo not a zip >&2; exit 5", ERR_UNSUPPORTED, "not a zip"},
        {"echo 'assay: out of memory' >&2; exit 1", ERR_LIMIT, "too much memory"},
        {"echo what >&2; exit 127", ERR_IO, "what"},
        {"while true; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", ERR_LIMIT, "more than 64 MiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(buf_free) struct buf kept = buf_new(i == 6 ? 1 << 20 : ARTEFACT_MAX);
        put("program", arena_printf(arena, "#!/bin/sh\n%s\n", rows[i].script).p);
        assert_int_equal(chmod(at("program"), 0755), 0);
        const struct sandbox s = {.program = at("program"), .seconds = i == 2 ? 1 : 30};
        int status = sandbox_read_zip(&s, temp, "x.zip", &kept);
        if (status != rows[i].code || !strstr(err_text(), rows[i].text))
            fail_msg("%s: %d %s", rows[i].script, status, err_text());
        assert_int_equal(kept.n, 0);
    }
    const struct sandbox none = {.program = at("absent")};
    _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
    assert_int_equal(sandbox_read_zip(&none, temp, "x.zip", &kept), ERR_IO);
    const struct sandbox s = sandbox();
    assert_int_equal(sandbox_read_zip(&s, temp, "absent.zip", &kept), ERR_MISSING);
}

/* Two disks in files, and which blocks of them were brought. */
enum { FEED_BLOCK = 65536 };
struct bringing {
    int fds[2];
    uint64_t sizes[2];
    unsigned char brought[65536];
    size_t n;
    int fails_after; /* blocks; 0: never */
};

static int bring(void *ctx, const uint64_t *blocks, size_t n, int spool)
{
    static char content[FEED_BLOCK];
    struct bringing *b = ctx;
    uint64_t first = feed_blocks(b->sizes, 1, FEED_BLOCK);
    for (size_t i = 0; i < n; i++) {
        size_t disk = blocks[i] >= first, got;
        uint64_t at = (blocks[i] - disk * first) * FEED_BLOCK;
        if (b->brought[blocks[i]]++)
            return err_set(ERR_INVALID, "a block twice");
        if (b->fails_after && ++b->n > (size_t)b->fails_after)
            return err_set(ERR_DENIED, "not this block");
        if (io_read_at(b->fds[disk], at, content, sizeof content, &got) < 0 ||
            pwrite(spool, content, got, (off_t)(blocks[i] * FEED_BLOCK)) != (ssize_t)got)
            return ERR_IO;
    }
    return 0;
}

/* Each block is brought once; who brings decides what a failure is. */
static void disks_are_read_as_blocks_come(void **state)
{
    (void)state;
    const struct sandbox s = sandbox();
    struct artefact artefact;
    put("root/etc/os-release", "ID=debian\n");
    put("root/etc/fstab", "LABEL=data /srv xfs\n");
    assert_int_equal(dir_make(at("root/srv")), 0);
    put("data/requirements.txt", "jinja2==2.0\n");
    const char *images[] = {make_fs("1.img", 33, "mkfs.ext4", "", at("root")),
                            make_fs("2.img", 300, "mkfs.xfs", "-L data", at("data"))};
    for (int fails = 0; fails < 3; fails++) {
        struct bringing b = {.fails_after = fails};
        _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
        struct stat st;
        for (int i = 0; i < 2; i++) {
            assert_int_equal(io_open(images[i], &b.fds[i], &st), 0);
            b.sizes[i] = (uint64_t)st.st_size;
        }
        const struct sandbox_disks disks = {b.sizes, 2, FEED_BLOCK, bring, &b};
        int status = sandbox_read_disks(&s, temp, &disks, &kept);
        close(b.fds[0]), close(b.fds[1]);
        if (fails) {
            assert_int_equal(status, ERR_DENIED);
            assert_string_equal(err_text(), "not this block");
            continue;
        }
        if (status < 0 || artefact_open(arena, buf_str(&kept), &artefact) < 0)
            fail_msg("%s", err_text());
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        assert_int_equal(artefact_add(inv, &artefact, NO_LAYER), 0);
        vec_each(p, &inv->problems) fail_msg("%.*s: %.*s", STR_ARG(p->path), STR_ARG(p->text));
        assert_int_equal(inv->packages.n, 1);
        assert_true(str_is(inv->packages.at[0].path, "srv/requirements.txt"));
    }
}

/* What a child that is not ours any more may ask for. */
static void requests_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint64_t words[3];
        size_t n;
        int status;
    } rows[] = {{{2, 0, 9}, 24, 0},
                {{1, 10}, 16, ERR_INVALID},
                {{0}, 8, ERR_INVALID},
                {{FEED_AT_ONCE + 1}, 8, ERR_INVALID},
                {{0}, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t wanted[FEED_AT_ONCE];
        size_t n = 99;
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        assert_int_equal(write(ends[1], rows[i].words, rows[i].n), rows[i].n);
        close(ends[1]);
        assert_int_equal(feed_request(ends[0], 10, wanted, &n), rows[i].status);
        if (rows[i].status == 0)
            assert_int_equal(n, rows[i].words[0]);
        close(ends[0]);
    }
}

static void *nothing(void *arg)
{
    return arg;
}

/* What went wrong, as a number; 0: all as it should be. */
static int confined(const char *folder, const char *inside)
{
    pthread_t thread;
    if (confine_limits((uint64_t)3 << 30, 10, 64) < 0)
        return 1;
    int files = confine_files(folder), calls = confine_calls();
    if ((files < 0 && files != ERR_UNSUPPORTED) || (calls < 0 && calls != ERR_UNSUPPORTED))
        return 2;
    if (files == 0 && open("/etc/passwd", O_RDONLY) >= 0)
        return 3;
    if (open(inside, O_RDONLY) < 0 || open(folder, O_TMPFILE | O_RDWR, 0600) < 0)
        return 4;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return 5;
    if (calls == 0 &&
        (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM || fork() >= 0 || errno != EPERM))
        return 6;
    return 0;
}

static void confinement_holds(void **state)
{
    (void)state;
    int exit;
    put("inside", "x");
    const char *inside = at("inside");
    pid_t pid = fork();
    if (!pid)
        _exit(confined(temp, inside));
    assert_int_equal(waitpid(pid, &exit, 0), pid);
    assert_true(WIFEXITED(exit));
    assert_int_equal(WEXITSTATUS(exit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(child_reads_as_the_parent_would),
        TEST(child_has_room_for_large_files),
        TEST(faults_end_one_reading),
        TEST(disks_are_read_as_blocks_come),
        TEST(requests_are_checked),
        TEST(confinement_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
