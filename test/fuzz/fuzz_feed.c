/* The parsers of feeds: the first byte chooses the feed, the second the file, the rest is the content. */
#include <stdint.h>

#include "feed/feed.h"
#include "feed/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t n = 0, files = 0;
    while (feeds[n])
        n++;
    const struct feed *feed = feeds[data[0] % n];
    while (feed->files[files].path)
        files++;
    const struct feed_file *file = &feed->files[data[1] % files];
    struct str content = {(const char *)data + 2, size - 2};
    struct feed_batch *b = batch_new(&(struct batch_options){.max_references = 3});
    struct feed_batch *again = batch_new(&(struct batch_options){.facts_only = true});
    struct feed_file next;
    if (feed->follow)
        (void)feed->follow(b->scratch, file, content, &next);
    if (feed->read(b, file, content) == 0 && feed->join && feed->read(again, file, content) == 0) {
        batch_join(b, again);
        again = NULL;
        if (feed->finish)
            feed->finish(b);
    }
    batch_free(b);
    if (again)
        batch_free(again);
    return 0;
}
