#include "feed/xml.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

enum { CHUNK = 1 << 20, DEPTH_MAX = 64 };

struct parsing {
    XML_Parser parser;
    XML_StartElementHandler start;
    XML_EndElementHandler end;
    XML_CharacterDataHandler text;
    void *ctx;
    int depth;
    const char *refused;
};

static void refuse(struct parsing *p, const char *why)
{
    p->refused = why;
    XML_StopParser(p->parser, XML_FALSE);
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *sysid, const char *pubid,
                               int internal)
{
    (void)name, (void)sysid, (void)pubid, (void)internal;
    refuse(ctx, "a document type declaration");
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attributes)
{
    struct parsing *p = ctx;
    if (p->refused)
        return;
    if (++p->depth > DEPTH_MAX)
        refuse(p, "elements nested too deep");
    else
        p->start(p->ctx, name, attributes);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
    struct parsing *p = ctx;
    p->depth--;
    if (!p->refused)
        p->end(p->ctx, name);
}

static void XMLCALL on_text(void *ctx, const char *text, int n)
{
    struct parsing *p = ctx;
    if (!p->refused)
        p->text(p->ctx, text, n);
}

static void free_parser(XML_Parser *parser)
{
    XML_ParserFree(*parser);
}

int xml_parse(struct str content, XML_StartElementHandler start, XML_EndElementHandler end,
              XML_CharacterDataHandler text, void *ctx)
{
    _cleanup_(free_parser) XML_Parser parser = XML_ParserCreate("UTF-8");
    struct parsing p = {.parser = parser, .start = start, .end = end, .text = text, .ctx = ctx};
    XML_SetUserData(parser, &p);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    for (size_t at = 0;;) {
        size_t n = content.n - at < CHUNK ? content.n - at : CHUNK;
        bool last = at + n == content.n;
        if (XML_Parse(parser, content.p + at, (int)n, last) != XML_STATUS_OK)
            return err_set(ERR_INVALID, "XML: %s at line %lu",
                           p.refused ? p.refused : XML_ErrorString(XML_GetErrorCode(parser)),
                           (unsigned long)XML_GetCurrentLineNumber(parser));
        if (last)
            return 0;
        at += n;
    }
}

const char *xml_attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (!strcmp(attributes[0], name))
            return attributes[1];
    return NULL;
}
