/* rpm's own "ndb" form (Packages.db), the default of SUSE.
 *
 * Little-endian (rpm source, lib/backend/ndb/rpmpkg.c): a head of 32 bytes, then slots of 16 bytes up to the
 * end of the slot pages, then blobs in blocks of 16 bytes. A slot names a package number (0: free) and the
 * blocks of its blob; a blob has a head, the package's header, padding, and a tail with an Adler-32 sum over
 * all before it.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "ecosystem/rpmdb.h"

enum {
    HEAD_SIZE = 32,
    PAGE_SIZE = 4096,
    SLOT_SIZE = 16,
    BLOCK_SIZE = 16,
    BLOB_HEAD = 16,
    BLOB_TAIL = 12,
    SLOT_PAGES_MAX = 65536, /* 16 million packages */
    BLOB_MAX = 300 << 20,
    SLOT_MAGIC = 'S' | 'l' << 8 | 'o' << 16 | 't' << 24,
    BLOB_HEAD_MAGIC = 'B' | 'l' << 8 | 'b' << 16 | 'S' << 24,
    BLOB_TAIL_MAGIC = 'B' | 'l' << 8 | 'b' << 16 | 'E' << 24,
};

static uint32_t le32(const void *at)
{
    const unsigned char *p = at;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* RFC 1950, section 8.2; rpm starts it at 1 too. */
static uint32_t adler32(const unsigned char *p, size_t n)
{
    enum { BASE = 65521, RUN = 5552 }; /* the longest run that cannot overflow 32 bits */
    uint32_t a = 1, b = 0;
    while (n) {
        size_t run = n < RUN ? n : RUN;
        n -= run;
        while (run--) {
            a += *p++;
            b += a;
        }
        a %= BASE;
        b %= BASE;
    }
    return b << 16 | a;
}

static int read_blob(struct view_file *file, uint32_t package, uint64_t offset, size_t n,
                     const struct rpmdb_visitor *visitor)
{
    if (n < BLOB_HEAD + BLOB_TAIL || n > BLOB_MAX)
        return err_set(ERR_INVALID, "rpm database: package %u has %zu bytes", package, n);
    _cleanup_free_ unsigned char *blob = mem_alloc(n);
    int status = rpmdb_read_at(file, offset, blob, n);
    if (status < 0)
        return status;
    const unsigned char *tail = blob + n - BLOB_TAIL;
    size_t size = le32(blob + 12);
    if (le32(blob) != (uint32_t)BLOB_HEAD_MAGIC || le32(blob + 4) != package ||
        le32(tail + 8) != (uint32_t)BLOB_TAIL_MAGIC || le32(tail + 4) != size ||
        size > n - BLOB_HEAD - BLOB_TAIL)
        return err_set(ERR_INVALID, "rpm database: package %u is not at byte %" PRIu64, package, offset);
    if (le32(tail) != adler32(blob, n - BLOB_TAIL))
        return err_set(ERR_INVALID, "rpm database: package %u is damaged (checksum)", package);
    visitor->header(visitor->ctx, (struct str){(const char *)blob + BLOB_HEAD, size});
    return 0;
}

static int read_slot(struct view_file *file, const unsigned char *slot, uint64_t *handed_out,
                     const struct rpmdb_visitor *visitor)
{
    uint32_t package = le32(slot + 4);
    if (le32(slot) != (uint32_t)SLOT_MAGIC)
        return err_set(ERR_INVALID, "rpm database: damaged slot");
    if (!package)
        return 0;
    size_t n = (size_t)le32(slot + 12) * BLOCK_SIZE;
    *handed_out += n;
    if (*handed_out > file->size)
        return err_set(ERR_LIMIT, "rpm database of %" PRIu64 " bytes states more bytes of packages",
                       file->size);
    return read_blob(file, package, (uint64_t)le32(slot + 8) * BLOCK_SIZE, n, visitor);
}

int rpmdb_read_ndb(struct view_file *file, const struct rpmdb_visitor *visitor)
{
    unsigned char head[HEAD_SIZE], page[PAGE_SIZE];
    int status = rpmdb_read_at(file, 0, head, sizeof head);
    if (status < 0)
        return status;
    uint32_t version = le32(head + 4), pages = le32(head + 12);
    if (version != 0)
        return err_set(ERR_UNSUPPORTED, "rpm database in ndb form, version %u", version);
    if (pages > SLOT_PAGES_MAX)
        return err_set(ERR_LIMIT, "rpm database states %u pages of slots", pages);
    uint64_t handed_out = 0;
    for (uint32_t i = 0; i < pages; i++) {
        status = rpmdb_read_at(file, (uint64_t)i * PAGE_SIZE, page, PAGE_SIZE);
        if (status < 0)
            return status;
        for (size_t at = i ? 0 : HEAD_SIZE; at < PAGE_SIZE; at += SLOT_SIZE) {
            status = read_slot(file, page + at, &handed_out, visitor);
            if (status == ERR_LIMIT)
                return status;
            if (status < 0)
                visitor->fault(visitor->ctx, status);
        }
    }
    return 0;
}
