/* XML through expat, for feeds: every DTD is refused, so that there are no entities to expand. */
#ifndef ASSAY_FEED_XML_H
#define ASSAY_FEED_XML_H

#include <expat.h>

#include "base/str.h"

/* Names and text go to the callbacks as expat gives them: UTF-8, no namespaces. ERR_INVALID with the line. */
int xml_parse(struct str content, XML_StartElementHandler start, XML_EndElementHandler end,
              XML_CharacterDataHandler text, void *ctx);

/* The value of an attribute; NULL without it. */
const char *xml_attribute(const char **attributes, const char *name);

#endif
