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
 * p->unresolved. Only "==" without a wildcard and "===" give a version; any other specifier, none, or a URL
 * that does not end in a file of the package, leaves it unresolved. False when it does not parse. */
bool pypi_requirement(struct str text, struct package *p);

#endif
