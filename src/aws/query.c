#include "aws/query.h"

#include "aws/pages.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { JSON_MAX = 64 << 20 };

const struct query_operation *query_find(const struct query_api *api, const char *operation)
{
    for (const struct query_operation *const *table = api->operations; *table; table++)
        for (const struct query_operation *o = *table; o->name; o++)
            if (!strcmp(o->name, operation))
                return o;
    return NULL;
}

static int call_it(struct aws *aws, struct arena *a, const struct query_api *api,
                   const struct query_operation *o, struct str form, struct str *ret_json,
                   struct str *ret_token)
{
    struct aws_call call = {.service = api->service,
                            .protocol = AWS_QUERY,
                            .operation = o->name,
                            .version = api->version,
                            .body = form};
    _cleanup_(buf_free) struct buf json = buf_new(JSON_MAX);
    struct aws_reply reply;
    int status = aws_send(aws, a, &call, &reply);
    if (status < 0)
        return status;
    if ((status = query_convert(a, api, o, reply.body, &json, ret_token)) < 0)
        return err_context(status, "%s in %.*s", api->service, STR_ARG(aws_region(aws)));
    *ret_json = arena_str(a, buf_str(&json));
    return 0;
}

static int not_in_table(const struct query_api *api, const char *operation)
{
    return err_set(ERR_UNSUPPORTED, "%s %s is not among the known calls", api->service, operation);
}

int query_call(struct aws *aws, struct arena *a, const struct query_api *api, const char *operation,
               struct str form, struct str *ret_json)
{
    const struct query_operation *o = query_find(api, operation);
    struct str token;
    return o ? call_it(aws, a, api, o, form, ret_json, &token) : not_in_table(api, operation);
}

/* A list of ids is not cut into pages: EC2 refuses to be asked for both. */
static bool names_ids(struct str form)
{
    struct str part, name, value;
    while (str_next(&form, '&', &part))
        if (str_cut(part, '=', &name, &value) && str_find_str(name, STR("Id.")) >= 0)
            return true;
    return false;
}

static struct str form_of(struct arena *a, const struct query_api *api, const struct query_operation *o,
                          struct str form, struct str token)
{
    if (o->page && !names_ids(form))
        form = arena_printf(a, "%.*s%s%s=%u", STR_ARG(form), form.n ? "&" : "", api->page_size, o->page);
    if (token.n)
        form = arena_printf(a, "%.*s%s%s=%.*s", STR_ARG(form), form.n ? "&" : "", api->token,
                            STR_ARG(http_encode(a, token, false)));
    return form;
}

int query_texts(struct aws *aws, const struct query_api *api, const char *operation, struct str form,
                query_text *visit, void *ctx)
{
    _cleanup_(arena_cleanup) struct arena *page = arena_new(0), *kept = arena_new(0);
    _cleanup_(page_tokens_clean) struct page_tokens tokens = {.arena = kept};
    const struct query_operation *o = query_find(api, operation);
    if (!o)
        return not_in_table(api, operation);
    do {
        struct str json, token;
        arena_reset(page);
        int status = call_it(aws, page, api, o, form_of(page, api, o, form, tokens.next), &json, &token);
        if (status == 0)
            status = page_follow(&tokens, operation, token);
        if (status == 0)
            status = visit(ctx, json);
        if (status)
            return status;
    } while (tokens.next.n);
    return 0;
}

struct visitor {
    aws_page *visit;
    void *ctx;
};

static int on_text(void *ctx, struct str json)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct visitor *v = ctx;
    json_val *document;
    int status = json_parse(a, json, &document);
    return status < 0 ? status : v->visit(v->ctx, document);
}

int query_pages(struct aws *aws, const struct query_api *api, const char *operation, struct str form,
                aws_page *visit, void *ctx)
{
    struct visitor v = {visit, ctx};
    return query_texts(aws, api, operation, form, on_text, &v);
}
