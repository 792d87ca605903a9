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
    int columns;                     /* width of the terminal, for tables */
    uint64_t elapsed_ns;             /* of the scan, for the summary line */
};

struct report_format {
    const char *name; /* "table", "json", "csv", "sarif", "cyclonedx", "spdx" */
    const char *help;
    int (*write)(const struct report *r, FILE *to);
    bool inventory; /* can show an inventory without findings */
};

/* The generated table, sorted by name, ended by NULL. */
extern const struct report_format *const report_formats[];
const struct report_format *report_format_find(struct str name);

#endif
