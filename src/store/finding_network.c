/* Network findings: what is open on an instance becomes its findings. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "store/finding_state.h"

struct open_finding {
    int64_t id;
    unsigned char key[FINDING_KEY];
    bool wanted;
};

static size_t open_findings(struct finding_batch *b, struct arena *a, int64_t resource,
                            struct open_finding **ret_open)
{
    VEC(struct open_finding) list = {0};
    struct statement *s = sql_prepare(b->db, "SELECT id, key FROM finding WHERE account = ?1"
                                             " AND resource = ?2 AND vulnerability_id IS NULL AND type = 0"
                                             " AND status <> 2 ORDER BY key");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, resource);
    while (sql_next(s)) {
        struct open_finding f = {.id = sql_int(s, 0)};
        struct str key = sql_str(s, 1);
        memcpy(f.key, key.p, key.n < sizeof f.key ? key.n : sizeof f.key);
        vec_add(&list, f);
    }
    return rows_finish(a, &list, ret_open);
}

static int by_key(const void *key, const void *finding)
{
    return memcmp(key, ((const struct open_finding *)finding)->key, FINDING_KEY);
}

/* The rules that open it may change, it remains the same finding. */
static void identify(struct finding_batch *b, const struct resource *r, const struct network_path *p,
                     unsigned char ret_key[FINDING_KEY])
{
    struct str id = arena_printf(b->scratch, "%s %d-%d %.*s", name_of(&protocol_names, p->protocol), p->begin,
                                 p->end, STR_ARG(p->through));
    finding_key(b, r->resource_id, FINDING_NETWORK_REACHABILITY, id, ret_key);
}

static void describe(struct finding_state *s, const struct network_path *p)
{
    s->type = FINDING_NETWORK_REACHABILITY;
    s->severity = p->severity;
    s->score = s->epss = -1;
    s->fix = s->exploit = -1;
    s->title = p->title;
    s->protocol = (int)p->protocol;
    s->port_begin = p->begin;
    s->port_end = p->end;
    s->component_type = p->component_type;
    s->network = p->steps;
}

void finding_network(struct finding_batch *b, const struct resource *r, const struct network_path *paths,
                     size_t n, bool gone)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct open_finding *open;
    size_t n_open = open_findings(b, a, r->id, &open);
    for (size_t i = 0; i < n; i++) {
        unsigned char key[FINDING_KEY];
        struct finding_state old, s = {.closed = TIME_NONE, .resource = r->id};
        arena_reset(b->scratch);
        identify(b, r, &paths[i], key);
        struct open_finding *known = n_open ? bsearch(key, open, n_open, sizeof *open, by_key) : NULL;
        if (known)
            known->wanted = true;
        bool there = state_by_key(b, r->id, key, &old);
        if (there)
            s = old;
        describe(&s, &paths[i]);
        finding_is(b, r, key, there ? &old : NULL, &s, NULL, 0);
    }
    for (size_t i = 0; i < n_open; i++) {
        struct finding_state s;
        arena_reset(b->scratch);
        if (!open[i].wanted && state_by_id(b, open[i].id, &s))
            finding_close(b, &s, gone);
    }
}
