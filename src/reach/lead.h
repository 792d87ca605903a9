/* Where route tables lead, through appliances too, and where nobody knows.
 *
 * An appliance is an endpoint of a Gateway Load Balancer or of a firewall, or an interface that routes name:
 * what comes to it is taken to go on by the route table of its subnet, as what it filters is not known. A
 * table that is not described leads everywhere, as does a prefix list of which the addresses are not known.
 */
#ifndef ASSAY_REACH_LEAD_H
#define ASSAY_REACH_LEAD_H

#include "reach/model.h"

/* Whether packets to `to` are sent to `target`. */
bool table_leads(const struct route_table *t, struct address to, const struct node *target);
/* The same through an appliance, not without. */
bool table_leads_through(const struct route_table *t, struct address to, const struct node *target);
/* The addresses that are sent to `target`. */
struct spans table_to(const struct route_table *t, enum family f, const struct node *target);
/* The first appliance through which one of these addresses is sent to `target` that is not sent there
 * without; NULL: none. */
const struct node *table_box(const struct route_table *t, enum family f, const struct node *target,
                             const struct spans *addresses);

/* The same for what enters a transit gateway by the attachment `from`. */
bool transit_leads(const struct attachment *from, struct address to, const struct attachment *target);
struct spans transit_to(const struct attachment *from, enum family f, const struct attachment *target);

#endif
