/* finding.facet: what takes few values, and which of the sortable columns have one, packed into a number.
 * Findings fall into some hundreds of facets, and a list is merged from those that its filter allows
 * (finding_walk.h).
 *
 * Who writes a finding sets its facet: a column that SQL generates would keep SQLite from reading its indexes
 * alone. */
#ifndef ASSAY_STORE_FACET_H
#define ASSAY_STORE_FACET_H

#include <stdbool.h>

#include "base/str.h"

enum facet_field {
    FACET_NONE,
    FACET_SEVERITY,
    FACET_STATUS,
    FACET_TYPE,
    FACET_RESOURCE_TYPE,
    FACET_FIX,
    FACET_EXPLOIT,
    FACET_PROTOCOL,
    FACET_SOURCE,
    FACET_VENDOR_SEVERITY,
    FACET_PUSHED,
    FACET_REPOSITORY,
    FACET_REGISTRY,
    FACET_COMPONENT_TYPE,
    FACET_SCORE,
    FACET_EPSS,
    FACET_VULNERABILITY_ID,
    FACETS
};

/* The value of a field: numbers as they are, what may be absent from 1 on. */
unsigned facet_value(int64_t facet, enum facet_field field);
/* The text of a source or vendor's severity, when it is usual; else empty. */
struct str facet_word(int64_t facet, enum facet_field field);
/* A number < 0 and an empty text are absent. Of a source or vendor's severity there is which usual text it
 * is, if it is one (value 1: another); of any other text that there is one. */
void facet_set_number(int64_t *facet, enum facet_field field, int number);
void facet_set_text(int64_t *facet, enum facet_field field, struct str text);
void facet_set_present(int64_t *facet, enum facet_field field, bool present);

/* For every field the values that are wanted, as bits. */
struct facet_set {
    uint32_t allowed[FACETS];
};
bool facet_in(int64_t facet, const struct facet_set *set);

#endif
