/* Page tokens: opaque to clients, bound to the query that they continue by a digest, and checked when they
 * come back. Private to the lists. */
#ifndef ASSAY_STORE_PAGE_TOKEN_H
#define ASSAY_STORE_PAGE_TOKEN_H

#include "base/arena.h"

/* Where the next page begins: after this. */
struct page_token {
    int64_t id, number;
    double real;
    struct str text, text2;
};
struct str page_token_write(struct arena *a, uint64_t digest, const struct page_token *t);
/* ERR_INVALID for what is no token of a query with this digest. Texts are in the arena. */
int page_token_read(struct arena *a, uint64_t digest, struct str token, struct page_token *ret_token);

#endif
