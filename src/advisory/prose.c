#include <zstd.h>

#include "advisory/build.h"
#include "base/err.h"
#include "base/hash.h"

/* Descriptions are the larger half of a full database and are read one at a time: this level packs 150 MB in
 * a second. */
enum { PROSE_LEVEL = 3 };

void prose_free(struct prose *p)
{
    ZSTD_freeCCtx(p->zstd);
    buf_free(&p->open);
    buf_free(&p->done);
    vec_free(&p->at);
}

static int prose_flush(struct prose *p)
{
    if (!p->open.n)
        return 0;
    if (!p->zstd && !(p->zstd = ZSTD_createCCtx()))
        mem_exhausted(0);
    size_t room = ZSTD_compressBound(p->open.n);
    char *to = buf_reserve(&p->done, room);
    if (!to)
        return err_context(ERR_LIMIT, "prose");
    size_t n = ZSTD_compressCCtx(p->zstd, to, room, p->open.p, p->open.n, PROSE_LEVEL);
    if (ZSTD_isError(n))
        return err_set(ERR_IO, "zstd: %s", ZSTD_getErrorName(n));
    vec_add(&p->at, (uint32_t)p->done.n);
    p->done.n += n;
    p->open.n = 0;
    return 0;
}

int prose_add(struct prose *p, struct part *part, struct str summary, struct str details)
{
    if (summary.n + details.n > DB_PROSE_MAX)
        return err_set(ERR_LIMIT, "prose over %d bytes", DB_PROSE_MAX);
    if (!p->open.cap) {
        p->open = buf_new(DB_PROSE_BLOCK + DB_PROSE_MAX);
        p->done = buf_new(UINT32_MAX);
    }
    if (p->open.n + summary.n + details.n > DB_PROSE_BLOCK) {
        int status = prose_flush(p);
        if (status < 0)
            return status;
    }
    part->prose_block = (uint32_t)p->at.n;
    part->prose_at = (uint32_t)p->open.n;
    part->n_summary = (uint32_t)summary.n;
    part->n_details = (uint32_t)details.n;
    part->prose_hash = hash64_with(hash64(summary), details);
    buf_add_str(&p->open, summary);
    return buf_add_str(&p->open, details);
}

int prose_end(struct prose *p)
{
    return prose_flush(p);
}
