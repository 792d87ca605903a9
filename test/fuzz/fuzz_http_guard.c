/* A request's head as lines ("METHOD TARGET VERSION", then headers) through the guard. What passes holds what
 * handlers rely on. Then decoding, encoding and queries. */
#include <stdint.h>
#include <stdlib.h>

#include "net/guard.h"

enum { HEADERS_MAX = GUARD_HEADERS + 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_passed(const struct http_request *r, uint64_t length)
{
    bool lengths = http_header(r, "content-length").n > 0,
         chunked = http_header(r, "transfer-encoding").n > 0;
    must(!(lengths && chunked) && (length == UINT64_MAX) >= chunked && http_header(r, "HOST").n > 0);
    must(r->target.p[0] == '/' || str_is(r->target, "*"));
    for (size_t i = 0; i < r->n_headers; i++)
        must(str_find(r->headers[i].value, '\n') < 0 && str_find(r->headers[i].value, '\r') < 0 &&
             str_find(r->headers[i].name, ' ') < 0);
}

static void check_text(struct http_request *r)
{
    struct str text, again;
    if (http_decode(r->arena, r->target, false, &text)) {
        must(text.n <= r->target.n && str_find(text, 0) < 0);
        must(http_decode(r->arena, http_encode(r->arena, text, false), true, &again) && str_eq(text, again));
    }
    for (size_t i = 0; i < 3; i++) {
        if (http_query(r, "a", i, &text))
            must(text.n <= r->query.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct http_field headers[HEADERS_MAX];
    struct http_request r = {.arena = a, .headers = headers};
    struct str rest = {(const char *)data, size}, line, version = {0};
    const char *why = NULL;
    uint64_t length = 0;
    if (str_next(&rest, '\n', &line) && str_cut(line, ' ', &r.method, &r.target))
        str_cut(r.target, ' ', &r.target, &version);
    r.path = r.target;
    str_cut(r.target, '?', &r.path, &r.query);
    while (r.n_headers < HEADERS_MAX && str_next(&rest, '\n', &line)) {
        struct http_field *f = &headers[r.n_headers++];
        f->name = line;
        f->value = (struct str){0};
        str_cut(line, ':', &f->name, &f->value);
    }
    unsigned status = guard_check(&r, version, &length, &why);
    must(status ? status >= 400 && why : true);
    if (!status)
        check_passed(&r, length);
    check_text(&r);
    arena_free(a);
    return 0;
}
