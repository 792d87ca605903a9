#include "base/xml.h"

#include <expat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct xml {
    XML_Parser parser;
    const struct xml_handler *handler;
    struct str name;
    const char **attributes; /* of the element being opened */
    struct buf path, text;
    size_t path_at[XML_DEPTH_MAX]; /* where each open element's part begins, */
    size_t text_at[XML_DEPTH_MAX]; /* and its text, which its children's follows and is cut off again */
    int depth;
    int status;
};

static void stop(struct xml *x, int status)
{
    x->status = status;
    XML_StopParser(x->parser, XML_FALSE);
}

static unsigned long line_of(const struct xml *x)
{
    return (unsigned long)XML_GetCurrentLineNumber(x->parser);
}

static struct str local_name(const char *name)
{
    struct str s = str_from(name);
    ptrdiff_t colon = str_rfind(s, ':');
    return colon < 0 ? s : str_slice(s, (size_t)colon + 1, s.n);
}

static void on_open(void *ctx, const char *name, const char **attributes)
{
    struct xml *x = ctx;
    if (x->status)
        return;
    if (x->depth == XML_DEPTH_MAX) {
        stop(x, err_set(ERR_LIMIT, "%.*s: line %lu: XML elements nest deeper than %d", STR_ARG(x->name),
                        line_of(x), XML_DEPTH_MAX));
        return;
    }
    x->path_at[x->depth] = x->path.n;
    x->text_at[x->depth++] = x->text.n;
    if (x->path.n)
        buf_add_c(&x->path, '/');
    if (buf_add_str(&x->path, local_name(name)) < 0) {
        stop(x, err_set(ERR_LIMIT, "%.*s: line %lu: XML path is longer than %d bytes", STR_ARG(x->name),
                        line_of(x), XML_PATH_MAX));
        return;
    }
    x->attributes = attributes;
    int status = x->handler->open ? x->handler->open(x->handler->ctx, x, buf_str(&x->path)) : 0;
    x->attributes = NULL;
    if (status)
        stop(x, status);
}

static void on_close(void *ctx, const char *name)
{
    struct xml *x = ctx;
    (void)name;
    if (x->status)
        return;
    x->depth--;
    size_t from = x->text_at[x->depth];
    struct str text =
        x->text.p ? str_trim(str_slice(buf_str(&x->text), from, x->text.n)) : (struct str){NULL, 0};
    int status = x->handler->close ? x->handler->close(x->handler->ctx, x, buf_str(&x->path), text) : 0;
    x->text.n = from;
    x->path.n = x->path_at[x->depth];
    if (status)
        stop(x, status);
}

static void on_text(void *ctx, const char *text, int n)
{
    struct xml *x = ctx;
    if (!x->status && buf_add(&x->text, text, (size_t)n) < 0)
        stop(x, err_set(ERR_LIMIT, "%.*s: line %lu: XML text is longer than %d bytes", STR_ARG(x->name),
                        line_of(x), XML_TEXT_MAX));
}

static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
    struct xml *x = ctx;
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(x, err_set(ERR_INVALID, "%.*s: line %lu: document type declarations are refused", STR_ARG(x->name),
                    line_of(x)));
}

struct str xml_attribute(const struct xml *x, const char *name)
{
    for (const char **a = x->attributes; a && *a; a += 2)
        if (str_is(local_name(a[0]), name))
            return str_from(a[1]);
    return (struct str){NULL, 0};
}

/* expat takes lengths as int. */
static int feed(struct xml *x, struct str text)
{
    enum { CHUNK = 1 << 20 };
    do {
        size_t n = text.n < CHUNK ? text.n : CHUNK;
        enum XML_Status status = XML_Parse(x->parser, text.n ? text.p : "", (int)n, n == text.n);
        if (x->status)
            return x->status;
        if (status != XML_STATUS_OK)
            return err_set(ERR_INVALID, "%.*s: line %lu: XML: %s", STR_ARG(x->name), line_of(x),
                           XML_ErrorString(XML_GetErrorCode(x->parser)));
        text = n ? str_slice(text, n, text.n) : text;
    } while (text.n);
    return 0;
}

int xml_parse(struct str text, struct str name, const struct xml_handler *handler)
{
    struct xml x = {
        .handler = handler, .name = name, .path = buf_new(XML_PATH_MAX), .text = buf_new(XML_TEXT_MAX)};
    x.parser = XML_ParserCreate(NULL);
    if (!x.parser)
        mem_exhausted(0);
    XML_SetUserData(x.parser, &x);
    XML_SetElementHandler(x.parser, on_open, on_close);
    XML_SetCharacterDataHandler(x.parser, on_text);
    XML_SetStartDoctypeDeclHandler(x.parser, on_doctype);
    int status = feed(&x, text);
    XML_ParserFree(x.parser);
    buf_free(&x.path);
    buf_free(&x.text);
    return status;
}
