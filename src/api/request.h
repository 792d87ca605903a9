/* Request bodies by declarative member tables: name, type, bounds, where it goes. What does not fit gives the
 * field list of a ValidationException, each with its whole path. Unknown members and nulls are ignored, as
 * the real service does.
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
    MEMBER_ENUMS,   /* struct int_list of numbers in `names`; bounds: elements */
    MEMBER_OBJECT,  /* json_val *; NULL when absent */
    MEMBER_MAP,     /* json_val *, an object of strings; bounds: entries; NULL when absent */
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
    const char *pattern; /* POSIX extended, anchored, of a string or of each of a list; or NULL */
};
#define MEMBER(type_of, field, ...) offsetof(type_of, field), __VA_ARGS__

/* Depth of arrays and objects in a body: criteria need six. */
enum { REQUEST_DEPTH = 32 };
/* The object in a body; NULL for an empty one. ERR_INVALID for what is no JSON object, ERR_LIMIT for what is
 * nested too deeply. */
int request_parse(struct arena *a, struct str text, json_val **ret_body);

/* Fills `into` from `body` (NULL or an object) by a table ended by a member without a name. Errors are added
 * to `errors`; ERR_INVALID when there were any. */
int request_read(struct arena *a, json_val *body, const struct member *members, void *into,
                 struct field_errors *errors);
/* The same for an object within the body: the names of errors begin with `prefix` and a dot. */
int request_read_at(struct arena *a, json_val *object, const char *prefix, const struct member *members,
                    void *into, struct field_errors *errors);

/* Whether the whole text matches the anchored POSIX extended expression, which is compiled once; `pattern` is
 * a literal. */
bool request_matches(const char *pattern, struct str text);

/* Code points: what the model's lengths count. */
size_t request_characters(struct str s);

/* The value as it was sent, but for white space and members that are null. */
struct str request_text(struct arena *a, json_val *value);

/* Twelve digits. */
#define PATTERN_ACCOUNT "^[0-9]{12}$"

#endif
