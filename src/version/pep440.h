/* A parsed PEP 440 version; slices of the text it was parsed from. */
#ifndef ASSAY_VERSION_PEP440_H
#define ASSAY_VERSION_PEP440_H

#include "base/str.h"

enum pep440_pre { PRE_A, PRE_B, PRE_RC, PRE_NONE };

struct pep440 {
    struct str epoch;   /* digits, or empty */
    struct str release; /* "1.2.3" */
    enum pep440_pre pre;
    bool has_post, has_dev;
    struct str pre_number, post_number, dev_number; /* digits, or empty for 0 */
    struct str local;                               /* "ubuntu.1", or empty */
};

/* Also not normalised spellings: PEP 440, appendix B. False: no such version. */
bool pep440_parse(struct str version, struct pep440 *ret);
/* The order of the Version specifiers specification; without the local part unless `with_local`. */
int pep440_order(const struct pep440 *a, const struct pep440 *b, bool with_local);
/* Release segments only; trailing zeros do not count. */
int pep440_order_release(const struct pep440 *a, const struct pep440 *b);
/* Takes the next segment off *release; empty at the end. */
struct str pep440_segment(struct str *release);

/* Whether `version` satisfies the comma-separated specifiers; alternatives may be parted by "||". */
int pep440_satisfies(struct str version, struct str specifiers, bool *ret_satisfied);
/* The same, but in the plain order: "<2" holds 2rc1. */
int pep440_covers(struct str version, struct str specifiers, bool *ret_covered);

#endif
