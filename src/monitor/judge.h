/* What is said of a finding of the matcher, as a row. Between judge.c and describe.c; nobody else includes
 * this. */
#ifndef ASSAY_MONITOR_JUDGE_H
#define ASSAY_MONITOR_JUDGE_H

#include "match/match.h"
#include "store/package.h"

/* All in the arena but what points into the database or the finding. The row says nothing of the package in
 * particular unless the verdict is unknown, so that packages of one source share it. */
int judge_describe(struct arena *a, const struct db *db, const struct finding *f,
                   struct vulnerability_row *ret_row);

#endif
