/* Findings in the order of a sort, one after another, without looking at those that come later: private to
 * finding_query.c.
 *
 * The facets of an account (finding.facet) that a query allows are each walked in the index of the sort, and
 * merged. Facets whose sort value is the same for all their findings (a severity; or none at all) make a
 * stage: stages come one after the other, so that their streams are only opened when their turn comes.
 */
#ifndef ASSAY_STORE_FINDING_WALK_H
#define ASSAY_STORE_FINDING_WALK_H

#include "store/condition.h"
#include "store/finding_query.h"

enum value_type { VALUE_NONE, VALUE_INT, VALUE_REAL, VALUE_TEXT };
/* What a sort field means. */
struct sort_order {
    const char *column; /* of finding; NULL: by facet (and id) alone */
    enum value_type type;
    enum facet_field stage;    /* FACET_NONE: one stage */
    const char *unusual;       /* the facets whose word (facet_word) is not the value; as the index has it */
    const struct names *names; /* of the stages, when they follow each other by name; else by number */
    bool descending;
};
struct sort_order sort_order_of(const struct finding_query *q);

/* Where a finding stands: stage, then value, then id. */
struct place_in_order {
    int stage;
    int64_t number;
    double real;
    struct str text;
    int64_t id;
};
int stage_of(const struct sort_order *o, int64_t facet);
/* < 0: a comes before b. */
int place_compare(const struct sort_order *o, const struct place_in_order *a, const struct place_in_order *b);

/* The facets that the account has. */
size_t facets_present(struct sql *db, struct arena *a, account_id account, const struct facet_set *set,
                      int64_t **ret_facets);

struct walk;
/* Begins after `after` (NULL: at the first). Conditions on columns that the index of the sort has narrow the
 * walk itself. */
struct walk *walk_new(struct sql *db, struct arena *a, account_id account, const struct sort_order *o,
                      const int64_t *facets, size_t n, const struct criteria *criteria,
                      const struct place_in_order *after, size_t want);
bool walk_next(struct walk *w, int64_t *ret_id, int64_t *ret_resource);
/* Where the walk is: what was taken last, else what it began after; NULL at the beginning. */
const struct place_in_order *walk_last(const struct walk *w);
void walk_free(struct walk *w);
static inline void walk_cleanup(struct walk **w)
{
    walk_free(*w);
}

#endif
