#include "advisory/encode.h"

#include "base/err.h"
#include "base/hash.h"

void output_init(struct output *o)
{
    memset(o, 0, sizeof *o);
    for (int i = 0; i < SECTION_COUNT; i++)
        o->sections[i].bytes = buf_new(UINT32_MAX);
}

void output_free(struct output *o)
{
    for (int i = 0; i < SECTION_COUNT; i++)
        buf_free(&o->sections[i].bytes);
}

int output_status(const struct output *o)
{
    for (int i = 0; i < SECTION_COUNT; i++)
        if (buf_status(&o->sections[i].bytes) < 0)
            return err_set(ERR_LIMIT, "advisory database: section %d is over 4 GiB", i);
    return 0;
}

void put_varint(struct buf *b, uint64_t value)
{
    unsigned char bytes[10];
    size_t n = 0;
    while (value >= 0x80) {
        bytes[n++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (unsigned char)value;
    buf_add(b, bytes, n);
}

/* Notes where every sixteenth string begins; true for those. */
static bool pool_begin(struct output *o, enum db_section_kind pool)
{
    struct section_out *p = &o->sections[pool];
    bool first = p->count++ % DB_BLOCK == 0;
    if (first)
        column_put(o, pool + 1, (uint32_t)p->bytes.n);
    return first;
}

void pool_put(struct output *o, enum db_section_kind pool, struct str s)
{
    pool_begin(o, pool);
    put_varint(&o->sections[pool].bytes, s.n);
    buf_add_str(&o->sections[pool].bytes, s);
}

void pool_put_front(struct output *o, enum db_section_kind pool, struct str s)
{
    struct buf *b = &o->sections[pool].bytes;
    size_t shared = 0;
    if (!pool_begin(o, pool))
        while (shared < s.n && shared < o->n_last && s.p[shared] == o->last[shared])
            shared++;
    put_varint(b, shared);
    put_varint(b, s.n - shared);
    buf_add(b, s.p + shared, s.n - shared);
    memcpy(o->last, s.p, s.n);
    o->n_last = s.n;
}

void column_put(struct output *o, enum db_section_kind column, uint32_t value)
{
    o->sections[column].count++;
    buf_add(&o->sections[column].bytes, &value, sizeof value);
}

void column_put64(struct output *o, enum db_section_kind column, uint64_t value)
{
    o->sections[column].count++;
    buf_add(&o->sections[column].bytes, &value, sizeof value);
}

static uint64_t aligned(uint64_t n)
{
    return (n + 7) / 8 * 8;
}

static void fill_table(const struct output *o, struct db_section *table, uint64_t *ret_size)
{
    uint64_t at = sizeof(struct db_header) + SECTION_COUNT * sizeof *table;
    for (int i = 0; i < SECTION_COUNT; i++) {
        struct str bytes = buf_str(&o->sections[i].bytes);
        table[i] = (struct db_section){at, bytes.n, o->sections[i].count, hash64(bytes)};
        at = aligned(at + bytes.n);
    }
    *ret_size = at;
}

int output_file(struct output *o, const struct db_header *header, struct buf *ret_file)
{
    struct db_section table[SECTION_COUNT];
    struct db_header h = *header;
    memcpy(h.magic, DB_MAGIC, sizeof h.magic);
    h.version = DB_VERSION;
    h.n_sections = SECTION_COUNT;
    fill_table(o, table, &h.size);
    h.checksum = 0;
    h.checksum = hash64_with(hash64((struct str){(const char *)&h, sizeof h}),
                             (struct str){(const char *)table, sizeof table});
    int status = output_status(o);
    if (status < 0)
        return status;
    struct buf file = buf_new(h.size + 1);
    buf_add(&file, &h, sizeof h);
    buf_add(&file, table, sizeof table);
    for (int i = 0; i < SECTION_COUNT; i++) {
        buf_add_str(&file, buf_str(&o->sections[i].bytes));
        buf_add(&file, "\0\0\0\0\0\0\0", aligned(file.n) - file.n);
        buf_free(&o->sections[i].bytes);
    }
    *ret_file = file;
    return 0;
}
