/* The findings and resources that conditions of a query allow, found in the indexes of the conditions:
 * private to finding_query.c. */
#ifndef ASSAY_STORE_FINDING_CANDIDATES_H
#define ASSAY_STORE_FINDING_CANDIDATES_H

#include "store/finding_walk.h"
#include "store/id_set.h"

struct query {
    struct sql *db;
    struct arena *arena;
    account_id account;
    const struct criteria *criteria;
    bool checks[128]; /* by condition: not said by the facets alone */
    bool checking;    /* any of them */
    bool never;       /* no finding can match */
    struct facet_set facets;
    int64_t *present; /* facets that the account has and the criteria allow */
    size_t n_present;
    struct sort_order order;
    bool on_resources; /* some conditions are */
    bool by_resource;  /* findings of others than these cannot match */
    struct id_set resources;
};
struct query query_new(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria);
void query_free(struct query *q);

/* Those of `at` that match, in their order, at the beginning of `at`; returns how many. `all`: with the
 * conditions that the facets say. */
size_t query_check(const struct query *q, bool all, int64_t *at, size_t n);
/* ... with `columns` of f beside the id; `width` ids are bound from *ret_first on. */
struct statement *query_check_statement(const struct query *q, const char *columns, bool all, size_t width,
                                        size_t *ret_first);
size_t query_width(size_t n);
void query_bind_ids(struct statement *s, size_t first, size_t width, const int64_t *at, size_t n);

/* Looks for the resources that conditions on resources take; each condition that takes over `most` is left
 * out. */
void query_find_resources(struct query *q, size_t most);
/* Leaves out facets in which no finding meets a condition, or none is of the resources. */
void query_narrow_facets(struct query *q);
/* All candidates of any condition on findings, or of at most `resources` resources, in order of id, each
 * once; false when there are more than `most`, or no way to find them. `by_facet`: only such that go by the
 * facets of the query. */
bool query_gather(const struct query *q, bool by_facet, size_t resources, size_t most, ids *to);

#endif
