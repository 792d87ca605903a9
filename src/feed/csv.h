/* Comma-separated values with a header line (RFC 4180), read in place, by the names of the columns. */
#ifndef ASSAY_FEED_CSV_H
#define ASSAY_FEED_CSV_H

#include "base/arena.h"

enum { CSV_WANTED = 4 };

struct csv {
    struct str rest;
    size_t n_wanted;
    size_t column[CSV_WANTED];    /* of each wanted name */
    struct str field[CSV_WANTED]; /* of the present line, raw: without the quotes around it */
    bool quoted[CSV_WANTED];
};

/* Reads the header and finds the wanted columns (names ended by NULL). ERR_INVALID names the one that is
 * missing. */
int csv_open(struct csv *csv, struct str content, ...) __attribute__((sentinel));
/* The next line that is not empty; false at the end. */
bool csv_next(struct csv *csv);
/* The field of wanted column `i`, unquoted (copied into the arena if need be); empty when the line is too
 * short. */
struct str csv_field(const struct csv *csv, struct arena *a, size_t i);

#endif
