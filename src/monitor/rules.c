/* Suppression rules: one that matches a finding hides it; a finding that none matches is shown.
 *
 * Findings that change are held against all rules, and the first by id is noted as the one that hides them
 * (engine_rules_touched()). A rule that changes is held against what it can change, and no more: what it
 * hides by that note, and the ACTIVE findings that it matches (engine_rule_changed()).
 *
 * A rule speaks of findings whatever their present status: were its findingStatus taken at its word, what it
 * hides would no longer match it, and be shown again.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "monitor/engine.h"
#include "monitor/slice.h"
#include "store/filter.h"

enum { SLICE = 500, FOUND_AT_ONCE = 20 * SLICE, CRITERIA_MAX = 1 << 20 };

struct rule {
    struct str id;
    const struct criteria *criteria;
};

struct rules {
    struct rule at[SUPPRESSION_RULES_MAX];
    size_t n;
};

/* `status` instead of the status that the criteria name; NULL: any. */
static int with_status(struct arena *a, struct str json, const char *status, struct criteria **ret_criteria)
{
    _cleanup_(buf_free) struct buf text = buf_new(CRITERIA_MAX);
    struct json_out to = {.to = &text};
    json_val *root;
    int r = json_parse(a, json, &root);
    if (r < 0)
        return r;
    json_begin_object(&to);
    for (json_each_member(key, value, root)) {
        size_t n;
        char *raw = str_is(json_str(key), "findingStatus") ? NULL : yyjson_val_write(value, 0, &n);
        if (!raw)
            continue;
        json_key_str(&to, json_str(key));
        json_out_raw(&to, (struct str){raw, n});
        free(raw);
    }
    if (status)
        json_member_raw(&to, "findingStatus",
                        arena_printf(a, "[{\"comparison\":\"EQUALS\",\"value\":\"%s\"}]", status));
    json_end_object(&to);
    if (buf_status(&text) < 0)
        return err_set(ERR_LIMIT, "criteria: over %d bytes", CRITERIA_MAX);
    return criteria_parse(a, CRITERIA_FINDINGS, arena_str(a, buf_str(&text)), ret_criteria);
}

/* A rule that cannot be read (of a newer program) hides nothing. */
static void rules_read(struct sql *db, struct arena *a, account_id account, struct rules *ret_rules)
{
    struct filter *filters;
    struct rules *r = ret_rules;
    struct str after = {0};
    size_t n;
    r->n = 0;
    do {
        n = filter_list(db, a, account, FILTER_SUPPRESS, after, 100, &filters);
        for (size_t i = 0; i < n && r->n < SUPPRESSION_RULES_MAX; i++) {
            struct criteria *c;
            if (with_status(a, filters[i].criteria, NULL, &c) == 0)
                r->at[r->n++] = (struct rule){filters[i].id, c};
        }
        if (n)
            after = filters[n - 1].id;
    } while (n == 100);
}

static int by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Takes those of the sorted `ids` out that are among the `n_less`; returns how many are left. */
static size_t without(int64_t *ids, size_t n, int64_t *less, size_t n_less)
{
    size_t kept = 0;
    if (n_less)
        qsort(less, n_less, sizeof *less, by_number);
    for (size_t i = 0; i < n; i++)
        if (!n_less || !bsearch(&ids[i], less, n_less, sizeof *less, by_number))
            ids[kept++] = ids[i];
    return kept;
}

/* Each of at most SLICE findings under the first rule that matches it, or shown. */
static int apply(struct sql *db, struct arena *a, account_id account, const struct rules *rules,
                 struct finding_batch *batch, const int64_t *ids, size_t n)
{
    int64_t left[SLICE];
    memcpy(left, ids, n * sizeof *ids);
    qsort(left, n, sizeof *left, by_number);
    for (size_t i = 0; i < rules->n && n; i++) {
        int64_t *hidden;
        size_t n_hidden;
        int status = finding_matching(db, a, account, rules->at[i].criteria, left, n, &hidden, &n_hidden);
        if (status < 0)
            return status;
        for (size_t j = 0; j < n_hidden; j++)
            finding_suppress(batch, hidden[j], rules->at[i].id);
        n = without(left, n, hidden, n_hidden);
    }
    for (size_t i = 0; i < n; i++)
        finding_suppress(batch, left[i], (struct str){0});
    return sql_status(db);
}

static bool looks_at(const struct criteria *c, const char *const *keys)
{
    for (; *keys; keys++)
        if (criteria_has(c, *keys))
            return true;
    return false;
}

/* Unless no rule looks at any of the `keys` (NULL: at whatever it may be). */
static int hold_against(struct sql *db, account_id account, struct finding_batch *batch,
                        const char *const *keys)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    size_t n;
    const int64_t *ids = finding_batch_touched(batch, &n);
    if (!n)
        return 0;
    struct rules *rules = arena_alloc(a, sizeof *rules);
    rules_read(db, a, account, rules);
    int status = sql_status(db);
    bool due = false;
    for (size_t i = 0; i < rules->n; i++)
        due |= !keys || looks_at(rules->at[i].criteria, keys);
    for (size_t i = 0; due && i < n && status == 0; i += SLICE)
        status = apply(db, a, account, rules, batch, ids + i, n - i < SLICE ? n - i : SLICE);
    return status;
}

int engine_rules_touched(struct sql *db, account_id account, struct finding_batch *batch)
{
    return hold_against(db, account, batch, NULL);
}

int engine_rules_epss_moved(struct sql *db, account_id account, struct finding_batch *batch)
{
    static const char *const keys[] = {"epssScore", NULL};
    return hold_against(db, account, batch, keys);
}

int engine_rules_use_moved(struct sql *db, account_id account, struct finding_batch *batch)
{
    static const char *const keys[] = {"ecrImageLastInUseAt", "ecrImageInUseCount", "cloudImageLastInUseAt",
                                       "cloudImageInUseCount", NULL};
    return hold_against(db, account, batch, keys);
}

/* ---- a rule that changes ---- */

struct engine_rule {
    struct store *store;
    account_id account;
    struct arena *arena;
    struct str rule;
    uint64_t work_began;
    bool let_go, read;
    int64_t after;       /* which it hid and that were looked at */
    struct str criteria; /* as they were read; empty: it hides nothing (any more) */
    struct finding_query query;
    struct arena *page;    /* of the token */
    VEC(int64_t) matching; /* found, and from `at` on not hidden yet */
    size_t at;
    bool found_all;
};

struct engine_rule *engine_rule_new(struct store *s, account_id account, struct str rule)
{
    struct engine_rule *r = mem_alloc(sizeof *r);
    r->store = s;
    r->account = account;
    r->arena = arena_new(0);
    r->page = arena_new(0);
    r->rule = arena_str(r->arena, rule);
    r->work_began = time_monotonic_ns();
    return r;
}

void engine_rule_free(struct engine_rule *r)
{
    vec_free(&r->matching);
    arena_free(r->page);
    arena_free(r->arena);
    free(r);
}

/* The rule's criteria as they are sent; empty when there is none of this id (any more). */
static struct str criteria_of(struct sql *db, struct arena *a, const struct engine_rule *r)
{
    struct filter f;
    if (filter_get(db, a, r->account, r->rule, &f) < 0 || f.action != FILTER_SUPPRESS)
        return (struct str){0};
    return f.criteria;
}

/* Of the findings that the rule hides, those that it does not match any longer: to another rule, or shown. */
static int review_hidden(const struct engine_rule *r, struct sql *db, struct arena *a,
                         struct finding_batch *batch, int64_t *ids, size_t n)
{
    struct criteria *criteria;
    struct str text = criteria_of(db, a, r);
    if (text.n && with_status(a, text, NULL, &criteria) == 0) {
        int64_t *still;
        size_t n_still;
        int status = finding_matching(db, a, r->account, criteria, ids, n, &still, &n_still);
        if (status < 0)
            return status;
        n = without(ids, n, still, n_still);
    }
    if (!n)
        return sql_status(db);
    struct rules *rules = arena_alloc(a, sizeof *rules);
    rules_read(db, a, r->account, rules);
    return apply(db, a, r->account, rules, batch, ids, n);
}

static int let_go(struct engine_rule *r, const struct slice *slice, struct finding_batch *batch)
{
    int status = 0;
    while (status == 0 && !r->let_go && !slice_is_over(slice)) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        int64_t *ids;
        size_t n = finding_suppressed_by(slice->db, a, r->account, r->rule, r->after, SLICE, &ids);
        r->let_go = n < SLICE;
        if (n)
            r->after = ids[n - 1];
        status = n ? review_hidden(r, slice->db, a, batch, ids, n) : sql_status(slice->db);
    }
    return status;
}

/* What the rule matches and does not hide, looked up without holding up writers: a slice's worth. */
static int find_matching(struct engine_rule *r)
{
    struct criteria *criteria;
    struct sql *db = store_reader(r->store);
    if (!r->read) {
        r->criteria = criteria_of(db, r->arena, r);
        r->read = true;
        if (r->criteria.n && with_status(r->arena, r->criteria, "ACTIVE", &criteria) == 0)
            r->query = (struct finding_query){.account = r->account, .max = SLICE, .criteria = criteria};
        r->found_all = !r->query.criteria;
    }
    int status = sql_status(db);
    r->matching.n = r->at = 0;
    while (status == 0 && !r->found_all && r->matching.n < FOUND_AT_ONCE) {
        int64_t *ids;
        size_t n;
        struct arena *a = arena_new(0);
        status = finding_query(db, a, &r->query, &ids, &n, &r->query.token);
        for (size_t i = 0; status == 0 && i < n; i++)
            vec_add(&r->matching, ids[i]);
        r->found_all = !r->query.token.n;
        arena_free(r->page); /* with the token before this one */
        r->page = a;
    }
    store_release(db);
    return status;
}

/* They are held against the rule again. When that was changed meanwhile, it is for those who changed it to go
 * on. */
static int hide(struct engine_rule *r, const struct slice *slice, struct finding_batch *batch)
{
    struct sql *db = slice->db;
    int status = 0;
    while (status == 0 && r->at < r->matching.n && !slice_is_over(slice)) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        size_t n = r->matching.n - r->at < SLICE ? r->matching.n - r->at : SLICE;
        int64_t *still;
        if (!str_eq(criteria_of(db, a, r), r->criteria)) {
            r->at = r->matching.n;
            r->found_all = true;
            break;
        }
        status =
            finding_matching(db, a, r->account, r->query.criteria, r->matching.at + r->at, n, &still, &n);
        for (size_t i = 0; status == 0 && i < n; i++)
            finding_suppress(batch, still[i], r->rule);
        r->at += SLICE;
    }
    return status < 0 ? status : sql_status(db);
}

int engine_rule_slice(struct engine_rule *r, int64_t now)
{
    int status = 0;
    if (r->let_go && r->at >= r->matching.n && (status = find_matching(r)) < 0)
        return status;
    if (r->let_go && !r->matching.n)
        return 0;
    struct sql *db = store_writer(r->store);
    const struct slice slice = {db, r->work_began, time_monotonic_ns()};
    struct finding_batch *batch = finding_batch_new(db, r->account, now);
    status = r->let_go ? hide(r, &slice, batch) : let_go(r, &slice, batch);
    finding_batch_end(batch);
    if (status < 0) {
        store_release(db);
        return status;
    }
    status = store_commit(db);
    return status < 0 ? status : 1;
}

int engine_rule_changed(struct store *s, account_id account, struct str rule, int64_t now)
{
    struct engine_rule *r = engine_rule_new(s, account, rule);
    int status;
    while ((status = engine_rule_slice(r, now)) > 0)
        ;
    engine_rule_free(r);
    return status;
}

int engine_rule_preview(struct sql *db, account_id account, const struct criteria *criteria, int64_t most,
                        int64_t *ret_n)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct criteria *open;
    int status = criteria_parse(a, CRITERIA_FINDINGS,
                                STR("{\"findingStatus\":[{\"comparison\":\"EQUALS\",\"value\":\"ACTIVE\"},"
                                    "{\"comparison\":\"EQUALS\",\"value\":\"SUPPRESSED\"}]}"),
                                &open);
    return status < 0 ? status : finding_count(db, a, account, criteria_both(a, criteria, open), most, ret_n);
}
