/* Our own endpoints, under /assay/v1/: what they share. docs/openapi.yaml describes them to callers. */
#ifndef ASSAY_API_NATIVE_H
#define ASSAY_API_NATIVE_H

#include "api/api.h"

/* What they keep between calls: unfinished uploads, listeners to events, numbers for the metrics. */
struct native;
int native_new(const struct api_options *options, struct native **ret_native);
/* Ends the streams; the server has stopped. */
void native_free(struct native *n);

#endif
