/* How stored things are shown in Inspector's JSON and reports. Private to finding_json.c, coverage_query.c
 * and findings_report.c. */
#ifndef ASSAY_STORE_SHOWN_H
#define ASSAY_STORE_SHOWN_H

#include "store/finding_query.h"

enum { DESCRIPTION_MAX = 1024 };
/* At most so many bytes, cut between characters. */
struct str text_cut(struct str s, size_t most);
/* "X86_64", "ARM64", "NOARCH"; empty without one. */
struct str arch_shown(struct arena *a, struct str arch);
struct str finding_description(struct arena *a, const struct finding_row *f);
struct str finding_remediation(const struct finding_row *f);
/* A layer of an image is shown by its digest when that is a whole SHA-256. */
bool is_layer_hash(struct str layer);
bool is_layer_arn(struct str layer);
/* "Wed Sep 04 16:59:44.000 UTC 2024" */
struct str time_as_text(struct arena *a, int64_t time);

#endif
