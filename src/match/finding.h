/* The state of one run of match_inventory(), shared by match.c and finding.c; nobody else includes this. */
#ifndef ASSAY_MATCH_FINDING_H
#define ASSAY_MATCH_FINDING_H

#include "match/match.h"

/* A match before it belongs to a finding. */
struct candidate {
    struct match match;
    bool excluded; /* the publisher states that the package is not affected: others' statements fall */
};

struct matching {
    const struct inventory *inventory;
    const struct db *db;
    struct findings *findings;
    struct arena *scratch;            /* reset for each package */
    VEC(struct candidate) candidates; /* of the present package */
    struct map records; /* record number -> struct record, kept for the run: many packages share a source */
    int status;         /* first error of the database */
};

/* Makes the findings of one package from the candidates. */
void findings_of_package(struct matching *m, uint32_t package);
/* Sorts and releases what the run kept. */
void findings_complete(struct matching *m);

#endif
