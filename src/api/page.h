/* Pages of lists whose place is a number or a name; lists of findings and coverage have tokens of their own.
 * A token never comes with an empty page, and never without anything behind it. */
#ifndef ASSAY_API_PAGE_H
#define ASSAY_API_PAGE_H

#include "api/api.h"

/* Opaque to clients, and only good for the list that it came from: `list` names it. */
struct str page_token(struct arena *a, const char *list, struct str place);
/* Sets the reply when it is no token of this list; an empty token is the empty place. */
int page_place(struct call *c, const char *list, struct str token, struct str *ret_place);

/* Of `n` elements, at most `max` from the token's on: elements `from` to before `to`. */
struct page {
    size_t from, to;
    struct str next; /* nextToken; or empty */
};
int page_of(struct call *c, const char *list, struct str token, int64_t max, size_t n, struct page *ret_page);

/* maxResults and nextToken of a request, as members of its table. */
struct paging {
    int64_t max;
    struct str token;
};
#define PAGING_MEMBERS(type_of, field, most)                                                                 \
    {"maxResults", MEMBER_INT, MEMBER(type_of, field.max, .min = 1, .max = (most), .otherwise = (most))},    \
    {                                                                                                        \
        "nextToken", MEMBER_STRING, MEMBER(type_of, field.token, .max = 1000000)                             \
    }

#endif
