/* The format is that of LVM2's lib/format_text/layout.h and lib/label/label.h: a label in one of the first
 * four sectors, which tells of metadata areas; in each a ring of texts, whose head tells of the last one. */
#include "view/lvm.h"

#include <isa-l/crc.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "view/lvm_text.h"

enum { SECTOR = 512, LABELS = 4, LABEL_HEAD = 32, ID = 32, AREA = 16, LOCATION = 24, AREA_HEAD = 40 };
enum { TEXT_MAX = 4 << 20, TEXTS_MAX = 16 << 20 /* of all disks: bytes */ };
enum { MEMBERS_MAX = 1024, SEGMENTS_MAX = 65536, STRIPES_MAX = 128, HINTS_MAX = 64 };

/* One that was found: which of the disks, and what its newest metadata is. */
struct physical {
    struct disk *disk;
    unsigned char id[ID];
    const struct lvm_node *group; /* the section; or NULL */
    uint64_t sequence;
};

/* A CRC-32 with a start of its own, and not inverted at the end. */
static uint32_t sum_of(const void *bytes, size_t n)
{
    return ~crc32_gzip_refl(~0xf597a6cfu, bytes, n);
}

/* ---- labels and metadata areas ---- */

static int read_label(struct disk *disk, unsigned char label[SECTOR])
{
    for (uint64_t i = 0; i < LABELS && disk->size >= (i + 1) * SECTOR; i++) {
        int status = disk_read(disk, i * SECTOR, label, SECTOR);
        if (status < 0)
            return status;
        if (!memcmp(label, "LABELONE", 8) && !memcmp(label + 24, "LVM2 001", 8) && get_le64(label + 8) == i &&
            get_le32(label + 16) == sum_of(label + 20, SECTOR - 20))
            return 0;
    }
    return err_set(ERR_MISSING, "no physical volume");
}

bool lvm_is(struct disk *disk)
{
    unsigned char label[SECTOR];
    return read_label(disk, label) == 0;
}

/* A text may run around the end of its area. */
static int read_ring(struct disk *disk, uint64_t area, uint64_t size, uint64_t at, char *to, size_t n)
{
    size_t first = n < size - at ? n : (size_t)(size - at);
    int status = disk_read(disk, area + at, to, first);
    return status == 0 && first < n ? disk_read(disk, area + SECTOR, to + first, n - first) : status;
}

/* *left: bytes of metadata that may be read still. */
static int read_area(struct arena *a, struct physical *p, uint64_t area, uint64_t *left)
{
    unsigned char head[SECTOR];
    int status = disk_read(p->disk, area, head, sizeof head);
    if (status < 0)
        return status;
    const unsigned char *location = head + AREA_HEAD;
    uint64_t size = get_le64(head + 32), at = get_le64(location), n = get_le64(location + 8);
    if (memcmp(head + 4, " LVM2 x[5A%r0N*>", 16) != 0 || get_le64(head + 24) != area ||
        get_le32(head) != sum_of(head + 4, SECTOR - 4))
        return err_set(ERR_INVALID, "a damaged metadata area");
    if (!n || get_le32(location + 20) & 1) /* none, or to be ignored */
        return 0;
    if (n > TEXT_MAX || at < SECTOR || at >= size || n > size - SECTOR)
        return err_set(ERR_INVALID, "metadata of %llu bytes", (unsigned long long)n);
    if (n > *left)
        return err_set(ERR_LIMIT, "more than %d MiB of metadata", TEXTS_MAX >> 20);
    *left -= n;
    char *text = arena_alloc(a, (size_t)n);
    struct lvm_node *root;
    status = read_ring(p->disk, area, size, at, text, (size_t)n);
    if (status == 0 && get_le32(location + 16) != sum_of(text, (size_t)n))
        return err_set(ERR_INVALID, "metadata with a wrong checksum");
    if (status == 0)
        status = lvm_text_parse(a, (struct str){text, (size_t)n}, &root);
    if (status < 0)
        return status;
    for (lvm_each(node, root))
        if (node->kind == LVM_SECTION && lvm_number(node, "seqno") >= p->sequence) {
            p->group = node;
            p->sequence = lvm_number(node, "seqno");
        }
    return 0;
}

/* Behind the id are two lists, of data areas and of metadata areas, each with a zero behind it. */
static int read_physical(struct arena *a, struct disk *disk, struct physical *p, uint64_t *left)
{
    unsigned char label[SECTOR];
    int status = read_label(disk, label);
    if (status < 0)
        return status;
    size_t at = get_le32(label + 20);
    bool data = true;
    if (at < LABEL_HEAD || at > SECTOR - ID - 8)
        return err_set(ERR_INVALID, "a damaged label");
    p->disk = disk;
    memcpy(p->id, label + at, ID);
    for (at += ID + 8; status == 0 && at + AREA <= SECTOR; at += AREA) {
        uint64_t area = get_le64(label + at);
        if (!area && !data)
            break;
        if (area && !data)
            status = read_area(a, p, area, left);
        data = data && area;
    }
    return status;
}

/* ---- a logical volume as a disk ---- */

struct stripe {
    struct disk *disk;
    uint64_t at;
};
struct segment {
    uint64_t start, size; /* bytes of the volume */
    uint64_t piece;       /* bytes of a stripe that follow each other */
    uint32_t first, n;    /* stripes */
};
struct mapped {
    struct disk disk;
    VEC(struct segment) segments; /* in order, without holes */
    VEC(struct stripe) stripes;
};

/* Where a byte of the volume is, and how many follow it there. */
static struct disk *place_of(const struct mapped *m, uint64_t offset, uint64_t *ret_at, uint64_t *ret_n)
{
    size_t low = 0, high = m->segments.n - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (m->segments.at[middle].start <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    const struct segment *s = &m->segments.at[low];
    uint64_t in = offset - s->start, piece = in / s->piece;
    const struct stripe *stripe = &m->stripes.at[s->first + piece % s->n];
    *ret_at = stripe->at + piece / s->n * s->piece + in % s->piece;
    *ret_n = s->piece - in % s->piece;
    if (*ret_n > s->size - in)
        *ret_n = s->size - in;
    return stripe->disk;
}

static int mapped_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    for (char *at = to; n;) {
        uint64_t from, piece;
        struct disk *on = place_of((struct mapped *)disk, offset, &from, &piece);
        size_t here = piece < n ? (size_t)piece : n;
        int status = disk_read(on, from, at, here);
        if (status < 0)
            return status;
        at += here;
        offset += here;
        n -= here;
    }
    return 0;
}

static void mapped_hint(struct disk *disk, uint64_t offset, uint64_t n)
{
    for (int i = 0; n && i < HINTS_MAX; i++) {
        uint64_t from, piece;
        struct disk *on = place_of((struct mapped *)disk, offset, &from, &piece);
        if (piece > n)
            piece = n;
        disk_hint(on, from, piece);
        offset += piece;
        n -= piece;
    }
}

static void mapped_close(struct disk *disk)
{
    struct mapped *m = (struct mapped *)disk;
    vec_free(&m->segments);
    vec_free(&m->stripes);
    free(m);
}

/* ---- a group ---- */

/* A physical volume by the name that the segments of its group have for it. */
struct member {
    struct str name;
    const struct physical *found; /* or NULL: it is missing */
    uint64_t start;               /* sectors */
};
struct group {
    const struct lvm_node *section;
    const struct physical *found;
    size_t n_found;
    uint64_t extent; /* bytes */
    struct member *members;
    size_t n_members;
};

/* "abcdef-ghij-..." without what separates. */
static bool is_id(struct str text, const unsigned char id[ID])
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '-' && (n == ID || (unsigned char)text.p[i] != id[n++]))
            return false;
    return n == ID;
}

static const struct physical *find_physical(const struct group *g, struct str id)
{
    for (size_t i = 0; i < g->n_found; i++)
        if (is_id(id, g->found[i].id))
            return &g->found[i];
    return NULL;
}

/* From its section. */
static int set_up_group(struct arena *a, struct group *g)
{
    g->extent = lvm_number(g->section, "extent_size") * SECTOR;
    if (!g->extent || g->extent > (uint64_t)1 << 40)
        return err_set(ERR_INVALID, "extents of a size that cannot be");
    g->members = arena_new_array(a, struct member, MEMBERS_MAX);
    for (lvm_each(one, lvm_get(g->section, "physical_volumes", LVM_SECTION))) {
        if (one->kind != LVM_SECTION)
            continue;
        if (g->n_members == MEMBERS_MAX)
            return err_set(ERR_LIMIT, "more than %d physical volumes", MEMBERS_MAX);
        g->members[g->n_members++] =
            (struct member){one->key, find_physical(g, lvm_string(one, "id")), lvm_number(one, "pe_start")};
    }
    return 0;
}

/* "pv0", 17: an extent of a physical volume. */
static int add_stripe(const struct group *g, struct mapped *m, const struct lvm_node *name, uint64_t bytes)
{
    const struct lvm_node *number = name->next;
    const struct member *on = NULL;
    for (size_t i = 0; !on && i < g->n_members; i++)
        if (name->kind == LVM_TEXT && str_eq(g->members[i].name, name->text))
            on = &g->members[i];
    if (!on || number->kind != LVM_NUMBER)
        return err_set(ERR_UNSUPPORTED, "it lies on other logical volumes");
    if (!on->found)
        return err_set(ERR_UNSUPPORTED, "a physical volume of its group is missing");
    struct disk *disk = on->found->disk;
    if (on->start > disk->size / SECTOR || number->number > disk->size / g->extent)
        return err_set(ERR_INVALID, "a segment behind the end of its disk");
    uint64_t at = on->start * SECTOR + number->number * g->extent;
    if (at > disk->size || bytes > disk->size - at)
        return err_set(ERR_INVALID, "a segment behind the end of its disk");
    vec_add(&m->stripes, (struct stripe){disk, at});
    return 0;
}

static int add_segment(const struct group *g, struct mapped *m, const struct lvm_node *section)
{
    struct str type = lvm_string(section, "type");
    uint64_t extents = lvm_number(section, "extent_count"), n = lvm_number(section, "stripe_count");
    uint64_t piece = lvm_number(section, "stripe_size") * SECTOR;
    uint64_t most = ((uint64_t)INT64_MAX - m->disk.size) / g->extent; /* so that no number overflows */
    const struct lvm_node *stripes = lvm_get(section, "stripes", LVM_LIST);
    if (!str_is(type, "striped"))
        return err_set(ERR_UNSUPPORTED, "segments of type %.*s are not read", STR_ARG(type));
    if (!n || n > STRIPES_MAX || !extents || extents > most || extents % n || !stripes ||
        m->segments.n == SEGMENTS_MAX)
        return err_set(ERR_INVALID, "a damaged segment");
    struct segment s = {.start = m->disk.size,
                        .size = extents * g->extent,
                        .piece = n == 1 ? extents * g->extent : piece,
                        .first = (uint32_t)m->stripes.n,
                        .n = (uint32_t)n};
    if (lvm_number(section, "start_extent") * g->extent != s.start || !s.piece || s.piece > s.size / n)
        return err_set(ERR_INVALID, "a damaged segment");
    int status = 0;
    uint64_t seen = 0;
    for (const struct lvm_node *one = stripes->first; status == 0 && one && one->next;
         one = one->next->next, seen++)
        status = add_stripe(g, m, one, s.size / n);
    if (status < 0 || seen != n)
        return status < 0 ? status : err_set(ERR_INVALID, "a damaged segment");
    vec_add(&m->segments, s);
    m->disk.size += s.size;
    return 0;
}

static int map_volume(const struct group *g, const struct lvm_node *section, struct lvm_volume *to)
{
    static const struct disk_ops ops = {mapped_read, mapped_hint, mapped_close};
    struct mapped *m = mem_alloc(sizeof *m);
    int status = 0;
    m->disk.ops = &ops;
    for (lvm_each(one, section))
        if (status == 0 && one->kind == LVM_SECTION && str_starts(one->key, STR("segment")))
            status = add_segment(g, m, one);
    if (status == 0 && !m->segments.n)
        status = err_set(ERR_INVALID, "it has no segments");
    if (status < 0) {
        mapped_close(&m->disk);
        return status;
    }
    for (size_t i = 0; i < g->n_found; i++)
        if (g->found[i].disk == m->stripes.at[0].disk)
            to->first = i;
    to->disk = &m->disk;
    return 0;
}

/* What lies behind others is not for use by itself. */
static bool is_visible(const struct lvm_node *section)
{
    for (lvm_each(word, lvm_get(section, "status", LVM_LIST)))
        if (word->kind == LVM_TEXT && str_is(word->text, "VISIBLE"))
            return true;
    return false;
}

struct volumes {
    VEC(struct lvm_volume) list;
};

static int add_group(struct arena *a, const struct group *g, struct volumes *to)
{
    for (lvm_each(section, lvm_get(g->section, "logical_volumes", LVM_SECTION))) {
        struct lvm_volume v = {.group = g->section->key, .name = section->key};
        if (section->kind != LVM_SECTION || !is_visible(section))
            continue;
        if (to->list.n == LVM_VOLUMES_MAX)
            return err_set(ERR_LIMIT, "more than %d logical volumes", LVM_VOLUMES_MAX);
        if (map_volume(g, section, &v) < 0)
            v.problem = arena_str(a, str_from(err_text()));
        vec_add(&to->list, v);
    }
    return 0;
}

/* Whether no other disk knows the same group better, or as well and comes first. */
static bool is_best(const struct physical *found, size_t n, size_t i)
{
    const struct physical *p = &found[i];
    for (size_t k = 0; p->group && k < n; k++)
        if (found[k].group && str_eq(lvm_string(found[k].group, "id"), lvm_string(p->group, "id")) &&
            (found[k].sequence > p->sequence || (found[k].sequence == p->sequence && k < i)))
            return false;
    return p->group;
}

int lvm_read(struct arena *a, struct disk *const *disks, size_t n, struct lvm_volume **ret_volumes,
             size_t *ret_n, struct str *ret_problem)
{
    struct physical found[LVM_DISKS_MAX] = {0};
    struct volumes volumes = {0};
    struct str problem = {NULL, 0};
    uint64_t left = TEXTS_MAX;
    for (size_t i = 0; i < n && i < LVM_DISKS_MAX; i++) {
        int status = read_physical(a, disks[i], &found[i], &left);
        if (status == ERR_IO)
            return status;
        if (status < 0)
            problem = arena_str(a, str_from(err_text()));
    }
    if (n > LVM_DISKS_MAX)
        n = LVM_DISKS_MAX, problem = arena_printf(a, "more than %d physical volumes", LVM_DISKS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct group g = {.section = found[i].group, .found = found, .n_found = n};
        if (!is_best(found, n, i))
            continue;
        int status = set_up_group(a, &g);
        if (status == 0)
            status = add_group(a, &g, &volumes);
        if (status < 0)
            problem = arena_printf(a, "group %.*s: %s", STR_ARG(g.section->key), err_text());
    }
    *ret_volumes = arena_new_array(a, struct lvm_volume, volumes.list.n);
    if (volumes.list.n)
        memcpy(*ret_volumes, volumes.list.at, volumes.list.n * sizeof *volumes.list.at);
    *ret_n = volumes.list.n;
    *ret_problem = problem;
    vec_free(&volumes.list);
    return 0;
}
