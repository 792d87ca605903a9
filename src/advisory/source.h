/* From a distribution's binary packages to their sources, of which advisories of Debian and Ubuntu speak: for
 * inventories that do not tell the source.
 *
 * Package databases and indexes do tell it: "Source: NAME (VERSION)" of deb-control(5). A rule keeps that in
 * such a form that it also holds for other versions of the package.
 */
#ifndef ASSAY_ADVISORY_SOURCE_H
#define ASSAY_ADVISORY_SOURCE_H

#include "base/arena.h"

/* The source's version is the binary's with `to` in place of `from`, with which it begins: nothing for most,
 * an epoch ("1:" and ""), another package's version ("2:2.6.2+samba" and "2:"), or all of both. */
struct advisory_source {
    struct str ecosystem; /* "Debian:12", "Ubuntu:22.04:LTS" */
    struct str binary;    /* as source_binary() has it */
    struct str source, from, to;
};

/* The name under which a rule is filed: without the number of the ABI, by which there is a package of each
 * kernel: "linux-image-6.1.0-18-amd64" and "linux-image-6.1.0-25-amd64" are "linux-image-6.1#-amd64". In the
 * arena, or `name` itself. */
struct str source_binary(struct arena *a, struct str name);

/* The rule that a build of the binary package shows: `binary_version` came from `source_version` (empty: the
 * same). In the arena, but for names and versions given; without the ecosystem. */
struct advisory_source source_rule(struct arena *a, struct str binary, struct str binary_version,
                                   struct str source, struct str source_version);

/* The source's version of the binary's `version`, in the arena; false when the rule does not say. */
bool source_version(struct arena *a, const struct advisory_source *rule, struct str version,
                    struct str *ret_version);

#endif
