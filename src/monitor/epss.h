/* Moved EPSS scores, taken to vulnerabilities and their findings, slice by slice. Between epss.c and
 * advisories.c; nobody else includes this. */
#ifndef ASSAY_MONITOR_EPSS_H
#define ASSAY_MONITOR_EPSS_H

#include "advisory/db.h"
#include "monitor/engine.h"
#include "monitor/slice.h"

struct epss_move;
/* Those of `n` CVEs, or all (`whole`), to what the database says. Both outlive it. */
struct epss_move *epss_move_new(const struct db *advisories, const struct str *cves, size_t n, bool whole);
void epss_move_free(struct epss_move *m);
/* Begun anew it finds most of it done. */
int epss_move_slice(struct epss_move *m, const struct slice *slice, int64_t now, struct engine_work *work,
                    bool *ret_done);

#endif
