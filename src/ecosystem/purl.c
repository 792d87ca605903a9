/* Package URLs: the syntax (purl specification, sections "Rules for each PURL component", "How to parse",
 * "How to build"). The types' own rules are in purl_type.c. */
#include "ecosystem/purl.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(struct arena *a, struct str s, const char *component, struct str *ret_decoded)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            to[n++] = s.p[i];
            continue;
        }
        int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1, low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return err_set(ERR_INVALID, "purl: broken percent-encoding in the %s", component);
        to[n++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret_decoded = (struct str){to, n};
    return 0;
}

static struct str strip_slashes(struct str s)
{
    while (s.n && s.p[0] == '/')
        s = str_slice(s, 1, s.n);
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;
    return s;
}

static bool is_dots(struct str s)
{
    return str_is(s, ".") || str_is(s, "..");
}

/* Decodes a path segment by segment. Empty segments are dropped, in a subpath "." and ".." too. */
static int decode_path(struct arena *a, struct str path, const char *component, bool drop_dots,
                       struct str *ret_path)
{
    char *to = arena_alloc(a, path.n + 1);
    size_t n = 0;
    struct str segment, decoded;
    while (str_next(&path, '/', &segment)) {
        int status = decode(a, segment, component, &decoded);
        if (status < 0)
            return status;
        if (str_find(decoded, '/') >= 0)
            return err_set(ERR_INVALID, "purl: an encoded '/' in a segment of the %s", component);
        if (!decoded.n || (drop_dots && is_dots(decoded)))
            continue;
        if (n)
            to[n++] = '/';
        memcpy(to + n, decoded.p, decoded.n);
        n += decoded.n;
    }
    *ret_path = (struct str){to, n};
    return 0;
}

static bool is_type(struct str s)
{
    if (!s.n || !is_alpha(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
            return false;
    return true;
}

static bool is_key(struct str s)
{
    if (!s.n || !is_alpha(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return true;
}

static int parse_qualifiers(struct arena *a, struct str text, struct purl *p)
{
    p->qualifiers = arena_new_array(a, struct purl_qualifier, PURL_QUALIFIERS_MAX);
    struct str pair;
    while (str_next(&text, '&', &pair)) {
        if (!pair.n)
            continue;
        struct purl_qualifier q;
        struct str value;
        if (!str_cut(pair, '=', &q.key, &value))
            return err_set(ERR_INVALID, "purl: qualifier '%.*s' has no value", STR_ARG(pair));
        int status = decode(a, value, "qualifiers", &q.value);
        if (status < 0)
            return status;
        if (p->n_qualifiers == PURL_QUALIFIERS_MAX)
            return err_set(ERR_LIMIT, "purl: more than %d qualifiers", PURL_QUALIFIERS_MAX);
        p->qualifiers[p->n_qualifiers++] = q;
    }
    return 0;
}

/* The '@' before the version: the last one, unless it begins a scope as in "npm/@babel/core". */
static ptrdiff_t version_mark(struct str s)
{
    ptrdiff_t at = str_rfind(s, '@');
    if (at >= 0 && (!at || s.p[at - 1] == '/') && str_find(str_slice(s, (size_t)at, s.n), '/') >= 0)
        return -1;
    return at;
}

/* What stands between the type and the qualifiers: namespace, name, version. */
static int parse_path(struct arena *a, struct str path, struct purl *p)
{
    int status = 0;
    ptrdiff_t at = version_mark(path);
    if (at >= 0) {
        status = decode(a, str_slice(path, (size_t)at + 1, path.n), "version", &p->version);
        path.n = (size_t)at;
    }
    if (status < 0)
        return status;
    if (path.n && path.p[path.n - 1] == '/' && at >= 0)
        return err_set(ERR_INVALID, "purl: no name before the version");
    path = strip_slashes(path);
    struct str name = str_basename(path);
    status = decode(a, name, "name", &p->name);
    if (status == 0 && name.n < path.n)
        status = decode_path(a, str_dirname(path), "namespace", false, &p->namespace);
    return status;
}

static int parse(struct arena *a, struct str text, struct purl *p)
{
    int status = 0;
    struct str scheme, rest;
    if (!str_cut(text, ':', &scheme, &rest) || !str_ieq(scheme, STR("pkg")))
        return err_set(ERR_INVALID, "purl: does not begin with 'pkg:'");
    ptrdiff_t at = str_rfind(rest, '#');
    if (at >= 0) {
        status = decode_path(a, str_slice(rest, (size_t)at + 1, rest.n), "subpath", true, &p->subpath);
        rest.n = (size_t)at;
    }
    at = str_rfind(rest, '?');
    if (status == 0 && at >= 0) {
        status = parse_qualifiers(a, str_slice(rest, (size_t)at + 1, rest.n), p);
        rest.n = (size_t)at;
    }
    if (status < 0)
        return status;
    while (rest.n && rest.p[0] == '/')
        rest = str_slice(rest, 1, rest.n);
    if (!str_cut(rest, '/', &p->type, &rest))
        return err_set(ERR_INVALID, "purl: no '/' between type and name");
    return parse_path(a, rest, p);
}

int purl_parse(struct arena *a, struct str text, struct purl *ret_purl)
{
    if (text.n > PURL_MAX)
        return err_set(ERR_LIMIT, "purl: longer than %d bytes", PURL_MAX);
    struct purl p = {0};
    int status = parse(a, text, &p);
    if (status == 0)
        status = purl_canonicalise(a, &p);
    if (status == 0)
        *ret_purl = p;
    return status;
}

static int by_key(const void *left, const void *right)
{
    const struct purl_qualifier *a = left, *b = right;
    return str_cmp(a->key, b->key);
}

static int canonicalise_qualifiers(struct arena *a, struct purl *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_qualifiers; i++) {
        struct purl_qualifier q = p->qualifiers[i];
        if (!is_key(q.key))
            return err_set(ERR_INVALID, "purl: bad qualifier key '%.*s'", STR_ARG(q.key));
        q.key = arena_lower(a, q.key);
        if (q.value.n)
            p->qualifiers[n++] = q;
    }
    p->n_qualifiers = n;
    if (n > 1)
        qsort(p->qualifiers, n, sizeof *p->qualifiers, by_key);
    for (size_t i = 1; i < n; i++)
        if (str_eq(p->qualifiers[i - 1].key, p->qualifiers[i].key))
            return err_set(ERR_INVALID, "purl: qualifier '%.*s' twice", STR_ARG(p->qualifiers[i].key));
    return 0;
}

/* No package is called so, and the canonical text must not hide what follows one. */
static int refuse_nul(const struct purl *p)
{
    const struct str parts[] = {p->namespace, p->name, p->version, p->subpath};
    bool found = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        found = found || str_find(parts[i], 0) >= 0;
    for (size_t i = 0; i < p->n_qualifiers; i++)
        found = found || str_find(p->qualifiers[i].value, 0) >= 0;
    return found ? err_set(ERR_INVALID, "purl: a NUL byte") : 0;
}

int purl_canonicalise(struct arena *a, struct purl *p)
{
    if (!is_type(p->type))
        return err_set(ERR_INVALID, "purl: bad type '%.*s'", STR_ARG(p->type));
    p->type = arena_lower(a, p->type);
    p->namespace = strip_slashes(p->namespace);
    p->subpath = strip_slashes(p->subpath);
    if (!p->name.n)
        return err_set(ERR_INVALID, "purl: no name");
    int status = refuse_nul(p);
    if (status == 0)
        status = canonicalise_qualifiers(a, p);
    return status < 0 ? status : purl_apply_type_rules(a, p);
}

/* Percent-encodes all but unreserved characters, ':' and those of `keep` (specification, "Character
 * encoding"). */
static void encode(struct buf *to, struct str s, char keep)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (is_alnum(c) || (c && strchr(".-_~:", c)) || (keep && c == keep))
            buf_add_c(to, c);
        else
            buf_printf(to, "%%%02X", (unsigned char)c);
    }
}

struct str purl_format(struct arena *a, const struct purl *p)
{
    /* Without a parse before it the parts may have any length; each byte takes three at most. */
    struct buf text = buf_new(SIZE_MAX / 2);
    buf_add_str(&text, STR("pkg:"));
    buf_add_str(&text, p->type);
    buf_add_c(&text, '/');
    encode(&text, p->namespace, '/');
    if (p->namespace.n)
        buf_add_c(&text, '/');
    encode(&text, p->name, 0);
    if (p->version.n)
        buf_add_c(&text, '@');
    encode(&text, p->version, 0);
    for (size_t i = 0; i < p->n_qualifiers; i++) {
        buf_add_c(&text, i ? '&' : '?');
        buf_add_str(&text, p->qualifiers[i].key);
        buf_add_c(&text, '=');
        encode(&text, p->qualifiers[i].value, 0);
    }
    if (p->subpath.n)
        buf_add_c(&text, '#');
    encode(&text, p->subpath, '/');
    struct str copy = arena_str(a, buf_str(&text));
    buf_free(&text);
    return copy;
}

struct str purl_qualifier(const struct purl *p, const char *key)
{
    for (size_t i = 0; i < p->n_qualifiers; i++)
        if (str_is(p->qualifiers[i].key, key))
            return p->qualifiers[i].value;
    return (struct str){NULL, 0};
}
