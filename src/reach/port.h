/* How bad an open port is: Inspector's table of services. */
#ifndef ASSAY_REACH_PORT_H
#define ASSAY_REACH_PORT_H

#include "score/severity.h"

/* The highest severity of the listed ports within begin..end; `internet`: open from the internet, else from a
 * peered network or over a gateway. */
enum severity port_severity(int protocol, int begin, int end, bool internet);

#endif
