/* Range languages: the shared reader of comparator lists, and the verdict over lists of ranges.
 *
 * Nearly all range languages are alternatives ("||") of comparators ("," or blanks between them), each an
 * operator and a version. constraint_each() reads them; what an operator means is the language's own. Ranges
 * are read where they stand; nothing is allocated.
 */
#ifndef ASSAY_VERSION_CONSTRAINT_H
#define ASSAY_VERSION_CONSTRAINT_H

#include "version/version.h"

enum operator{
    OP_NONE, /* a bare version */
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_CARET,       /* ^ */
    OP_TILDE,       /* ~ */
    OP_PESSIMISTIC, /* ~> */
    OP_COMPATIBLE,  /* ~= */
    OP_IDENTICAL,   /* === */
    OP_FROM,
    OP_TO, /* the ends of "1.0 - 2.0" */
};

struct comparator {
    enum operator op;
    struct str bound; /* the version after the operator, without blanks and quotes */
};

/* A range has at most this many comparators in one alternative, and this many alternatives. */
enum { COMPARATORS_MAX = 256, ALTERNATIVES_MAX = 4096 };

/* Whether all comparators of one alternative hold; n may be 0. `context` is the caller's. */
typedef int comparators_test(void *context, const struct comparator *comparators, size_t n, bool *ret_holds);

/* Whether one of the alternatives of `range` holds. All are tested, so that a fault in any is found:
 * ERR_INVALID, ERR_LIMIT, or what `test` fails with. */
int constraint_each(struct str range, comparators_test *test, void *context, bool *ret_holds);

/* The same where each comparator is judged by itself. */
typedef int comparator_test(void *context, const struct comparator *c, bool *ret_holds);
int constraint_each_one(struct str range, comparator_test *test, void *context, bool *ret_holds);

/* Whether `order` (of a version against a bound) is what one of the six plain operators, or none, asks for.
 * ERR_UNSUPPORTED for other operators. */
int constraint_order_holds(enum operator op, int order, bool *ret_holds);

/* Comparator lists with the six plain operators, in the order of `scheme`; the empty range and "*" hold
 * always. The language of schemes that have none of their own. */
int constraint_list(const struct version_scheme *scheme, struct str version, struct str range,
                    bool *ret_satisfied);

/* "vers:SCHEME/>=1.0|<2.0": the Version Range Specifier, which names its own scheme. */
int constraint_vers(struct str version, struct str range, bool *ret_satisfied);
static inline bool constraint_is_vers(struct str range)
{
    return str_starts(range, STR("vers:"));
}

/* Lists of ranges as advisories without ordered events give them. */
struct constraint_lists {
    const struct str *vulnerable, *patched, *unaffected;
    size_t n_vulnerable, n_patched, n_unaffected;
};

/* Whether `version` is vulnerable: when it is in a vulnerable range and in no patched or unaffected one;
 * where no vulnerable range is given, whenever it is in none of the others. ERR_INVALID when the version or a
 * range does not parse: that is unknown, and never "not vulnerable". */
int constraint_vulnerable(const struct version_scheme *scheme, struct str version,
                          const struct constraint_lists *lists, bool *ret_vulnerable);

#endif
