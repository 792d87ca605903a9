/* XML from hostile files: expat behind caps, every document type declaration refused (and with it all
 * entities of its own, external or exponential).
 *
 * Elements are told by their path of local names from the root, "project/dependencies/dependency"; name
 * spaces are not looked at. Slices are valid until the handler returns.
 */
#ifndef ASSAY_BASE_XML_H
#define ASSAY_BASE_XML_H

#include "base/str.h"

struct xml;

/* Returning non-zero from a handler stops the parse with that value. Either may be NULL. */
struct xml_handler {
    int (*open)(void *ctx, const struct xml *x, struct str path);
    /* `text` is the element's own character data without that of its children, trimmed. */
    int (*close)(void *ctx, const struct xml *x, struct str path, struct str text);
    void *ctx;
};

/* In open(): the value of an attribute, empty when absent. */
struct str xml_attribute(const struct xml *x, const char *name);

enum {
    XML_DEPTH_MAX = 64,     /* elements in elements */
    XML_PATH_MAX = 4096,    /* bytes of a path */
    XML_TEXT_MAX = 1 << 20, /* character data of the elements that are open */
};

/* Parses the whole text. ERR_INVALID with the line when it is not well-formed or has a document type,
 * ERR_LIMIT over one of the caps, else what a handler returned. `name` is for messages. */
int xml_parse(struct str text, struct str name, const struct xml_handler *handler);

#endif
