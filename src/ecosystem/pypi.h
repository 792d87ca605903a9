/* What the readers of Python packages and lock files share. Nothing here owns memory; what is added to the
 * inventory is copied there. */
#ifndef ASSAY_ECOSYSTEM_PYPI_H
#define ASSAY_ECOSYSTEM_PYPI_H

#include "ecosystem/inventory.h"
#include "view/view.h"

/* Lock files over this are refused with ERR_LIMIT before they are read. */
enum { PYPI_LOCK_CAP = 64 << 20 };

/* Adds `p` with its name normalised as PEP 503 says, and the path and layer of `file`. Without a version it
 * is marked unresolved. A name that PEP 508 does not allow is ERR_INVALID. */
int pypi_add(struct inventory *inv, const struct view_file *file, struct package p);

/* Reads one requirement, "name[extra]==1.0; marker"
 * (https://packaging.python.org/specifications/dependency-specifiers/), into p->name, p->version and
 * p->unresolved. Only "==" without a wildcard, "===", and the URL of a wheel give a version; any other leaves
 * it unresolved. False, and *p untouched, when it does not parse. */
bool pypi_requirement(struct str text, struct package *p);

/* Name and version out of the file name of a wheel (binary distribution format, "File name convention"), at
 * the end of a path or URL. False when it is none. */
bool pypi_wheel_name(struct str path, struct package *p);

/* Whether the characters are those of a version; whether it follows PEP 440 is left to the comparison. */
bool pypi_is_version(struct str version);

#endif
