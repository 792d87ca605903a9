/* Layout, from rpm's manual, "Package format", section Header: two big-endian 32-bit counts (index entries,
 * bytes of data), the index (tag, type, offset, count; 32 bits each), the data. In a database the magic
 * number is left out. A tag may stand twice: a package's own region and what was added at installation; the
 * later one counts. */
#include "ecosystem/rpm_header.h"

#include "base/err.h"

enum {
    ENTRY_SIZE = 16,
    ENTRIES_MAX = 0xffff,
    DATA_MAX = 256 << 20
}; /* rpm's own limits (header.c, hdrchkTags) */

enum rpm_type { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRING_ARRAY = 8, TYPE_I18N_STRING = 9 };

static uint32_t be32(const void *at)
{
    const unsigned char *p = at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int rpm_header_parse(struct str blob, struct rpm_header *ret_header)
{
    if (blob.n < 8)
        return err_set(ERR_INVALID, "rpm header of %zu bytes", blob.n);
    uint32_t entries = be32(blob.p), data = be32(blob.p + 4);
    if (entries > ENTRIES_MAX || data > DATA_MAX)
        return err_set(ERR_LIMIT, "rpm header with %u tags and %u bytes", entries, data);
    size_t start = 8 + (size_t)entries * ENTRY_SIZE;
    if (start + data > blob.n)
        return err_set(ERR_INVALID, "rpm header of %zu bytes states %u tags and %u bytes", blob.n, entries,
                       data);
    *ret_header =
        (struct rpm_header){(const unsigned char *)blob.p + 8, entries, str_slice(blob, start, start + data)};
    return 0;
}

struct entry {
    uint32_t type, count;
    struct str data; /* from its offset to the end of all data */
};

/* 1 with *ret_entry set, 0 when there is no such tag, or a negative error. */
static int find_entry(const struct rpm_header *h, enum rpm_tag tag, struct entry *ret_entry)
{
    for (uint32_t i = h->entries; i-- > 0;) {
        const unsigned char *at = h->index + (size_t)i * ENTRY_SIZE;
        if (be32(at) != (uint32_t)tag)
            continue;
        uint32_t offset = be32(at + 8);
        if (offset > h->data.n)
            return err_set(ERR_INVALID, "rpm tag %d lies outside of its header", tag);
        *ret_entry = (struct entry){be32(at + 4), be32(at + 12), str_slice(h->data, offset, h->data.n)};
        return 1;
    }
    return 0;
}

int rpm_header_strings(const struct rpm_header *h, enum rpm_tag tag, struct rpm_strings *ret_strings)
{
    struct entry e;
    int found = find_entry(h, tag, &e);
    if (found < 0)
        return found;
    if (!found) {
        *ret_strings = (struct rpm_strings){0};
        return 0;
    }
    if (e.type != TYPE_STRING && e.type != TYPE_STRING_ARRAY && e.type != TYPE_I18N_STRING)
        return err_set(ERR_INVALID, "rpm tag %d has type %u, not a string", tag, e.type);
    *ret_strings = (struct rpm_strings){e.data, e.type == TYPE_STRING ? 1 : e.count};
    return 0;
}

bool rpm_strings_next(struct rpm_strings *s, struct str *ret_value)
{
    const char *end = s->left && s->rest.n ? memchr(s->rest.p, '\0', s->rest.n) : NULL;
    if (!end)
        return false;
    size_t n = (size_t)(end - s->rest.p);
    *ret_value = str_slice(s->rest, 0, n);
    s->rest = str_slice(s->rest, n + 1, s->rest.n);
    s->left--;
    return true;
}

int rpm_header_str(const struct rpm_header *h, enum rpm_tag tag, struct str *ret_value)
{
    struct rpm_strings strings;
    int status = rpm_header_strings(h, tag, &strings);
    if (status < 0)
        return status;
    if (!strings.left)
        *ret_value = (struct str){NULL, 0};
    else if (!rpm_strings_next(&strings, ret_value))
        return err_set(ERR_INVALID, "rpm tag %d is a string without an end", tag);
    return 0;
}

int rpm_header_numbers(const struct rpm_header *h, enum rpm_tag tag, struct rpm_numbers *ret_numbers)
{
    struct entry e;
    int found = find_entry(h, tag, &e);
    if (found < 0)
        return found;
    if (!found) {
        *ret_numbers = (struct rpm_numbers){NULL, 0};
        return 0;
    }
    if (e.type != TYPE_INT32 || e.count > e.data.n / 4)
        return err_set(ERR_INVALID, "rpm tag %d is not the %u numbers it states", tag, e.count);
    *ret_numbers = (struct rpm_numbers){(const unsigned char *)e.data.p, e.count};
    return 0;
}

uint32_t rpm_number(const struct rpm_numbers *numbers, uint32_t i)
{
    return be32(numbers->at + (size_t)i * 4);
}

bool rpm_split_source(struct str file, struct str *ret_name, struct str *ret_version)
{
    if (str_ends(file, STR(".src.rpm")))
        file.n -= strlen(".src.rpm");
    else if (str_ends(file, STR(".nosrc.rpm")))
        file.n -= strlen(".nosrc.rpm");
    else
        return false;
    ptrdiff_t release = str_rfind(file, '-');
    ptrdiff_t version = release <= 0 ? -1 : str_rfind(str_slice(file, 0, (size_t)release), '-');
    if (version <= 0 || release - version < 2 || (size_t)release + 1 == file.n)
        return false;
    *ret_name = str_slice(file, 0, (size_t)version);
    *ret_version = str_slice(file, (size_t)version + 1, file.n);
    return true;
}
