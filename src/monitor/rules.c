/* Suppression rules: the first one by id that matches a finding hides it; one that none matches is shown.
 *
 * A rule speaks of findings whatever their present status: were its findingStatus taken at its word, what it
 * hides would no longer match it, and be shown again.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "monitor/engine.h"
#include "store/filter.h"

enum { SLICE = 500, CRITERIA_MAX = 1 << 20 };

static const char hidden_criteria[] =
    "{\"findingStatus\":[{\"comparison\":\"EQUALS\",\"value\":\"SUPPRESSED\"}]}";

struct rule {
    struct str id;
    const struct criteria *criteria;
};

struct rules {
    struct rule at[SUPPRESSION_RULES_MAX];
    size_t n;
};

static int without_status(struct arena *a, struct str json, struct criteria **ret_criteria)
{
    _cleanup_(buf_free) struct buf text = buf_new(CRITERIA_MAX);
    struct json_out to = {.to = &text};
    json_val *root;
    int status = json_parse(a, json, &root);
    if (status < 0)
        return status;
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
    json_end_object(&to);
    if (buf_status(&text) < 0)
        return err_set(ERR_LIMIT, "criteria: over %d bytes", CRITERIA_MAX);
    return criteria_parse(a, CRITERIA_FINDINGS, buf_str(&text), ret_criteria);
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
            if (without_status(a, filters[i].criteria, &c) == 0)
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

/* At most SLICE findings. */
static int apply(struct sql *db, struct arena *a, account_id account, const struct rules *rules,
                 struct finding_batch *batch, const int64_t *ids, size_t n)
{
    struct str hidden_by[SLICE] = {0};
    int64_t sorted[SLICE];
    memcpy(sorted, ids, n * sizeof *ids);
    qsort(sorted, n, sizeof *sorted, by_number);
    for (size_t i = 0; i < rules->n; i++) {
        int64_t *matching;
        size_t n_matching;
        int status =
            finding_matching(db, a, account, rules->at[i].criteria, sorted, n, &matching, &n_matching);
        if (status < 0)
            return status;
        for (size_t j = 0; j < n_matching; j++) {
            int64_t *at = bsearch(&matching[j], sorted, n, sizeof *sorted, by_number);
            if (at && !hidden_by[at - sorted].n)
                hidden_by[at - sorted] = rules->at[i].id;
        }
    }
    for (size_t i = 0; i < n; i++)
        finding_suppress(batch, sorted[i], hidden_by[i]);
    return sql_status(db);
}

int engine_rules_touched(struct sql *db, account_id account, struct finding_batch *batch)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    size_t n;
    const int64_t *ids = finding_batch_touched(batch, &n);
    if (!n)
        return 0;
    struct rules *rules = arena_alloc(a, sizeof *rules);
    rules_read(db, a, account, rules);
    int status = sql_status(db);
    for (size_t i = 0; rules->n && i < n && status == 0; i += SLICE)
        status = apply(db, a, account, rules, batch, ids + i, n - i < SLICE ? n - i : SLICE);
    return status;
}

/* One page of what `criteria` find, in a transaction of its own, with the rules as they then are. */
static int slice(struct store *s, account_id account, const struct criteria *criteria, struct arena *keep,
                 struct str *token, int64_t now)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(s);
    struct rules *rules = arena_alloc(a, sizeof *rules);
    struct finding_query q = {.account = account, .criteria = criteria, .token = *token, .max = SLICE};
    struct str next = {0};
    int64_t *ids;
    size_t n;
    rules_read(db, a, account, rules);
    int status = finding_query(db, a, &q, &ids, &n, &next);
    if (status < 0)
        return status;
    *token = arena_str(keep, next);
    struct finding_batch *batch = finding_batch_new(db, account, now);
    status = apply(db, a, account, rules, batch, ids, n);
    finding_batch_end(batch);
    if (status < 0)
        return status;
    struct sql *done = db;
    db = NULL;
    return store_commit(done);
}

static int all_slices(struct store *s, account_id account, const struct criteria *criteria, int64_t now)
{
    _cleanup_(arena_cleanup) struct arena *keep = arena_new(0);
    struct str token = {0};
    int status;
    do
        status = slice(s, account, criteria, keep, &token, now);
    while (status == 0 && token.n);
    return status;
}

/* What is hidden now may be shown, and what the rules find may be hidden. */
int engine_rules_changed(struct store *s, account_id account, int64_t now)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct rules *rules = arena_alloc(a, sizeof *rules);
    struct criteria *hidden;
    struct sql *db = store_reader(s);
    rules_read(db, a, account, rules);
    int status = sql_status(db);
    store_release(db);
    if (status == 0)
        status = criteria_parse(a, CRITERIA_FINDINGS, str_from(hidden_criteria), &hidden);
    if (status == 0)
        status = all_slices(s, account, hidden, now);
    for (size_t i = 0; i < rules->n && status == 0; i++)
        status = all_slices(s, account, rules->at[i].criteria, now);
    return status;
}

int engine_rule_preview(struct sql *db, account_id account, const struct criteria *criteria, int64_t *ret_n)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct criteria *closed;
    struct finding_query q = {.account = account, .criteria = criteria, .max = SLICE};
    int64_t total = 0;
    int status = criteria_parse(a, CRITERIA_FINDINGS,
                                STR("{\"findingStatus\":[{\"comparison\":\"EQUALS\",\"value\":\"CLOSED\"}]}"),
                                &closed);
    while (status == 0) {
        int64_t *ids, *gone;
        size_t n, n_gone;
        if ((status = finding_query(db, a, &q, &ids, &n, &q.token)) < 0 ||
            (status = finding_matching(db, a, account, closed, ids, n, &gone, &n_gone)) < 0)
            break;
        total += (int64_t)(n - n_gone);
        if (!q.token.n)
            break;
    }
    if (status == 0)
        *ret_n = total;
    return status;
}
