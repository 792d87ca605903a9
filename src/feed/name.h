/* How ecosystems write package names, so that a feed's and an inventory's agree byte for byte. */
#ifndef ASSAY_FEED_NAME_H
#define ASSAY_FEED_NAME_H

#include "base/arena.h"

/* The normal form of `name`; `name` itself where the ecosystem has none. */
struct str name_normal(struct arena *a, struct str ecosystem, struct str name);
/* The ecosystem as the database spells it, where OSV has many for one: products of Red Hat Enterprise Linux
 * ("Red Hat:enterprise_linux:8::baseos" is "Red Hat:8") and of SUSE Linux Enterprise ("SUSE:Linux Enterprise
 * Module for Basesystem 15 SP3" is "SUSE:Linux Enterprise 15 SP3": the same builds, told apart by
 * subscription only). All others as they are. */
struct str ecosystem_normal(struct arena *a, struct str ecosystem);
/* The name of the ecosystem without its release: "Debian:12" gives "Debian". */
struct str ecosystem_base(struct str ecosystem);
/* Whether the ecosystem's advisories name binary packages (rpm distributions), not source packages. */
bool ecosystem_is_binary(struct str ecosystem);
/* The version scheme of the ecosystem, as version_scheme_find() takes it; empty when it is not known. */
struct str ecosystem_scheme(struct str ecosystem);

#endif
