#include "ecosystem/rpmdb.h"

#include <inttypes.h>

#include "base/err.h"

int rpmdb_read_at(struct view_file *file, uint64_t offset, void *to, size_t n)
{
    size_t got;
    int status = view_file_read_at(file, offset, to, n, &got);
    if (status < 0)
        return status;
    if (got < n)
        return err_set(ERR_INVALID, "rpm database ends at byte %" PRIu64 " before %zu bytes at %" PRIu64,
                       file->size, n, offset);
    return 0;
}

/* Berkeley DB writes in the byte order of its machine, 12 bytes into the file. */
static bool is_bdb(const unsigned char *p, uint32_t magic)
{
    unsigned char bytes[4] = {(unsigned char)(magic >> 24), (unsigned char)(magic >> 16),
                              (unsigned char)(magic >> 8), (unsigned char)magic};
    unsigned char swapped[4] = {bytes[3], bytes[2], bytes[1], bytes[0]};
    return memcmp(p, bytes, 4) == 0 || memcmp(p, swapped, 4) == 0;
}

int rpmdb_read(struct view_file *file, const struct rpmdb_visitor *visitor)
{
    enum { HASH_MAGIC = 0x061561, BTREE_MAGIC = 0x053162 };
    unsigned char start[16] = {0};
    if (file->size == 0)
        return err_set(ERR_INVALID, "rpm database is empty: not even a head");
    int status = rpmdb_read_at(file, 0, start, sizeof start);
    if (status < 0)
        return status;
    if (memcmp(start, "SQLite format 3", 16) == 0)
        return rpmdb_read_sqlite(file, visitor);
    if (memcmp(start, "RpmP", 4) == 0)
        return rpmdb_read_ndb(file, visitor);
    if (is_bdb(start + 12, HASH_MAGIC))
        return rpmdb_read_bdb(file, visitor);
    if (is_bdb(start + 12, BTREE_MAGIC))
        return err_set(ERR_UNSUPPORTED, "rpm database is a Berkeley DB btree; rpm keeps packages in a hash");
    return err_set(ERR_INVALID, "rpm database is neither sqlite nor ndb nor Berkeley DB");
}
