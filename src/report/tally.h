/* Counts over a scan that several formats show. The tally's lists live in the arena it was made with; their
 * text belongs to the inventory. */
#ifndef ASSAY_REPORT_TALLY_H
#define ASSAY_REPORT_TALLY_H

#include "report/report.h"
#include "score/severity.h"

/* Any other word is SEVERITY_UNTRIAGED. */
enum severity severity_from(struct str word);

struct tally_type {
    struct str type; /* purl type */
    size_t n;
};

struct tally {
    size_t findings; /* not ignored; the counts below are of these */
    size_t ignored;
    size_t unknown; /* with VERDICT_UNKNOWN */
    size_t fixable; /* with a fixed version */
    size_t kev, exploit;
    size_t by_severity[N_SEVERITIES];
    size_t owned;       /* packages that a distribution package brings */
    size_t unresolved;  /* packages without a version to compare */
    size_t not_covered; /* packages of which the database holds no ecosystem */
    const struct tally_type *types;
    size_t n_types;
};
struct tally tally_of(struct arena *a, const struct report *r);

#endif
