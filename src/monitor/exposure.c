#include "monitor/exposure.h"

#include <string.h>

static bool may_listen_within(int service, const struct network_path *p)
{
    bool udp = p->protocol == PROTOCOL_UDP;
    if (!service_speaks(service, udp))
        return false;
    for (int port = p->begin; port <= p->end; port++) /* ends soon: most ports are nobody's */
        if (service_may_listen(service, udp, port))
            return true;
    return false;
}

static void nearer(enum reached *reach, const struct network_path *p)
{
    enum reached by = p->internet ? REACH_INTERNET : REACH_EDGE;
    if (by < *reach)
        *reach = by;
}

/* What seems not to be reached may be, by ways that could not be read. */
static void may_be(enum reached *reach, const struct network_paths *p)
{
    if ((p->may_be_internet && *reach == REACH_EDGE) || (p->may_be_edge && *reach == REACH_NONE))
        *reach = REACH_UNREAD;
}

struct exposure exposure_of(const struct network_paths *paths)
{
    struct exposure e = {.any = REACH_NONE};
    for (int s = 0; service_at(s); s++)
        e.service[s] = REACH_NONE;
    for (size_t i = 0; i < paths->n; i++) {
        nearer(&e.any, &paths->at[i]);
        for (int s = 0; service_at(s); s++)
            if (may_listen_within(s, &paths->at[i]))
                nearer(&e.service[s], &paths->at[i]);
    }
    may_be(&e.any, paths);
    for (int s = 0; service_at(s); s++)
        may_be(&e.service[s], paths);
    return e;
}

struct exposure exposure_read(struct sql *db, struct arena *a, const struct resource *r)
{
    struct network_paths paths;
    if (r->type != RESOURCE_AWS_EC2_INSTANCE || !network_paths(db, a, r->account, r->resource_id, &paths))
        return (struct exposure){.any = REACH_UNKNOWN};
    return exposure_of(&paths);
}

bool exposure_equal(const struct exposure *a, const struct exposure *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

struct seen exposure_begin(const struct exposure *e)
{
    return (struct seen){.reach = e->any == REACH_UNKNOWN ? REACH_UNKNOWN : REACH_NONE, .service = -1};
}

void exposure_package(const struct exposure *e, int service, struct seen *seen)
{
    enum reached reach = service < 0 ? e->any : e->service[service];
    int by = reach == e->any ? -1 : service;
    if (reach > seen->reach)
        return;
    /* Of several the first by number, whatever the order of the packages. */
    if (reach == seen->reach && seen->service >= 0 && by >= seen->service)
        return;
    *seen = (struct seen){reach, by};
}
