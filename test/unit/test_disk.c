/* Disks: file systems as mkfs makes them against the folders they were made of, partition tables, fstab. */
#include "disk_util.h"

#include <isa-l/crc.h>

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

/* ---- what mkfs does not make: seeds of the fuzz targets ---- */

/* A kernel has written it: extents in a tree, a link in a block of its own, directories with leaves and
 * nodes. */
static void tree_of_extents(void **state)
{
    (void)state;
    size_t names = 0;
    const char *content = walk_seed("xfs/v5-tree", "btree");
    assert_memory_equal(content, "btree=0 btree", 13);
    assert_string_equal(walk_seed("xfs/v5-tree", "etc/*"), "etc/os-release=ID=debian\n\n");
    assert_int_equal(strncmp(walk_seed("xfs/v5-tree", "*-link"), "long-link=0 btree", 17), 0);
    for (const char *at = walk_seed("xfs/v5-tree", "node/*"); (at = strstr(at, "node/n")); at++)
        names++;
    assert_int_equal(names, 700);
}

static void damaged_metadata_is_named(void **state)
{
    (void)state;
    make_tree();
    const char *image = make_fs("disk.img", 300, "mkfs.xfs", "", at("root"));
    struct str all;
    _cleanup_(view_cleanup) struct view *v = NULL;
    file_map(image, &all);
    ptrdiff_t entry = str_find_str(all, STR("a-rather-long-name-so-that-blocks-fill-77"));
    file_unmap(all);
    assert_true(entry > 0);
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, "A", 1, entry), 1);
    close(fd);
    assert_int_equal(view_open_disk(image, &v), 0);
    const char *seen = walk(arena, v, "etc/*");
    assert_non_null(strstr(seen, "!many: invalid: metadata with a wrong checksum"));
    assert_non_null(strstr(seen, "etc/os-release=ID=debian"));
}

/* ---- partitions and volumes ---- */

static void copy_to(const char *image, const char *part, off_t to)
{
    struct str all;
    int fd = open(image, O_RDWR);
    assert_int_equal(file_map(part, &all), 0);
    assert_int_equal(pwrite(fd, all.p, all.n, to), (ssize_t)all.n);
    file_unmap(all);
    close(fd);
}

static void put_slot(unsigned char *slot, unsigned char kind, uint32_t start, uint32_t n)
{
    const uint32_t numbers[] = {htole32(start), htole32(n)};
    slot[4] = kind;
    memcpy(slot + 8, numbers, sizeof numbers);
}

static void put_sector(const char *image, uint64_t number, const unsigned char table[64])
{
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, table, 64, (off_t)number * 512 + 446), 64);
    assert_int_equal(pwrite(fd, "\x55\xaa", 2, (off_t)number * 512 + 510), 2);
    close(fd);
}

static const char *table_of(const char *image)
{
    _cleanup_(disk_cleanup) struct disk *disk = NULL;
    struct partition *p;
    struct str text = STR("");
    size_t n;
    assert_int_equal(disk_open_file(image, &disk), 0);
    if (partitions_read(disk, arena, &p, &n) < 0)
        return err_text();
    for (size_t i = 0; i < n; i++)
        text = arena_printf(arena, "%.*s%llu+%llu %.*s %.*s\n", STR_ARG(text),
                            (unsigned long long)p[i].start / 512, (unsigned long long)p[i].size / 512,
                            STR_ARG(p[i].uuid), STR_ARG(p[i].label));
    return text.p;
}

static void old_partitions(void **state)
{
    (void)state;
    unsigned char table[64] = {0}, link[64] = {0}, circle[64] = {0};
    const char *image = at("disk.img");
    blank(image, 64);
    assert_string_equal(table_of(image), "0+131072  \n");
    put_slot(table, 0x83, 2048, 4096);
    put_slot(table + 16, 0x0f, 20000, 60000);
    put_slot(table + 32, 0x83, 130000, 4096); /* behind the end */
    put_sector(image, 0, table);
    put_slot(link, 0x83, 63, 1000);
    put_slot(link + 16, 0x05, 10000, 5000);
    put_sector(image, 20000, link);
    put_slot(circle, 0x83, 63, 2000);
    put_slot(circle + 16, 0x05, 10000, 5000); /* to itself */
    put_sector(image, 30000, circle);
    const char *found = table_of(image);
    assert_string_equal(found, "more than 256 partitions");
    memset(circle + 16, 0, 16);
    put_sector(image, 30000, circle);
    assert_string_equal(table_of(image), "2048+4096 00000000-01 \n20063+1000  \n30063+2000  \n");
}

static void put_gpt(const char *image, uint64_t at_sector, uint64_t entries)
{
    unsigned char head[512] = "EFI PART", entry[128 * 4] = {0};
    const uint32_t size = htole32(92), n = htole32(4), each = htole32(128);
    const uint64_t where = htole64(entries), first = htole64(2048), last = htole64(4095);
    memset(entry, 7, 32);
    memcpy(entry + 32, &first, 8);
    memcpy(entry + 40, &last, 8);
    memcpy(entry + 56, "r\0o\0o\0t", 8);
    uint32_t sum = htole32(crc32_gzip_refl(0, entry, sizeof entry));
    memcpy(head + 12, &size, 4);
    memcpy(head + 72, &where, 8);
    memcpy(head + 80, &n, 4);
    memcpy(head + 84, &each, 4);
    memcpy(head + 88, &sum, 4);
    sum = htole32(crc32_gzip_refl(0, head, 92));
    memcpy(head + 16, &sum, 4);
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, head, sizeof head, (off_t)at_sector * 512), sizeof head);
    assert_int_equal(pwrite(fd, entry, sizeof entry, (off_t)entries * 512), sizeof entry);
    close(fd);
}

static void new_partitions(void **state)
{
    (void)state;
    const char *image = at("disk.img"), *expected = "2048+2048 07070707-0707-0707-0707-070707070707 root\n";
    blank(image, 8);
    put_gpt(image, 1, 2);
    put_gpt(image, 16383, 16380);
    assert_string_equal(table_of(image), expected);
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, 2 * 512 + 33), 1); /* the first copy's entries */
    assert_string_equal(table_of(image), expected);
    assert_int_equal(pwrite(fd, "x", 1, 16383 * 512 + 80), 1);
    close(fd);
    assert_string_equal(table_of(image), "a partition table with a wrong checksum");
}

/* What the master boot record says of a GPT: one that it does not announce is of former times, one that it
 * does may be gone at the beginning, or everywhere. */
static void announced_partitions(void **state)
{
    (void)state;
    enum { PROTECTIVE = 0xee, HYBRID_AT = 16 };
    const char *image = at("disk.img"), *gpt = "2048+2048 07070707-0707-0707-0707-070707070707 root\n";
    unsigned char table[64] = {0};
    blank(image, 8);
    put_gpt(image, 1, 2);
    put_slot(table, 0x83, 4096, 4096);
    put_sector(image, 0, table);
    assert_string_equal(table_of(image), "4096+4096 00000000-01 \n");
    put_slot(table + HYBRID_AT, PROTECTIVE, 1, 16383);
    put_sector(image, 0, table);
    assert_string_equal(table_of(image), gpt);
    blank(image, 8);
    put_gpt(image, 16383, 16380);
    assert_string_equal(table_of(image), "0+16384  \n");
    memset(table, 0, HYBRID_AT);
    put_sector(image, 0, table);
    assert_string_equal(table_of(image), gpt);
    blank(image, 8);
    put_sector(image, 0, table);
    assert_string_equal(table_of(image), "a partition table that is announced (GPT), and not there");
}

/* /var on a second disk by its UUID, /srv/data by its label and through a link; what is not found is said. */
static void volumes(void **state)
{
    (void)state;
    struct disk *disks[3];
    struct view *v;
    put("root/etc/os-release", "ID=debian\n");
    put("root/etc/fstab",
        "# comment\nUUID=01234567-89ab-cdef-0123-456789abcdef /var ext4 defaults 0 2\n"
        "LABEL=\"data\"\t/link/data/ xfs\n/dev/xvdz1 /lost ext4\nUUID=1 /boot ext4\nproc /proc proc\n");
    put("root/var/hidden", "not to be seen");
    put("root/srv/data/hidden", "not to be seen");
    link_named("../var/lib/file", "root/etc/link");
    link_named("srv", "root/link");
    put("second/lib/file", "of the second disk");
    put("third/deep/file", "of the third disk");
    const char *first = make_fs("1.img", 24, "mkfs.ext4", "", at("root"));
    const char *whole = at("whole.img");
    unsigned char table[64] = {0};
    blank(whole, 32);
    put_slot(table, 0x83, 2048, 24 * 2048);
    put_sector(whole, 0, table);
    copy_to(whole, first, 1 << 20);
    const char *second =
        make_fs("2.img", 24, "mkfs.ext4", "-U 01234567-89ab-cdef-0123-456789abcdef", at("second"));
    const char *third = make_fs("3.img", 300, "mkfs.xfs", "-L data", at("third"));
    assert_int_equal(disk_open_file(third, &disks[0]), 0);
    assert_int_equal(disk_open_file(whole, &disks[1]), 0);
    assert_int_equal(disk_open_file(second, &disks[2]), 0);
    assert_int_equal(view_open_disks(disks, 3, &v), 0);
    assert_string_equal(walk(arena, v, "**/file"),
                        "!.: unsupported: /lost: not read: /dev/xvdz1 is not found\n"
                        "srv/data/deep/file=of the third disk\nvar/lib/file=of the second disk\n");
    assert_non_null(strstr(walk(arena, v, "etc/link"), "etc/link=of the second disk"));
    assert_null(strstr(walk(arena, v, "**/hidden"), "seen"));
    view_close(v);
}

/* By what the machine calls its disks: EC2's /dev/sdf is its xvdf, partitions are numbered, NVMe devices are
 * known by their serial number, and else only where there is no choice. */
static void devices(void **state)
{
    (void)state;
    struct disk *disks[3];
    struct view *v;
    put("root/etc/fstab", "/dev/sda3 / ext4\n/dev/xvdf /var ext4\n/dev/nvme2n1 /lost ext4\n"
                          "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123_1-part1 /srv ext4\n"
                          "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0124-part1 /lost ext4\n");
    put("root/var/hidden", "");
    put("root/srv/hidden", "");
    put("second/file", "of the second disk");
    put("third/file", "of the third disk");
    const char *images[] = {at("1.img"), at("2.img"), at("3.img")};
    const char *parts[] = {make_fs("1.part", 16, "mkfs.ext4", "", at("root")),
                           make_fs("2.img", 16, "mkfs.ext4", "", at("second")),
                           make_fs("3.part", 16, "mkfs.ext4", "", at("third"))};
    for (size_t i = 0; i < 3; i += 2) { /* partition 3 of the first disk, 1 of the third */
        unsigned char table[64] = {0};
        blank(images[i], 20);
        put_slot(table + (i ? 0 : 32), 0x83, 2048, 16 * 2048);
        put_sector(images[i], 0, table);
        copy_to(images[i], parts[i], 1 << 20);
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(disk_open_file(images[i], &disks[i]), 0);
    disks[0]->names = (struct disk_names){STR("/dev/sda1"), STR("vol-0122")};
    disks[1]->names = (struct disk_names){STR("/dev/sdf"), STR("vol-012")};
    disks[2]->names = (struct disk_names){STR("/dev/sdg"), STR("vol-0123")};
    assert_int_equal(view_open_disks(disks, 3, &v), 0);
    const char *seen = walk(arena, v, "**/file");
    assert_non_null(strstr(seen, "\nsrv/file=of the third disk\nvar/file=of the second disk\n"));
    assert_non_null(strstr(seen, "!.: unsupported: /lost: not read: /dev/nvme2n1 is not found"));
    assert_non_null(strstr(seen, "vol0124-part1 is not found"));
    view_close(v);
    static const struct {
        const char *path, *seen;
    } places[] = {
        {"/var", "var/file=of the second disk\n"},
        {"/none", "!none: missing: not read: disk 2 is mounted there, where no directory was found\n"},
    };
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        put("root/etc/fstab",
            arena_printf(arena, "/dev/nvme0n1p3 / ext4\n/dev/nvme1n1 %s ext4\n", places[k].path).p);
        make_fs("1.part", 16, "mkfs.ext4", "", at("root"));
        copy_to(images[0], parts[0], 1 << 20);
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(disk_open_file(images[i], &disks[i]), 0);
        assert_int_equal(view_open_disks(disks, 2, &v), 0);
        assert_string_equal(walk(arena, v, "**/file"), places[k].seen);
        view_close(v);
    }
}

/* What lies beside the root, in a partition of its own, is read or named, but for what serves the machine. */
static void beside_the_root(void **state)
{
    (void)state;
    static const struct {
        unsigned kind;
        off_t at;
        const char *content, *seen;
    } rows[] = {
        {0x83, 0, "", ""},
        {0x83, 0, "LUKS\xba\xbe", "an encrypted volume (LUKS) is not read"},
        {0x83, 65600, "_BHRfS_M", "btrfs is not read"},
        {0x83, 0, "hsqs", "squashfs is not read"},
        {0xfd, 0, "\xfc\x4e\x2b\xa9", "a RAID member is not read"},
        {0xfd, 4096, "\xfc\x4e\x2b\xa9", "a RAID member is not read"},
        {0xbf, 16408, "version", "ZFS is not read"},
        {0x8e, 512, "LABELONE", "LVM"},
        {0x83, 4086, "SWAPSPACE2", ""},
        {0x83, 82, "FAT32   ", ""},
        {0x83, 5000, "ciphertext", "what is on it is not known, and is not read"},
        {0x82, 5000, "ciphertext", ""},
        {0xef, 5000, "something", ""},
    };
    put("root/etc/os-release", "ID=debian\n");
    const char *root = make_fs("root.img", 4, "mkfs.ext4", "", at("root")), *image = at("disk.img");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char table[64] = {0};
        struct view *v;
        put_slot(table, 0x83, 2048, 4 * 2048);
        put_slot(table + 16, (unsigned char)rows[i].kind, 6 * 2048, 2 * 2048);
        blank(image, 8);
        put_sector(image, 0, table);
        copy_to(image, root, 1 << 20);
        int fd = open(image, O_RDWR);
        size_t n = strlen(rows[i].content);
        assert_int_equal(pwrite(fd, rows[i].content, n, (6 << 20) + rows[i].at), (ssize_t)n);
        close(fd);
        assert_int_equal(view_open_disk(image, &v), 0);
        const char *seen = walk(arena, v, "etc/*");
        view_close(v);
        const char *named = strstr(seen, rows[i].seen);
        if (!named || (!rows[i].seen[0] && strchr(seen, '!')))
            fail_msg("row %zu: %s", i, seen);
        assert_non_null(strstr(seen, "etc/os-release=ID=debian"));
    }
}

/* /var by a unit of systemd, another one whose volume is not there, one that is masked, and what is bound. */
static void units(void **state)
{
    (void)state;
    unsigned char table[64] = {0};
    struct view *v;
    put("root/etc/os-release", "ID=debian\n");
    put("root/etc/fstab", "/data/opt /opt none rw,bind 0 0\n/dev /chroot/dev none bind\n");
    put("root/etc/systemd/system/var.mount",
        "# a comment\n[Unit]\nWhat=nothing\n[Mount]\n What = LABEL=data\nWhere=/var/\n");
    put("root/usr/lib/systemd/system/srv.mount",
        "[Mount]\nWhat=/dev/disk/by-label/lost\nWhere=/srv\nType=xfs\n[Install]\n");
    put("root/usr/lib/systemd/system/tmp.mount", "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n");
    put("root/usr/lib/systemd/system/mnt.service", "[Mount]\nWhat=/dev/sdz\nWhere=/mnt\n");
    link_named("/dev/null", "root/etc/systemd/system/home.mount");
    put("root/var/hidden", "");
    put("second/file", "of the second partition");
    const char *image = at("disk.img");
    blank(image, 16);
    put_slot(table, 0x83, 2048, 8 * 2048);
    put_slot(table + 16, 0x83, 10 * 2048, 4 * 2048);
    put_sector(image, 0, table);
    copy_to(image, make_fs("root.img", 8, "mkfs.ext4", "", at("root")), 1 << 20);
    copy_to(image, make_fs("second.img", 4, "mkfs.ext4", "-L data", at("second")), 10 << 20);
    assert_int_equal(view_open_disk(image, &v), 0);
    assert_string_equal(walk(arena, v, "var/*"),
                        "!.: unsupported: /opt: not read: /data/opt is bound there\n"
                        "!.: unsupported: /srv: not read: /dev/disk/by-label/lost is not found\n"
                        "var/file=of the second partition\n");
    view_close(v);
}

static void what_is_no_disk(void **state)
{
    (void)state;
    struct view *v;
    const char *image = at("disk.img");
    blank(image, 4);
    assert_int_equal(view_open_disk(image, &v), ERR_MISSING);
    int fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, "LUKS\xba\xbe", 6, 0), 6);
    assert_int_equal(view_open_disk(image, &v), ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), "an encrypted volume (LUKS) is not read"));
    assert_int_equal(pwrite(fd, "      ", 6, 0), 6);
    assert_int_equal(pwrite(fd, "LABELONE", 8, 512), 8);
    assert_int_equal(view_open_disk(image, &v), ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), "LVM is not read"));
    put("root/a", "a");
    image = make_fs("ext.img", 16, "mkfs.ext4", "", at("root"));
    close(fd);
    fd = open(image, O_RDWR);
    assert_int_equal(pwrite(fd, "\xff\xff", 2, 1024 + 0x62), 2);
    assert_int_equal(view_open_disk(image, &v), ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), "ext4: features that are not known (incompatible 0xfffc0000)"));
    assert_int_equal(pwrite(fd, "\x42\x02\0\0", 4, 1024 + 0x60), 4);
    assert_int_equal(ftruncate(fd, 12 << 20), 0);
    assert_int_equal(view_open_disk(image, &v), 0);
    assert_non_null(strstr(walk(arena, v, "a"), "it is larger than where it lies"));
    view_close(v);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(same_as_folder), TEST(tree_of_extents), TEST(damaged_metadata_is_named),
        TEST(old_partitions), TEST(new_partitions),  TEST(announced_partitions),
        TEST(volumes),        TEST(devices),         TEST(beside_the_root),
        TEST(units),          TEST(what_is_no_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
