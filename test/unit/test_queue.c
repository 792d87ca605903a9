/* The queue, events, usage, reports, filters and tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/event.h"
#include "store/filter.h"
#include "store/job.h"
#include "store/report.h"
#include "store/usage.h"
#include "store_util.h"

static const account_id mine = 123456789012, other = 210987654321;
enum { KIND = 3, OTHER_KIND = 5 };

static bool take(struct sql *db, struct test_store *t, int64_t now, struct job *ret_job)
{
    account_id turn = -1;
    return job_take(db, t->arena, KIND, STR("worker"), now, 60, &turn, ret_job);
}

static struct job take_one(struct sql *db, struct test_store *t, int64_t now)
{
    struct job job;
    assert_true(take(db, t, now, &job));
    return job;
}

static void assert_none(struct sql *db, struct test_store *t, int64_t now)
{
    struct job job;
    assert_false(take(db, t, now, &job));
}

static void assert_counts(struct sql *db, int ready, int leased, int poison)
{
    struct job_counts c = job_count(db);
    assert_int_equal(c.ready, ready);
    assert_int_equal(c.leased, leased);
    assert_int_equal(c.poison, poison);
}

static void test_take(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    assert_int_equal(job_next_due(db), TIME_NONE);
    assert_none(db, &t, 100);
    job_add(db, mine, KIND, STR("b"), STR("payload"), 50);
    job_add(db, mine, KIND, STR("a"), STR(""), 60);
    job_add(db, mine, KIND, STR("later"), STR(""), 200);
    job_add(db, other, KIND, STR("b"), STR(""), 70);
    job_add(db, mine, OTHER_KIND, STR("b"), STR(""), 40);
    /* The same once more: due earlier, never later. */
    job_add(db, mine, KIND, STR("a"), STR("lost"), 30);
    job_add(db, mine, KIND, STR("a"), STR("lost"), 90);
    assert_counts(db, 5, 0, 0);
    assert_int_equal(job_next_due(db), 30);
    assert_false(job_pending(db, mine, KIND, STR("later"), 100));
    assert_true(job_pending(db, mine, KIND, STR("later"), 200));
    assert_false(job_pending(db, other, KIND, STR("later"), 200));
    struct job jobs[2];
    jobs[0] = take_one(db, &t, 100);
    assert_true(job_pending(db, mine, KIND, STR("a"), 100));
    struct job theirs = take_one(db, &t, 100);
    assert_int_equal(theirs.account, other);
    jobs[1] = take_one(db, &t, 100);
    assert_true(str_is(jobs[0].subject, "a") && str_is(jobs[1].subject, "b"));
    assert_int_equal(jobs[0].due, 30);
    assert_int_equal(jobs[0].payload.n, 0);
    assert_true(str_is(jobs[1].payload, "payload"));
    assert_int_equal(jobs[1].account, mine);
    assert_int_equal(jobs[1].attempts, 1);
    assert_int_equal(jobs[1].state, JOB_LEASED);
    assert_counts(db, 2, 3, 0);
    assert_int_equal(job_next_due(db), 40);

    /* What comes in while the same is worked on waits for that. */
    job_add(db, mine, KIND, STR("a"), STR("again"), 10);
    assert_none(db, &t, 100);
    assert_int_equal(job_next_due(db), 40);
    job_done(db, jobs[0].id);
    assert_int_equal(job_next_due(db), 10);
    struct job again = take_one(db, &t, 100);
    assert_true(str_is(again.payload, "again"));
    job_done(db, again.id);
    job_done(db, jobs[1].id);
    job_done(db, theirs.id);
    assert_none(db, &t, 199);
    assert_true(str_is(take_one(db, &t, 200).subject, "later"));
    assert_counts(db, 1, 1, 0);
    test_commit(db);
    test_store_free(&t);
}

/* Of whom the most wait gets no more than others; who is slow takes up nothing of theirs. */
static void test_accounts_take_turns(void **state)
{
    (void)state;
    static const account_id third = 555555555555;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct job job;
    for (int i = 0; i < 1000; i++)
        job_add(db, mine, KIND, arena_printf(t.arena, "%d", i), STR(""), i < 500 ? JOB_URGENT : 50);
    job_add(db, other, KIND, STR("a"), STR(""), 60);
    job_add(db, other, KIND, STR("b"), STR(""), 60);
    job_add(db, third, KIND, STR("a"), STR(""), 70);
    job_add(db, third, KIND, STR("later"), STR(""), 150);
    job_add(db, third, OTHER_KIND, STR("a"), STR(""), 10);

    /* One at a time. */
    account_id turn = -1, turns[] = {mine, other, third, mine, other, mine, mine};
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        assert_true(job_take(db, t.arena, KIND, STR("worker"), 100, 60, &turn, &job));
        assert_int_equal(job.account, turns[i]);
        job_done(db, job.id);
    }
    /* One that does not end: the others have all the rest. */
    assert_int_equal(take_one(db, &t, 100).account, mine);
    job_add(db, other, KIND, STR("a"), STR(""), 60);
    job_add(db, other, KIND, STR("b"), STR(""), 60);
    for (int i = 0; i < 2; i++) {
        job = take_one(db, &t, 100);
        assert_int_equal(job.account, other);
        job_done(db, job.id);
    }
    assert_int_equal(take_one(db, &t, 100).account, mine);
    assert_int_equal(take_one(db, &t, 150).account, third);
    test_commit(db);
    test_store_free(&t);
}

/* Between two accounts that have something to do lie a thousand that will have: the search passes some of
 * them each time, and does not wait for what it finds. */
static void test_turns_among_those_who_wait(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct job job = {0};
    for (int i = 0; i < 100; i++)
        job_add(db, mine, KIND, arena_printf(t.arena, "%d", i), STR(""), 50);
    for (int i = 1; i <= 1000; i++)
        job_add(db, mine + i, KIND, STR("later"), STR(""), 150);
    job_add(db, other, KIND, STR("a"), STR(""), 60);
    account_id turn = -1;
    int taken = 0;
    for (; job.account != other && taken < 100; taken++) {
        assert_true(job_take(db, t.arena, KIND, STR("worker"), 100, 60, &turn, &job));
        job_done(db, job.id);
    }
    assert_in_range(taken, 10, 30);
    test_commit(db);
    test_store_free(&t);
}

static void test_lease(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct job first, second;
    job_add(db, mine, KIND, STR("x"), STR(""), 0);
    first = take_one(db, &t, 100);
    assert_int_equal(job_next_due(db), 160);
    assert_none(db, &t, 159);
    assert_true(job_renew(db, first.id, STR("worker"), 170));
    assert_false(job_renew(db, first.id, STR("stranger"), 900));
    assert_none(db, &t, 169);
    second = take_one(db, &t, 170); /* who had it died */
    assert_int_equal(second.id, first.id);
    assert_int_equal(second.attempts, 2);
    /* The first owner, late, cannot give away what the second has. */
    assert_true(job_failed(db, &first, STR("late"), 171));
    assert_counts(db, 0, 1, 0);
    job_give_back(db, second.id);
    assert_counts(db, 1, 0, 0);
    assert_int_equal(take_one(db, &t, 170).attempts, 2);

    /* Given back while the same came in: one is left. */
    job_add(db, mine, KIND, STR("x"), STR("new"), 5);
    job_give_back(db, second.id);
    assert_counts(db, 1, 0, 0);
    assert_true(str_is(take_one(db, &t, 170).payload, "new"));
    test_commit(db);
    test_store_free(&t);
}

static void test_failures(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct job *jobs, job;
    int64_t now = 1000, wait = 2;
    job_add(db, mine, KIND, STR("x"), STR("p"), now);
    for (unsigned i = 1; i < JOB_ATTEMPTS; i++, wait *= 2) {
        job = take_one(db, &t, now);
        assert_int_equal(job.attempts, i);
        assert_true(job_failed(db, &job, STR("no route"), now));
        int64_t due = job_next_due(db);
        assert_true(due >= now + wait && due <= now + wait + wait / 2);
        assert_none(db, &t, due - 1);
        now = due;
    }
    job = take_one(db, &t, now);
    assert_true(str_is(job.error, "no route"));
    assert_false(job_failed(db, &job, STR("still none"), now));
    assert_counts(db, 0, 0, 1);
    assert_int_equal(job_next_due(db), TIME_NONE);
    assert_int_equal(job_list(db, t.arena, mine, JOB_POISON, 10, &jobs), 1);
    assert_true(str_is(jobs[0].error, "still none"));
    assert_int_equal(job_list(db, t.arena, other, JOB_POISON, 10, &jobs), 0);
    assert_int_equal(job_list(db, t.arena, mine, JOB_READY, 10, &jobs), 0);

    assert_false(job_retry(db, other, job.id, now));
    assert_true(job_retry(db, mine, job.id, now));
    assert_false(job_retry(db, mine, job.id, now));
    job = take_one(db, &t, now);
    assert_int_equal(job.attempts, 1);
    job.attempts = JOB_ATTEMPTS; /* not the attempt that is under way */
    assert_true(job_failed(db, &job, STR("x"), now));
    assert_counts(db, 0, 1, 0);
    job_done(db, job.id);

    /* Who dies each time is set aside; a later success forgets it. */
    job_add(db, mine, KIND, STR("deadly"), STR(""), 0);
    for (unsigned i = 0; i < JOB_ATTEMPTS; i++, now += 60)
        job = take_one(db, &t, now);
    assert_none(db, &t, now);
    assert_counts(db, 0, 0, 1);
    job_add(db, mine, KIND, STR("deadly"), STR(""), 0);
    assert_counts(db, 1, 0, 1);
    job_done(db, take_one(db, &t, now).id);
    assert_counts(db, 0, 0, 0);
    test_commit(db);
    test_store_free(&t);
}

static void call(void *ctx)
{
    ++*(int *)ctx;
}

static void test_events(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    int calls = 0;
    store_on_events(t.store, call, &calls);
    struct sql *db = store_writer(t.store);
    assert_int_equal(event_last(db), 0);
    job_add(db, mine, KIND, STR("x"), STR(""), 0);
    test_commit(db);
    assert_int_equal(calls, 0);
    db = store_writer(t.store);
    event_add(db, mine, EVENT_FINDING_CREATED, 11, STR("{\"a\":1}"));
    event_add(db, other, EVENT_FINDING_CLOSED, 12, STR(""));
    event_add(db, mine, EVENT_COVERAGE_CHANGED, 13, STR(""));
    assert_int_equal(calls, 0);
    test_commit(db);
    assert_int_equal(calls, 1);
    db = store_writer(t.store);
    event_add(db, mine, EVENT_FINDING_CREATED, 14, STR(""));
    store_release(db);
    assert_int_equal(calls, 1);

    struct event *events;
    db = store_writer(t.store);
    int64_t last = event_last(db);
    assert_int_equal(event_list(db, t.arena, ALL_ACCOUNTS, 0, 10, &events), 3);
    assert_int_equal(events[2].seq, last);
    assert_int_equal(event_list(db, t.arena, mine, 0, 10, &events), 2);
    assert_int_equal(events[0].subject, 11);
    assert_int_equal(events[0].kind, EVENT_FINDING_CREATED);
    assert_true(str_is(events[0].detail, "{\"a\":1}"));
    assert_int_equal(event_list(db, t.arena, mine, events[0].seq, 10, &events), 1);
    assert_int_equal(event_list(db, t.arena, ALL_ACCOUNTS, 0, 2, &events), 2);
    assert_false(event_trim(db, events[0].at));
    assert_int_equal(event_list(db, t.arena, ALL_ACCOUNTS, 0, 10, &events), 3);
    assert_false(event_trim(db, events[0].at + 1000));
    assert_int_equal(event_list(db, t.arena, ALL_ACCOUNTS, 0, 10, &events),
                     1); /* the last one tells where we are */
    assert_int_equal(event_first(db), last);
    /* Numbers are never used again. */
    event_add(db, mine, EVENT_FINDING_CREATED, 1, STR(""));
    assert_true(event_last(db) > last);
    test_commit(db);
    assert_int_equal(calls, 2);
    test_store_free(&t);
}

static void assert_near(double value, double expected)
{
    if (value < expected - 1e-6 || value > expected + 1e-6)
        fail_msg("%f instead of %f", value, expected);
}

static void test_usage(void **state)
{
    (void)state;
    enum { HOUR = 3600, DAY = 86400 };
    const enum usage_type type = USAGE_EC2_INSTANCE_HOURS;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    int64_t start = 20000LL * DAY, now = start + 22 * HOUR;
    assert_near(usage_total(db, mine, type, 0, now), 0);
    usage_active(db, mine, type, 1, now);
    assert_near(usage_total(db, mine, type, 0, now + HOUR / 2), 0.5);
    usage_active(db, mine, type, 2, now + HOUR);             /* 1 h of one */
    usage_active(db, mine, type, -1, now + 3 * HOUR + 600);  /* 2 h 10 min of three, over midnight */
    usage_active(db, mine, type, -2, now + 51 * HOUR + 600); /* 48 h of two: three days */
    usage_active(db, mine, type, -1, now + 60 * HOUR);       /* never below none */
    double all = 1 + 3 * (2 + 1.0 / 6) + 2 * 48;
    assert_near(usage_total(db, mine, type, 0, now + 100 * HOUR), all);
    assert_near(usage_total(db, mine, type, start + DAY, now + 100 * HOUR), all - 1 - 3);
    assert_near(usage_total(db, mine, type, start + 2 * DAY, start + 3 * DAY - 1), 48);
    assert_near(usage_total(db, mine, type, start + 2 * DAY + 18 * HOUR, start + 3 * DAY - 1), 12);
    assert_near(usage_total(db, other, type, 0, now + 100 * HOUR), 0);

    /* Still running; a clock that is set back neither adds nor takes away. */
    now = start + 100 * DAY;
    usage_active(db, other, type, 4, now);
    usage_active(db, other, type, 1, now - HOUR);
    usage_active(db, other, type, -1, now + HOUR);
    assert_near(usage_total(db, other, type, 0, now + 2 * HOUR), 9);
    assert_near(usage_total(db, other, type, now + HOUR, now + 25 * HOUR), 5 * 23.0 / 24 + 4 * 24);

    usage_add(db, mine, USAGE_ECR_RESCAN, 1, start + HOUR);
    usage_add(db, mine, USAGE_ECR_RESCAN, 2, start + 2 * HOUR);
    usage_add(db, mine, USAGE_ECR_RESCAN, 1, start + DAY);
    assert_near(usage_total(db, mine, USAGE_ECR_RESCAN, start + HOUR, start + DAY), 4);
    assert_near(usage_total(db, mine, USAGE_ECR_INITIAL_SCAN, start, start + DAY), 0);
    test_commit(db);
    test_store_free(&t);
}

static void test_reports(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct findings_report got,
        r = {.criteria = STR("{}"), .destination = STR("{\"b\":1}"), .format = REPORT_JSON};
    assert_int_equal(report_get(db, t.arena, mine, STR(""), &got), ERR_MISSING);
    assert_int_equal(report_add(db, t.arena, mine, &r), 0);
    assert_int_equal(r.id.n, 36);
    struct str first = r.id;
    assert_int_equal(report_add(db, t.arena, mine, &r), ERR_LIMIT);
    assert_int_equal(report_add(db, t.arena, other, &r), 0);
    assert_int_equal(report_get(db, t.arena, other, first, &got), ERR_MISSING);
    assert_int_equal(report_get(db, t.arena, mine, first, &got), 0);
    assert_int_equal(got.status, REPORT_IN_PROGRESS);
    assert_int_equal(got.error, -1);
    assert_int_equal(got.finished, TIME_NONE);
    assert_int_equal(got.format, REPORT_JSON);
    assert_true(report_finish(db, mine, first, REPORT_FAILED, REPORT_ERROR_NO_FINDINGS_FOUND, STR("none")));
    assert_false(report_finish(db, mine, first, REPORT_SUCCEEDED, -1, STR("")));
    assert_int_equal(report_get(db, t.arena, mine, first, &got), 0);
    assert_int_equal(got.status, REPORT_FAILED);
    assert_int_equal(got.error, REPORT_ERROR_NO_FINDINGS_FOUND);
    assert_true(got.finished > 0 && str_is(got.message, "none") && str_is(got.destination, "{\"b\":1}"));
    assert_int_equal(report_add(db, t.arena, mine, &r), 0);
    assert_int_equal(report_get(db, t.arena, mine, STR(""), &got), 0);
    assert_true(str_eq(got.id, r.id));
    test_commit(db);
    test_store_free(&t);
}

static void test_filters(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct filter *filters, got,
        f = {.name = STR("one"), .criteria = STR("{\"x\":[]}"), .reason = STR("why")};
    assert_int_equal(filter_add(db, t.arena, mine, &f), 0);
    assert_int_equal(f.id.n, FILTER_ID);
    assert_int_equal(filter_get(db, t.arena, mine, f.id, &got), 0);
    assert_true(str_is(got.criteria, "{\"x\":[]}") && str_is(got.reason, "why") && !got.description.n);
    assert_true(got.created > 0);
    assert_int_equal(filter_get(db, t.arena, other, f.id, &got), ERR_MISSING);
    struct filter twin = {.name = STR("one"), .criteria = STR("{}")};
    assert_int_equal(filter_add(db, t.arena, mine, &twin), ERR_INVALID);
    assert_int_equal(filter_add(db, t.arena, other, &twin), 0);
    twin.name = STR("two");
    assert_int_equal(filter_add(db, t.arena, mine, &twin), 0);
    twin.name = STR("one");
    assert_int_equal(filter_update(db, mine, &twin), ERR_INVALID);
    twin.name = STR("two");
    twin.action = FILTER_SUPPRESS;
    assert_int_equal(filter_update(db, mine, &twin), 0);
    assert_int_equal(filter_update(db, other, &twin), ERR_MISSING);
    assert_int_equal(filter_list(db, t.arena, mine, -1, STR(""), 10, &filters), 2);
    assert_true(str_cmp(filters[0].id, filters[1].id) < 0);
    assert_int_equal(filter_list(db, t.arena, mine, -1, filters[0].id, 10, &filters), 1);
    assert_int_equal(filter_list(db, t.arena, mine, FILTER_SUPPRESS, STR(""), 10, &filters), 1);
    assert_true(str_is(filters[0].name, "two"));

    for (int i = 1; i < SUPPRESSION_RULES_MAX; i++) {
        struct filter rule = {.name = arena_printf(t.arena, "rule %d", i), .action = FILTER_SUPPRESS};
        assert_int_equal(filter_add(db, t.arena, mine, &rule), 0);
    }
    struct filter over = {.name = STR("one too many"), .action = FILTER_SUPPRESS};
    assert_int_equal(filter_add(db, t.arena, mine, &over), ERR_LIMIT);
    f.action = FILTER_SUPPRESS;
    assert_int_equal(filter_update(db, mine, &f), ERR_LIMIT);
    twin.description = STR("one of the rules");
    assert_int_equal(filter_update(db, mine, &twin), 0);

    struct str arn = filter_arn(t.arena, &test_place, mine, f.id);
    struct tag *tags;
    for (int i = 0; i < TAGS_MAX; i++)
        assert_int_equal(tag_set(db, mine, arn, arena_printf(t.arena, "k%02d", i), STR("v")), 0);
    assert_int_equal(tag_set(db, mine, arn, STR("new"), STR("v")), ERR_LIMIT);
    assert_int_equal(tag_set(db, mine, arn, STR("k07"), STR("w")), 0);
    assert_int_equal(tag_list(db, t.arena, mine, arn, &tags), TAGS_MAX);
    assert_true(str_is(tags[7].value, "w"));
    assert_int_equal(tag_list(db, t.arena, other, arn, &tags), 0);
    assert_true(tag_remove(db, mine, arn, STR("k07")));
    assert_false(tag_remove(db, mine, arn, STR("k07")));
    assert_true(filter_remove(db, mine, f.id));
    assert_false(filter_remove(db, mine, f.id));
    assert_int_equal(tag_list(db, t.arena, mine, arn, &tags), 0);
    test_commit(db);
    test_store_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_accounts_take_turns),
        cmocka_unit_test(test_turns_among_those_who_wait),
        cmocka_unit_test(test_lease),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
