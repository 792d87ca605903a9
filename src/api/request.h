/* Request bodies by declarative member tables: name, type, bounds, where it goes. What does not fit gives the
 * field list of a ValidationException. Unknown members and nulls are ignored.
 */
#ifndef ASSAY_API_REQUEST_H
#define ASSAY_API_REQUEST_H

#include <stddef.h>

#include "store/criteria.h"

enum member_type {
    MEMBER_STRING,  /* struct str; bounds: characters */
    MEMBER_ENUM,    /* int, the number in `names`; -1 when absent */
    MEMBER_INT,     /* int64_t; bounds: value; `otherwise` when absent */
    MEMBER_BOOL,    /* int: 0, 1, or -1 when absent */
    MEMBER_TIME,    /* int64_t, TIME_NONE when absent */
    MEMBER_STRINGS, /* struct str_list; bounds: elements; each `item_min`..`item_max` characters */
    MEMBER_ENUMS,   /* struct int_list of numbers in `names` */
    MEMBER_OBJECT,  /* json_val *; NULL when absent */
    MEMBER_MAP,     /* json_val *, an object of strings */
};
struct str_list {
    const struct str *at;
    size_t n;
};
struct int_list {
    const int *at;
    size_t n;
};
struct member {
    const char *name;
    enum member_type type;
    size_t offset;
    bool required;
    int64_t min, max; /* max 0: no bound */
    int64_t item_min, item_max;
    const struct names *names;
    int64_t otherwise;
    const char *pattern; /* POSIX extended, anchored; or NULL */
};
#define MEMBER(type_of, field, ...) offsetof(type_of, field), __VA_ARGS__

/* Fills `into` from `body` (NULL or an object) by a table ended by a member without a name. Errors are added
 * to `errors`; ERR_INVALID when there were any. */
int request_read(struct arena *a, json_val *body, const struct member *members, void *into,
                 struct field_errors *errors);

#endif
