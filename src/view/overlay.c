#include "view/overlay.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "view/view.h"

struct entry {
    uint64_t number, from;
    unsigned char *bytes; /* or NULL: it was moved */
    bool replaced;
    unsigned char first[OVERLAY_FIRST];
};
struct overlay {
    struct disk disk, *beneath;
    unsigned block;
    size_t held; /* bytes of blocks */
    struct arena *arena;
    struct map entries; /* by number, as bytes */
};

struct overlay *overlay_new(struct disk *beneath, unsigned block)
{
    struct overlay *o = mem_alloc(sizeof *o);
    o->beneath = beneath;
    o->block = block;
    o->arena = arena_new(0);
    return o;
}

void overlay_free(struct overlay *o)
{
    map_free(&o->entries);
    arena_free(o->arena);
    free(o);
}

static struct entry *find(const struct overlay *o, uint64_t number)
{
    return map_get(&o->entries, (struct str){(const char *)&number, sizeof number});
}

static int find_or_add(struct overlay *o, uint64_t number, struct entry **ret_entry)
{
    struct entry *e = find(o, number);
    if (number >= o->beneath->size / o->block)
        return err_set(ERR_INVALID, "block %llu is behind the end", (unsigned long long)number);
    if (!e && o->entries.n == OVERLAY_MAX)
        return err_set(ERR_LIMIT, "a log of more than %d blocks", OVERLAY_MAX);
    if (!e) {
        e = arena_alloc(o->arena, sizeof *e);
        e->number = number;
        map_set(&o->entries, (struct str){(const char *)&e->number, sizeof e->number}, e);
    }
    *ret_entry = e;
    return 0;
}

int overlay_move(struct overlay *o, uint64_t number, uint64_t from, const unsigned char first[OVERLAY_FIRST])
{
    struct entry *e;
    int status = find_or_add(o, number, &e);
    if (status < 0)
        return status;
    e->from = from;
    e->bytes = NULL;
    e->replaced = first;
    if (first)
        memcpy(e->first, first, OVERLAY_FIRST);
    return 0;
}

int overlay_change(struct overlay *o, uint64_t number, unsigned char **ret_bytes)
{
    struct entry *e;
    int status = find_or_add(o, number, &e);
    if (status == 0 && !e->bytes && (o->held += o->block) > view_limits.log_bytes)
        return err_set(ERR_LIMIT, "a log that changes more than %zu bytes", view_limits.log_bytes);
    if (status == 0 && !e->bytes) {
        unsigned char *bytes = arena_alloc(o->arena, o->block);
        status = disk_read(o->beneath, number * o->block, bytes, o->block);
        e->bytes = bytes;
    }
    if (status == 0)
        *ret_bytes = e->bytes;
    return status;
}

/* `n` bytes of a block from the `skip`th on. */
static int read_entry(const struct overlay *o, const struct entry *e, unsigned skip, char *to, size_t n)
{
    if (e->bytes) {
        memcpy(to, e->bytes + skip, n);
        return 0;
    }
    int status = disk_read(o->beneath, e->from + skip, to, n);
    for (size_t i = skip; status == 0 && e->replaced && i < OVERLAY_FIRST && i - skip < n; i++)
        to[i - skip] = (char)e->first[i];
    return status;
}

/* What lies beneath is read in stretches as long as they are. */
static int overlay_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    struct overlay *o = (struct overlay *)disk;
    char *at = to;
    size_t plain = 0; /* bytes before `at` that are still to be read */
    int status = 0;
    for (size_t piece; status == 0 && n; at += piece, offset += piece, n -= piece) {
        unsigned skip = (unsigned)(offset % o->block);
        const struct entry *e = find(o, offset / o->block);
        piece = o->block - skip < n ? o->block - skip : n;
        if (!e) {
            plain += piece;
            continue;
        }
        if (plain)
            status = disk_read(o->beneath, offset - plain, at - plain, plain);
        plain = 0;
        if (status == 0)
            status = read_entry(o, e, skip, at, piece);
    }
    return status == 0 && plain ? disk_read(o->beneath, offset - plain, at - plain, plain) : status;
}

static void overlay_hint(struct disk *disk, uint64_t offset, uint64_t n)
{
    disk_hint(((struct overlay *)disk)->beneath, offset, n);
}

static void overlay_close(struct disk *disk)
{
    overlay_free((struct overlay *)disk);
}

struct disk *overlay_disk(struct overlay *o)
{
    static const struct disk_ops ops = {overlay_read, overlay_hint, overlay_close};
    o->disk = (struct disk){&ops, o->beneath->size};
    return &o->disk;
}
