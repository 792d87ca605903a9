/* A request as text ("METHOD TARGET", lines of headers, an empty line, the body), as the API gets it: its
 * claim is read, its signature computed. What signs as resolved is signed alike again; and nothing verifies.
 */
#include <stdint.h>
#include <stdlib.h>

#include "net/sigv4_canonical.h"

enum { HEADERS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct http_field headers[HEADERS_MAX];
    struct http_request r = {.arena = a, .headers = headers};
    struct str rest = {(const char *)data, size}, line, query, again;
    struct sigv4_claim claim;
    if (str_next(&rest, '\n', &line) && str_cut(line, ' ', &r.method, &r.target)) {
        r.path = r.target;
        str_cut(r.target, '?', &r.path, &r.query);
    }
    while (r.n_headers < HEADERS_MAX && str_next(&rest, '\n', &line) && line.n) {
        struct http_field *f = &headers[r.n_headers++];
        f->name = line;
        f->value = (struct str){0};
        str_cut(line, ':', &f->name, &f->value);
        f->value = str_trim(f->value);
    }
    r.body = rest;
    /* 2026-11-22T10:15:00Z, which the seeds are of. */
    if (sigv4_claim(&r, 1795342500, &claim) == SIGV4_OK &&
        sigv4_verify(NULL, &r, &claim, STR("secret"), 1795342500) == SIGV4_OK)
        abort();
    if (sigv4_query(a, r.query, &query) && (!sigv4_query(a, query, &again) || !str_eq(query, again)))
        abort();
    struct str path = sigv4_path(a, r.path, false);
    if (!path.n || path.p[0] != '/' || !sigv4_is_resolved(path, false))
        abort();
    arena_free(a);
    return 0;
}
