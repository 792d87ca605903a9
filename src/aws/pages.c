#include "aws/pages.h"

#include "base/cleanup.h"
#include "base/err.h"

void page_tokens_clean(struct page_tokens *t)
{
    map_free(&t->seen);
}

int page_follow(struct page_tokens *t, const char *operation, struct str token)
{
    t->next = arena_str(t->arena, token);
    if (!token.n)
        return 0;
    if (t->seen.n == PAGES_MAX)
        return err_set(ERR_LIMIT, "%s: more than %d pages", operation, PAGES_MAX);
    if (map_get(&t->seen, t->next))
        return err_set(ERR_INVALID, "%s: a page's token leads back", operation);
    map_set(&t->seen, t->next, t);
    return 0;
}

/* {"A": 1} with the token as a member more. */
static struct str with_member(struct arena *a, struct str body, const char *name, struct str token)
{
    struct buf to = buf_new(body.n + 6 * token.n + strlen(name) + 16);
    struct json_out o = {.to = &to};
    body = str_trim(body);
    if (body.n)
        body.n--; /* its brace */
    body = str_trim(body);
    buf_add_str(&to, body.n ? body : STR("{"));
    if (body.n > 1)
        buf_add_c(&to, ',');
    json_key(&o, name);
    json_out_str(&o, token);
    buf_add_c(&to, '}');
    struct str text = arena_str(a, buf_str(&to));
    buf_free(&to);
    return text;
}

static struct str with_parameter(struct arena *a, struct str path, const char *name, struct str token)
{
    return arena_printf(a, "%.*s%c%s=%.*s", STR_ARG(path), str_find(path, '?') < 0 ? '?' : '&', name,
                        STR_ARG(http_encode(a, token, false)));
}

int aws_pages(struct aws *aws, const struct aws_call *call, const char *token, const char *next,
              aws_page *visit, void *ctx)
{
    _cleanup_(arena_cleanup) struct arena *page = arena_new(0), *kept = arena_new(0);
    _cleanup_(page_tokens_clean) struct page_tokens tokens = {.arena = kept};
    do {
        struct aws_call one = *call;
        json_val *document;
        arena_reset(page);
        if (tokens.next.n && call->protocol == AWS_REST)
            one.path = with_parameter(page, call->path, token, tokens.next);
        else if (tokens.next.n)
            one.body = with_member(page, call->body, token, tokens.next);
        int status = aws_json(aws, page, &one, &document);
        if (status == 0)
            status = page_follow(&tokens, call->operation, json_get_str(document, next));
        if (status == 0)
            status = visit(ctx, document);
        if (status)
            return status;
    } while (tokens.next.n);
    return 0;
}
