/* What to do about a finding: the command that brings packages to the version that ends it. */
#ifndef ASSAY_REPORT_REMEDIATION_H
#define ASSAY_REPORT_REMEDIATION_H

#include "ecosystem/inventory.h"

/* The command (or, where builds and not commands decide, the coordinates) that upgrades `p` to `fixed` or
 * later, on one line, NUL-terminated, from the arena. Names come from hostile files and people paste commands
 * into shells: empty when a name or version has a character that is not plain in a shell, and when no command
 * is known.
 *
 * Distribution packages are named without the version: archives keep only the newest, which is at least
 * `fixed`, and asking for one that was replaced fails. */
struct str remediation_command(struct arena *a, const struct inventory *inv, const struct package *p,
                               struct str fixed);

/* As above for packages that are upgraded together (built from one source); the first one decides the
 * command. */
struct str remediation_command_all(struct arena *a, const struct inventory *inv,
                                   const struct package *const *packages, size_t n, struct str fixed);

#endif
