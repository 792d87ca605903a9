/* Decoding records and entries. What is read here is written in records.c and finish.c. */
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "advisory/reader.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

static int64_t cursor_date(struct cursor *c)
{
    uint64_t days = cursor_u64(c), seconds = days & 1 ? cursor_u64(c) : 0;
    days /= 2;
    if (days > 1u << 24 || seconds >= 86400)
        c->bad = true;
    return c->bad ? TIME_NONE : (int64_t)(days * 86400 + seconds);
}

static struct str cursor_text(const struct db *db, struct cursor *c)
{
    return db_text(db, cursor_u32(c), &c->bad);
}

static struct advisory_severity severity(const struct db *db, uint32_t number, bool *bad)
{
    struct str row;
    if (!pool_get(&db->severities, number, &row)) {
        *bad = true;
        return (struct advisory_severity){0};
    }
    struct cursor c = cursor_of(row);
    struct advisory_severity s = {.source = cursor_text(db, &c)};
    s.rating = cursor_text(db, &c);
    s.vector = cursor_text(db, &c);
    *bad |= c.bad;
    return s;
}

static const struct advisory_severity *cursor_severities(const struct db *db, struct arena *a,
                                                         struct cursor *c, size_t n)
{
    struct advisory_severity *s = arena_new_array(a, struct advisory_severity, n);
    for (size_t i = 0; i < n && !c->bad; i++)
        s[i] = severity(db, cursor_u32(c), &c->bad);
    return s;
}

/* Entries. */

/* Every interval takes a byte at least. */
static void read_ranges(const struct db *db, struct arena *a, struct str row, struct advisory_affected *e,
                        bool *bad)
{
    size_t n = 0;
    struct cursor c = cursor_of(row);
    if (row.n > DB_LIST_MAX * 16) {
        *bad = true;
        return;
    }
    struct advisory_range *ranges = arena_new_array(a, struct advisory_range, row.n);
    while (c.p < c.end && !c.bad) {
        uint32_t flags = cursor_u32(&c);
        struct advisory_range *r = &ranges[n++];
        r->introduced = flags & RANGE_INTRODUCED ? cursor_text(db, &c) : STR("");
        r->fixed = flags & RANGE_FIXED ? cursor_text(db, &c) : STR("");
        r->last_affected = flags & RANGE_LAST ? cursor_text(db, &c) : STR("");
        r->after = flags & RANGE_AFTER;
    }
    *bad |= c.bad;
    e->ranges = ranges;
    e->n_ranges = n;
}

static void read_versions(const struct db *db, struct arena *a, uint32_t number, struct advisory_affected *e,
                          bool *bad)
{
    struct str row;
    if (!pool_get(&db->versions, number, &row) || row.n > DB_LIST_MAX * 5) {
        *bad = true;
        return;
    }
    struct str *versions = arena_new_array(a, struct str, row.n);
    struct cursor c = cursor_of(row);
    size_t n = 0;
    while (c.p < c.end && !c.bad)
        versions[n++] = cursor_text(db, &c);
    *bad |= c.bad;
    e->versions = versions;
    e->n_versions = n;
}

static void read_shape(const struct db *db, struct arena *a, struct str row, struct advisory_affected *e,
                       bool *bad)
{
    struct cursor c = cursor_of(row);
    e->scheme = cursor_text(db, &c);
    e->module = cursor_text(db, &c);
    e->arch = cursor_text(db, &c);
    e->purl_type_qualifier = cursor_text(db, &c);
    uint32_t fix = cursor_u32(&c);
    e->fix = fix / 2;
    e->binary = fix & 1;
    if (fix / 2 > FIX_NOT_AFFECTED)
        c.bad = true;
    read_versions(db, a, cursor_u32(&c), e, &c.bad);
    size_t left = c.bad ? 0 : (size_t)(c.end - c.p), n = 0;
    for (size_t i = 0; i < left; i++) /* each number ends with its first byte below 0x80 */
        n += c.p[i] < 0x80;
    e->severities = n <= DB_LIST_MAX ? cursor_severities(db, a, &c, n) : NULL;
    e->n_severities = n;
    *bad |= c.bad || n > DB_LIST_MAX;
}

/* The package of an entry: the last whose first entry is not behind it. */
static bool read_package(const struct db *db, uint32_t index, struct advisory_affected *e)
{
    uint32_t from = 0, to = db->n_packages;
    while (to - from > 1) {
        uint32_t middle = from + (to - from) / 2;
        if (db->package_first[middle] <= index)
            from = middle;
        else
            to = middle;
    }
    return db_package_key(db, from, &e->ecosystem, &e->name);
}

int db_affected(const struct db *db, struct arena *a, uint32_t index, struct advisory_affected *ret_affected,
                uint32_t *ret_record)
{
    struct advisory_affected e = {0};
    struct str ranges, shape;
    bool bad = false;
    if (index >= db->n_affected || db->affected_record[index] >= db->records.n)
        return db_damaged(db, "entry", index);
    if (!read_package(db, index, &e) || !pool_get(&db->ranges, db->affected_ranges[index], &ranges) ||
        !pool_get(&db->shapes, db->affected_shape[index], &shape))
        return db_damaged(db, "entry", index);
    read_ranges(db, a, ranges, &e, &bad);
    read_shape(db, a, shape, &e, &bad);
    if (bad)
        return db_damaged(db, "entry", index);
    *ret_affected = e;
    *ret_record = db->affected_record[index];
    return 0;
}

/* Records. */

struct str db_record_id(const struct db *db, uint32_t record)
{
    struct str id = {0};
    if (record < db->records.n)
        pool_get(&db->ids, record, &id);
    return id;
}

uint32_t db_record_feed(const struct db *db, uint32_t record)
{
    struct str row;
    if (!pool_get(&db->records, record, &row))
        return 0;
    struct cursor c = cursor_of(row);
    cursor_u32(&c);
    return cursor_u32(&c);
}

static const struct str *cursor_ids(const struct db *db, struct arena *a, struct cursor *c, size_t n)
{
    struct str *ids = arena_new_array(a, struct str, n);
    for (size_t i = 0; i < n && !c->bad; i++)
        if (!pool_get(&db->ids, cursor_u32(c), &ids[i]))
            c->bad = true;
    return ids;
}

static const struct str *cursor_cwes(const struct db *db, struct arena *a, struct cursor *c, size_t n)
{
    struct str *cwes = arena_new_array(a, struct str, n);
    for (size_t i = 0; i < n && !c->bad; i++) {
        uint32_t number = cursor_u32(c);
        cwes[i] = number & 1 ? db_text(db, number / 2, &c->bad) : arena_printf(a, "CWE-%u", number / 2);
    }
    return cwes;
}

/* The id that a template byte stands for. */
static bool template_id(const struct advisory *v, unsigned char byte, struct str *ret_id)
{
    if (byte == LINK_ID) {
        *ret_id = v->id;
        return true;
    }
    bool upstream = byte >= LINK_UPSTREAM;
    size_t at = byte - (upstream ? LINK_UPSTREAM : LINK_ALIAS), n = upstream ? v->n_upstream : v->n_aliases;
    if (byte < LINK_ALIAS || at >= n)
        return false;
    *ret_id = upstream ? v->upstream[at] : v->aliases[at];
    return true;
}

static bool read_link(const struct db *db, struct arena *a, const struct advisory *v, uint32_t number,
                      struct advisory_reference *ret_reference)
{
    char text[DB_LINK_MAX + 1], full[DB_LINK_MAX + 1];
    struct str kind;
    size_t n = pool_get_front(&db->links, number, text, sizeof text), used = 0;
    if (!n || !pool_get(&db->kinds, (unsigned char)text[0], &kind))
        return false;
    for (size_t i = 1; i < n; i++) {
        struct str piece = {text + i, 1};
        if ((unsigned char)text[i] < LINK_TEMPLATES && !template_id(v, (unsigned char)text[i], &piece))
            return false;
        if (piece.n > sizeof full - used)
            return false;
        if (piece.n) /* an id of a damaged list is empty, and NULL */
            memcpy(full + used, piece.p, piece.n);
        used += piece.n;
    }
    *ret_reference = (struct advisory_reference){kind, arena_str(a, (struct str){full, used})};
    return true;
}

static void read_links(const struct db *db, struct arena *a, struct cursor *c, struct advisory *v)
{
    size_t n = cursor_count(c);
    struct advisory_reference *links = arena_new_array(a, struct advisory_reference, n);
    uint32_t number = 0;
    for (size_t i = 0; i < n && !c->bad; i++) {
        number += cursor_u32(c);
        if (!read_link(db, a, v, number, &links[i]))
            c->bad = true;
    }
    v->references = links;
    v->n_references = n;
}

static void read_lists(const struct db *db, struct arena *a, struct cursor *c, uint32_t flags,
                       struct advisory *v)
{
    if (flags & RECORD_LISTS << LIST_ALIASES)
        v->aliases = cursor_ids(db, a, c, v->n_aliases = cursor_count(c));
    if (flags & RECORD_LISTS << LIST_UPSTREAM)
        v->upstream = cursor_ids(db, a, c, v->n_upstream = cursor_count(c));
    if (flags & RECORD_LISTS << LIST_RELATED)
        v->related = cursor_ids(db, a, c, v->n_related = cursor_count(c));
    if (flags & RECORD_LISTS << LIST_SEVERITIES)
        v->severities = cursor_severities(db, a, c, v->n_severities = cursor_count(c));
    if (flags & RECORD_LISTS << LIST_CWES)
        v->cwes = cursor_cwes(db, a, c, v->n_cwes = cursor_count(c));
    if (flags & RECORD_LISTS << LIST_LINKS)
        read_links(db, a, c, v);
}

static void read_kev(const struct db *db, struct cursor *c, struct advisory_kev *kev)
{
    kev->added = cursor_date(c);
    kev->due = cursor_date(c);
    kev->due = kev->due > 0 ? kev->due : TIME_NONE;
    kev->ransomware = cursor_u32(c);
    kev->action = cursor_text(db, c);
}

static void read_source_url(const struct db *db, struct arena *a, struct cursor *c, uint32_t number,
                            struct advisory *v)
{
    struct advisory_reference r = {0};
    if (!read_link(db, a, v, number, &r))
        c->bad = true;
    v->source_url = r.url;
}

int db_record_decode(const struct db *db, struct arena *a, uint32_t record, struct advisory *ret_advisory,
                     struct prose_place *ret_place)
{
    struct str row;
    struct advisory v = {.kev = {.added = TIME_NONE, .due = TIME_NONE}};
    struct prose_place place = {0};
    if (!pool_get(&db->records, record, &row) || !pool_get(&db->ids, record, &v.id))
        return db_damaged(db, "record", record);
    struct cursor c = cursor_of(row);
    uint32_t flags = cursor_u32(&c);
    if (flags & ~(uint32_t)RECORD_KNOWN || cursor_u32(&c) >= db->feeds.n)
        c.bad = true;
    v.published = flags & RECORD_PUBLISHED ? cursor_date(&c) : TIME_NONE;
    v.modified = flags & RECORD_MODIFIED ? cursor_date(&c) : TIME_NONE;
    v.withdrawn = flags & RECORD_WITHDRAWN ? cursor_date(&c) : TIME_NONE;
    uint32_t url = flags & RECORD_URL ? cursor_u32(&c) : 0;
    read_lists(db, a, &c, flags, &v);
    if (flags & RECORD_URL)
        read_source_url(db, a, &c, url, &v);
    if (flags & RECORD_KEV)
        read_kev(db, &c, &v.kev);
    if (flags & RECORD_SSVC)
        v.ssvc = cursor_text(db, &c);
    if (flags & RECORD_PROSE) {
        place.block = cursor_u32(&c);
        place.at = cursor_u32(&c);
        place.n_summary = cursor_u32(&c);
        place.n_details = cursor_u32(&c);
    }
    if (c.bad || c.p != c.end)
        return db_damaged(db, "record", record);
    *ret_advisory = v;
    *ret_place = place;
    return 0;
}

/* A context is kept, as making one costs more than a small block does: one for each thread that reads prose,
 * until that ends. */
static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void free_context(void *context)
{
    ZSTD_freeDCtx(context);
}

static void make_context_key(void)
{
    if (pthread_key_create(&context_key, free_context))
        mem_exhausted(0);
}

static ZSTD_DCtx *zstd_context(void)
{
    pthread_once(&context_once, make_context_key);
    ZSTD_DCtx *context = pthread_getspecific(context_key);
    if (context)
        return context;
    context = ZSTD_createDCtx();
    if (!context || pthread_setspecific(context_key, context))
        mem_exhausted(0);
    return context;
}

int db_prose_block(const struct db *db, uint32_t block, char **ret_text, size_t *ret_size)
{
    if (block >= db->n_prose || db->prose_at[block] > db->prose_at[block + 1] ||
        db->prose_at[block + 1] > db->prose.n)
        return db_damaged(db, "prose block", block);
    struct str frame = str_slice(db->prose, db->prose_at[block], db->prose_at[block + 1]);
    unsigned long long size = ZSTD_getFrameContentSize(frame.p, frame.n);
    if (size > DB_PROSE_BLOCK + DB_PROSE_MAX) /* the codes for "unknown" and "error" are larger still */
        return db_damaged(db, "prose block", block);
    _cleanup_free_ char *text = mem_alloc(size);
    size_t n = ZSTD_decompressDCtx(zstd_context(), text, size, frame.p, frame.n);
    if (ZSTD_isError(n) || n != size)
        return db_damaged(db, "prose block", block);
    *ret_text = text;
    *ret_size = n;
    text = NULL;
    return 0;
}

static int read_prose(const struct db *db, struct arena *a, const struct prose_place *place,
                      struct advisory *v)
{
    _cleanup_free_ char *text = NULL;
    size_t size;
    int status = db_prose_block(db, place->block, &text, &size);
    if (status < 0)
        return status;
    if (place->at > size || place->n_summary > size - place->at ||
        place->n_details > size - place->at - place->n_summary)
        return db_damaged(db, "prose block", place->block);
    v->summary = arena_str(a, (struct str){text + place->at, place->n_summary});
    v->details = arena_str(a, (struct str){text + place->at + place->n_summary, place->n_details});
    return 0;
}

int db_record(const struct db *db, struct arena *a, uint32_t record, bool prose,
              struct advisory *ret_advisory)
{
    struct advisory v;
    struct prose_place place;
    int status = db_record_decode(db, a, record, &v, &place);
    if (status == 0 && prose && (place.n_summary | place.n_details))
        status = read_prose(db, a, &place, &v);
    if (status == 0)
        *ret_advisory = v;
    return status;
}

int db_record_affected(const struct db *db, struct arena *a, uint32_t record, uint32_t **ret_indices,
                       size_t *ret_n)
{
    size_t n = 0, at = 0;
    for (uint32_t i = 0; i < db->n_affected; i++)
        n += db->affected_record[i] == record;
    uint32_t *indices = arena_new_array(a, uint32_t, n);
    for (uint32_t i = 0; i < db->n_affected && at < n; i++)
        if (db->affected_record[i] == record)
            indices[at++] = i;
    *ret_indices = indices;
    *ret_n = n;
    return 0;
}

/* Ids. */

static bool find_id(const struct db *db, struct str id, uint32_t *ret_number)
{
    return pool_find(&db->ids, 0, db->records.n, id, ret_number) ||
           pool_find(&db->ids, db->records.n, db->ids.n, id, ret_number);
}

bool db_record_find(const struct db *db, struct str id, uint32_t *ret_record)
{
    uint32_t number;
    struct str row;
    if (!find_id(db, id, &number))
        return false;
    if (number < db->records.n) {
        *ret_record = number;
        return true;
    }
    if (!pool_get(&db->mentions, number, &row))
        return false;
    struct cursor c = cursor_of(row);
    while (c.p < c.end) {
        uint32_t mention = cursor_u32(&c);
        if (!c.bad && !(mention & 1) && mention / 2 < db->records.n) {
            *ret_record = mention / 2;
            return true;
        }
    }
    return false;
}

int db_records_of(const struct db *db, struct arena *a, struct str id, uint32_t **ret_records, size_t *ret_n)
{
    uint32_t number;
    struct str row;
    if (!find_id(db, id, &number)) {
        *ret_n = 0;
        *ret_records = NULL;
        return 0;
    }
    if (!pool_get(&db->mentions, number, &row) || row.n > DB_LIST_MAX * 5)
        return db_damaged(db, "id", number);
    uint32_t *records = arena_new_array(a, uint32_t, row.n + 1);
    size_t n = 0;
    if (number < db->records.n)
        records[n++] = number;
    struct cursor c = cursor_of(row);
    while (c.p < c.end && !c.bad) {
        uint32_t record = cursor_u32(&c) / 2;
        if (record >= db->records.n)
            c.bad = true;
        else if (record != number)
            records[n++] = record;
    }
    if (c.bad)
        return db_damaged(db, "id", number);
    *ret_records = records;
    *ret_n = n;
    return 0;
}

static struct str upper(struct arena *a, struct str s, size_t n)
{
    char *p = arena_alloc(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = i < n && is_lower(s.p[i]) ? (char)(s.p[i] - 'a' + 'A') : s.p[i];
    return (struct str){p, s.n};
}

int db_records_typed(const struct db *db, struct arena *a, struct str id, uint32_t **ret_records,
                     size_t *ret_n)
{
    int status = db_records_of(db, a, id, ret_records, ret_n);
    if (status == 0 && !*ret_n)
        status = db_records_of(db, a, upper(a, id, id.n), ret_records, ret_n);
    if (status == 0 && !*ret_n) /* GHSA- alone is in capitals */
        status = db_records_of(db, a, upper(a, arena_lower(a, id), 4), ret_records, ret_n);
    return status;
}
