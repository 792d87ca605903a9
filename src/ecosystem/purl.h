/* Package URLs: parse, check, bring to the canonical form, write (package-url specification,
 * https://github.com/package-url/purl-spec, and its type definitions).
 *
 * A struct purl holds decoded components. Its slices live in the arena given to purl_parse() or wherever the
 * caller who filled it keeps them.
 *
 * One departure from the type definitions: npm and golang fold no case here. "JSONStream" and "jsonstream"
 * are two packages, and Go module paths are case-sensitive (the module cache escapes capitals for that
 * reason): folding would look up another package than the one that is installed.
 */
#ifndef ASSAY_ECOSYSTEM_PURL_H
#define ASSAY_ECOSYSTEM_PURL_H

#include "base/arena.h"

enum {
    PURL_MAX = 8192,           /* bytes of one purl */
    PURL_QUALIFIERS_MAX = 128, /* of one purl */
};

struct purl_qualifier {
    struct str key, value;
};

struct purl {
    struct str type, namespace, name, version,
        subpath;                       /* empty where absent; namespace and subpath with '/' */
    struct purl_qualifier *qualifiers; /* sorted by key, without empty values */
    size_t n_qualifiers;
};

/* Parses and canonicalises. ERR_INVALID names the component, ERR_LIMIT the cap. */
int purl_parse(struct arena *a, struct str text, struct purl *ret_purl);

/* Checks components from elsewhere and brings them to the canonical form in place: case, the type's own
 * rules, order of qualifiers. The array of qualifiers is rewritten. */
int purl_canonicalise(struct arena *a, struct purl *p);

/* The text of a canonical purl, NUL-terminated. */
struct str purl_format(struct arena *a, const struct purl *p);

/* The value of a qualifier; empty when absent. */
struct str purl_qualifier(const struct purl *p, const char *key);

/* The purl of a package as OSV names it: ecosystem ("Debian", "Debian:12", "npm") and name, without version.
 * ERR_UNSUPPORTED for an ecosystem without a purl type. */
int purl_from_osv(struct arena *a, struct str ecosystem, struct str name, struct purl *ret_purl);

/* For purl.c: the rules of p's type on components that are decoded and syntactically sound. */
int purl_apply_type_rules(struct arena *a, struct purl *p);

#endif
