/* Calls to the API by an administrator: "METHOD TARGET", a line feed, the body. Whatever comes, the answer is
 * well-formed and no operation fails. */
#include <stdint.h>

#include "../unit/api_stack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct api_stack stack;

static void stop(void)
{
    stack_stop(&stack);
}

static void check(const struct http_reply *r, struct arena *a, struct str target)
{
    json_val *root;
    bool json = false;
    for (size_t i = 0; i < r->n_headers; i++)
        json |= str_is(r->headers[i].name, "Content-Type") && str_is(r->headers[i].value, "application/json");
    if (r->status >= 200 && r->status < 500 && (!json || json_parse(a, r->body, &root) == 0))
        return;
    fprintf(stderr, "%.*s: %u %.*s\n", STR_ARG(target), r->status, STR_ARG(r->body));
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!stack.api) {
        stack_start(&stack);
        atexit(stop);
    }
    struct str line, method, target, body = {(const char *)data, size};
    if (!str_next(&body, '\n', &line) || !str_cut(line, ' ', &method, &target) || !method.n ||
        !str_starts(target, STR("/")) || str_starts(target, STR("/assay/v1/events")))
        return 0;
    struct arena *a = arena_new(0);
    struct http_reply reply = stack_send(&stack, a,
                                         &(struct stack_request){.method = arena_cstr(a, method),
                                                                 .target = arena_str(a, target),
                                                                 .body = body,
                                                                 .key = &stack.key});
    check(&reply, a, target);
    arena_free(a);
    return 0;
}
