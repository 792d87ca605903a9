/* Sections being written: pools and columns (format.h). */
#ifndef ASSAY_ADVISORY_ENCODE_H
#define ASSAY_ADVISORY_ENCODE_H

#include "advisory/format.h"
#include "base/buf.h"

struct output {
    struct section_out {
        struct buf bytes;
        uint64_t count;
    } sections[SECTION_COUNT];
    char last[DB_LINK_MAX + 1]; /* of the front-coded pool */
    size_t n_last;
};

/* ERR_LIMIT: a section grew over 4 GiB. */
void output_init(struct output *o);
void output_free(struct output *o);
int output_status(const struct output *o);

void put_varint(struct buf *b, uint64_t value);
/* The next string of the pool. */
void pool_put(struct output *o, enum db_section_kind pool, struct str s);
void pool_put_front(struct output *o, enum db_section_kind pool, struct str s);
void column_put(struct output *o, enum db_section_kind column, uint32_t value);
void column_put64(struct output *o, enum db_section_kind column, uint64_t value);

/* The whole file, into `ret_file`; the sections are freed on the way. `header` brings generation, date,
 * flags, counts. */
int output_file(struct output *o, const struct db_header *header, struct buf *ret_file);

#endif
