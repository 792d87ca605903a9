/* Uniting what several feeds say of one record, and writing its links as templates. */
#include "advisory/finish.h"

/* Which numbers a list has already: stamp[number] == turn. */
struct stamps {
    uint32_t *at;
    uint32_t turn;
};

static void unite_list(struct db_writer *w, uint32_t list, struct stamps *seen)
{
    for (uint32_t i = 0; i < w->words.at[list]; i++) {
        uint32_t number = w->words.at[list + 1 + i];
        if (seen->at[number] == seen->turn)
            continue;
        seen->at[number] = seen->turn;
        vec_add(&w->scratch, number);
    }
}

static uint32_t keep_scratch(struct db_writer *w)
{
    if (!w->scratch.n)
        return 0;
    /* What one feed may say of one list, all together may: more would not be read back. */
    uint32_t at = (uint32_t)w->words.n,
             n = (uint32_t)(w->scratch.n < DB_LIST_MAX ? w->scratch.n : DB_LIST_MAX);
    vec_add(&w->words, n);
    for (uint32_t i = 0; i < n; i++)
        vec_add(&w->words, w->scratch.at[i]);
    w->scratch.n = 0;
    return at;
}

static int64_t first_date(int64_t a, int64_t b)
{
    return a > 0 ? a : b;
}

/* Dates, prose and the like come from the first part that has them. */
static void unite_fields(struct part *to, const struct part *from)
{
    to->published = first_date(to->published, from->published);
    to->modified = first_date(to->modified, from->modified);
    to->withdrawn = first_date(to->withdrawn, from->withdrawn);
    to->ssvc = to->ssvc ? to->ssvc : from->ssvc;
    to->url = to->url ? to->url : from->url;
    if (to->kev_added <= 0) {
        to->kev_added = from->kev_added;
        to->kev_due = from->kev_due;
        to->kev_action = from->kev_action;
        to->ransomware = from->ransomware;
    }
    if (!(to->n_summary | to->n_details)) {
        to->prose_block = from->prose_block;
        to->prose_at = from->prose_at;
        to->n_summary = from->n_summary;
        to->n_details = from->n_details;
        to->prose_hash = from->prose_hash;
    }
}

static struct part *live(struct db_writer *w, uint32_t at)
{
    while (at && w->parts.at[at - 1].dead)
        at = w->parts.at[at - 1].next;
    return at ? &w->parts.at[at - 1] : NULL;
}

static struct part *fold(struct db_writer *w, uint32_t id, struct stamps *seen)
{
    struct part *to = live(w, w->part_of.at[id]);
    for (struct part *from = live(w, to->next); from; from = live(w, from->next))
        unite_fields(to, from);
    for (int list = 0; list < LIST_COUNT; list++) {
        seen->turn++;
        for (struct part *from = to; from; from = live(w, from->next))
            unite_list(w, from->lists[list], seen);
        to->lists[list] = keep_scratch(w);
    }
    return to;
}

/* Replaces `id` in the `n` bytes of `text` by `byte`; the new length. Short ids could be anywhere in a URL by
 * chance and gain nothing. */
static size_t replace_id(char *text, size_t n, struct str id, char byte)
{
    if (id.n < 6)
        return n;
    ptrdiff_t at = str_find_str((struct str){text, n}, id);
    if (at < 0)
        return n;
    text[at] = byte;
    memmove(text + at + 1, text + at + id.n, n - (size_t)at - id.n);
    return n - id.n + 1;
}

static size_t replace_ids(struct finish *f, uint32_t list, char *text, size_t n, int first_byte, uint32_t max)
{
    const uint32_t *words = f->w->words.at + list;
    for (uint32_t i = 0; i < words[0] && i < max; i++)
        n = replace_id(text, n, intern_get(&f->w->ids, words[1 + i]), (char)(first_byte + (int)i));
    return n;
}

static uint32_t make_template(struct finish *f, const struct part *p, uint32_t link)
{
    char text[DB_LINK_MAX + 1];
    struct str raw = intern_get(&f->w->links, link);
    size_t n = raw.n - 1;
    memcpy(text, raw.p, raw.n);
    n = replace_id(text + 1, n, intern_get(&f->w->ids, p->id), LINK_ID);
    n = replace_ids(f, p->lists[LIST_ALIASES], text + 1, n, LINK_ALIAS, LINK_ALIASES);
    n = replace_ids(f, p->lists[LIST_UPSTREAM], text + 1, n, LINK_UPSTREAM, LINK_UPSTREAMS);
    return intern_add(&f->links, (struct str){text, n + 1});
}

static void make_templates(struct finish *f, struct part *p)
{
    uint32_t list = p->lists[LIST_LINKS];
    for (uint32_t i = 0; i < f->w->words.at[list]; i++) {
        uint32_t *word = &f->w->words.at[list + 1 + i];
        p->links_hash += f->link_hash[*word];
        *word = make_template(f, p, *word);
    }
    if (p->url) {
        p->links_hash += f->link_hash[p->url - 1] * 3;
        p->url = 1 + make_template(f, p, p->url - 1);
    }
}

static uint32_t largest(const uint32_t *n, size_t count)
{
    uint32_t max = 0;
    for (size_t i = 0; i < count; i++)
        max = n[i] > max ? n[i] : max;
    return max;
}

void fold_records(struct finish *f)
{
    struct db_writer *w = f->w;
    const uint32_t numbers[] = {w->ids.n, w->text.n, w->links.n, w->severities.n};
    struct stamps seen = {.at = mem_alloc(((size_t)largest(numbers, 4) + 1) * sizeof(uint32_t))};
    f->records = mem_alloc(f->n_records * sizeof(struct part *));
    for (uint32_t i = 0; i < f->n_records; i++) {
        f->records[i] = fold(w, f->id_sorted[i], &seen);
        make_templates(f, f->records[i]);
    }
    free(seen.at);
}
