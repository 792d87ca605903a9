/* CVSS 2, 3.0, 3.1 and 4.0 scores from vectors (FIRST's specifications). Plain data: `vector` is only looked
 * at. */
#ifndef ASSAY_SCORE_CVSS_H
#define ASSAY_SCORE_CVSS_H

#include "base/str.h"

struct cvss {
    struct str version; /* "2.0", "3.0", "3.1", "4.0" */
    double base;        /* 4.0: the CVSS-B score */
    double temporal;    /* 4.0: with threat metrics; < 0 when the vector has no such metrics */
    double
        environmental; /* with the temporal or threat metrics too; < 0 when the vector has no such metrics */
    double score;      /* the one that counts: environmental, else temporal, else base */
    const char *severity; /* of `score`: "NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL" as the version's rating
                             scale says (2.0: NVD's) */
};

/* ERR_INVALID, with the metric named, for malformed vectors: unknown, repeated or missing metrics, bad
 * values; in 4.0 also another order than the specification's. CVSS 2 vectors have no prefix; parentheses
 * around them are allowed. A metric that is there but "not defined" counts as absent. */
int cvss_parse(struct str vector, struct cvss *ret_cvss);

/* The rating of a score on the scale of `version`. */
const char *cvss_severity(struct str version, double score);

#endif
