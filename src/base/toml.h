/* TOML 1.0 (https://toml.io/en/v1.0.0) into a small read-only tree.
 *
 * The tree lives in the arena it was parsed into, and so does every slice taken from it. Getters accept NULL
 * and values of another type and then give the empty result, so that optional members need no checks.
 */
#ifndef ASSAY_BASE_TOML_H
#define ASSAY_BASE_TOML_H

#include "base/arena.h"

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOL,
    TOML_TIME, /* any of the four kinds of date and time */
    TOML_ARRAY,
    TOML_TABLE,
};

struct toml {
    enum toml_type type;
    struct str key;            /* of a table's member */
    struct str text;           /* a string's content; numbers and times as they are written */
    int64_t integer;           /* TOML_INTEGER */
    bool boolean;              /* TOML_BOOL */
    struct toml *first, *next; /* members of a table or array, in order */
    size_t n;
    struct toml *last; /* the rest is the parser's */
    struct map *index;
    unsigned state;
};

/* Caps: over them ERR_LIMIT. A value takes about 120 bytes of memory. */
enum { TOML_DEPTH_MAX = 64, TOML_VALUES_MAX = 2000000 };

/* Parses `text` (UTF-8). ERR_INVALID with the line. */
int toml_parse(struct arena *a, struct str text, const struct toml **ret_root);

const struct toml *toml_get(const struct toml *table, const char *key);
struct str toml_str(const struct toml *v);
struct str toml_get_str(const struct toml *table, const char *key);
bool toml_get_bool(const struct toml *table, const char *key);

/* Members of a table or items of an array; none of any other value. */
#define toml_each(item, v)                                                                                   \
    for (const struct toml *item##_of = (v), *item = item##_of ? item##_of->first : NULL; item;              \
         item = item->next)

#endif
