#include "feed/feed.h"

#include <stddef.h>

#include "base/err.h"
#include "feed/input.h"

const struct feed *feed_find(struct str name)
{
    for (const struct feed *const *f = feeds; *f; f++)
        if (str_is(name, (*f)->name))
            return *f;
    return NULL;
}

struct reading {
    const struct feed *feed;
    const struct feed_file *file;
    struct feed_batch *batch;
};

static int read_entry(void *ctx, struct str name, struct str content)
{
    const struct reading *r = ctx;
    arena_reset(r->batch->scratch);
    int status = r->feed->read(r->batch, r->file, content);
    return status < 0 ? err_context(status, "%.*s", STR_ARG(name)) : 0;
}

int feed_read(const struct feed *feed, const struct feed_file *file, const char *path, struct feed_batch *b)
{
    int r;
    if (feed->archive) {
        r = input_archive(path, STR(".json"), read_entry, &(struct reading){feed, file, b});
    } else {
        struct arena *a = arena_new(0);
        struct str content;
        r = input_read(a, path, &content);
        if (!r)
            r = feed->read(b, file, content);
        arena_free(a);
    }
    arena_reset(b->scratch);
    if (r < 0)
        return r;
    if (!b->advisories.n && !b->epss.n && !b->sources.n)
        return err_set(ERR_INVALID, "no records in it");
    return 0;
}
