/* Times are int64_t seconds since 1970-01-01T00:00:00Z; TIME_NONE stands for "not stated". */
#ifndef ASSAY_BASE_TIME_H
#define ASSAY_BASE_TIME_H

#include "base/str.h"

#define TIME_NONE INT64_MIN

enum { TIME_TEXT = 24 };

/* RFC 3339, with or without fraction and offset; also a bare date, and "YYYY-MM-DD HH:MM[:SS]" (taken as
 * UTC). Returns ERR_INVALID for anything else, and for years outside 1970..9999. */
int time_parse(struct str s, int64_t *ret_time);
/* As time_parse(), with TIME_NONE for what does not parse: for optional dates in feeds. */
int64_t time_parse_or_none(struct str s);
/* "2026-11-21T10:00:00Z"; the empty string for TIME_NONE. Returns `ret_text`. */
const char *time_format(int64_t time, char ret_text[TIME_TEXT]);
int64_t time_now(void);
/* A clock that only goes forward, in nanoseconds, for measuring. */
uint64_t time_monotonic_ns(void);

#endif
