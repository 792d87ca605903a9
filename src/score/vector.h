/* What the versions of CVSS share: vectors made of "METRIC:VALUE" pairs, and rounding. Inside score/ only. */
#ifndef ASSAY_SCORE_VECTOR_H
#define ASSAY_SCORE_VECTOR_H

#include "score/cvss.h"

enum metric_group { METRIC_BASE, METRIC_TEMPORAL, METRIC_ENVIRONMENTAL, METRIC_SUPPLEMENTAL };

/* A metric and its values, blank-separated. A vector is read into the indices of its values. Base metrics are
 * mandatory; the others begin with "not defined", so that an absent one has index 0. */
struct metric {
    const char *name, *values;
    enum metric_group group;
};

enum { METRICS_MAX = 32 };

/* Reads "AV:N/AC:L/..." into values[n_metrics]. `ordered`: only in the order of the table. */
int vector_read(struct str text, const struct metric *metrics, size_t n_metrics, bool ordered, int *values);
/* Whether any metric of the group is defined. */
bool vector_has(const struct metric *metrics, size_t n_metrics, const int *values, enum metric_group group);

/* To one decimal. Intermediate results have no more than some ten decimals while their binary forms are off
 * by less than 1e-14, so an exact multiple is told from one just above or below by a margin between the two.
 */
double score_round_half_up(double value);
double score_round_up(double value);

/* Each reads what follows its version's prefix and sets base, temporal and environmental. */
int cvss2_parse(struct str metrics, struct cvss *c);
int cvss3_parse(struct str metrics, bool minor_1, struct cvss *c);
int cvss4_parse(struct str metrics, struct cvss *c);

#endif
