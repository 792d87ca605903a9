#include "ecosystem/npm.h"

#include <openssl/evp.h>

#include "base/err.h"

static bool part_valid(struct str s)
{
    if (!s.n || s.p[0] == '.' || s.p[0] == '_')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !memchr("-_.~!'()*", s.p[i], 9))
            return false;
    return true;
}

bool npm_name_valid(struct str name)
{
    struct str scope, rest;
    if (name.n > 214)
        return false;
    if (!name.n || name.p[0] != '@')
        return part_valid(name);
    return str_cut(name, '/', &scope, &rest) && part_valid(str_slice(scope, 1, scope.n)) && part_valid(rest);
}

int npm_add(struct inventory *inv, const struct view_file *file, struct package p)
{
    if (!npm_name_valid(p.name))
        return err_set(ERR_INVALID, "'%.*s' cannot be the name of an npm package", STR_ARG(p.name));
    if (p.name.p[0] == '@')
        str_cut(p.name, '/', &p.namespace, &p.name);
    p.type = STR("npm");
    p.path = file->path;
    p.layer = file->layer;
    p.unresolved = p.unresolved || !p.version.n;
    inventory_add(inv, &p);
    return 0;
}

bool npm_cut(struct str s, struct str *ret_name, struct str *ret_rest)
{
    if (s.n < 2)
        return false;
    ptrdiff_t at = str_find(str_slice(s, 1, s.n), '@');
    if (at < 0)
        return false;
    *ret_name = str_slice(s, 0, (size_t)at + 1);
    *ret_rest = str_slice(s, (size_t)at + 2, s.n);
    return true;
}

bool npm_alias(struct str spec, struct str *ret_name, struct str *ret_version)
{
    if (!str_starts(spec, STR("npm:")))
        return false;
    spec = str_slice(spec, 4, spec.n);
    /* yarn writes "npm:^1.2" for a plain range too: what stands behind an alias begins with a name. */
    if (!npm_cut(spec, ret_name, ret_version)) {
        if (!spec.n || !(is_alpha(spec.p[0]) || spec.p[0] == '@'))
            return false;
        *ret_name = spec;
        *ret_version = (struct str){NULL, 0};
    }
    return npm_name_valid(*ret_name);
}

bool npm_is_version(struct str version)
{
    if (!version.n || !is_digit(version.p[0]))
        return false;
    for (size_t i = 0; i < version.n; i++)
        if (!is_alnum(version.p[i]) && !memchr("-.+", version.p[i], 3))
            return false;
    return true;
}

/* Writes the hex of `base64` (RFC 4648, section 4, padded); false when it is not of exactly `n` bytes. */
static bool base64_hex(struct str base64, size_t n, char *to)
{
    unsigned char bytes[66];
    if (base64.n != (n + 2) / 3 * 4 || base64.n / 4 * 3 > sizeof bytes ||
        EVP_DecodeBlock(bytes, (const unsigned char *)base64.p, (int)base64.n) != (int)(base64.n / 4 * 3))
        return false;
    for (size_t i = 0; i < n; i++) {
        *to++ = "0123456789abcdef"[bytes[i] >> 4];
        *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    return true;
}

struct str npm_digest(struct arena *a, struct str integrity)
{
    static const struct {
        struct str name;
        size_t size;
    } algorithms[] = {{{"sha512", 6}, 64}, {{"sha384", 6}, 48}, {{"sha256", 6}, 32}, {{"sha1", 4}, 20}};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        struct str rest = integrity, one, name, base64;
        while (str_next(&rest, ' ', &one)) {
            char hex[128];
            if (str_cut(one, '-', &name, &base64) && str_eq(name, algorithms[i].name) &&
                base64_hex(base64, algorithms[i].size, hex))
                return arena_printf(a, "%.*s:%.*s", STR_ARG(name), (int)(2 * algorithms[i].size), hex);
        }
    }
    return (struct str){NULL, 0};
}

struct str npm_join(struct arena *a, struct str left, char between, struct str right)
{
    struct str joined = {arena_alloc(a, left.n + 1 + right.n), left.n + 1 + right.n};
    char *to = (char *)(uintptr_t)joined.p;
    if (left.n)
        memcpy(to, left.p, left.n);
    to[left.n] = between;
    if (right.n)
        memcpy(to + left.n + 1, right.p, right.n);
    return joined;
}

bool npm_in_modules(struct str path)
{
    return str_starts(path, STR("node_modules/")) || str_find_str(path, STR("/node_modules/")) >= 0;
}
