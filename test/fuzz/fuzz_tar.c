/* Tar archives, handed over in pieces of every size; the result may not depend on it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "view/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
    const uint8_t *p;
    size_t n, piece;
};

static int next_piece(void *ctx, const unsigned char **ret_p, size_t *ret_n)
{
    struct pieces *s = ctx;
    size_t n = s->n < s->piece ? s->n : s->piece;
    *ret_p = s->p;
    *ret_n = n;
    s->p += n;
    s->n -= n;
    return 0;
}

/* A digest of everything that the reader says. */
static uint64_t read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct pieces pieces = {data, size, piece};
    const struct tar_source source = {next_piece, NULL, &pieces};
    struct tar *t = tar_open(&source);
    struct tar_entry e;
    uint64_t hash = 1;
    for (int i = 0; i < 1000 && tar_next(t, &e) > 0; i++) {
        hash = hash64_with(hash64_with(hash, e.path), e.link) + e.size + e.type + e.mode + e.offset;
        uint64_t read = 0;
        const unsigned char *p;
        size_t n = 1;
        while (i % 2 && n && tar_data(t, &p, &n) == 0)
            for (size_t k = 0; k < n; k++, read++)
                hash = hash * 31 + p[k];
        if (read > e.size || (read && e.offset + read > size))
            abort();
    }
    tar_free(t);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    uint64_t whole = read_all(data + 1, size - 1, size);
    if (whole != read_all(data + 1, size - 1, data[0] + 1u))
        abort();
    return 0;
}
