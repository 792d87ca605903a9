/* A parsed semantic version; slices of the text it was parsed from. Shared by the schemes that differ from
 * Semantic Versioning 2.0.0 in little. */
#ifndef ASSAY_VERSION_SEMVER_H
#define ASSAY_VERSION_SEMVER_H

#include "base/str.h"

struct semver {
    struct str parts[3]; /* major, minor, patch: digits; empty where not given */
    int n_parts;
    struct str pre;   /* "rc.1", or empty */
    struct str build; /* after '+', or empty */
    bool wild;        /* of a range: the parts not given are wildcards, "1.x" */
};

enum semver_form {
    SEMVER_STRICT = 0,
    SEMVER_V = 1,       /* a leading "v" */
    SEMVER_PARTIAL = 2, /* "1" and "1.2", for 1.0.0 and 1.2.0 */
    SEMVER_LOOSE = 4,   /* blanks, "v" and "=" before, a pre-release without its hyphen: "=1.2.3beta" */
    SEMVER_DOT_PRE = 8, /* a pre-release after a dot: "1.2.3.beta" */
};

/* False: no such version. Leading zeros are accepted: they have one meaning only. */
bool semver_parse(struct str version, unsigned form, struct semver *ret);
/* Precedence, section 11: build metadata does not count. */
int semver_order(const struct semver *a, const struct semver *b);
int semver_order_parts(const struct semver *a, const struct semver *b, int n_parts);
/* Dot-separated identifiers, as in a pre-release; the empty one sorts first. */
int semver_order_identifiers(struct str a, struct str b);
/* Two texts of one form; ERR_INVALID names `scheme`. */
int semver_compare(const char *scheme, unsigned form, struct str a, struct str b, int *ret_order);
/* "1.2.3-rc.1+build" with all parts given, or ERR_INVALID. */
int semver_canonical(const char *scheme, unsigned form, struct str version, char *ret_text, size_t size);

#endif
