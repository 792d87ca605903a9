/* Version order and constraints, one file per scheme.
 *
 * A scheme is a const struct in its own file; src/version/meson.build lists them and generates the table.
 * Versions are compared as given, without allocation. What does not parse is ERR_INVALID, which callers
 * report as unknown: it is never taken for "older" or "newer".
 */
#ifndef ASSAY_VERSION_VERSION_H
#define ASSAY_VERSION_VERSION_H

#include "base/str.h"

struct version_scheme {
    const char *name;    /* "deb", "pep440", ... as on the command line */
    const char *aliases; /* other names, comma-separated: "pypi,PyPI,python"; or NULL. OSV's ecosystems are
                            among them, spelt as OSV does, without what follows the colon ("Rocky Linux") */
    /* Sets *ret_order to -1, 0 or 1. ERR_INVALID when either side does not parse. */
    int (*compare)(struct str a, struct str b, int *ret_order);
    /* Whether `version` satisfies `range` in the scheme's own range language; NULL where it has none, and
     * plain comparator lists (constraint.h) do. ERR_INVALID when either does not parse. */
    int (*satisfies)(struct str version, struct str range, bool *ret_satisfied);
    /* The same of an advisory's range: pre-releases are in it where the order puts them, while some range
     * languages leave them out of "<2.0". NULL: as `satisfies`. */
    int (*covers)(struct str version, struct str range, bool *ret_covered);
    /* The normal form, NUL-terminated, into ret_text of `size` bytes; NULL where the scheme defines none. */
    int (*canonical)(struct str version, char *ret_text, size_t size);
};

/* The generated table, sorted by name, ended by NULL. */
extern const struct version_scheme *const version_schemes[];

/* By name or alias; NULL when there is none. */
const struct version_scheme *version_scheme_find(struct str name);

/* As the members of the struct, but safe to call on any scheme: ERR_UNSUPPORTED when the scheme lacks the
 * function. Any scheme also satisfies "vers:" ranges. Versions longer than VERSION_MAX bytes and ranges
 * longer than RANGE_MAX are ERR_LIMIT. The error text names the scheme and the offending version. */
enum { VERSION_MAX = 1024, RANGE_MAX = 64 << 10 };
int version_compare(const struct version_scheme *scheme, struct str a, struct str b, int *ret_order);
int version_satisfies(const struct version_scheme *scheme, struct str version, struct str range,
                      bool *ret_satisfied);
int version_covers(const struct version_scheme *scheme, struct str version, struct str range,
                   bool *ret_covered);
int version_canonical(const struct version_scheme *scheme, struct str version, char *ret_text, size_t size);
/* Whether `version` parses. */
bool version_valid(const struct version_scheme *scheme, struct str version);

#endif
