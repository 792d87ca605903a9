/* What the Finding object and the rows of reports say alike. Private to finding_json.c and findings_report.c.
 */
#ifndef ASSAY_STORE_SHOWN_H
#define ASSAY_STORE_SHOWN_H

#include "store/finding_query.h"

struct str finding_description(struct arena *a, const struct finding_row *f);
struct str finding_remediation(const struct finding_row *f);

#endif
