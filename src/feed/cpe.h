/* CPE 2.3 names (NISTIR 7695) as affected entries of ecosystem "cpe", name "vendor:product". */
#ifndef ASSAY_FEED_CPE_H
#define ASSAY_FEED_CPE_H

#include "base/json.h"
#include "feed/batch.h"

/* What one match says: versions of a product. */
struct cpe_match {
    struct str product; /* "vendor:product", unescaped */
    struct str target;  /* target_sw when it is given: "wordpress"; or empty */
    struct str version; /* one version, "1.0" or "1.0:update"; or empty: see range */
    struct advisory_range range;
};
struct cpe_matches {
    VEC(struct cpe_match) list;
};
void cpe_matches_free(struct cpe_matches *m);

/* False when it is not a CPE 2.3 name. Strings are in the arena. `range` is left empty. */
bool cpe_parse(struct arena *a, struct str name, struct cpe_match *ret_match);
/* The vulnerable ones among `configurations` (NVD 2.0) or `cpeApplicability` (CVE 5.1), which have the same
 * shape. What a product has to run on is left out: it is still affected. */
void cpe_read_configurations(struct arena *a, json_val *configurations, struct cpe_matches *m);
/* Adds the matches to the record, one entry a product. Sorts the matches. */
void cpe_add(struct feed_batch *b, struct cpe_matches *m);

#endif
