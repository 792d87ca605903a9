#include "base/str.h"

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

int str_order(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

bool str_ieq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (to_lower(a.p[i]) != to_lower(b.p[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

ptrdiff_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_rfind(struct str s, char c)
{
    const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_find_str(struct str s, struct str needle)
{
    if (!needle.n)
        return 0;
    const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? at - s.p : -1;
}

struct str str_trim(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s = str_slice(s, 1, s.n);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_next(struct str *s, char sep, struct str *ret_head)
{
    if (!s->n)
        return false;
    ptrdiff_t at = str_find(*s, sep);
    if (at < 0) {
        *ret_head = *s;
        *s = (struct str){s->p + s->n, 0};
    } else {
        *ret_head = str_slice(*s, 0, (size_t)at);
        *s = str_slice(*s, (size_t)at + 1, s->n);
    }
    return true;
}

bool str_cut(struct str s, char sep, struct str *ret_head, struct str *ret_tail)
{
    ptrdiff_t at = str_find(s, sep);
    if (at < 0)
        return false;
    *ret_head = str_slice(s, 0, (size_t)at);
    *ret_tail = str_slice(s, (size_t)at + 1, s.n);
    return true;
}

bool str_u64(struct str s, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!s.n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
            return false;
    *ret_value = value;
    return true;
}

struct str str_basename(struct str path)
{
    ptrdiff_t at = str_rfind(path, '/');
    return at < 0 ? path : str_slice(path, (size_t)at + 1, path.n);
}

struct str str_dirname(struct str path)
{
    ptrdiff_t at = str_rfind(path, '/');
    return str_slice(path, 0, at < 0 ? 0 : (size_t)at);
}

/* Backtracks to the last star that can take more. Two levels: '*' within a segment, '**' + '/' over segments.
 */
bool str_glob(struct str pattern, struct str path)
{
    size_t i = 0, j = 0;
    size_t star = SIZE_MAX, star_at = 0, deep = SIZE_MAX, deep_at = 0;
    while (j < path.n || i < pattern.n) {
        struct str rest = str_slice(pattern, i, pattern.n);
        if (str_starts(rest, STR("**/"))) {
            deep = i += 3;
            deep_at = j;
            star = SIZE_MAX;
        } else if (rest.n && rest.p[0] == '*') {
            star = ++i;
            star_at = j;
        } else if (rest.n && j < path.n &&
                   (rest.p[0] == path.p[j] || (rest.p[0] == '?' && path.p[j] != '/'))) {
            i++, j++;
        } else if (star != SIZE_MAX && star_at < path.n && path.p[star_at] != '/') {
            i = star;
            j = ++star_at;
        } else if (deep != SIZE_MAX) {
            ptrdiff_t slash = str_find(str_slice(path, deep_at, path.n), '/');
            if (slash < 0)
                return false;
            i = deep;
            j = deep_at += (size_t)slash + 1;
            star = SIZE_MAX;
        } else {
            return false;
        }
    }
    return true;
}

size_t utf8_length(struct str s)
{
    const unsigned char *c = (const unsigned char *)s.p;
    if (!s.n)
        return 0;
    if (c[0] < 0x80)
        return 1;
    size_t n = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4 || s.n < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf0 && c[1] < 0x90) ||
        (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return n;
}

struct str utf8_cut(struct str s, size_t max)
{
    size_t n = 0, length;
    if (s.n <= max)
        return s;
    while (n < max && (length = utf8_length(str_slice(s, n, s.n))) <= max - n)
        n += length ? length : 1;
    return str_slice(s, 0, n);
}
