/* What the Java ecosystems share: Maven coordinates on their way into the inventory. */
#ifndef ASSAY_ECOSYSTEM_MAVEN_H
#define ASSAY_ECOSYSTEM_MAVEN_H

#include "ecosystem/inventory.h"
#include "view/view.h"

struct maven_id {
    struct str group, artifact, version; /* group empty: not known; version empty: not settled */
};

/* Adds `id`, found in `file`; `p` brings the rest (manager, dev, unresolved, license, digest). Nothing
 * without an artifact id is added. A version that is empty or still has an expression in it makes the package
 * unresolved. */
void maven_add(struct inventory *inv, const struct view_file *file, struct maven_id id, struct package p);

/* The coordinates of the project that a pom.xml describes; empty members where this file does not settle
 * them. Slices are in the arena. */
int pom_coordinates(struct arena *a, struct str text, struct str name, struct maven_id *ret_id);

/* What a jar's manifest and file name say of it when nothing better is in it: the identification of last
 * resort. The group is set only where the two together leave no doubt. */
struct maven_id manifest_identify(struct arena *a, struct str manifest, struct str file_name,
                                  struct str *ret_license);
/* "log4j-core-2.14.1.jar" -> "log4j-core" and "2.14.1"; the version is empty where the name ends without one.
 */
void maven_split_file_name(struct str file_name, struct str *ret_artifact, struct str *ret_version);

#endif
