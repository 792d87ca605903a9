/* Describe calls as JSON: loading, open ports, reasons, a flow from each instance, and changes. */
#include "base/cleanup.h"
#include "reach/load.h"
#include "reach/open.h"
#include "reach/trace.h"
#include "reach/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int title(const struct reach_open *o, void *data)
{
    reach_title(data, o);
    return 0;
}

static void ignore(const struct reason *why, void *data)
{
    (void)why;
    (void)data;
}

static void trace(const struct model *m, struct str ingress, struct str dst)
{
    struct trace t;
    struct trace_query q = {ingress, STR("ingress-node-ip"), dst, STR("tcp"), -1, 22};
    (void)trace_flow(m, &q, &t);
}

/* One of its lists alone, as what changed. */
static void update(struct reach *r, struct arena *a, json_val *root, const char *list)
{
    size_t n;
    json_val *alone;
    char *text = json_get(root, list) ? yyjson_val_write(json_get(root, list), 0, &n) : NULL;
    if (!text)
        return;
    struct str document = arena_printf(a, "{\"%s\":%.*s}", list, (int)n, text);
    if (json_parse(a, document, &alone) == 0 && reach_update(r, alone, NULL, NULL) == 0)
        reach_each(r, title, a);
    free(text);
}

/* As another account's, on top of nothing. */
static void guest(struct str text)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    struct neighbour all[4];
    if (load_guest(m, text) < 0)
        return;
    model_link(m);
    model_neighbours(m, all, 4);
    reach_free(reach_compute(m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    if (json_parse(a, (struct str){(const char *)data, size}, &root) < 0 || load_document(m, root) < 0)
        return 0;
    guest((struct str){(const char *)data, size});
    model_link(m);
    model_report_unknown(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    reach_each(r, title, a);
    model_each(struct instance, i, m, KIND_INSTANCE)
    {
        reach_why(r, i, 6, 22, ignore, NULL);
        trace(m, i->node.id, STR("8.8.8.8"));
        trace(m, i->node.id, STR("10.0.0.5"));
        trace(m, i->node.id, STR("2600::1"));
    }
    model_each(struct device, d, m, KIND_DEVICE) trace(m, d->node.id, STR("10.0.0.5"));
    for (size_t i = 0; i < m->publics.n; i++)
        trace(m, STR("internet"),
              address_format(a, ((struct public_address *)m->publics.entries[i].value)->address));
    update(r, a, root, "Reservations");
    update(r, a, root, "SecurityGroups");
    update(r, a, root, "NetworkInterfaces");
    (void)reach_update(r, root, NULL, NULL);
    update(r, a, root, "Reservations");
    reach_each(r, title, a);
    return 0;
}
