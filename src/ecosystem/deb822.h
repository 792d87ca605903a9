/* Paragraphs of fields, as deb822(5) has them: dpkg's status, and the indexes of Debian's archive. */
#ifndef ASSAY_ECOSYSTEM_DEB822_H
#define ASSAY_ECOSYSTEM_DEB822_H

#include "base/str.h"

/* What is read of a paragraph; slices of the file. */
struct deb_stanza {
    struct str package, status, version, arch, source;
};

struct deb_file {
    struct str rest; /* to begin with: the content */
    size_t line;     /* how many were read */
    size_t bad;      /* the first that is neither a field nor a continuation; 0: none */
};

/* False at the end. */
bool deb_next(struct deb_file *f, struct deb_stanza *ret_stanza);

/* The field Source, "NAME" or "NAME (VERSION)", as deb-control(5) has it for packages built from a source of
 * another name or version; what it does not say is empty. */
void deb_source(const struct deb_stanza *s, struct str *ret_name, struct str *ret_version);

#endif
