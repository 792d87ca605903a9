/* Small pieces shared by the schemes: runs of digits of any length, and identifiers between dots.
 *
 * Everything works on slices of the versions as given; nothing is copied or allocated. */
#ifndef ASSAY_VERSION_PART_H
#define ASSAY_VERSION_PART_H

#include "base/err.h"
#include "base/str.h"

static inline int sign(int x)
{
    return (x > 0) - (x < 0);
}

static inline struct str skip(struct str s, size_t n)
{
    return n ? (struct str){s.p + n, s.n - n} : s;
}

/* Takes the first `n` bytes off *s. */
static inline struct str take(struct str *s, size_t n)
{
    struct str head = {s->p, n};
    *s = skip(*s, n);
    return head;
}

static inline char first(struct str s)
{
    return s.n ? s.p[0] : '\0';
}

static inline bool take_c(struct str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = skip(*s, 1);
    return true;
}

static inline struct str take_digits(struct str *s)
{
    size_t n = 0;
    while (n < s->n && is_digit(s->p[n]))
        n++;
    return take(s, n);
}

static inline struct str take_alphas(struct str *s)
{
    size_t n = 0;
    while (n < s->n && is_alpha(s->p[n]))
        n++;
    return take(s, n);
}

/* Takes what stands before the first `sep`, and the separator; all of *s without one. */
static inline struct str take_until(struct str *s, char sep)
{
    size_t n = 0;
    while (n < s->n && s->p[n] != sep)
        n++;
    struct str head = take(s, n);
    take_c(s, sep);
    return head;
}

static inline bool all_digits(struct str s)
{
    size_t n = 0;
    while (n < s.n && is_digit(s.p[n]))
        n++;
    return n && n == s.n;
}

static inline struct str strip_zeros(struct str digits)
{
    size_t n = 0;
    while (n < digits.n && digits.p[n] == '0')
        n++;
    return skip(digits, n);
}

/* Two runs of digits by value, whatever their length; the empty run is 0. */
static inline int digits_compare(struct str a, struct str b)
{
    a = strip_zeros(a);
    b = strip_zeros(b);
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n ? sign(memcmp(a.p, b.p, a.n)) : 0;
}

static inline bool is_zero(struct str digits)
{
    return strip_zeros(digits).n == 0;
}

/* Byte order without regard to ASCII case; a proper prefix sorts first. */
static inline int icompare(struct str a, struct str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (to_lower(a.p[i]) != to_lower(b.p[i]))
            return (unsigned char)to_lower(a.p[i]) < (unsigned char)to_lower(b.p[i]) ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

/* Runs of digits by value, everything else by byte without regard to case. */
static inline int natural_compare(struct str a, struct str b)
{
    while (a.n && b.n) {
        int order;
        if (is_digit(a.p[0]) && is_digit(b.p[0])) {
            struct str da = take_digits(&a), db = take_digits(&b);
            order = digits_compare(da, db);
        } else {
            struct str ca = take(&a, 1), cb = take(&b, 1);
            order = icompare(ca, cb);
        }
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

/* Each member of `set` is one byte that may stand in `s`, beside letters and digits. */
static inline bool only_alnum_or(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr(set, s.p[i])))
            return false;
    return true;
}

/* Sets the error text; returns ERR_INVALID. */
int version_invalid(const char *scheme, struct str version, const char *why);

struct buf;
/* Copies what was built into a caller's text, as a scheme's canonical() has to; ERR_LIMIT when it does not
 * fit. */
int version_put(const struct buf *text, char *ret_text, size_t size);

#endif
