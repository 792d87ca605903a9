/* The numbers of the server in the text format of Prometheus (prometheus.io, "Exposition formats"). */
#ifndef ASSAY_API_METRICS_H
#define ASSAY_API_METRICS_H

#include "api/native_state.h"

/* One scrape costs some look-ups, whatever there is in the state. */
int metrics_write(struct native *n, struct store *store, struct monitor *monitor, struct buf *to);

#endif
