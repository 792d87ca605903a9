/* Lists that come in pages. */
#ifndef ASSAY_AWS_PAGES_H
#define ASSAY_AWS_PAGES_H

#include "aws/aws.h"
#include "base/map.h"

enum { PAGES_MAX = 20000 };

/* Tokens that were seen: a list with one that comes again would never end. */
struct page_tokens {
    struct arena *arena;
    struct str next; /* of the next page; empty at the end, and before the first */
    struct map seen;
};
void page_tokens_clean(struct page_tokens *t);
/* Takes what a page says of the next one. ERR_INVALID when that was there before, ERR_LIMIT. */
int page_follow(struct page_tokens *t, const char *operation, struct str token);

/* All pages of a call that speaks JSON. The token goes as the member `token` of the body (AWS_JSON) or the
 * parameter of that name in the query (AWS_REST), and comes as the member `next`. */
int aws_pages(struct aws *aws, const struct aws_call *call, const char *token, const char *next,
              aws_page *visit, void *ctx);

#endif
