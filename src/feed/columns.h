/* Comma-separated values with a header line (RFC 4180), read in place, by the names of the columns. */
#ifndef ASSAY_FEED_COLUMNS_H
#define ASSAY_FEED_COLUMNS_H

#include "base/arena.h"

enum { COLUMNS_WANTED = 4 };

struct columns {
    struct str rest;
    size_t n_wanted;
    size_t column[COLUMNS_WANTED];    /* of each wanted name */
    struct str field[COLUMNS_WANTED]; /* of the present line, raw: without the quotes around it */
    bool quoted[COLUMNS_WANTED];
};

/* Reads the header and finds the wanted columns (names ended by NULL). ERR_INVALID names the one that is
 * missing. */
int columns_open(struct columns *csv, struct str content, ...) __attribute__((sentinel));
/* The next line that is not empty; false at the end. */
bool columns_next(struct columns *csv);
/* The field of wanted column `i`, unquoted (copied into the arena if need be); empty when the line is too
 * short. */
struct str columns_field(const struct columns *csv, struct arena *a, size_t i);

#endif
