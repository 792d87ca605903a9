#include "view/fstab.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"

enum { FSTAB_MAX = 1 << 20 };

static struct str next_field(struct str *line)
{
    size_t n = 0;
    while (line->n && is_blank(line->p[0]))
        *line = str_slice(*line, 1, line->n);
    while (n < line->n && !is_blank(line->p[n]))
        n++;
    struct str field = str_slice(*line, 0, n);
    *line = str_slice(*line, n, line->n);
    return field;
}

static struct str unquoted(struct str s)
{
    return s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_slice(s, 1, s.n - 1) : s;
}

enum { UUID_TEXT = 36 };
static void uuid_text(char to[UUID_TEXT + 1], const unsigned char *u)
{
    snprintf(to, UUID_TEXT + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
             u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

/* By what is written in it or in the partition table. */
static bool is_marked(const struct disk_volume *v, struct str spec)
{
    static const struct {
        struct str prefix, udev;
    } tags[] = {
        {STR("UUID="), STR("/dev/disk/by-uuid/")},
        {STR("LABEL="), STR("/dev/disk/by-label/")},
        {STR("PARTUUID="), STR("/dev/disk/by-partuuid/")},
        {STR("PARTLABEL="), STR("/dev/disk/by-partlabel/")},
    };
    char uuid[UUID_TEXT + 1] = "";
    const struct str values[] = {
        {uuid, UUID_TEXT}, str_from(v->fs->label), v->partition.uuid, v->partition.label};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct str value = {NULL, 0};
        if (str_starts(spec, tags[i].prefix))
            value = unquoted(str_slice(spec, tags[i].prefix.n, spec.n));
        else if (str_starts(spec, tags[i].udev))
            value = str_slice(spec, tags[i].udev.n, spec.n);
        if (value.n && i == 0)
            uuid_text(uuid, v->fs->uuid);
        if (value.n && (i % 2 ? str_eq(value, values[i]) : str_ieq(value, values[i])))
            return true;
    }
    return false;
}

/* ---- names of devices ---- */

/* What a name says: "sdf2" and "xvdf2" the same, as EC2 and its instances do, or "nvme1n1p2". */
struct device {
    struct str letters; /* "f", or empty */
    uint64_t nvme, partition;
};

static struct str take_digits(struct str *s, uint64_t *ret_number)
{
    size_t n = 0;
    while (n < s->n && is_digit(s->p[n]))
        n++;
    struct str digits = str_slice(*s, 0, n);
    *s = str_slice(*s, n, s->n);
    if (!str_u64(digits, ret_number))
        *ret_number = 0;
    return digits;
}

static bool is_number(struct str *rest, const char *prefix, uint64_t *ret_number)
{
    struct str p = str_from(prefix);
    if (!str_starts(*rest, p))
        return false;
    *rest = str_slice(*rest, p.n, rest->n);
    return take_digits(rest, ret_number).n;
}

static bool parse_device(struct str name, struct device *to)
{
    static const char *const prefixes[] = {"/dev/sd", "/dev/xvd", "/dev/vd", "/dev/hd"};
    *to = (struct device){0};
    uint64_t space;
    if (is_number(&name, "/dev/nvme", &to->nvme))
        return is_number(&name, "n", &space) && space == 1 &&
               (!name.n || (is_number(&name, "p", &to->partition) && !name.n));
    for (size_t i = 0; !to->letters.n && i < sizeof prefixes / sizeof *prefixes; i++) {
        struct str prefix = str_from(prefixes[i]);
        size_t end = prefix.n;
        if (!str_starts(name, prefix))
            continue;
        while (end < name.n && is_lower(name.p[end]))
            end++;
        to->letters = str_slice(name, prefix.n, end);
        name = str_slice(name, end, name.n);
        take_digits(&name, &to->partition);
    }
    return to->letters.n && !name.n;
}

/* NVMe devices are numbered as they are found: the root is the first, and of two the other is the second.
 * More cannot be told. A disk that is alone is meant by every name. */
static bool is_disk(const struct disk_tree *t, const struct disk *disk, const struct device *d)
{
    struct device own;
    bool first = disk == t->volumes.at[t->root].whole;
    if (t->n_disks == 1)
        return true;
    if (!d->letters.n)
        return d->nvme == 0 ? first : d->nvme == 1 && t->n_disks == 2 && !first;
    return parse_device(disk->names.device, &own) && str_eq(own.letters, d->letters);
}

/* "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0-part1" */
static bool is_serial(const struct disk *disk, struct str spec, uint64_t *ret_partition)
{
    static const struct str prefix = STR("/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol");
    struct str id = disk->names.serial;
    if (!str_starts(spec, prefix) || !str_starts(id, STR("vol-")))
        return false;
    spec = str_slice(spec, prefix.n, spec.n);
    id = str_slice(id, 4, id.n);
    if (!id.n || !str_starts(spec, id))
        return false;
    spec = str_slice(spec, id.n, spec.n);
    if (str_starts(spec, STR("_1")))
        spec = str_slice(spec, 2, spec.n);
    *ret_partition = 0;
    return !spec.n || (is_number(&spec, "-part", ret_partition) && !spec.n);
}

/* "/dev/GROUP/NAME", or "/dev/mapper/GROUP-NAME", in which a '-' of a name is written twice. */
static bool is_logical(const struct disk_volume *v, struct str spec)
{
    const struct str names[] = {v->group, v->logical}, mapper = STR("/dev/mapper/");
    struct str group, name;
    if (str_starts(spec, STR("/dev/")) && str_cut(str_slice(spec, 5, spec.n), '/', &group, &name) &&
        str_eq(group, v->group) && str_eq(name, v->logical))
        return true;
    if (!str_starts(spec, mapper))
        return false;
    spec = str_slice(spec, mapper.n, spec.n);
    for (size_t i = 0; i < 2; i++) {
        if (i && !str_starts(spec, STR("-")))
            return false;
        spec = str_slice(spec, i, spec.n);
        for (size_t k = 0; k < names[i].n; k++) {
            size_t n = names[i].p[k] == '-' ? 2 : 1;
            if (spec.n < n || spec.p[0] != names[i].p[k] || spec.p[n - 1] != names[i].p[k])
                return false;
            spec = str_slice(spec, n, spec.n);
        }
    }
    return !spec.n;
}

static bool is_device(const struct disk_tree *t, const struct disk_volume *v, struct str spec)
{
    struct device d = {0}, own;
    if (v->group.n)
        return is_logical(v, spec);
    if (!is_serial(v->whole, spec, &d.partition) && !(parse_device(spec, &d) && is_disk(t, v->whole, &d)))
        return false;
    if (v->partition.number == d.partition)
        return true;
    /* A volume may be attached as if it were a partition. */
    return !v->partition.number && parse_device(v->whole->names.device, &own) && own.partition == d.partition;
}

/* ---- lines ---- */

/* What a machine writes to while it runs or needs to start is no loss. */
static bool matters(struct str kind, struct str path)
{
    static const char *const kinds[] = {"ext2", "ext3", "ext4", "xfs",      "btrfs",   "auto",
                                        "f2fs", "jfs",  "zfs",  "reiserfs", "bcachefs"};
    if (str_is(path, "boot") || str_starts(path, STR("boot/")) || !path.n)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(kind, kinds[i]))
            return true;
    return false;
}

/* Where a mount at the path would be: links on the way are followed. */
static struct str place_of(struct disk_tree *t, struct str path)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_free_ struct fs_inode *i = mem_alloc(sizeof *i);
    struct disk_volume *v;
    struct str real;
    bool found = disk_tree_find(t, a, path, &v, i, &real) == 0 && real.n;
    return arena_str(t->arena, found ? real : path);
}

/* Of what a directory is bound elsewhere, file systems of the kernel hold no files of the machine. */
static bool is_bound(struct str spec, struct str options)
{
    static const char *const kernel[] = {"/proc", "/sys", "/dev", "/run", "/tmp"};
    struct str option;
    bool bound = false;
    while (str_next(&options, ',', &option))
        bound |= str_is(option, "bind") || str_is(option, "rbind");
    for (size_t i = 0; bound && i < sizeof kernel / sizeof *kernel; i++) {
        struct str folder = str_from(kernel[i]);
        bound = !str_starts(spec, folder) || (spec.n > folder.n && spec.p[folder.n] != '/');
    }
    return bound && str_starts(spec, STR("/"));
}

void fstab_entry(struct disk_tree *t, struct str spec, struct str path, struct str kind, struct str options)
{
    if (!spec.n || !str_starts(path, STR("/")))
        return;
    path = str_slice(path, 1, path.n);
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    if (!path.n || disk_tree_mount(t, path))
        return;
    vec_each(v, &t->volumes)
    {
        if (v->used || !(is_marked(v, spec) || is_device(t, v, spec)))
            continue;
        v->mounted = place_of(t, path);
        v->used = true;
        return;
    }
    if (is_bound(spec, options))
        vec_add(&t->problems,
                arena_printf(t->arena, "/%.*s: not read: %.*s is bound there", STR_ARG(path), STR_ARG(spec)));
    else if (matters(kind, path))
        vec_add(&t->problems,
                arena_printf(t->arena, "/%.*s: not read: %.*s is not found", STR_ARG(path), STR_ARG(spec)));
}

void fstab_mount(struct disk_tree *t)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str line, text = {NULL, 0};
    int status = disk_tree_read(t, a, STR("etc/fstab"), FSTAB_MAX, &text);
    if (status < 0 && status != ERR_MISSING)
        vec_add(&t->problems, arena_printf(t->arena, "/etc/fstab: %s", err_text()));
    while (str_next(&text, '\n', &line)) {
        struct str spec = next_field(&line), path = next_field(&line), kind = next_field(&line);
        if (!str_starts(spec, STR("#")))
            fstab_entry(t, spec, path, kind, next_field(&line));
    }
}
