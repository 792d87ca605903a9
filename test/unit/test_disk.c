/* Disks: file systems as mkfs makes them against the folders they were made of, partition tables, fstab. */
#include "disk_util.h"

#include <isa-l/crc.h>

#include "view/disk.h"
#include "view/partition.h"

enum { MANY = 1500, LONG = 300 };

/* Everything that lies in another place on a disk: contents in the inode and in blocks, short, middling and
 * large directories, short and long links. */
static void make_tree(void)
{
    char large[20000], name[LONG + 1];
    for (size_t i = 0; i < sizeof large - 1; i++)
        large[i] = (char)('a' + i % 23);
    large[sizeof large - 1] = 0;
    put("root/etc/os-release", "ID=debian\n");
    put("root/etc/empty", "");
    put("root/usr/share/large", large);
    put("root/usr/share/in-inode",
        "a content that is longer than the sixty bytes for numbers of blocks, and short "
        "enough for an inode");
    for (int i = 0; i < 40; i++)
        put(arena_printf(arena, "root/few/file-%d", i).p, arena_printf(arena, "%d", i).p);
    for (int i = 0; i < MANY; i++)
        put(arena_printf(arena, "root/many/a-rather-long-name-so-that-blocks-fill-%d", i).p,
            i % 100 ? "" : "x");
    for (size_t i = 0; i < LONG; i += 2)
        memcpy(name + i, "./", 2);
    memcpy(name + LONG - 10, "few/file-7", 11);
    link_named(name, "root/long-link");
    link_named("/usr/share", "root/share");
    link_named("share/large", "root/large-link");
    link_named("../etc/../few/file-3", "root/usr/up-link");
    link_named("circle", "root/circle");
    link_named("nowhere", "root/dangling");
}

static void assert_same(const char *folder, const char *image, const char *wanted)
{
    _cleanup_(view_cleanup) struct view *dir = NULL;
    _cleanup_(view_cleanup) struct view *disk = NULL;
    assert_int_equal(view_open_dir(folder, &dir), 0);
    if (view_open_disk(image, &disk) < 0)
        fail_msg("%s", err_text());
    const char *expected = walk(arena, dir, wanted);
    assert_string_equal(walk(arena, disk, wanted), expected);
    assert_int_equal(disk->files, dir->files);
}

static void same_as_folder(void **state)
{
    (void)state;
    static const struct {
        const char *tool, *options;
        int mib;
    } kinds[] = {
        {"mkfs.ext2", "-b 1024", 24},
        {"mkfs.ext3", "-b 2048 -I 128 -O ^filetype", 24},
        {"mkfs.ext4", "", 24},
        {"mkfs.ext4", "-O inline_data,metadata_csum,64bit", 24},
        {"mkfs.ext4", "-b 1024 -O meta_bg,^resize_inode,bigalloc,inline_data", 48},
        {"mkfs.ext4", "-b 1024 -O ^extent,^64bit,sparse_super2", 24},
        {"mkfs.xfs", "", 300},
        {"mkfs.xfs", "-b size=1024 -n size=4096 -i nrext64=1", 300},
        {"mkfs.xfs", "-m crc=0 -n ftype=0", 300},
        {"mkfs.xfs", "-m crc=0 -b size=1024 -i size=256 -n size=8192", 300},
    };
    make_tree();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *image = make_fs("disk.img", kinds[i].mib, kinds[i].tool, kinds[i].options, at("root"));
        assert_same(at("root"), image, "**/*");
        /* Links under their own names. */
        assert_same(at("root"), image, "*-link");
        assert_same(at("root"), image, "usr/*-link");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(same_as_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
