/* The text lists of the Debian security tracker: DSA/list, DLA/list and CVE/list. */
#ifndef ASSAY_FEED_DEBIAN_LIST_H
#define ASSAY_FEED_DEBIAN_LIST_H

#include "feed/batch.h"

int debian_list_read(struct feed_batch *b, struct str content);

#endif
