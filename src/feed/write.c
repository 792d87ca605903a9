#include "advisory/writer.h"
#include "feed/feed.h"

int feed_write(const struct feed_batch *b, const struct db_feed *row, struct db_writer *w)
{
    db_writer_feed(w, row);
    for (size_t i = 0; i < b->advisories.n; i++) {
        int r = db_writer_add(w, &b->advisories.at[i]);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < b->epss.n; i++) {
        int r = db_writer_epss(w, b->epss.at[i].cve, b->epss.at[i].score, b->epss.at[i].percentile);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < b->sources.n; i++) {
        int r = db_writer_source(w, &b->sources.at[i]);
        if (r < 0)
            return r;
    }
    return 0;
}
