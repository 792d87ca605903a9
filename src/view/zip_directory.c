#include "view/zip_directory.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

enum {
    END_SIZE = 22,       /* 4.3.16, without its comment */
    END64_SIZE = 56,     /* 4.3.14 */
    LOCATOR64_SIZE = 20, /* 4.3.15 */
    RECORD_SIZE = 46,    /* 4.3.12, without name, extra fields and comment */
    RECORD_MAX = RECORD_SIZE + 3 * 65535,
    WINDOW = 256 * 1024,
    EXTRA_ZIP64 = 0x0001, /* 4.5.3 */
    MADE_BY_UNIX = 3,     /* 4.4.2.2 */
};
enum {
    SIGNATURE_RECORD = 0x02014b50,
    SIGNATURE_END = 0x06054b50,
    SIGNATURE_END64 = 0x06064b50,
    SIGNATURE_LOCATOR64 = 0x07064b50,
    SIGNATURE_DIGITAL = 0x05054b50
};

static uint16_t u16(const char *p)
{
    const unsigned char *c = (const unsigned char *)p;
    return (uint16_t)(c[0] | c[1] << 8);
}

static uint32_t u32(const char *p)
{
    return u16(p) | (uint32_t)u16(p + 2) << 16;
}

static uint64_t u64(const char *p)
{
    return u32(p) | (uint64_t)u32(p + 4) << 32;
}

/* Exactly `n` bytes, or ERR_INVALID. */
static int read_exactly(struct view_file *f, uint64_t offset, void *to, size_t n)
{
    size_t got;
    int status = view_file_read_at(f, offset, to, n, &got);
    if (status == 0 && got < n)
        status = err_set(ERR_INVALID, "zip: ends at byte %llu", (unsigned long long)(offset + got));
    return status;
}

/* What the records at the end say; places are still as written. */
struct end {
    uint64_t at; /* of the end record, the first of the two there may be */
    uint64_t size, offset;
};

/* Replaces what did not fit the old record by the 64-bit one in front of it. */
static int read_end64(struct view_file *f, struct end *end)
{
    char locator[LOCATOR64_SIZE], record[END64_SIZE];
    if (end->at < LOCATOR64_SIZE)
        return 0;
    uint64_t before = end->at - LOCATOR64_SIZE;
    int status = read_exactly(f, before, locator, sizeof locator);
    if (status < 0 || u32(locator) != SIGNATURE_LOCATOR64)
        return status;
    /* Bytes put in front of the archive move the record; then it stands right before its locator. */
    uint64_t at = u64(locator + 8);
    for (int attempt = 0; attempt < 2; attempt++) {
        if (at <= before && before - at >= END64_SIZE) {
            status = read_exactly(f, at, record, sizeof record);
            if (status < 0)
                return status;
            if (u32(record) == SIGNATURE_END64) {
                *end = (struct end){.at = at, .size = u64(record + 40), .offset = u64(record + 48)};
                return 0;
            }
        }
        at = before - END64_SIZE;
    }
    return err_set(ERR_INVALID, "zip: the 64-bit end record is missing");
}

/* The last end record whose directory lies before it. */
static int find_end(struct view_file *f, struct end *ret_end)
{
    size_t n = f->size < END_SIZE + 65535 ? (size_t)f->size : END_SIZE + 65535;
    uint64_t from = f->size - n;
    _cleanup_free_ char *tail = mem_grow(NULL, n + 1, 1);
    int status = read_exactly(f, from, tail, n);
    if (status < 0)
        return status;
    for (size_t i = n < END_SIZE ? 0 : n - END_SIZE + 1; i-- > 0;) {
        if (u32(tail + i) != SIGNATURE_END || u16(tail + i + 20) > n - i - END_SIZE)
            continue;
        struct end end = {.at = from + i, .size = u32(tail + i + 12), .offset = u32(tail + i + 16)};
        if (u16(tail + i + 4) != u16(tail + i + 6))
            return err_set(ERR_UNSUPPORTED, "zip: one of several volumes");
        status = read_end64(f, &end);
        if (status < 0)
            return status;
        if (end.size > end.at || end.offset > end.at - end.size)
            continue;
        *ret_end = end;
        return 0;
    }
    return err_set(ERR_INVALID, "zip: no central directory");
}

/* `n` bytes at `offset` through the window; they stay until the next call. */
static int look(struct zip_directory *d, uint64_t offset, size_t n, const char **ret)
{
    if (offset > d->end || n > d->end - offset)
        return err_set(ERR_INVALID, "zip: the central directory ends early");
    if (offset < d->window_at || offset + n > d->window_at + d->window_n) {
        uint64_t left = d->end - offset;
        d->window_n = 0;
        size_t size = left < WINDOW ? (size_t)left : WINDOW;
        int status = read_exactly(d->file, offset, d->window, size);
        if (status < 0)
            return status;
        d->window_at = offset;
        d->window_n = size;
    }
    *ret = d->window + (offset - d->window_at);
    return 0;
}

int zip_directory_open(struct view_file *file, struct zip_directory *ret_directory)
{
    struct end end = {0};
    char first[4];
    int status = find_end(file, &end);
    if (status < 0)
        return status;
    struct zip_directory d = {.file = file, .end = end.at, .start = end.at - end.size};
    d.shift = d.start - end.offset;
    /* Some writers leave a gap behind the directory instead of putting bytes before the archive. */
    if (d.shift && end.size >= 4) {
        status = read_exactly(file, d.start, first, sizeof first);
        if (status < 0)
            return status;
        if (u32(first) != SIGNATURE_RECORD) {
            d.start = end.offset;
            d.end = end.offset + end.size;
            d.shift = 0;
        }
    }
    d.at = d.start;
    d.window = mem_grow(NULL, WINDOW, 1);
    *ret_directory = d;
    return 0;
}

void zip_directory_free(struct zip_directory *d)
{
    free(d->window);
    d->window = NULL;
}

/* The sizes and the offset that are all ones in the record, from the extra field, in this order (4.5.3). */
static int read_zip64(struct str extra, struct zip_entry *e)
{
    uint64_t *const wide[] = {&e->size, &e->packed, &e->offset};
    bool any = false;
    for (int i = 0; i < 3; i++)
        any = any || *wide[i] == UINT32_MAX;
    while (any && extra.n >= 4) {
        size_t n = u16(extra.p + 2);
        if (n > extra.n - 4)
            break;
        struct str field = str_slice(extra, 4, 4 + n);
        if (u16(extra.p) == EXTRA_ZIP64) {
            for (int i = 0; i < 3; i++) {
                if (*wide[i] != UINT32_MAX)
                    continue;
                if (field.n < 8)
                    return err_set(ERR_INVALID, "zip: a 64-bit field is missing");
                *wide[i] = u64(field.p);
                field = str_slice(field, 8, field.n);
            }
            return 0;
        }
        extra = str_slice(extra, 4 + n, extra.n);
    }
    return 0;
}

int zip_directory_at(struct zip_directory *d, uint64_t record, struct zip_entry *ret_entry)
{
    const char *p;
    int status = look(d, record, RECORD_SIZE, &p);
    if (status < 0)
        return status;
    if (u32(p) != SIGNATURE_RECORD)
        return err_set(ERR_INVALID, "zip: the central directory is damaged at byte %llu",
                       (unsigned long long)record);
    size_t name_n = u16(p + 28), extra_n = u16(p + 30);
    status = look(d, record, RECORD_SIZE + name_n + extra_n, &p);
    if (status < 0)
        return status;
    struct zip_entry e = {
        .name = {p + RECORD_SIZE, name_n},
        .record = record,
        .flags = u16(p + 8),
        .method = u16(p + 10),
        .crc = u32(p + 16),
        .packed = u32(p + 20),
        .size = u32(p + 24),
        .mode = (unsigned char)p[5] == MADE_BY_UNIX ? u16(p + 40) : 0,
        .offset = u32(p + 42),
    };
    status = read_zip64((struct str){p + RECORD_SIZE + name_n, extra_n}, &e);
    if (status < 0)
        return status;
    if (__builtin_add_overflow(e.offset, d->shift, &e.offset))
        return err_set(ERR_INVALID, "zip: an entry beyond any file");
    *ret_entry = e;
    return 0;
}

int zip_directory_next(struct zip_directory *d, struct zip_entry *ret_entry)
{
    const char *p;
    if (d->end - d->at < 4)
        return 0;
    int status = look(d, d->at, 4, &p);
    if (status < 0)
        return status;
    if (u32(p) == SIGNATURE_DIGITAL)
        return 0;
    status = look(d, d->at, RECORD_SIZE, &p);
    if (status < 0)
        return status;
    size_t size = RECORD_SIZE + (size_t)u16(p + 28) + u16(p + 30) + u16(p + 32);
    struct zip_entry entry;
    status = zip_directory_at(d, d->at, &entry);
    if (status < 0)
        return status;
    d->at += size < d->end - d->at ? size : d->end - d->at;
    *ret_entry = entry;
    return 1;
}
