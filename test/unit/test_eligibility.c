/* Which resources are covered: one row a rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "monitor/eligibility.h"

enum { DAY = 86400 };
static const int64_t now = 1800000000;

struct row {
    const char *says;
    enum resource_type type;
    enum resource_state state;
    enum account_status scan;
    const char *tags;
    bool empty;                               /* nothing is known to be in it */
    int heard;                                /* days ago */
    int pushed, pulled, used, modified, seen; /* days ago; 0: not stated; seen: 400 */
    int push_days, pull_days;
    int present; /* the reason so far; -1: no coverage */
    enum covered covered;
    enum scan_status status;
    enum scan_reason reason;
};
#define HOST        .type = RESOURCE_AWS_EC2_INSTANCE
#define IMAGE       .type = RESOURCE_AWS_ECR_CONTAINER_IMAGE
#define FUNCTION    .type = RESOURCE_AWS_LAMBDA_FUNCTION
#define ON          .scan = ACCOUNT_ENABLED
#define IS(c, s, r) .covered = c, .status = SCAN_STATUS_##s, .reason = REASON_##r

static const struct row rows[] = {
    {"a host that reports", HOST, ON, .present = REASON_SUCCESSFUL, IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"a new host", HOST, ON, .empty = true, .present = -1, IS(COVERED_AGAIN, ACTIVE, PENDING_INITIAL_SCAN)},
    {"a host on the last day", HOST, ON, .heard = 7, .present = REASON_SUCCESSFUL,
     IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"a silent host", HOST, ON, .heard = 8, .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED, INACTIVE, STALE_INVENTORY)},
    {"one that never reported", HOST, ON, .empty = true, .heard = 8, .present = REASON_PENDING_INITIAL_SCAN,
     IS(NOT_COVERED, INACTIVE, NO_INVENTORY)},
    {"a silent host that speaks", HOST, ON, .present = REASON_STALE_INVENTORY,
     IS(COVERED_AGAIN, ACTIVE, SUCCESSFUL)},
    {"a stopped host", HOST, ON, .state = STATE_STOPPED, .heard = 8, .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED, INACTIVE, EC2_INSTANCE_STOPPED)},
    {"a host that went", HOST, ON, .state = STATE_GONE, .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED_CLOSED, INACTIVE, RESOURCE_TERMINATED)},
    {"a host excluded", HOST, ON, .tags = "{\"inspectoREC2exclusion\":\"\"}", .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED_CLOSED, INACTIVE, EXCLUDED_BY_TAG)},
    {"a function's tag on a host", HOST, ON, .tags = "{\"InspectorExclusion\":\"LambdaStandardScanning\"}",
     .present = REASON_SUCCESSFUL, IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"no longer excluded", HOST, ON, .tags = "{\"a\":\"b\"}", .present = REASON_EXCLUDED_BY_TAG,
     IS(COVERED_AGAIN, ACTIVE, SUCCESSFUL)},
    {"disabled", HOST, .scan = ACCOUNT_DISABLED, .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED_REMOVED, INACTIVE, PENDING_DISABLE)},
    {"disabling", IMAGE, .scan = ACCOUNT_DISABLING, .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED, INACTIVE, PENDING_DISABLE)},
    {"disabling is taken back", IMAGE, ON, .present = REASON_PENDING_DISABLE,
     IS(COVERED_AGAIN, ACTIVE, SUCCESSFUL)},
    {"enabled again", HOST, ON, .present = -1, IS(COVERED_AGAIN, ACTIVE, SUCCESSFUL)},
    {"what a scan said stands", IMAGE, ON, .present = REASON_UNSUPPORTED_OS,
     IS(COVERED, INACTIVE, UNSUPPORTED_OS)},
    {"an old image, for life", IMAGE, ON, .pushed = 400, .present = REASON_SUCCESSFUL,
     IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"an image on its last day", IMAGE, ON, .pushed = 14, .push_days = 14, .pull_days = 14,
     .present = REASON_SUCCESSFUL, IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"an image after its window", IMAGE, ON, .pushed = 15, .push_days = 14, .pull_days = 14,
     .present = REASON_SUCCESSFUL, IS(NOT_COVERED_CLOSED, INACTIVE, SCAN_ELIGIBILITY_EXPIRED)},
    {"one that was pulled since", IMAGE, ON, .pushed = 15, .pulled = 3, .push_days = 14, .pull_days = 14,
     .present = REASON_SUCCESSFUL, IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"one that runs", IMAGE, ON, .pushed = 15, .used = 3, .push_days = 14, .pull_days = 14,
     .present = REASON_SUCCESSFUL, IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"one that is pushed again", IMAGE, ON, .pushed = 1, .push_days = 14, .pull_days = 14,
     .present = REASON_SCAN_ELIGIBILITY_EXPIRED, IS(COVERED_REVIVED, ACTIVE, PENDING_REVIVAL_SCAN)},
    {"one that is archived", IMAGE, ON, .state = STATE_STOPPED, .pushed = 1, .push_days = 14, .pull_days = 14,
     .present = REASON_SUCCESSFUL, IS(NOT_COVERED_CLOSED, INACTIVE, IMAGE_ARCHIVED)},
    {"one that is brought back", IMAGE, ON, .pushed = 1, .push_days = 14, .pull_days = 14,
     .present = REASON_IMAGE_ARCHIVED, IS(COVERED_REVIVED, ACTIVE, PENDING_REVIVAL_SCAN)},
    {"a push whose day nobody knows", IMAGE, ON, .seen = 1, .push_days = 14, .pull_days = 14,
     .present = REASON_SUCCESSFUL, IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"a function of late", FUNCTION, ON, .modified = 90, .present = REASON_SUCCESSFUL,
     IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"a function that is called", FUNCTION, ON, .modified = 400, .used = 1, .present = REASON_SUCCESSFUL,
     IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"a function left alone", FUNCTION, ON, .modified = 91, .present = REASON_SUCCESSFUL,
     IS(NOT_COVERED_CLOSED, INACTIVE, SCAN_ELIGIBILITY_EXPIRED)},
    {"deployed again", FUNCTION, ON, .modified = 1, .present = REASON_SCAN_ELIGIBILITY_EXPIRED,
     IS(COVERED_AGAIN, ACTIVE, SUCCESSFUL)},
    {"a function excluded", FUNCTION, ON, .tags = "{\"InspectorExclusion\":\"LambdaStandardScanning\"}",
     .present = REASON_SUCCESSFUL, IS(NOT_COVERED_CLOSED, INACTIVE, EXCLUDED_BY_TAG)},
    {"excluded from another scan", FUNCTION, ON, .seen = 1,
     .tags = "{\"InspectorExclusion\":\"LambdaCodeScanning\"}", .present = REASON_SUCCESSFUL,
     IS(COVERED, ACTIVE, SUCCESSFUL)},
    {"a repository", .type = RESOURCE_AWS_ECR_REPOSITORY, ON, .present = -1,
     IS(COVERED_AGAIN, ACTIVE, SUCCESSFUL)},
};

static int64_t days_ago(int days)
{
    return days == 0 ? TIME_NONE : now - (int64_t)days * DAY;
}

static void test_rules(void **state)
{
    (void)state;
    const struct monitor_days days = {.silent = 7};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct arena *a = arena_new(0);
        const struct settings s = {
            .push_days = row->push_days, .pull_days = row->pull_days, .pull_by_use = true};
        const struct resource r = {
            .type = row->type,
            .state = row->state,
            .tags = row->tags ? str_from(row->tags) : (struct str){0},
            .inventory = !row->empty,
            .heard = now - (int64_t)row->heard * DAY,
            .pushed = days_ago(row->pushed),
            .pulled = days_ago(row->pulled),
            .last_in_use = days_ago(row->used),
            .modified = days_ago(row->modified),
            .first_seen = days_ago(row->seen ? row->seen : 400),
        };
        const struct coverage c = {.status = row->present == REASON_SUCCESSFUL ? SCAN_STATUS_ACTIVE
                                                                               : SCAN_STATUS_INACTIVE,
                                   .reason = (enum scan_reason)(row->present < 0 ? 0 : row->present)};
        struct eligibility e = eligibility(a, &r, row->present < 0 ? NULL : &c, row->scan, &s, &days, now);
        if (e.covered != row->covered || e.status != row->status || e.reason != row->reason)
            fail_msg("%s: %d %s %s", row->says, (int)e.covered, name_of(&scan_status_names, e.status),
                     name_of(&scan_reason_names, e.reason));
        arena_free(a);
    }
}

/* Pulls alone, when the setting says so, are no use. */
static void test_use_counts_only_if_it_is_asked_for(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    const struct monitor_days days = {.silent = 7};
    struct settings s = {.push_days = 14, .pull_days = 14};
    const struct resource r = {.type = RESOURCE_AWS_ECR_CONTAINER_IMAGE,
                               .pushed = days_ago(20),
                               .pulled = TIME_NONE,
                               .last_in_use = days_ago(1)};
    assert_int_equal(eligibility(a, &r, NULL, ACCOUNT_ENABLED, &s, &days, now).covered, NOT_COVERED_CLOSED);
    s.pull_by_use = true;
    assert_int_equal(eligibility(a, &r, NULL, ACCOUNT_ENABLED, &s, &days, now).covered, COVERED_AGAIN);
    arena_free(a);
}

static void test_durations(void **state)
{
    (void)state;
    assert_int_equal(settings_days(STR("LIFETIME")), DAYS_LIFETIME);
    assert_int_equal(settings_days(STR("DAYS_180")), 180);
    assert_int_equal(settings_days(STR("DAYS_5")), -1);
    assert_int_equal(settings_days(STR("")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_use_counts_only_if_it_is_asked_for),
        cmocka_unit_test(test_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
