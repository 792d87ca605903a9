#include "api/page.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/hex.h"

static uint64_t check_of(const char *list, struct str place)
{
    return hash64_with(hash64(str_from(list)), place);
}

struct str page_token(struct arena *a, const char *list, struct str place)
{
    char *text = arena_alloc(a, 16 + 2 * place.n + 1);
    sprintf(text, "%016llx", (unsigned long long)check_of(list, place));
    hex_write(place.p, place.n, text + 16);
    return (struct str){text, 16 + 2 * place.n};
}

static bool place_of(struct arena *a, const char *list, struct str token, struct str *ret_place)
{
    if (token.n < 18 || token.n % 2 || token.n > 4096)
        return false;
    size_t n = (token.n - 16) / 2;
    char *place = arena_alloc(a, n);
    if (!hex_read(str_slice(token, 16, token.n), place, n) ||
        !str_eq(token, page_token(a, list, (struct str){place, n})))
        return false;
    *ret_place = (struct str){place, n};
    return true;
}

int page_place(struct call *c, const char *list, struct str token, struct str *ret_place)
{
    *ret_place = (struct str){0};
    if (token.n == 0 || place_of(c->arena, list, token, ret_place))
        return 0;
    field_error_add(&c->errors, c->arena, STR("nextToken"), "is not a token of this list");
    return call_invalid_fields(c);
}

int page_of(struct call *c, const char *list, struct str token, int64_t max, size_t n, struct page *ret_page)
{
    struct str place;
    int r = page_place(c, list, token, &place);
    if (r < 0)
        return r;
    uint64_t from = 0;
    if (place.n)
        str_u64(place, &from);
    if (from > n)
        from = n;
    size_t to = n - from > (size_t)max ? from + (size_t)max : n;
    *ret_page = (struct page){.from = from, .to = to};
    if (to < n)
        ret_page->next = page_token(c->arena, list, arena_printf(c->arena, "%zu", to));
    return 0;
}
