/* Packages whose one purpose is a service, and the ports where that listens unless it is told otherwise. */
#ifndef ASSAY_SCORE_SERVICE_H
#define ASSAY_SCORE_SERVICE_H

#include <stdbool.h>

#include "base/str.h"

enum { SERVICE_PORTS = 8, SERVICES_MAX = 64 };
struct service {
    const char *name;                           /* with its ports: "SSH (TCP 22)" */
    int tcp[SERVICE_PORTS], udp[SERVICE_PORTS]; /* ending with 0 */
};
/* Services by number from 0; NULL after the last. */
const struct service *service_at(int number);
/* The number of the service of a distribution's package, or -1: it has none, several, or is a client, too. */
int service_of_package(struct str name);
/* Whether it has ports of UDP, or of TCP. */
bool service_speaks(int number, bool udp);
/* Whether a port is one of this service (`number`) or of none that is known here: where it may listen. */
bool service_may_listen(int number, bool udp, int port);

#endif
