/* Berkeley DB hash files, as rpm 4.0 to 4.15 wrote them (Packages).
 *
 * Pages of equal size; page 0 describes the file. A hash page (Berkeley DB source, dbinc/db_page.h) begins
 * with a 26-byte head, then 16-bit offsets of its items, in pairs of key and value; items grow from the end
 * of the page towards its front. A value that does not fit in lies on a chain of overflow pages. Every hash
 * page of the file is read, whichever bucket it belongs to: the order of packages does not matter. Keys are
 * package numbers; 0 holds the highest number given out.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "ecosystem/rpmdb.h"

enum {
    META_SIZE = 72,
    PAGE_HEAD = 26,
    PAGE_MIN = 512,
    PAGE_MAX = 65536,
    HASH_MAGIC = 0x061561,
    TYPE_HASH_UNSORTED = 2,
    TYPE_OVERFLOW = 7,
    TYPE_HASH = 13,
    ITEM_INLINE = 1,
    ITEM_OFF_PAGE = 3,
    BLOB_MAX = 300 << 20,
};

struct bdb {
    struct view_file *file;
    const struct rpmdb_visitor *visitor;
    bool swapped;
    uint32_t page_size, last_page;
    uint64_t handed_out;
    unsigned char *page, *overflow; /* page_size each */
};

static uint32_t u32(const struct bdb *db, const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return db->swapped ? __builtin_bswap32(value) : value;
}

static uint32_t u16(const struct bdb *db, const unsigned char *at)
{
    uint16_t value;
    memcpy(&value, at, 2);
    return db->swapped ? __builtin_bswap16(value) : value;
}

static int read_meta(struct bdb *db)
{
    unsigned char meta[META_SIZE];
    int status = rpmdb_read_at(db->file, 0, meta, sizeof meta);
    if (status < 0)
        return status;
    db->swapped = u32(db, meta + 12) != HASH_MAGIC;
    db->page_size = u32(db, meta + 20);
    db->last_page = u32(db, meta + 32);
    if (db->page_size < PAGE_MIN || db->page_size > PAGE_MAX || (db->page_size & (db->page_size - 1)))
        return err_set(ERR_INVALID, "rpm database has pages of %u bytes", db->page_size);
    if (meta[24])
        return err_set(ERR_UNSUPPORTED, "rpm database is encrypted");
    if (meta[26])
        return err_set(ERR_UNSUPPORTED, "rpm database has checksums or partitions (flags %u)", meta[26]);
    return 0;
}

static int read_page(struct bdb *db, uint32_t number, unsigned char *to)
{
    return rpmdb_read_at(db->file, (uint64_t)number * db->page_size, to, db->page_size);
}

/* Follows the chain from page `number` until `n` bytes are there. */
static int read_chain(struct bdb *db, uint32_t number, char *to, size_t n)
{
    size_t done = 0;
    while (done < n) {
        if (number == 0 || number > db->last_page)
            return err_set(ERR_INVALID, "rpm database: package of %zu bytes ends after %zu, at page %u", n,
                           done, number);
        int status = read_page(db, number, db->overflow);
        if (status < 0)
            return status;
        size_t used = u16(db, db->overflow + 22);
        if (db->overflow[25] != TYPE_OVERFLOW || used == 0 || used > db->page_size - PAGE_HEAD)
            return err_set(ERR_INVALID, "rpm database: page %u is no overflow page", number);
        if (used > n - done)
            used = n - done;
        memcpy(to + done, db->overflow + PAGE_HEAD, used);
        done += used;
        number = u32(db, db->overflow + 16);
    }
    return 0;
}

/* Every byte belongs to one package, so the packages together are no larger than the file. */
static int count_bytes(struct bdb *db, uint64_t n)
{
    db->handed_out += n;
    if (n > BLOB_MAX || db->handed_out > db->file->size)
        return err_set(ERR_LIMIT, "rpm database of %" PRIu64 " bytes states more bytes of packages",
                       db->file->size);
    return 0;
}

static int read_item(struct bdb *db, const unsigned char *item, size_t n)
{
    if (n > 1 && item[0] == ITEM_INLINE) {
        int status = count_bytes(db, n - 1);
        if (status == 0)
            db->visitor->header(db->visitor->ctx, (struct str){(const char *)item + 1, n - 1});
        return status;
    }
    if (n < 12 || item[0] != ITEM_OFF_PAGE)
        return err_set(ERR_INVALID, "rpm database: item of type %u and %zu bytes", n ? item[0] : 0, n);
    size_t size = u32(db, item + 8);
    int status = count_bytes(db, size);
    if (status < 0)
        return status;
    _cleanup_free_ char *blob = mem_alloc(size ? size : 1);
    status = read_chain(db, u32(db, item + 4), blob, size);
    if (status == 0)
        db->visitor->header(db->visitor->ctx, (struct str){blob, size});
    return status;
}

/* Whether the item is the key 0, as a number of 32 bits. */
static bool is_counter(const unsigned char *item, size_t n)
{
    static const unsigned char counter[] = {ITEM_INLINE, 0, 0, 0, 0};
    return n == sizeof counter && memcmp(item, counter, sizeof counter) == 0;
}

/* An item reaches to where the one before it begins. */
static int read_pair(struct bdb *db, uint32_t number, uint32_t i, uint32_t n)
{
    const unsigned char *offsets = db->page + PAGE_HEAD;
    uint32_t end = i ? u16(db, offsets + (i - 1) * 2) : db->page_size;
    uint32_t key = u16(db, offsets + i * 2), value = u16(db, offsets + (i + 1) * 2);
    if (value < PAGE_HEAD + n * 2 || key < value || end < key || end > db->page_size)
        return err_set(ERR_INVALID, "rpm database: page %u has items outside of itself", number);
    if (is_counter(db->page + key, end - key))
        return 0;
    return read_item(db, db->page + value, key - value);
}

static int read_hash_page(struct bdb *db, uint32_t number)
{
    uint32_t n = u16(db, db->page + 20);
    if (PAGE_HEAD + n * 2 > db->page_size)
        return err_set(ERR_INVALID, "rpm database: page %u states %u items", number, n);
    for (uint32_t i = 0; i + 1 < n; i += 2) {
        int status = read_pair(db, number, i, n);
        if (status == ERR_LIMIT)
            return status;
        if (status < 0)
            db->visitor->fault(db->visitor->ctx, status);
    }
    return 0;
}

int rpmdb_read_bdb(struct view_file *file, const struct rpmdb_visitor *visitor)
{
    struct bdb db = {.file = file, .visitor = visitor};
    int status = read_meta(&db);
    if (status < 0)
        return status;
    _cleanup_free_ unsigned char *pages = mem_alloc((size_t)db.page_size * 2);
    db.page = pages;
    db.overflow = pages + db.page_size;
    for (uint32_t number = 1; number <= db.last_page; number++) {
        status = read_page(&db, number, db.page);
        if (status < 0)
            return status;
        if (db.page[25] != TYPE_HASH && db.page[25] != TYPE_HASH_UNSORTED)
            continue;
        status = read_hash_page(&db, number);
        if (status == ERR_LIMIT)
            return status;
        if (status < 0)
            visitor->fault(visitor->ctx, status);
        if (number == UINT32_MAX)
            break;
    }
    return 0;
}
