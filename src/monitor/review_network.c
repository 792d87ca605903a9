#include "monitor/eligibility.h"
#include "monitor/runtime.h"
#include "store/network.h"

struct reviewed {
    struct coverage coverage;
    bool has_coverage;
    struct eligibility now;
};

static struct reviewed look(struct sql *db, struct arena *a, const struct resource *r)
{
    struct reviewed v = {.coverage = {.last_scanned = TIME_NONE}};
    bool known = network_knows(db, r->account, r->resource_id);
    v.has_coverage = coverage_get(db, a, r->account, r->id, SCAN_NETWORK, &v.coverage);
    v.now = eligibility_network(a, r, v.has_coverage ? &v.coverage : NULL,
                                account_scan_get(db, r->account, SCAN_OF_EC2).status, known);
    return v;
}

static bool differs(const struct reviewed *v)
{
    if (v->now.covered == NOT_COVERED_REMOVED)
        return v->has_coverage;
    return v->now.covered != COVERED && (!v->has_coverage || v->coverage.reason != v->now.reason);
}

bool review_network_differs(struct sql *db, struct arena *a, const struct resource *r)
{
    if (r->type != RESOURCE_AWS_EC2_INSTANCE)
        return false;
    struct reviewed v = look(db, a, r);
    return differs(&v);
}

static void cover(struct sql *db, const struct resource *r, const struct reviewed *v, int64_t now)
{
    struct coverage c = {v->now.status, v->now.reason, v->coverage.mode, now, {0}};
    if (v->now.covered == NOT_COVERED_REMOVED) {
        coverage_remove(db, r, SCAN_NETWORK, now);
        return;
    }
    if (v->now.covered == NOT_COVERED_CLOSED || v->now.covered == NOT_COVERED)
        c.last_scanned = v->coverage.last_scanned;
    coverage_put(db, r, SCAN_NETWORK, &c, now);
}

static bool is_followed(const struct reviewed *v)
{
    return v->now.covered != NOT_COVERED_CLOSED && v->now.covered != NOT_COVERED_REMOVED;
}

int review_network_changed(struct engine_round *round, struct sql *db, struct arena *a,
                           const struct resource *r, bool scores)
{
    struct reviewed v = look(db, a, r);
    bool differed = differs(&v), followed = is_followed(&v);
    if (!followed && !differed)
        return sql_status(db);
    cover(db, r, &v, time_now());
    return engine_round_network(round, r, followed, scores || differed);
}

/* Its findings are as the network is, and go on to be. */
static bool goes_on(const struct reviewed *v)
{
    enum scan_reason was = v->coverage.reason;
    return v->has_coverage && v->now.covered == NOT_COVERED &&
           (v->coverage.status == SCAN_STATUS_ACTIVE || was == REASON_EC2_INSTANCE_STOPPED ||
            was == REASON_PENDING_DISABLE);
}

int review_network(struct sql *db, struct arena *a, const struct resource *r)
{
    if (r->type != RESOURCE_AWS_EC2_INSTANCE)
        return 0;
    struct reviewed v = look(db, a, r);
    if (!differs(&v))
        return sql_status(db);
    if (goes_on(&v)) {
        cover(db, r, &v, time_now());
        return sql_status(db);
    }
    struct engine_round *round = engine_round_new(db, r->account, time_now());
    int status = review_network_changed(round, db, a, r, true);
    return engine_round_end(round, status);
}
