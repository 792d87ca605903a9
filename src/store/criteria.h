/* FilterCriteria and CoverageFilterCriteria: read from JSON, checked, turned into SQL. One table says for
 * every key what sort of entry it takes and which column or rows it means: criteria.c. Requests, rules and
 * reports share it. */
#ifndef ASSAY_STORE_CRITERIA_H
#define ASSAY_STORE_CRITERIA_H

#include "base/buf.h"
#include "base/json.h"
#include "store/store.h"

/* What was wrong with the input, by member: "filterCriteria.severity[2].comparison". Shared with
 * api/request.h. */
struct field_error {
    struct str name, message;
};
enum { FIELD_ERRORS_MAX = 20 };
struct field_errors {
    struct field_error at[FIELD_ERRORS_MAX];
    size_t n;
};
void field_error_add(struct field_errors *e, struct arena *a, struct str name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Entries of one key, which are OR-ed but that several NOT_EQUALS must all hold; keys are AND-ed. Opaque. */
struct criteria;
enum criteria_of { CRITERIA_FINDINGS, CRITERIA_COVERAGE };
/* `value` NULL or {}: everything. Unknown keys are ignored, as the real service does. ERR_INVALID with the
 * errors, whose names begin with `prefix` ("filterCriteria"). In the arena; slices of the JSON's. */
int criteria_read(struct arena *a, enum criteria_of of, json_val *value, const char *prefix,
                  struct field_errors *errors, struct criteria **ret_criteria);
int criteria_parse(struct arena *a, enum criteria_of of, struct str json, struct criteria **ret_criteria);
/* What meets both; lives as long as they do. */
const struct criteria *criteria_both(struct arena *a, const struct criteria *one,
                                     const struct criteria *other);
bool criteria_empty(const struct criteria *c);
/* Whether the criteria name this key. */
bool criteria_has(const struct criteria *c, const char *key);

/* The names of all keys, for tests, completion and the console; ended by NULL. */
const char *const *criteria_keys(enum criteria_of of);

#endif
