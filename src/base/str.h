/* A string slice: pointer and length, not NUL-terminated, owned by somebody else.
 *
 * Slices are passed by value and point into an arena, a mapped file or a literal; the owner outlives them.
 * The empty slice is {NULL, 0} or any pointer with length 0; all functions treat them alike.
 */
#ifndef ASSAY_BASE_STR_H
#define ASSAY_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

/* A slice of a string literal. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_from(const char *c)
{
    return c ? (struct str){c, strlen(c)} : (struct str){NULL, 0};
}

static inline struct str str_slice(struct str s, size_t from, size_t to)
{
    return (struct str){from ? s.p + from : s.p, to - from}; /* NULL + 0 is undefined */
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *b)
{
    return str_eq(a, str_from(b));
}

/* Byte order; a proper prefix sorts first. Returns < 0, 0 or > 0. */
int str_cmp(struct str a, struct str b);
/* The same for qsort() over strings. */
int str_order(const void *a, const void *b);

/* ASCII case-insensitive equality. */
bool str_ieq(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Index of the first (last) `c`, or -1. */
ptrdiff_t str_find(struct str s, char c);
ptrdiff_t str_rfind(struct str s, char c);

/* Index of the first occurrence of `needle`, or -1. */
ptrdiff_t str_find_str(struct str s, struct str needle);

/* Removes ASCII white space from both ends. */
struct str str_trim(struct str s);

/* Splits off what stands before the first `sep`: *ret_head gets it, *s keeps what follows the separator (the
 * empty slice when there was none). Returns false when *s was already used up, so `while (str_next(&rest,
 * '\n', &line))` visits each line. "a,b," gives "a" and "b". */
bool str_next(struct str *s, char sep, struct str *ret_head);

/* Cuts `s` at the first `sep` into head and tail; false (and outputs untouched) without one. */
bool str_cut(struct str s, char sep, struct str *ret_head, struct str *ret_tail);

/* Digits only, no sign, no blanks. False when empty, not a number, or over UINT64_MAX. */
bool str_u64(struct str s, uint64_t *ret_value);

/* Length of the valid UTF-8 sequence that `s` begins with, or 0 (RFC 3629: no overlong forms, surrogates, or
 * above U+10FFFF). */
size_t utf8_length(struct str s);
/* At most `max` bytes of the beginning, cut between characters. */
struct str utf8_cut(struct str s, size_t max);

/* The part of a path after the last '/'. */
struct str str_basename(struct str path);
/* The part before the last '/', without it; empty when there is none. */
struct str str_dirname(struct str path);

/* Shell-like match for whole paths: '*' stays within a path segment, a leading or inner double star followed
 * by a slash crosses segments (also none), '?' is one character. */
bool str_glob(struct str pattern, struct str path);

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool is_alpha(char c)
{
    return is_lower(c) || is_upper(c);
}

static inline bool is_alnum(char c)
{
    return is_alpha(c) || is_digit(c);
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static inline char to_lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

#endif
