/* Until when a distribution's release gets security fixes, for the note "no longer supported" in reports and
 * for the findings of a server.
 *
 * A table of facts with the dates their publishers state; what is not in it is unknown, which is no
 * judgement.
 */
#ifndef ASSAY_ECOSYSTEM_OS_EOL_H
#define ASSAY_ECOSYSTEM_OS_EOL_H

#include "ecosystem/inventory.h"

struct os_support {
    int64_t ends;     /* the last second of security support for everybody */
    int64_t extended; /* that of the longest programme beyond it, by others or for money (Debian LTS, Ubuntu
                         Pro, Red Hat ELS, Oracle Extended, SUSE LTSS); equal to `ends` where there is none */
    int64_t fixes;    /* until when its flaws and their fixes are in the distribution's public advisories:
                         Debian's    LTS and Ubuntu Pro are, what others sell is not */
    const char *name, *version, *url; /* "Debian", "10", where its publisher says so */
};

/* The releases that have a row, from 0 on; false behind the last. */
bool os_support_at(size_t i, struct os *ret_os, struct os_support *ret_support);

/* False when the release is not in the table; *ret_support is then untouched. */
bool os_support_find(const struct os *os, struct os_support *ret_support);

#endif
