/* Findings that one upgrade ends, together: by source package for distributions, by package for languages.
 * Everything lives in the arena; the findings and packages are the report's. */
#ifndef ASSAY_REPORT_GROUP_H
#define ASSAY_REPORT_GROUP_H

#include "report/report.h"

struct finding_group {
    struct str name, version; /* of what is upgraded */
    struct str fixed;         /* the highest fixed version: it ends all findings here; empty: none has one */
    const struct finding **findings; /* one an id, in the report's order */
    size_t n_findings;
    const struct package **packages; /* the ones it touches, each once */
    size_t n_packages;
};

/* The groups of all findings that `wanted` takes, in the order of their first finding. */
struct finding_groups {
    const struct finding_group *at;
    size_t n;
};
struct finding_groups finding_groups_of(struct arena *a, const struct report *r,
                                        bool (*wanted)(const struct finding *));

#endif
