/* LVM: where its logical volumes lie, by metadata of ours and of its own tools. */
#include "disk_util.h"

#include "lvm_util.h"
#include "view/lvm.h"

enum { EXTENT = 8192, DATA = 1 << 19 };
static unsigned char images[2][LVM_IMAGE];

/* A group of extents of 8 KiB on two disks. */
static struct str text_of(int sequence, const char *volumes)
{
    return arena_printf(
        arena,
        "my-vg {\nid = \"group\"\nseqno = %d # comment }\nstatus = [\"RESIZEABLE\", \"READ\"]\nextent_size = "
        "16\n"
        "physical_volumes {\npv0 {\nid = \"aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa\"\npe_start = 1024\n}\n"
        "pv1 {\nid = \"bbbbbb-bbbb-bbbb-bbbb-bbbb-bbbb-bbbbbb\"\npe_start = 1024\n}\n}\n"
        "logical_volumes {\n%s\n}\n}\ncontents = \"Text Format Volume Group\"\nversion = 1\n",
        sequence, volumes);
}

static const char *volume(const char *name, const char *segments)
{
    return arena_printf(arena,
                        "%s {\nid = \"x\"\nstatus = [\"READ\", \"VISIBLE\"]\nsegment_count = 1\n%s\n}\n",
                        name, segments)
        .p;
}

static const char *segment(int start, int count, const char *type, int n, const char *stripes)
{
    return arena_printf(
               arena,
               "segment%d {\nstart_extent = %d\nextent_count = %d\ntype = \"%s\"\nstripe_count = %d\n"
               "stripe_size = 8\nstripes = [\n%s\n]\n}\n",
               start + 1, start, count, type, n, stripes)
        .p;
}

/* Every 4 KiB of data begin with the disk and the number of the piece. */
static void fill(const char *text, size_t n)
{
    for (int i = 0; i < 2; i++) {
        lvm_image(images[i], (char)('a' + i), text, n, i ? LVM_AREA_SIZE - 512 : 512);
        for (int at = DATA; at < LVM_IMAGE; at += 4096)
            snprintf((char *)images[i] + at, 16, "%c%d ", 'a' + i, (at - DATA) / 4096);
    }
}

/* The volumes, and of those that can be read the pieces. */
static const char *volumes_of(size_t n_disks)
{
    struct disk *disks[] = {disk_of_memory(images[0], LVM_IMAGE), disk_of_memory(images[1], LVM_IMAGE)};
    struct lvm_volume *found;
    struct str problem, all = STR("");
    size_t n;
    assert_int_equal(lvm_read(arena, disks, n_disks, &found, &n, &problem), 0);
    for (size_t i = 0; i < n; i++) {
        all = arena_printf(arena, "%.*s%.*s/%.*s: %.*s", STR_ARG(all), STR_ARG(found[i].group),
                           STR_ARG(found[i].name), STR_ARG(found[i].problem));
        for (uint64_t at = 0; found[i].disk && at < found[i].disk->size; at += 4096) {
            char piece[16];
            assert_int_equal(disk_read(found[i].disk, at, piece, sizeof piece), 0);
            all = arena_printf(arena, "%.*s%s", STR_ARG(all), piece);
        }
        if (found[i].disk)
            disk_close(found[i].disk);
        all = arena_printf(arena, "%.*s\n", STR_ARG(all));
    }
    disk_close(disks[0]);
    disk_close(disks[1]);
    return arena_printf(arena, "%.*s%.*s", STR_ARG(all), STR_ARG(problem)).p;
}

static void segments(void **state)
{
    (void)state;
    const char *all =
        arena_printf(arena, "%s%s%s%shidden {\nstatus = [\"READ\"]\n}\n",
                     volume("one", arena_printf(arena, "%s%s", segment(0, 2, "striped", 1, "\"pv0\", 3"),
                                                segment(2, 1, "striped", 1, "\"pv1\", 0"))
                                       .p),
                     volume("striped", segment(0, 2, "striped", 2, "\"pv0\", 0, \"pv1\", 4")),
                     volume("thin", segment(0, 2, "thin", 1, "\"pv0\", 0")),
                     volume("behind", segment(0, 2, "striped", 1, "\"pv1\", 63")))
            .p;
    struct str text = text_of(1, all);
    fill(text.p, text.n);
    assert_string_equal(volumes_of(2), "my-vg/one: a6 a7 a8 a9 b0 b1 \nmy-vg/striped: a0 b8 a1 b9 \n"
                                       "my-vg/thin: segments of type thin are not read\n"
                                       "my-vg/behind: a segment behind the end of its disk\n");
    assert_non_null(strstr(volumes_of(1), "my-vg/striped: a physical volume of its group is missing\n"));
}

/* The newest metadata that any disk has counts; damaged ones are told of. */
static void metadata(void **state)
{
    (void)state;
    struct str old = text_of(1, volume("old", segment(0, 1, "striped", 1, "\"pv0\", 0")));
    struct str new = text_of(2, volume("new", segment(0, 1, "striped", 1, "\"pv0\", 1")));
    fill(old.p, old.n);
    assert_string_equal(volumes_of(2), "my-vg/old: a0 a1 \n");
    lvm_image(images[1], 'b', new.p, new.n, 512);
    assert_string_equal(volumes_of(2), "my-vg/new: a2 a3 \n");
    images[1][LVM_AREA + 600] ^= 1;
    assert_string_equal(volumes_of(2), "my-vg/old: a0 a1 \nmetadata with a wrong checksum");
    lvm_image(images[1], 'b', "my-vg { extent_size = [", 23, 512);
    assert_string_equal(volumes_of(2), "my-vg/old: a0 a1 \nmetadata that is not in LVM's form");
    images[1][LVM_AREA + 4] ^= 1;
    assert_string_equal(volumes_of(2), "my-vg/old: a0 a1 \na damaged metadata area");
}

/* What is too much, or cannot be, is told of by its group's name. */
static void groups(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } wrong[] = {
        {"g {\nid = \"g\"\nextent_size = 0\n}\n", "group g: extents of a size that cannot be"},
        {"g {\nid = \"g\"\nextent_size = 16\nphysical_volumes {\n%s}\n}\n",
         "group g: more than 1024 physical volumes"},
        {"g {\nid = \"g\"\nextent_size = 16\nlogical_volumes {\n%s}\n}\n",
         "group g: more than 1024 logical volumes"},
    };
    struct str many = STR("");
    for (int i = 0; i <= 1024; i++)
        many = arena_printf(arena, "%.*sp%d {\nstatus=[\"VISIBLE\"]\n}\n", STR_ARG(many), i);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct str text = str_from(wrong[i].text), before, after;
        if (str_cut(text, '%', &before, &after))
            text = arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(before), STR_ARG(many), (int)after.n - 1,
                                after.p + 1);
        fill(text.p, text.n);
        assert_non_null(strstr(volumes_of(2), wrong[i].problem));
    }
}

/* A disk whose two partitions LVM's own tools made into a group: a root in two segments, and a striped /var.
 */
static void of_its_tools(void **state)
{
    (void)state;
    assert_string_equal(walk_seed("partition/lvm", "**/file*"),
                        "!.: unsupported: /srv: not read: /dev/mapper/my--vg-none is not found\n"
                        "file-0=0\n\nfile-1=1\n\nfile-2=2\n\nvar/lib/file=of /var\n\n");
    const char *large = walk_seed("partition/lvm", "var/lib/large");
    for (int i = 777; i < 20000; i += 777)
        assert_non_null(strstr(large, arena_printf(arena, "\n%d\n", i).p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(segments), TEST(metadata), TEST(groups), TEST(of_its_tools)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
