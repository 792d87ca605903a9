/* The engine's work as plain functions over the store and an open advisory database: no threads, no queue, no
 * clock of their own. The monitor wraps them.
 *
 * What is judged by which generation: the property "generation" names the one that all findings were judged
 * by, "judging" the one that is being applied. So that no package slips between two generations, whoever
 * judges takes the database in use after store_writer(), and whoever changes it does so before
 * store_commit() of a transaction with engine_begin().
 */
#ifndef ASSAY_MONITOR_ENGINE_H
#define ASSAY_MONITOR_ENGINE_H

#include "advisory/db.h"
#include "ecosystem/inventory.h"
#include "store/finding_query.h"

/* What a piece of work did, added up: counters for metrics and tests. */
struct engine_work {
    uint64_t packages_judged, resources_touched, findings_touched;
};

/* A resource's inventory came (resource_put() was before, r->id): stores it, judges the packages that nobody
 * had, brings the findings of the resource and its platform up to date, and applies the account's rules.
 * *ret_changed: whether any finding did. */
int engine_inventory(struct sql *db, const struct db *advisories, struct resource *r,
                     const struct inventory *inv, int64_t now, struct engine_work *work, bool *ret_changed);
/* What an operating system is called as a platform: "DEBIAN_12", "AMAZON_LINUX_2023"; empty when unknown. */
struct str engine_platform(struct arena *a, const struct os *os);
/* Its findings from the inventory it has: after a scan type was enabled again, or to verify. */
int engine_reconcile(struct sql *db, const struct resource *r, int64_t now, bool *ret_changed);
/* Closes all findings: the resource went or is no longer covered (`gone`), else as remediated. */
int engine_close(struct sql *db, const struct resource *r, bool gone, int64_t now);
/* Tags, details or what findings carry of the resource changed: `before` as it was, `r` as it is now. */
int engine_resource_changed(struct sql *db, const struct resource *before, const struct resource *r,
                            int64_t now);

/* How an image is used changed, and nothing else: findings show what their resource has, so that none is
 * written and no event sent; rules that look at it are applied. */
int engine_image_used(struct sql *db, const struct resource *r, int64_t now);

/* Many instances in one transaction, of which the network changed: findings, and where `scores` says that
 * they may differ, the scores of package findings. `followed`: its findings are what is open on it; else they
 * are closed. */
struct engine_round;
struct engine_round *engine_round_new(struct sql *db, account_id account, int64_t now);
int engine_round_network(struct engine_round *round, const struct resource *r, bool followed, bool scores);
/* Rules for what was touched, then its end; `status` as it is so far. */
int engine_round_end(struct engine_round *round, int status);

/* Judges distinct packages: their names, matches and vulnerabilities. What differs for packages that
 * somebody may hold already is noted for engine_apply() (`note`), in the same transaction. */
int engine_judge(struct sql *db, const struct db *advisories, const int64_t *packages, size_t n, bool note,
                 struct engine_work *work);

/* Whether all findings were judged by this generation (and this program), and nothing is left to do. */
bool engine_current(struct sql *db, const struct db *advisories);
/* Begins to apply a generation: notes it as "judging". To be called in the transaction in which the database
 * in use changes. */
void engine_begin(struct sql *db, const struct db *advisories);
/* The generation to compare with; empty: there is none, everything is judged again. In the arena. */
struct str engine_generation(struct sql *db, struct arena *a, const struct db *advisories);

/* Applying a generation, slice by slice: a transaction of about 100 ms each, of up to a second while nobody
 * else writes. It may be dropped after any slice, or the process die: what was begun is finished by the next
 * one. `old` is the generation that engine_generation() named, or NULL: all packages are judged again. Both
 * outlive it.
 */
struct engine_apply;
int engine_apply_new(struct store *s, const struct db *old, const struct db *advisories,
                     struct engine_apply **ret_apply);
/* 1: there is more to do; 0: done, and noted as the present generation, with the event ADVISORIES_CHANGED; or
 * nothing is to be done, for engine_begin() was called for another one by now. */
int engine_apply_slice(struct engine_apply *apply, int64_t now);
const struct engine_work *engine_apply_work(const struct engine_apply *apply);
void engine_apply_free(struct engine_apply *apply);
/* All slices. */
int engine_apply_difference(struct store *s, const struct db *old, const struct db *advisories, int64_t now,
                            struct engine_work *work);

/* A rule was added, changed or removed: the status of all findings that it hid or hides, slice by slice as
 * above. To be begun anew when it was interrupted. */
struct engine_rule;
struct engine_rule *engine_rule_new(struct store *s, account_id account, struct str rule);
/* 1: there is more to do; 0: done. */
int engine_rule_slice(struct engine_rule *r, int64_t now);
void engine_rule_free(struct engine_rule *r);
/* All slices. */
int engine_rule_changed(struct store *s, account_id account, struct str rule, int64_t now);
/* How many ACTIVE or SUPPRESSED findings a rule with these criteria would hide: counted up to
 * `most`. */
int engine_rule_preview(struct sql *db, account_id account, const struct criteria *criteria, int64_t most,
                        int64_t *ret_n);
/* Within a transaction: rules of the account for the findings that a batch touched. */
int engine_rules_touched(struct sql *db, account_id account, struct finding_batch *batch);
/* The same where nothing but the EPSS of findings moved, or how their image is used. */
int engine_rules_epss_moved(struct sql *db, account_id account, struct finding_batch *batch);
int engine_rules_use_moved(struct sql *db, account_id account, struct finding_batch *batch);

#endif
