/* Findings as a file: CSV with Inspector's 55 columns, or all findings in JSON. */
#ifndef ASSAY_STORE_FINDINGS_REPORT_H
#define ASSAY_STORE_FINDINGS_REPORT_H

#include <stdio.h>

#include "store/finding_query.h"

/* Writes the findings that match, newest first: the ACTIVE ones unless the criteria have findingStatus, as
 * Inspector does. Page by page, each of the state at that moment, so that memory and the store's log stay
 * small; a finding that is there all the time is written once. `over` (may be
 * NULL) is asked between pages: true ends it, with 0. `ret_n`: how many findings.
 *
 * A row of the CSV is one affected package of a finding. */
int findings_report_write(struct store *s, account_id account, const struct criteria *criteria,
                          enum report_file_format format, FILE *to, bool (*over)(void *ctx), void *ctx,
                          int64_t *ret_n);

#endif
