/* A finding as it is stored, and the batch that changes it: what finding.c, finding_batch.c and
 * finding_state.c share; nobody else includes this. */
#ifndef ASSAY_STORE_FINDING_STATE_H
#define ASSAY_STORE_FINDING_STATE_H

#include "base/map.h"
#include "base/vec.h"
#include "store/aggregation.h"
#include "store/facet.h"
#include "store/finding.h"
#include "store/rows.h"

struct finding_state {
    int64_t id, resource, vulnerability, facet;
    enum finding_type type;
    enum finding_status status;
    enum grade severity;
    enum resource_type resource_type;
    int64_t first_observed, last_observed, updated, closed;
    bool gone;
    double score, epss; /* < 0: none */
    int fix, exploit;   /* < 0: not stated */
    struct str title, vulnerability_id, source, vendor_severity, score_details, suppressed_by;
    /* Of a network finding; protocol < 0: none. `network`: the steps as JSON. */
    int protocol, port_begin, port_end;
    struct str component_type, network;
};

struct finding_package {
    int64_t package;
    struct str path, layer, fixed;
    enum package_manager manager;
};

/* What counters take from a resource. */
struct resource_facts {
    int64_t id;
    enum resource_type type;
    struct str resource_id, repository, ami;
};

struct finding_batch {
    struct sql *db;
    account_id account;
    int64_t now;
    struct arena *arena;   /* lives as long as the batch */
    struct arena *scratch; /* of one finding */
    struct map counters, resources, titles, facts;
    VEC(int64_t) touched;
    struct map touched_set;
    VEC(struct finding_event {
        enum event_kind kind;
        int64_t finding;
    })
    events;
};

/* ---- finding_state.c: rows ---- */

void finding_key(const struct finding_batch *b, struct str resource_id, enum finding_type type, struct str id,
                 unsigned char ret_key[FINDING_KEY]);
/* False when there is none. Strings in the scratch. */
bool state_of_flaw(struct finding_batch *b, int64_t resource, struct str vulnerability_id,
                   struct finding_state *ret);
/* One without a vulnerability. */
bool state_by_key(struct finding_batch *b, int64_t resource, const unsigned char key[FINDING_KEY],
                  struct finding_state *ret);
bool state_by_id(struct finding_batch *b, int64_t id, struct finding_state *ret);
/* Sets s->id and s->facet. */
void state_insert(struct finding_batch *b, const unsigned char key[FINDING_KEY], const struct resource *r,
                  struct finding_state *s);
/* Writes all that may change. */
void state_update(struct finding_batch *b, const struct finding_state *s);
/* Writes status, updated and suppressed_by alone: an index is rewritten when a column of it is set, whether
 * or not it differs. */
void state_suppress(struct finding_batch *b, const struct finding_state *s);
/* Writes what a finding has from its resource. */
void state_follow(struct finding_batch *b, const struct finding_state *s, const struct resource *r);
/* Sorted by package, path, layer. */
size_t packages_load(struct finding_batch *b, int64_t finding, struct finding_package **ret_packages);
void packages_put(struct finding_batch *b, int64_t finding, const struct finding_package *packages, size_t n);
void packages_drop(struct finding_batch *b, int64_t finding);
/* The steps that s->network lists, in place of those that are there. */
void steps_put(struct finding_batch *b, const struct finding_state *s);

/* ---- finding.c: transitions ---- */

/* What `s` says becomes the finding of this key: made, opened again, updated, or left. `old` is NULL when
 * there is none of this key; else s->id and its life are as in `old`. */
void finding_is(struct finding_batch *b, const struct resource *r, const unsigned char key[FINDING_KEY],
                const struct finding_state *old, struct finding_state *s,
                const struct finding_package *packages, size_t n);
void finding_close(struct finding_batch *b, struct finding_state *s, bool gone);

/* ---- finding_batch.c: what follows ---- */

/* The name of a package as findings show it. */
struct str package_title(struct finding_batch *b, int64_t package);
struct resource_facts facts_of(const struct resource *r);
const struct resource_facts *facts_load(struct finding_batch *b, int64_t resource);
/* Counts a finding: `sign` 1 when it becomes ACTIVE, -1 when it no longer is. */
void batch_count(struct finding_batch *b, const struct resource_facts *r, const struct finding_state *s,
                 const struct finding_package *packages, size_t n, int sign);
void batch_event(struct finding_batch *b, enum event_kind kind, int64_t finding);
void batch_touched(struct finding_batch *b, int64_t finding);

/* ---- finding_history.c ---- */

/* What of it changed, as JSON in the scratch; "{}" when that is nothing to be remembered. */
struct str finding_changes(struct finding_batch *b, const struct finding_state *old,
                           const struct finding_state *new, bool same_packages);
struct str finding_began_anew(struct finding_batch *b, int64_t before);
struct str finding_hidden_by(struct finding_batch *b, struct str rule);
/* Remembers it, unless `detail` is "{}". */
void history_add(struct finding_batch *b, int64_t finding, enum event_kind kind, struct str detail);

#endif
