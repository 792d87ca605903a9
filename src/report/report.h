/* Output formats of a scan, one file each. A new format is one file with one const struct, and its name in
 * meson.build. */
#ifndef ASSAY_REPORT_REPORT_H
#define ASSAY_REPORT_REPORT_H

#include <stdio.h>

#include "match/match.h"

struct report {
    const struct inventory *inventory;
    const struct db *db;
    const struct findings *findings; /* NULL for an inventory alone */
    bool colour;                     /* ANSI colours are wanted */
    bool all;                        /* tables list everything, also what has no fix */
    bool line;                       /* JSON on one line */
    size_t unfixed;                  /* findings left out because they have no fix */
    int columns;                     /* width of the terminal, for tables */
    uint64_t elapsed_ns;             /* of the scan, for the summary line */
};

struct report_format {
    const char *name; /* "table", "json", "csv", "sarif", "cyclonedx", "spdx" */
    const char *help;
    int (*write)(const struct report *r, FILE *to);
    bool inventory; /* can show an inventory without findings */
};

/* Explains, line by line, how every package of the inventory that the advisories of `id` name was judged:
 * advisory, feed, range, compared versions, verdict. The id may be typed in either case. ERR_MISSING when the
 * database does not know it. */
int report_why(const struct inventory *inv, const struct db *db, struct str id, FILE *to);

/* The generated table, sorted by name, ended by NULL. */
extern const struct report_format *const report_formats[];
const struct report_format *report_format_find(struct str name);

#endif
