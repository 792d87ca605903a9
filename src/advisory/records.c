/* Encoding records, mentions and EPSS. What is written here is read in record.c. */
#include <stdlib.h>

#include "advisory/finish.h"
#include "base/hash.h"

static void put_date(struct buf *b, int64_t time)
{
    uint64_t days = (uint64_t)time / 86400, seconds = (uint64_t)time % 86400;
    put_varint(b, days * 2 + (seconds != 0));
    if (seconds)
        put_varint(b, seconds);
}

static uint32_t record_flags(const struct part *p)
{
    uint32_t flags = 0;
    flags |= p->published > 0 ? RECORD_PUBLISHED : 0;
    flags |= p->modified > 0 ? RECORD_MODIFIED : 0;
    flags |= p->withdrawn > 0 ? RECORD_WITHDRAWN : 0;
    flags |= p->url ? RECORD_URL : 0;
    for (int i = 0; i < LIST_COUNT; i++)
        flags |= p->lists[i] ? (uint32_t)RECORD_LISTS << i : 0;
    flags |= p->kev_added > 0 ? RECORD_KEV : 0;
    flags |= p->ssvc ? RECORD_SSVC : 0;
    flags |= p->n_summary | p->n_details ? RECORD_PROSE : 0;
    return flags;
}

/* A number of an intern as the file has it. */
static uint32_t list_number(const struct finish *f, enum db_list list, uint32_t number)
{
    uint32_t cwe;
    switch (list) {
    case LIST_SEVERITIES:
        return number;
    case LIST_CWES:
        return cwe_number(intern_get(&f->w->text, number), &cwe) ? cwe * 2 : f->text_rank[number] * 2 + 1;
    case LIST_LINKS:
        return f->link_rank[number];
    default:
        return f->id_rank[number];
    }
}

static int u32_cmp(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void put_list(struct finish *f, struct buf *b, enum db_list list, uint32_t *words)
{
    put_varint(b, words[0]);
    for (uint32_t i = 1; i <= words[0]; i++)
        words[i] = list_number(f, list, words[i]);
    if (list == LIST_LINKS) /* their order says nothing; sorted, the distances are small */
        qsort(words + 1, words[0], sizeof *words, u32_cmp);
    for (uint32_t i = 1; i <= words[0]; i++)
        put_varint(b, list == LIST_LINKS && i > 1 ? words[i] - words[i - 1] : words[i]);
}

static void put_record(struct finish *f, struct buf *b, const struct part *p)
{
    uint32_t flags = record_flags(p);
    put_varint(b, flags);
    put_varint(b, p->feed);
    if (flags & RECORD_PUBLISHED)
        put_date(b, p->published);
    if (flags & RECORD_MODIFIED)
        put_date(b, p->modified);
    if (flags & RECORD_WITHDRAWN)
        put_date(b, p->withdrawn);
    if (flags & RECORD_URL)
        put_varint(b, f->link_rank[p->url - 1]);
    for (int i = 0; i < LIST_COUNT; i++)
        if (p->lists[i])
            put_list(f, b, i, f->w->words.at + p->lists[i]);
    if (flags & RECORD_KEV) {
        put_date(b, p->kev_added);
        put_date(b, p->kev_due > 0 ? p->kev_due : 0);
        put_varint(b, p->ransomware);
        put_varint(b, f->text_rank[p->kev_action]);
    }
    if (flags & RECORD_SSVC)
        put_varint(b, f->text_rank[p->ssvc]);
    if (flags & RECORD_PROSE) {
        put_varint(b, p->prose_block);
        put_varint(b, p->prose_at);
        put_varint(b, p->n_summary);
        put_varint(b, p->n_details);
    }
}

/* By value, before the lists are renumbered. Links are summed up, because their order says nothing. */
static uint64_t record_digest(struct finish *f, const struct part *p)
{
    const uint64_t *hashes[LIST_LINKS] = {
        [LIST_ALIASES] = f->id_hash,          [LIST_UPSTREAM] = f->id_hash, [LIST_RELATED] = f->id_hash,
        [LIST_SEVERITIES] = f->severity_hash, [LIST_CWES] = f->text_hash,
    };
    const uint64_t fields[] = {
        f->id_hash[p->id],
        f->text_hash[f->w->feeds.at[p->feed].name],
        record_flags(p),
        p->published > 0 ? (uint64_t)p->published : 0,
        p->modified > 0 ? (uint64_t)p->modified : 0,
        p->withdrawn > 0 ? (uint64_t)p->withdrawn : 0,
        p->kev_added > 0 ? (uint64_t)p->kev_added : 0,
        p->kev_added > 0 && p->kev_due > 0 ? (uint64_t)p->kev_due : 0,
        p->kev_added > 0 && p->ransomware,
        f->text_hash[p->kev_action],
        f->text_hash[p->ssvc],
        p->prose_hash,
        p->links_hash,
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        vec_add(&f->scratch, fields[i]);
    for (int list = 0; list < LIST_LINKS; list++) {
        const uint32_t *words = f->w->words.at + p->lists[list];
        vec_add(&f->scratch, words[0]);
        for (uint32_t i = 1; i <= words[0]; i++)
            vec_add(&f->scratch, hashes[list][words[i]]);
    }
    return finish_digest(f);
}

void put_records(struct finish *f)
{
    struct buf b = buf_new(UINT32_MAX);
    for (uint32_t i = 0; i < f->n_records; i++) {
        struct part *p = f->records[i];
        uint64_t digest = record_digest(f, p);
        column_put64(&f->out, SECTION_RECORD_DIGEST, digest);
        finish_generation(f, digest);
        b.n = 0;
        put_record(f, &b, p);
        pool_put(&f->out, SECTION_RECORDS, buf_str(&b));
        f->n_kev += p->kev_added > 0;
        f->n_vulnerabilities += str_starts(intern_get(&f->w->ids, p->id), STR("CVE-"));
    }
    buf_free(&b);
}

static int u64_cmp(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void gather_mentions(struct finish *f, uint32_t record, uint32_t list, uint32_t upstream)
{
    const uint32_t *words = f->w->words.at + list;
    for (uint32_t i = 1; i <= words[0]; i++)
        vec_add(&f->scratch, (uint64_t)f->id_rank[words[i]] << 32 | record * 2 | upstream);
}

/* Before put_records(), which renumbers the lists. */
void put_mentions(struct finish *f)
{
    for (uint32_t i = 0; i < f->n_records; i++) {
        gather_mentions(f, i, f->records[i]->lists[LIST_ALIASES], 0);
        gather_mentions(f, i, f->records[i]->lists[LIST_UPSTREAM], 1);
    }
    if (f->scratch.n)
        qsort(f->scratch.at, f->scratch.n, sizeof *f->scratch.at, u64_cmp);
    struct buf b = buf_new(UINT32_MAX);
    size_t at = 0;
    for (uint32_t id = 0; id < f->w->ids.n; id++) {
        uint32_t last = UINT32_MAX;
        b.n = 0;
        for (; at < f->scratch.n && f->scratch.at[at] >> 32 == id; at++) {
            uint32_t mention = (uint32_t)f->scratch.at[at];
            if (last == UINT32_MAX || last >> 1 != mention >> 1) /* alias and upstream both: one is enough */
                put_varint(&b, mention);
            last = mention;
        }
        pool_put(&f->out, SECTION_MENTIONS, buf_str(&b));
    }
    buf_free(&b);
    f->scratch.n = 0;
}

/* By CVE, of equal ones the latest last. */
static int epss_cmp(const void *a, const void *b)
{
    const struct epss *x = a, *y = b;
    if (x->cve != y->cve)
        return x->cve < y->cve ? -1 : 1;
    return (x > y) - (x < y);
}

static uint64_t epss_level(const struct epss *e)
{
    return (uint64_t)e->score << 32 | e->percentile;
}

static size_t unique(uint64_t *at, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!kept || at[i] != at[kept - 1])
            at[kept++] = at[i];
    return kept;
}

void put_epss(struct finish *f)
{
    struct db_writer *w = f->w;
    if (!w->epss.n)
        return;
    qsort(w->epss.at, w->epss.n, sizeof *w->epss.at, epss_cmp);
    vec_each(e, &w->epss) vec_add(&f->scratch, epss_level(e));
    qsort(f->scratch.at, f->scratch.n, sizeof *f->scratch.at, u64_cmp);
    size_t n_levels = unique(f->scratch.at, f->scratch.n);
    for (size_t i = 0; i < n_levels; i++) {
        column_put(&f->out, SECTION_EPSS_SCORE, (uint32_t)(f->scratch.at[i] >> 32));
        column_put(&f->out, SECTION_EPSS_PERCENTILE, (uint32_t)f->scratch.at[i]);
    }
    for (size_t i = 0; i < w->epss.n; i++) {
        const struct epss *e = &w->epss.at[i];
        if (i + 1 < w->epss.n && e[1].cve == e->cve)
            continue;
        uint64_t level = epss_level(e),
                 *found = bsearch(&level, f->scratch.at, n_levels, sizeof level, u64_cmp);
        column_put(&f->out, SECTION_EPSS_CVE, e->cve);
        column_put(&f->out, SECTION_EPSS_LEVEL, (uint32_t)(found - f->scratch.at));
        finish_generation(f, e->cve);
        finish_generation(f, level);
    }
    f->scratch.n = 0;
}
