/* What the advisory database knows of one vulnerability, from all records that speak of it: for
 * SearchVulnerabilities and BatchGetFindingDetails. */
#ifndef ASSAY_API_INTELLIGENCE_H
#define ASSAY_API_INTELLIGENCE_H

#include "advisory/db.h"
#include "base/json.h"

enum { INTELLIGENCE_LIST_MAX = 100 }; /* of each list: the model's bound */
struct text_list {
    struct str at[INTELLIGENCE_LIST_MAX];
    size_t n;
};
struct cvss_vector {
    struct str vector, source; /* NVD's when it has one; empty: none */
    double score;
};
struct intelligence {
    struct str id, description, source_url, vendor_severity, ssvc;
    int64_t published, modified;
    struct advisory_kev kev;
    struct text_list cwes, references, exploits, related, platforms;
    struct cvss_vector cvss2, cvss3, cvss4;
    double epss, epss_percentile; /* < 0: none */
};

/* ERR_MISSING when no record speaks of it. In the arena and the database. */
int intelligence_read(struct arena *a, const struct db *db, struct str id, struct intelligence *ret);

/* 0 to 99, how urgent the flaw is wherever it is: the highest of what is known (docs/api.md says how it is
 * reckoned). */
int intelligence_risk(const struct intelligence *i);
/* The members cisaData, cwes, evidences, exploitObserved, referenceUrls, riskScore, epssScore of a
 * FindingDetail. */
void intelligence_details(struct json_out *out, struct arena *a, const struct intelligence *i);
/* cisaData and exploitObserved, which Vulnerability has in the same form. */
void intelligence_cisa(struct json_out *out, const struct intelligence *i);
void json_member_texts(struct json_out *out, const char *name, const struct text_list *list);

#endif
