/* The packages of an inventory as rows of a table. */
#ifndef ASSAY_REPORT_INVENTORY_TABLE_H
#define ASSAY_REPORT_INVENTORY_TABLE_H

#include "ecosystem/inventory.h"
#include "report/text.h"

void inventory_table(struct page *p, const struct inventory *inv);

#endif
