/* From the XML of the query APIs to JSON, by a table of members. */
#include "aws/query.h"
#include "base/err.h"
#include "base/xml.h"

/* An element that is open. */
struct frame {
    enum { PASSED_OVER, WRAPPER, RESULT, VALUE } role;
    enum member_kind kind;       /* of a VALUE */
    const char *name;            /* in JSON; NULL: an item of a list */
    const struct member *inside; /* by which its children are found */
};

struct conversion {
    const struct query_api *api;
    const struct query_operation *operation;
    struct arena *arena;
    struct json_out out;
    struct str token;
    struct frame frames[XML_DEPTH_MAX + 1];
    int depth;
};

static bool is_named(struct str element, const struct member *m)
{
    if (m->xml)
        return str_is(element, m->xml);
    size_t n = strlen(m->name);
    return element.n == n && to_lower(element.p[0]) == to_lower(m->name[0]) &&
           !memcmp(element.p + 1, m->name + 1, n - 1);
}

static const struct member *find_member(const struct member *m, struct str element)
{
    for (; m && m->name; m++) {
        if (is_named(element, m))
            return m;
    }
    return NULL;
}

static bool is_operation(const struct conversion *c, struct str element, const char *suffix)
{
    struct str name = str_from(c->operation->name);
    return str_starts(element, name) && str_is(str_slice(element, name.n, element.n), suffix);
}

/* What an element is, by what it stands in. */
static struct frame frame_of(const struct conversion *c, const struct frame *parent, struct str element)
{
    struct frame result = {.role = RESULT, .inside = c->operation->result}, nothing = {0};
    const struct member *m;
    if (parent->role == WRAPPER)
        return is_operation(c, element, "Result") ? result : nothing;
    if (parent->role == VALUE && parent->kind == LIST) {
        enum member_kind kind = parent->inside ? MEMBERS : TEXT;
        return str_is(element, c->api->item) ? (struct frame){VALUE, kind, NULL, parent->inside} : nothing;
    }
    if (parent->role == PASSED_OVER || !(m = find_member(parent->inside, element)))
        return nothing;
    return (struct frame){VALUE, m->kind, m->name, m->of};
}

static int begin_answer(struct conversion *c, struct str element, struct frame *ret_frame)
{
    if (!is_operation(c, element, "Response"))
        return err_set(ERR_INVALID, "%.*s instead of %sResponse", STR_ARG(element), c->operation->name);
    *ret_frame = c->api->wrapped ? (struct frame){.role = WRAPPER}
                                 : (struct frame){.role = RESULT, .inside = c->operation->result};
    return 0;
}

static int on_open(void *ctx, const struct xml *x, struct str path)
{
    (void)x;
    struct conversion *c = ctx;
    struct str element = str_basename(path);
    struct frame *f = &c->frames[c->depth++];
    int status = 0;
    if (c->depth == 1)
        status = begin_answer(c, element, f);
    else
        *f = frame_of(c, f - 1, element);
    if (status < 0 || f->role != VALUE)
        return status;
    bool holds = f->kind == MEMBERS || f->kind == LIST;
    if (holds && f->name)
        json_key(&c->out, f->name);
    if (f->kind == MEMBERS)
        json_begin_object(&c->out);
    else if (f->kind == LIST)
        json_begin_array(&c->out);
    return 0;
}

static int add_number(struct conversion *c, const char *name, struct str text)
{
    bool negative = str_starts(text, STR("-"));
    uint64_t n;
    if (!str_u64(negative ? str_slice(text, 1, text.n) : text, &n) || n > INT64_MAX)
        return err_set(ERR_INVALID, "%s: %.*s is no number", name, STR_ARG(utf8_cut(text, 40)));
    json_member_int(&c->out, name, negative ? -(int64_t)n : (int64_t)n);
    return 0;
}

static int on_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    (void)path;
    struct conversion *c = ctx;
    const struct frame *f = &c->frames[--c->depth];
    if (f->role != VALUE)
        return 0;
    switch (f->kind) {
    case MEMBERS:
        json_end_object(&c->out);
        break;
    case LIST:
        json_end_array(&c->out);
        break;
    case NUMBER:
        return text.n ? add_number(c, f->name, text) : 0;
    case TRUTH:
        json_member_bool(&c->out, f->name, str_is(text, "true"));
        break;
    case TOKEN:
        c->token = arena_str(c->arena, text);
        break;
    case TEXT:
        if (f->name)
            json_key(&c->out, f->name);
        json_out_str(&c->out, text);
        break;
    }
    return buf_status(c->out.to) < 0 ? err_set(ERR_LIMIT, "more than %zu bytes", c->out.to->cap) : 0;
}

int query_convert(struct arena *a, const struct query_api *api, const struct query_operation *operation,
                  struct str xml, struct buf *to, struct str *ret_token)
{
    struct conversion c = {.api = api, .operation = operation, .arena = a, .out = {.to = to}};
    struct xml_handler handler = {.open = on_open, .close = on_close, .ctx = &c};
    json_begin_object(&c.out);
    int status = xml_parse(xml, str_from(operation->name), &handler);
    json_end_object(&c.out);
    if (status == 0 && buf_status(to) < 0)
        status = err_set(ERR_LIMIT, "%s: more than %zu bytes", operation->name, to->cap);
    if (status == 0)
        *ret_token = c.token;
    return status;
}
