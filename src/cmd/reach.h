/* Within `assay reach`: what its files share. */
#ifndef ASSAY_CMD_REACH_H
#define ASSAY_CMD_REACH_H

#include "reach/model.h"

/* Answers the flows on standard input, one JSON object a line. Returns an exit code. */
int reach_trace(const struct model *m);

#endif
