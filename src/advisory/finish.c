#include "advisory/finish.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"

uint64_t finish_digest(struct finish *f)
{
    uint64_t digest = hash64((struct str){(const char *)f->scratch.at, f->scratch.n * sizeof *f->scratch.at});
    f->scratch.n = 0;
    return digest;
}

void finish_generation(struct finish *f, uint64_t value)
{
    sha256_update(f->generation, &value, sizeof value);
}

static uint64_t *hash_all(const struct intern *in)
{
    uint64_t *hashes = mem_alloc(in->n * sizeof *hashes);
    for (uint32_t i = 0; i < in->n; i++)
        hashes[i] = hash64(intern_get(in, i));
    return hashes;
}

/* Strings whose words are all numbers of texts. */
static uint64_t *hash_words(struct finish *f, const struct intern *in)
{
    uint64_t *hashes = mem_alloc(in->n * sizeof *hashes);
    for (uint32_t i = 0; i < in->n; i++) {
        struct str words = intern_get(in, i);
        for (size_t k = 0; k < words.n / 4; k++)
            vec_add(&f->scratch, f->text_hash[intern_word(words, k)]);
        hashes[i] = finish_digest(f);
    }
    return hashes;
}

static uint64_t *hash_ranges(struct finish *f)
{
    const struct intern *in = &f->w->ranges;
    uint64_t *hashes = mem_alloc(in->n * sizeof *hashes);
    for (uint32_t i = 0; i < in->n; i++) {
        struct str words = intern_get(in, i);
        for (size_t k = 0; k < words.n / 4; k++)
            vec_add(&f->scratch, k % 4 == 3 ? intern_word(words, k) : f->text_hash[intern_word(words, k)]);
        hashes[i] = finish_digest(f);
    }
    return hashes;
}

static uint64_t shape_word_hash(const struct finish *f, size_t at, uint32_t word)
{
    if (at == SHAPE_FIX)
        return word;
    if (at == SHAPE_VERSIONS)
        return f->versions_hash[word];
    return at >= SHAPE_SEVERITIES ? f->severity_hash[word] : f->text_hash[word];
}

static uint64_t *hash_shapes(struct finish *f)
{
    const struct intern *in = &f->w->shapes;
    uint64_t *hashes = mem_alloc(in->n * sizeof *hashes);
    for (uint32_t i = 0; i < in->n; i++) {
        struct str words = intern_get(in, i);
        for (size_t k = 0; k < words.n / 4; k++)
            vec_add(&f->scratch, shape_word_hash(f, k, intern_word(words, k)));
        hashes[i] = finish_digest(f);
    }
    return hashes;
}

/* The kind counts by its name: its number depends on the build. */
static uint64_t *hash_links(struct finish *f)
{
    const struct intern *in = &f->w->links;
    uint64_t *hashes = mem_alloc(in->n * sizeof *hashes);
    for (uint32_t i = 0; i < in->n; i++) {
        struct str link = intern_get(in, i);
        uint64_t kind = hash64(intern_get(&f->w->kinds, (uint8_t)link.p[0]));
        hashes[i] = hash64_with(kind, str_slice(link, 1, link.n));
    }
    return hashes;
}

static void hash_values(struct finish *f)
{
    f->text_hash = hash_all(&f->w->text);
    f->id_hash = hash_all(&f->w->ids);
    f->link_hash = hash_links(f);
    f->severity_hash = hash_words(f, &f->w->severities);
    f->versions_hash = hash_words(f, &f->w->versions);
    f->ranges_hash = hash_ranges(f);
    f->shape_hash = hash_shapes(f);
}

static void sort_ids(struct finish *f)
{
    struct db_writer *w = f->w;
    uint8_t *is_record = mem_alloc(w->ids.n + 1);
    for (uint32_t i = 0; i < w->ids.n; i++)
        f->n_records += is_record[i] = w->part_of.at[i] != 0;
    f->id_sorted = intern_sorted(&w->ids, is_record);
    f->id_rank = intern_ranks(f->id_sorted, w->ids.n);
    free(is_record);
}

static void put_sorted(struct finish *f, enum db_section_kind pool, const struct intern *in,
                       const uint32_t *sorted)
{
    for (uint32_t i = 0; i < in->n; i++)
        pool_put(&f->out, pool, intern_get(in, sorted ? sorted[i] : i));
}

static void put_ranges(struct finish *f)
{
    struct buf b = buf_new(UINT32_MAX);
    for (uint32_t i = 0; i < f->w->ranges.n; i++) {
        struct str words = intern_get(&f->w->ranges, i);
        b.n = 0;
        for (size_t k = 0; k < words.n / 4; k += 4) {
            uint32_t flags = intern_word(words, k + 3) ? RANGE_AFTER : 0;
            for (unsigned bound = 0; bound < 3; bound++)
                flags |= intern_word(words, k + bound) ? 1u << bound : 0;
            put_varint(&b, flags);
            for (unsigned bound = 0; bound < 3; bound++)
                if (flags & 1u << bound)
                    put_varint(&b, f->text_rank[intern_word(words, k + bound)]);
        }
        pool_put(&f->out, SECTION_RANGES, buf_str(&b));
    }
    buf_free(&b);
}

/* Pools of texts' numbers. */
static void put_words(struct finish *f, enum db_section_kind pool, const struct intern *in)
{
    struct buf b = buf_new(UINT32_MAX);
    for (uint32_t i = 0; i < in->n; i++) {
        struct str words = intern_get(in, i);
        b.n = 0;
        for (size_t k = 0; k < words.n / 4; k++)
            put_varint(&b, f->text_rank[intern_word(words, k)]);
        pool_put(&f->out, pool, buf_str(&b));
    }
    buf_free(&b);
}

static void put_shapes(struct finish *f)
{
    struct buf b = buf_new(UINT32_MAX);
    for (uint32_t i = 0; i < f->w->shapes.n; i++) {
        struct str words = intern_get(&f->w->shapes, i);
        b.n = 0;
        for (size_t k = 0; k < words.n / 4; k++) {
            uint32_t word = intern_word(words, k);
            put_varint(&b, k < SHAPE_FIX ? f->text_rank[word] : word);
        }
        pool_put(&f->out, SECTION_SHAPES, buf_str(&b));
    }
    buf_free(&b);
}

static void put_feeds(struct finish *f)
{
    struct buf b = buf_new(UINT32_MAX);
    vec_each(row, &f->w->feeds)
    {
        const uint32_t texts[] = {row->name, row->url, row->licence, row->digest, row->state};
        b.n = 0;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct str s = intern_get(&f->w->text, texts[i]);
            put_varint(&b, s.n);
            buf_add_str(&b, s);
        }
        put_varint(&b, row->date > 0 ? (uint64_t)row->date : 0);
        pool_put(&f->out, SECTION_FEEDS, buf_str(&b));
        /* Not its date, digest and state: a feed that was fetched again unchanged changes nothing. */
        finish_generation(f, f->text_hash[row->name]);
        finish_generation(f, f->text_hash[row->licence]);
    }
    buf_free(&b);
}

static int put_prose(struct finish *f)
{
    struct prose *p = &f->w->prose;
    int status = prose_end(p);
    if (status < 0 || !p->at.n)
        return status;
    vec_each(at, &p->at) column_put(&f->out, SECTION_PROSE_AT, *at);
    column_put(&f->out, SECTION_PROSE_AT, (uint32_t)p->done.n);
    struct section_out *out = &f->out.sections[SECTION_PROSE];
    out->bytes = p->done;
    out->count = p->at.n;
    p->done = buf_new(UINT32_MAX);
    return 0;
}

static void put_links(struct finish *f)
{
    f->link_sorted = intern_sorted(&f->links, NULL);
    f->link_rank = intern_ranks(f->link_sorted, f->links.n);
    for (uint32_t i = 0; i < f->links.n; i++)
        pool_put_front(&f->out, SECTION_LINKS, intern_get(&f->links, f->link_sorted[i]));
}

static int put_all(struct finish *f)
{
    struct db_writer *w = f->w;
    f->text_sorted = intern_sorted(&w->text, NULL);
    f->text_rank = intern_ranks(f->text_sorted, w->text.n);
    sort_ids(f);
    hash_values(f);
    fold_records(f);
    put_feeds(f);
    put_sorted(f, SECTION_TEXT, &w->text, f->text_sorted);
    put_sorted(f, SECTION_IDS, &w->ids, f->id_sorted);
    put_sorted(f, SECTION_KINDS, &w->kinds, NULL);
    put_links(f);
    put_words(f, SECTION_SEVERITIES, &w->severities);
    put_ranges(f);
    put_words(f, SECTION_VERSIONS, &w->versions);
    put_shapes(f);
    put_mentions(f);
    put_records(f);
    put_epss(f);
    put_sources(f);
    int status = put_entries(f);
    return status < 0 ? status : put_prose(f);
}

static void finish_free(struct finish *f)
{
    void *owned[] = {f->text_rank,     f->text_sorted, f->id_rank,       f->id_sorted, f->link_rank,
                     f->link_sorted,   f->records,     f->text_hash,     f->id_hash,   f->link_hash,
                     f->severity_hash, f->ranges_hash, f->versions_hash, f->shape_hash};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    intern_free(&f->links);
    vec_free(&f->scratch);
    output_free(&f->out);
    if (f->generation) {
        unsigned char unused[SHA256_SIZE];
        sha256_finish(f->generation, unused);
    }
}

static void finish_header(struct finish *f, struct db_header *ret_header)
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1];
    finish_generation(f, f->w->options.facts_only);
    sha256_finish(f->generation, digest);
    f->generation = NULL;
    sha256_hex(digest, hex);
    memset(ret_header, 0, sizeof *ret_header);
    memcpy(ret_header->generation, hex, sizeof ret_header->generation);
    ret_header->built = time_now();
    ret_header->flags = f->w->options.facts_only ? DB_FACTS_ONLY : 0;
    ret_header->n_vulnerabilities = f->n_vulnerabilities;
    ret_header->n_kev = f->n_kev;
}

int db_writer_finish(struct db_writer *w, const char *path)
{
    _cleanup_(finish_free) struct finish f = {.w = w, .generation = sha256_new()};
    _cleanup_(buf_free) struct buf file = {0};
    struct db_header header;
    output_init(&f.out);
    int status = put_all(&f);
    if (status < 0)
        return status;
    finish_header(&f, &header);
    status = output_file(&f.out, &header, &file);
    return status < 0 ? status : file_replace(path, buf_str(&file), 0644);
}
