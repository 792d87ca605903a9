/* What a change costs on a fleet (bench/fleet.c), without a server around it: time, processor time, memory.
 *
 *   fleet_work apply DATA OLD NEW   takes the difference of two advisory databases to the findings
 *   fleet_work rule DATA CRITERIA   adds a suppression rule, and removes it
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "advisory/db.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"
#include "monitor/engine.h"
#include "store/access.h"
#include "store/filter.h"

static const struct place place = {"aws", "us-east-1"};

static struct {
    uint64_t began, slice_began;
    double processor, longest;
    unsigned slices;
} measured;

static void ok(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s\n", err_text());
    exit(1);
}

static double seconds_since(uint64_t begin)
{
    return (double)(time_monotonic_ns() - begin) / 1e9;
}

static double processor_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void measure_begin(void)
{
    memset(&measured, 0, sizeof measured);
    measured.processor = processor_seconds();
    measured.began = measured.slice_began = time_monotonic_ns();
}

static void measure_slice(void)
{
    measured.longest = fmax(measured.longest, seconds_since(measured.slice_began));
    measured.slice_began = time_monotonic_ns();
    measured.slices++;
}

static void measure_end(const char *what, uint64_t findings)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double processor = processor_seconds() - measured.processor;
    printf(
        "%s: %llu findings in %.2f s, %.2f s of processor time, %.1f us each; %u slices, the longest %.0f ms;"
        " %ld MiB\n",
        what, (unsigned long long)findings, seconds_since(measured.began), processor,
        processor * 1e6 / (double)findings, measured.slices, measured.longest * 1000, u.ru_maxrss / 1024);
}

static void apply(struct store *s, const char *before, const char *after)
{
    struct db *old, *new;
    struct engine_apply *e;
    double first = 0;
    int more = 1;
    ok(db_open(before, &old));
    ok(db_open(after, &new));
    measure_begin();
    ok(engine_apply_new(s, old, new, &e));
    const struct engine_work *w = engine_apply_work(e);
    while (more) {
        ok(more = engine_apply_slice(e, time_now()));
        measure_slice();
        if (first == 0 && w->findings_touched)
            first = seconds_since(measured.began);
    }
    measure_end("difference", w->findings_touched);
    printf("the first after %.3f s; on %llu resources\n", first, (unsigned long long)w->resources_touched);
    engine_apply_free(e);
    db_close(old);
    db_close(new);
}

static account_id only_account(struct sql *db)
{
    account_id account = -1;
    for (account_id next = -1; account_next(db, next, &next);)
        account = next;
    return account;
}

static int64_t hidden(struct store *s)
{
    struct sql *db = store_reader(s);
    int64_t n = sql_run_int(sql_prepare(db, "SELECT count(*) FROM finding WHERE status = 1"), 0);
    ok(sql_status(db));
    store_release(db);
    return n;
}

static void apply_rule(struct store *s, account_id account, struct str rule, const char *what)
{
    int64_t before = hidden(s);
    int more = 1;
    measure_begin();
    struct engine_rule *r = engine_rule_new(s, account, rule);
    while (more) {
        ok(more = engine_rule_slice(r, time_now()));
        measure_slice();
    }
    engine_rule_free(r);
    measure_end(what, (uint64_t)llabs(hidden(s) - before));
}

static void rule(struct store *s, struct arena *a, const char *criteria)
{
    struct filter f = {.name = STR("a rule"), .criteria = str_from(criteria), .action = FILTER_SUPPRESS};
    struct sql *db = store_writer(s);
    account_id account = only_account(db);
    ok(filter_add(db, a, account, &f));
    ok(store_commit(db));
    apply_rule(s, account, f.id, "rule added");
    db = store_writer(s);
    filter_remove(db, account, f.id);
    ok(store_commit(db));
    apply_rule(s, account, f.id, "rule removed");
}

int main(int argc, char **argv)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct store *s;
    bool is_apply = argc == 5 && !strcmp(argv[1], "apply"), is_rule = argc == 4 && !strcmp(argv[1], "rule");
    if (!is_apply && !is_rule)
        return fprintf(stderr, "fleet_work apply DATA OLD NEW | fleet_work rule DATA CRITERIA\n"), 2;
    ok(store_open(arena_printf(a, "%s/state.db", argv[2]).p, &place, &s));
    if (is_apply)
        apply(s, argv[3], argv[4]);
    else
        rule(s, a, argv[3]);
    store_close(s);
    return 0;
}
