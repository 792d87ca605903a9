/* YAML 1.1 as libyaml reads it, into a small read-only tree.
 *
 * Aliases are refused with ERR_UNSUPPORTED: no lock file has them, and a few of them expand without bound.
 * Keys that are no scalars are refused too. The tree lives in the arena it was parsed into; getters accept
 * NULL and values of another type and then give the empty result.
 */
#ifndef ASSAY_BASE_YAML_H
#define ASSAY_BASE_YAML_H

#include "base/arena.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml {
    enum yaml_kind kind;
    struct str key;  /* of a mapping's member */
    struct str text; /* of a scalar, as written but for quotes and escapes: no types are guessed */
    struct yaml *first,
        *next;         /* members or items, in order; of a document's root, the root of the next document */
    struct yaml *last; /* the parser's */
    size_t n;
};

/* Caps: over them ERR_LIMIT. A value takes about 100 bytes of memory. */
enum { YAML_DEPTH_MAX = 64, YAML_VALUES_MAX = 2000000 };

/* Parses the documents of `text`; *ret_root is the root of the first, or NULL when there is none. ERR_INVALID
 * with the line. */
int yaml_read(struct arena *a, struct str text, const struct yaml **ret_root);

const struct yaml *yaml_get(const struct yaml *mapping, const char *key);
struct str yaml_str(const struct yaml *v);
struct str yaml_get_str(const struct yaml *mapping, const char *key);
/* Whether the member is the plain word "true". */
bool yaml_get_bool(const struct yaml *mapping, const char *key);

/* Members of a mapping or items of a sequence; none of any other value. */
#define yaml_each(item, v)                                                                                   \
    for (const struct yaml *item##_of = (v), *item = item##_of ? item##_of->first : NULL; item;              \
         item = item->next)

#endif
