/* Within `assay reach`: what its files share. Each returns an exit code. */
#ifndef ASSAY_CMD_REACH_H
#define ASSAY_CMD_REACH_H

#include "reach/open.h"

/* Answers the flows on standard input, one JSON object a line. */
int reach_trace(const struct model *m);

int reach_print_table(struct reach *r, const struct model *m, const struct instance *only, bool colour);
int reach_print_json(struct reach *r, const struct model *m, const struct instance *only);
int reach_print_why(struct reach *r, const struct model *m, const struct instance *i, int protocol, int port,
                    bool json);
/* EXIT_PARTIAL where something is not described or not understood; it was listed. */
int reach_exit(const struct model *m);

#endif
