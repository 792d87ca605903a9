/* What the Debian feeds share. */
#ifndef ASSAY_FEED_DEBIAN_H
#define ASSAY_FEED_DEBIAN_H

#include "base/str.h"

/* "Debian:12" for "bookworm"; NULL for names without a number (sid) and unknown ones. */
const char *debian_release(struct str codename);
/* The releases that statements without a release are about, ended by NULL: the ones the tracker still
 * follows. */
extern const char *const debian_followed[];

#endif
