#include "view/xfs_intent.h"

#include "base/bytes.h"
#include "base/err.h"

/* fs/xfs/libxfs/xfs_log_format.h: mappings of a file (reflink, copy on write), exchanges of two files'
 * content. */
enum { MAPPING = 0x1244, MAPPED = 0x1245, EXCHANGE = 0x1248, EXCHANGED = 0x1249 };
enum { AT_ID = 8, ID = 8, AT_INODE = 16, INTENT_MIN = 24, DONE_MIN = 16, INTENTS_MAX = 1 << 20 };

int xfs_intent(struct xfs_intents *to, unsigned kind, const unsigned char *bytes, size_t n)
{
    bool intent = kind == MAPPING || kind == EXCHANGE, done = kind == MAPPED || kind == EXCHANGED;
    if (!intent && !done)
        return 0;
    if (n < (intent ? INTENT_MIN : DONE_MIN))
        return err_set(ERR_INVALID, "a damaged intent");
    struct str id = {(const char *)bytes + AT_ID, ID};
    uint64_t *inode = map_get(&to->open, id);
    if (!inode && done) /* it began before the tail */
        return 0;
    if (!inode && to->open.n == INTENTS_MAX)
        return err_set(ERR_LIMIT, "more than %d intents", INTENTS_MAX);
    if (!inode) {
        to->arena = to->arena ? to->arena : arena_new(0);
        inode = arena_alloc(to->arena, sizeof *inode);
        map_set(&to->open, arena_str(to->arena, id), inode);
    }
    *inode = intent ? get_le64(bytes + AT_INODE) : 0;
    return 0;
}

size_t xfs_intents_open(const struct xfs_intents *intents, uint64_t *ret_inode)
{
    size_t n = 0;
    for (size_t i = 0; i < intents->open.n; i++) {
        const uint64_t *inode = intents->open.entries[i].value;
        if (*inode && !n++)
            *ret_inode = *inode;
    }
    return n;
}

void xfs_intents_free(struct xfs_intents *intents)
{
    map_free(&intents->open);
    arena_free(intents->arena);
}
