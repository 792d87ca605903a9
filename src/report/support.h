/* When the publisher of an operating system stops to fix it for everybody. */
#ifndef ASSAY_REPORT_SUPPORT_H
#define ASSAY_REPORT_SUPPORT_H

#include "ecosystem/inventory.h"

/* The last day of security support without a contract, TIME_NONE when unknown. */
int64_t support_end(const struct os *os);

#endif
