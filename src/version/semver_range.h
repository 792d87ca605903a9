/* Ranges over semantic versions, for the languages that differ in a few rules only. */
#ifndef ASSAY_VERSION_SEMVER_RANGE_H
#define ASSAY_VERSION_SEMVER_RANGE_H

#include "base/str.h"

/* Which pre-releases a range may hold. */
enum prereleases {
    PRERELEASES_ALL,    /* as the order has it */
    PRERELEASES_NAMED,  /* only where the comparator's own version is one */
    PRERELEASES_LISTED, /* only those of a version of which the alternative names a pre-release: npm */
};

struct semver_rules {
    const char *scheme;
    unsigned form; /* of versions: enum semver_form */
    enum prereleases prereleases;
    bool padded;      /* "=1.2" is 1.2.0, not any 1.2.x */
    bool bare_caret;  /* "1.2" is "^1.2" */
    bool pessimistic; /* "~> 1.2" frees the last part given: 1.x; otherwise it is "~1.2" */
    bool exclusive;   /* "<2.0.0" leaves out 2.0.0's pre-releases, unless it names one */
};

extern const struct semver_rules semver_range_semver, semver_range_semver_all, semver_range_npm,
    semver_range_npm_all;

int semver_satisfies(const struct semver_rules *rules, struct str version, struct str range,
                     bool *ret_satisfied);

#endif
