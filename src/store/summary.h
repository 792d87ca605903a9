/* Numbers for overviews and metrics, each from an index or the counters. */
#ifndef ASSAY_STORE_SUMMARY_H
#define ASSAY_STORE_SUMMARY_H

#include "store/aggregation.h"

/* ACTIVE findings of all accounts. */
void summary_findings(struct sql *db, struct counts *ret_counts);

/* Resources of all accounts by type and reason of their package coverage; in the arena. Costs by the number
 * of resources. */
struct coverage_summary {
    enum resource_type type;
    enum scan_status status;
    enum scan_reason reason;
    int64_t n;
};
size_t summary_coverage(struct sql *db, struct arena *a, struct coverage_summary **ret_rows);

/* Findings made (or made anew) and closed on the last `n` days (of UTC), today included; `day` is when it
 * began. Days on which nothing happened are left out. In the arena. */
struct finding_day {
    int64_t day, opened, closed;
};
size_t summary_days(struct sql *db, struct arena *a, account_id account, int64_t now, int n,
                    struct finding_day **ret_days);

/* How many resources have an ACTIVE finding with this vulnerability id, this title, or of a package with this
 * name. Of so many such findings that there are more than `most`, only those of `most` are counted. */
enum affected_by { AFFECTED_BY_VULNERABILITY, AFFECTED_BY_TITLE, AFFECTED_BY_PACKAGE };
int64_t summary_affected(struct sql *db, account_id account, enum affected_by by, struct str value,
                         int64_t most, bool *ret_more);

/* The versions that end ACTIVE findings of packages with this name, and how many findings each ends: a
 * finding that names several counts with one. Those that end most, of as many packages of findings as
 * summary_affected() looks at; in the arena. */
struct package_version {
    struct str version;
    int64_t findings;
};
size_t summary_fixes(struct sql *db, struct arena *a, account_id account, struct str package, int64_t most,
                     struct package_version **ret_versions);

#endif
