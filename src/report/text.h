/* Words on a terminal: what is hostile is made harmless, what is long is cut, colours only where wanted. */
#ifndef ASSAY_REPORT_TEXT_H
#define ASSAY_REPORT_TEXT_H

#include <stdio.h>

#include "base/arena.h"

enum colour { PLAIN, BOLD, DIM, RED, BOLD_RED, YELLOW, BLUE, GREEN };

struct page {
    FILE *to;
    struct arena *arena; /* for the pieces of a line */
    bool colour, utf8;
    int columns;
};

/* Whether the locale's character set is UTF-8. */
bool text_locale_is_utf8(void);

/* Whether colours are wanted there: a terminal that has them, and NO_COLOR (no-color.org) is not set. */
bool text_colour(FILE *to);
/* How wide it is; 80 of what is no terminal. */
int text_columns(FILE *to);

/* Control characters, bidirectional overrides and broken UTF-8 become '?', line breaks become blanks; without
 * `utf8` everything outside of ASCII becomes '?'. */
struct str text_clean(struct arena *a, struct str s, bool utf8);
/* Columns that a clean text takes. */
int text_width(struct str s);
/* As text_clean(), cut to `width` columns with an ellipsis. */
struct str text_fit(struct arena *a, struct str s, int width, bool utf8);
/* As text_fit(), but cut in the middle: for paths, whose ends matter. */
struct str text_fit_middle(struct arena *a, struct str s, int width, bool utf8);

/* Text that is known to be harmless. */
void page_print(struct page *p, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Foreign text in exactly `width` columns, or as many as it needs (at most -width) when negative. Returns how
 * many. */
int page_cell(struct page *p, enum colour colour, struct str s, int width);
void page_blank(struct page *p, int columns);
/* A horizontal rule, and the glyphs that lists are drawn with. */
void page_rule(struct page *p);
const char *page_arrow(const struct page *p);
const char *page_dot(const struct page *p);
const char *page_branch(const struct page *p, bool last);

/* "1,234,567" */
struct str text_count(struct arena *a, uint64_t n);

#endif
