/* CVSS 2, 3.0, 3.1 and 4.0 scores from vectors (FIRST's specifications). */
#ifndef ASSAY_SCORE_CVSS_H
#define ASSAY_SCORE_CVSS_H

#include "base/str.h"

struct cvss {
    struct str version;  /* "2.0", "3.0", "3.1", "4.0" */
    double base;         /* 4.0: the CVSS-B score */
    double temporal;     /* 4.0: with threat metrics; < 0 when the vector has no such metrics */
    double environmental; /* < 0 when the vector has no such metrics */
    double score;        /* the one that counts: environmental, else temporal, else base */
    const char *severity; /* "NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL" as the version's rating scale says (2.0: NVD's) */
};

/* ERR_INVALID, with the metric named, for malformed vectors: unknown, repeated or missing metrics, bad values. CVSS 2
 * vectors have no prefix; parentheses around them are allowed. */
int cvss_parse(struct str vector, struct cvss *ret_cvss);

#endif
