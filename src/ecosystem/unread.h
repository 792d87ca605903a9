/* What would leave packages unknown without a word; see unread.c. */
#ifndef ASSAY_ECOSYSTEM_UNREAD_H
#define ASSAY_ECOSYSTEM_UNREAD_H

#include "ecosystem/inventory.h"

/* Takes back the problems of projects whose packages are in the inventory, once it is whole. */
void unread_settle(struct inventory *inv);

#endif
