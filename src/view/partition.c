#include "view/partition.h"

#include <isa-l/crc.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"

enum { SECTOR = 512, SIGNATURE_AT = 510, TABLE_AT = 446, SLOT = 16, SLOTS = 4 };
enum { PREP = 0x41, SWAP = 0x82, GPT = 0xee, EFI = 0xef };
enum { GPT_HEAD = 92, ENTRY_MIN = 128, ENTRY_MAX = 4096, ENTRIES_MAX = 1024, NAME_AT = 56, NAME_UNITS = 36 };
static const unsigned sectors[] = {512, 4096};

struct reading {
    struct disk *disk;
    struct arena *arena;
    VEC(struct partition) found;
};

static int add(struct reading *r, struct partition p)
{
    if (r->found.n == PARTITIONS_MAX)
        return err_set(ERR_LIMIT, "more than %d partitions", PARTITIONS_MAX);
    vec_add(&r->found, p);
    return 0;
}

/* ---- GPT ---- */

/* Mixed-endian, as Linux prints it: 8-4-4-4-12. */
static struct str guid(struct arena *a, const unsigned char *g)
{
    return arena_printf(a, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", get_le32(g), get_le16(g + 4),
                        get_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
}

/* Names beyond ASCII serve nobody here. */
static struct str name_of(struct arena *a, const unsigned char *units)
{
    char name[NAME_UNITS];
    size_t n = 0;
    for (uint16_t c; n < NAME_UNITS && (c = get_le16(units + 2 * n)); n++)
        name[n] = c > 31 && c < 127 ? (char)c : '?';
    return arena_str(a, (struct str){name, n});
}

/* Of the EFI system, BIOS boot, PReP boot, Microsoft's reserved, and Linux' swap partitions. */
static bool is_machine_type(struct str type)
{
    static const char *const types[] = {
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "21686148-6449-6e6f-744e-656564454649",
        "9e1a2d38-c612-4316-aa26-8b49521e5a8b", "e3c9e316-0b5c-4db8-817d-f92df00215ae",
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_is(type, types[i]))
            return true;
    return false;
}

static int add_entry(struct reading *r, const unsigned char *e, unsigned sector, unsigned number)
{
    static const unsigned char none[16];
    uint64_t first = get_le64(e + 32), last = get_le64(e + 40), sectors_of = r->disk->size / sector;
    if (!memcmp(e, none, sizeof none))
        return 0;
    if (first > last || last >= sectors_of)
        return err_set(ERR_INVALID, "a partition that ends behind the end of the disk");
    return add(r, (struct partition){first * sector, (last - first + 1) * sector, guid(r->arena, e + 16),
                                     name_of(r->arena, e + NAME_AT), number,
                                     is_machine_type(guid(r->arena, e))});
}

static int read_entries(struct reading *r, const unsigned char *head, unsigned sector)
{
    uint64_t at = get_le64(head + 72);
    uint32_t n = get_le32(head + 80), size = get_le32(head + 84);
    if (size < ENTRY_MIN || size > ENTRY_MAX || n > ENTRIES_MAX || at > r->disk->size / sector)
        return err_set(ERR_LIMIT, "a partition table of %u entries of %u bytes", n, size);
    _cleanup_free_ unsigned char *entries = mem_alloc((size_t)n * size + 1);
    int status = disk_read(r->disk, at * sector, entries, (size_t)n * size);
    if (status == 0 && crc32_gzip_refl(0, entries, (uint64_t)n * size) != get_le32(head + 88))
        return err_set(ERR_INVALID, "a partition table with a wrong checksum");
    for (uint32_t i = 0; status == 0 && i < n; i++)
        status = add_entry(r, entries + (size_t)i * size, sector, i + 1);
    return status;
}

/* One copy of the table. ERR_MISSING when it is not there. */
static int read_copy(struct reading *r, uint64_t at, unsigned sector)
{
    static const unsigned char zero[4];
    unsigned char head[SECTOR];
    if (at > r->disk->size || r->disk->size - at < sizeof head)
        return err_set(ERR_MISSING, "no partition table");
    int status = disk_read(r->disk, at, head, sizeof head);
    if (status == 0 && memcmp(head, "EFI PART", 8) != 0)
        return err_set(ERR_MISSING, "no partition table");
    if (status < 0)
        return status;
    uint32_t stated = get_le32(head + 16), size = get_le32(head + 12);
    if (size < GPT_HEAD || size > sizeof head)
        return err_set(ERR_INVALID, "a partition table with a head of %u bytes", size);
    memcpy(head + 16, zero, sizeof zero);
    if (crc32_gzip_refl(0, head, size) != stated)
        return err_set(ERR_INVALID, "a partition table with a wrong checksum");
    r->found.n = 0;
    return read_entries(r, head, sector);
}

/* The second copy is at the end. It is looked for where the first one is damaged, or announced and gone. */
static int read_gpt(struct reading *r, bool announced)
{
    for (size_t i = 0; i < sizeof sectors / sizeof *sectors; i++) {
        unsigned sector = sectors[i];
        int status = read_copy(r, sector, sector);
        if ((status == ERR_INVALID || (status == ERR_MISSING && announced)) && r->disk->size >= sector)
            status = read_copy(r, r->disk->size / sector * sector - sector, sector);
        if (status != ERR_MISSING)
            return status;
    }
    return announced ? err_set(ERR_INVALID, "a partition table that is announced (GPT), and not there")
                     : err_set(ERR_MISSING, "no partition table");
}

/* ---- MBR ---- */

static bool is_extended(unsigned char kind)
{
    return kind == 0x05 || kind == 0x0f || kind == 0x85;
}

/* A partition of the master boot record, or of a link of the chain in an extended one. One that is not within
 * the disk is left out: what looks like a table may be something else. */
static int add_slot(struct reading *r, const unsigned char *slot, uint64_t base, unsigned number)
{
    uint64_t start = (base + get_le32(slot + 8)) * SECTOR, size = (uint64_t)get_le32(slot + 12) * SECTOR;
    if (!slot[4] || !size || is_extended(slot[4]) || start > r->disk->size || size > r->disk->size - start)
        return 0;
    bool machine = slot[4] == EFI || slot[4] == SWAP || slot[4] == PREP;
    return add(r, (struct partition){.start = start, .size = size, .number = number, .machine = machine});
}

static bool read_sector(struct reading *r, uint64_t number, unsigned char to[SECTOR])
{
    return number < r->disk->size / SECTOR && disk_read(r->disk, number * SECTOR, to, SECTOR) == 0 &&
           get_le16(to + SIGNATURE_AT) == 0xaa55;
}

static int read_chain(struct reading *r, uint32_t base)
{
    unsigned char sector[SECTOR];
    uint64_t at = base;
    unsigned number = SLOTS + 1;
    int status = 0;
    for (int i = 0; status == 0 && i < PARTITIONS_MAX && read_sector(r, at, sector); i++) {
        const unsigned char *next = sector + TABLE_AT + SLOT;
        size_t before = r->found.n;
        status = add_slot(r, sector + TABLE_AT, at, number);
        number += r->found.n > before;
        if (!is_extended(next[4]))
            break;
        at = (uint64_t)base + get_le32(next + 8);
    }
    return status;
}

/* The boot sector of a file system is no table. */
static bool read_table(struct reading *r, unsigned char sector[SECTOR])
{
    bool is_table = read_sector(r, 0, sector);
    for (int i = 0; is_table && i < SLOTS; i++)
        is_table = !(sector[TABLE_AT + i * SLOT] & 0x7f);
    return is_table;
}

static int read_mbr(struct reading *r, const unsigned char *sector)
{
    int status = 0;
    for (int i = 0; status == 0 && i < SLOTS; i++) {
        const unsigned char *slot = sector + TABLE_AT + i * SLOT;
        size_t before = r->found.n;
        status = add_slot(r, slot, 0, (unsigned)i + 1);
        if (status == 0 && r->found.n > before)
            r->found.at[before].uuid = arena_printf(r->arena, "%08x-%02x", get_le32(sector + 440), i + 1);
        if (status == 0 && is_extended(slot[4]))
            status = read_chain(r, get_le32(slot + 8));
    }
    return status;
}

int partitions_read(struct disk *disk, struct arena *a, struct partition **ret_partitions, size_t *ret_n)
{
    struct reading r = {disk, a, {0}};
    unsigned char sector[SECTOR];
    bool table = read_table(&r, sector), announced = false, others = false;
    for (int i = 0; table && i < SLOTS; i++) {
        unsigned char kind = sector[TABLE_AT + i * SLOT + 4];
        announced |= kind == GPT;
        others |= kind && kind != GPT;
    }
    int status = others && !announced ? ERR_MISSING : read_gpt(&r, announced);
    if (status == ERR_MISSING)
        status = table ? read_mbr(&r, sector) : 0;
    if (status == 0 && !r.found.n)
        vec_add(&r.found, (struct partition){.size = disk->size});
    if (status == 0) {
        *ret_partitions = arena_new_array(a, struct partition, r.found.n);
        memcpy(*ret_partitions, r.found.at, r.found.n * sizeof *r.found.at);
        *ret_n = r.found.n;
    }
    vec_free(&r.found);
    return status;
}
