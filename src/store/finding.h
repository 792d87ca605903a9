/* Findings as rows: writing them, with the counters, events and status that follow.
 *
 * Everything here keeps three promises in the same transaction: the counters (store/counter.c and those of
 * the resource) count exactly the ACTIVE findings, an event is written for every real change and for nothing
 * else, and `updated` moves exactly then. That a finding's EPSS moves is none.
 */
#ifndef ASSAY_STORE_FINDING_H
#define ASSAY_STORE_FINDING_H

#include "store/network.h"
#include "store/package.h"
#include "store/resource.h"

/* The contextual score of a vulnerability on a resource. */
struct finding_score {
    double score;       /* < 0: none */
    struct str details; /* InspectorScoreDetails as JSON object text; or empty */
};

/* A batch of changes to findings of one account within one write transaction: counters and events are summed
 * and written at its end. Of the counts, `fixable` are those with a fix for all or some packages. */
struct finding_batch;
struct finding_batch *finding_batch_new(struct sql *db, account_id account, int64_t now);
/* Writes what is left and frees. */
void finding_batch_end(struct finding_batch *b);

/* Package findings. The vulnerability's id decides which finding it is: rows of different settings (a
 * distribution's and an ecosystem's word on one CVE) make one finding, whose facts come from the most severe.
 *
 * `holdings`: the packages of the resource that this vulnerability now touches, all of them; n == 0 closes
 * the finding (remediated). Makes, reopens (within 7 days, or the property "reopen_days", with its first
 * date, later anew under the same ARN), updates or leaves it. Creation, reopening and updates move `updated`
 * and `last_observed`; closing and suppression only `updated`. */
enum { FINDING_REOPEN_DAYS = 7, FINDING_TITLE_MAX = 1024 };
struct finding_touch {
    struct str vulnerability_id;
    const struct holding *holdings;
    const struct str *fixed; /* the version of the package of holdings[i] that ends it; empty: none known */
    size_t n;
    /* Of a finding that concerns no package, which is then wanted all the same; begins as others do. Or
     * empty. */
    struct str title;
};
/* `v`: the most severe row; may be NULL when n == 0. */
void finding_touch(struct finding_batch *b, const struct resource *r, const struct vulnerability_row *v,
                   const struct finding_touch *touch, const struct finding_score *score);

/* What the title of a package finding, "CVE-2024-1 - package, package", says of its vulnerability. */
struct str title_vulnerability(struct str title);

/* Network findings of an instance: one of each open range of ports on each path. Others are closed, as `gone`
 * when nobody looks at it any more. */
void finding_network(struct finding_batch *b, const struct resource *r, const struct network_path *paths,
                     size_t n, bool gone);

/* Closes all findings of a resource: it went (`gone`: removed after 3 days, otherwise after 30). */
void finding_close_all(struct finding_batch *b, const struct resource *r, bool gone);
/* ACTIVE <-> SUPPRESSED. `rule`: id of the rule that hides it; empty: shown again. */
void finding_suppress(struct finding_batch *b, int64_t finding, struct str rule);
/* A package of a package finding that is not CLOSED. Those of a resource, one finding after another. */
struct finding_held {
    int64_t finding, vulnerability, package;
    enum package_manager manager;
};
size_t finding_held(struct sql *db, struct arena *a, account_id account, int64_t resource,
                    struct finding_held **ret_held);
/* The score of one of them is this now. */
void finding_set_score(struct finding_batch *b, int64_t finding, const struct finding_score *score);
/* The EPSS of a finding's vulnerability row moved: it takes it over; whether its own differed. That is no
 * change of the finding: it happens every day to most of them. CLOSED ones, and those that have come to be of
 * another row, are left. */
bool finding_set_epss(struct finding_batch *b, int64_t finding, int64_t vulnerability, double epss);
/* The resource's tags or details changed: its findings that are not CLOSED are updated (and follow its
 * pushed, repository, registry; counters its name and AMI). `before`: as it was. */
void finding_resource_changed(struct finding_batch *b, const struct resource *before,
                              const struct resource *r);

/* What rules may look at changed, and nothing of the findings of the resource that are not CLOSED. */
void finding_touch_all(struct finding_batch *b, int64_t resource);

/* Ids of findings that this batch made, reopened, changed or touched, for the suppression rules. Valid until
 * the batch ends. */
const int64_t *finding_batch_touched(const struct finding_batch *b, size_t *ret_n);

/* How many events it will write. */
size_t finding_batch_changes(const struct finding_batch *b);

/* All findings of a vulnerability row, by id. */
size_t finding_of_vulnerability(struct sql *db, struct arena *a, account_id account, int64_t vulnerability,
                                int64_t **ret_ids);

/* The vulnerability ids of a resource's package findings that are not CLOSED, sorted, in the arena. */
size_t finding_open(struct sql *db, struct arena *a, account_id account, int64_t resource,
                    struct str **ret_vulnerability_ids);

/* Findings that this rule hides, by id from after `after` on, at most `max`. */
size_t finding_suppressed_by(struct sql *db, struct arena *a, account_id account, struct str rule,
                             int64_t after, size_t max, int64_t **ret_ids);

/* What became of a finding after it was made, in order. `detail`: a JSON object that says what changed, each
 * member the old and the new value; or empty. */
enum { FINDING_HISTORY_STEPS = 100 };
struct finding_past {
    int64_t at;
    enum event_kind kind;
    struct str detail;
};
size_t finding_history(struct sql *db, struct arena *a, account_id account, int64_t finding,
                       struct finding_past **ret_steps);

/* The packages it speaks of and where they are, the first 100. */
struct finding_place {
    int64_t package;
    struct str path;
};
size_t finding_places(struct sql *db, struct arena *a, account_id account, int64_t finding,
                      struct finding_place **ret_places);

/* Removes findings closed before `before` (`gone`: those whose resource went), at most `max`; returns how
 * many. */
size_t finding_trim(struct sql *db, bool gone, int64_t before, size_t max);

#endif
