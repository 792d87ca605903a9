/* One scale for findings, in Inspector's words, from scores and from what publishers say. */
#ifndef ASSAY_SCORE_SEVERITY_H
#define ASSAY_SCORE_SEVERITY_H

#include "base/str.h"

/* The most severe first. UNTRIAGED, "nobody has said", comes last: --fail-on UNTRIAGED means any finding. */
enum severity {
    SEVERITY_CRITICAL,
    SEVERITY_HIGH,
    SEVERITY_MEDIUM,
    SEVERITY_LOW,
    SEVERITY_INFORMATIONAL,
    SEVERITY_UNTRIAGED,
    N_SEVERITIES
};

/* "UNTRIAGED", "INFORMATIONAL", ... */
const char *severity_name(enum severity severity);

/* 0: INFORMATIONAL, up to 3.9: LOW, 6.9: MEDIUM, 8.9: HIGH, above: CRITICAL; below 0 (no score) UNTRIAGED. */
enum severity severity_of_score(double score);

/* A publisher's word in any case: "unimportant", "moderate", "Important", "not yet assigned", ... What is not
 * known is UNTRIAGED. */
enum severity severity_of_rating(struct str rating);

/* Whether `severity` is as severe as `bar` or more: the test of --fail-on. */
static inline bool severity_reaches(enum severity severity, enum severity bar)
{
    return severity <= bar;
}

/* A severity as users and options name it. False when it is no such name. */
bool severity_parse(struct str name, enum severity *ret_severity);

#endif
