/* The description of our own endpoints, docs/openapi.yaml, which is compiled in. */
#ifndef ASSAY_API_OPENAPI_H
#define ASSAY_API_OPENAPI_H

#include "base/buf.h"

struct str openapi_text(void);
/* The same in JSON. */
int openapi_json(struct buf *to);

#endif
