/* What events and ECR's configuration say: one row a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/ecr.h"
#include "base/err.h"
#include "monitor/aws_event.h"
#include "monitor/function.h"

#define DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct str event(struct arena *a, const char *type, const char *detail)
{
    return arena_printf(
        a,
        "{\"detail-type\":\"%s\",\"account\":\"123456789012\",\"region\":\"eu-west-1\","
        "\"resources\":[\"arn:aws:ec2:eu-west-1:1:instance/i-9\",\"arn:aws:lambda:e:1:function:f\"],"
        "\"detail\":{%s}}",
        type, detail);
}

static struct str call(struct arena *a, const char *source, const char *name, const char *parameters)
{
    return event(a, "AWS API Call via CloudTrail",
                 arena_printf(a,
                              "\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\","
                              "\"requestParameters\":{%s}",
                              source, name, parameters)
                     .p);
}

/* "CHANGE WHAT" of each, one a line. */
static const char *changes(struct arena *a, struct str text)
{
    struct str all = {NULL, 0};
    struct aws_event e;
    if (aws_event_read(a, text, &e) < 0)
        return "error";
    assert_int_equal(e.account, 123456789012);
    assert_string_equal(arena_cstr(a, e.region), "eu-west-1");
    for (size_t i = 0; i < e.n_changes; i++)
        all = arena_printf(a, "%.*s%s%d %.*s", STR_ARG(all), i ? "\n" : "", e.changes[i].change,
                           STR_ARG(e.changes[i].what));
    return arena_cstr(a, all);
}

#define TASK(cluster, definition, status)                                                                    \
    "\"clusterArn\":\"arn:aws:ecs:eu-west-1:1:" cluster                                                      \
    "\",\"taskDefinitionArn\":\"arn:aws:ecs:eu-west-1:1:" definition "\",\"lastStatus\":\"" status "\""

static void test_services(void **state)
{
    (void)state;
    static const struct {
        const char *type, *detail, *wanted;
    } rows[] = {
        {"EC2 Instance State-change Notification", "\"instance-id\":\"i-1\",\"state\":\"running\"", "0 i-1"},
        {"EC2 Instance State-change Notification", "\"instance-id\":\"i 1\"", ""},
        {"EC2 Instance State-change Notification", "\"instance-id\":7", ""},
        {"ECR Image Action",
         "\"result\":\"SUCCESS\",\"action-type\":\"PUSH\",\"repository-name\":\"a/b\",\"image-tag\":\"v1\","
         "\"image-digest\":\"" DIGEST "\"",
         "5 a/b v1@" DIGEST},
        {"ECR Image Action",
         "\"result\":\"SUCCESS\",\"action-type\":\"PUSH\",\"repository-name\":\"a/"
         "b\",\"image-digest\":\"" DIGEST "\"",
         "5 a/b " DIGEST},
        {"ECR Image Action",
         "\"result\":\"SUCCESS\",\"action-type\":\"DELETE\",\"repository-name\":\"a/b\",\"image-tag\":\"v1\","
         "\"image-digest\":\"" DIGEST "\"",
         "5 a/b " DIGEST "\n5 a/b v1"},
        {"ECR Image Action",
         "\"result\":\"FAILURE\",\"action-type\":\"PUSH\",\"repository-name\":\"a/"
         "b\",\"image-digest\":\"" DIGEST "\"",
         ""},
        {"ECS Task State Change", TASK("cluster/shop", "task-definition/web:7", "RUNNING"),
         "9 arn:aws:ecs:eu-west-1:1:cluster/shop arn:aws:ecs:eu-west-1:1:task-definition/web"},
        {"ECS Task State Change", TASK("cluster/shop", "task-definition/web:7", "PENDING"), ""},
        {"ECS Task State Change", TASK("cluster/shop", "task-definition/web", "STOPPED"), ""},
        {"ECS Task State Change", TASK("cluster/shop", "service/web:7", "STOPPED"), ""},
        {"ECS Task State Change", TASK("cluster/a b", "task-definition/web:7", "STOPPED"), ""},
        {"Inventory Resource State Change", "\"resource-id\":\"i-2\"", "1 i-2"},
        {"EC2 State Manager Instance Association State Change", "\"instance-id\":\"i-3\"", "1 i-3"},
        {"Tag Change on Resource", "", "0 i-9\n6 f"},
        {"Something Else", "\"instance-id\":\"i-1\"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *a = arena_new(0);
        assert_string_equal(changes(a, event(a, rows[i].type, rows[i].detail)), rows[i].wanted);
        arena_free(a);
    }
}

static void test_calls(void **state)
{
    (void)state;
    static const struct {
        const char *source, *name, *parameters, *wanted;
    } rows[] = {
        {"lambda", "CreateFunction20150331", "\"functionName\":\"f\"", "6 f"},
        {"lambda", "UpdateFunctionCode20150331v2",
         "\"functionName\":\"arn:aws:lambda:e:1:function:f:$LATEST\"", "6 f"},
        {"lambda", "UpdateFunctionConfiguration20150331v2", "\"functionName\":\"1:function:f\"", "6 f"},
        {"lambda", "DeleteFunction20150331", "\"functionName\":\"f\"", "6 f"},
        {"lambda", "TagResource20170331v2", "\"resource\":\"arn:aws:lambda:e:1:function:f\"", "6 f"},
        {"lambda", "TagResource20170331v2", "\"resource\":\"arn:aws:lambda:e:1:event-source-mapping:f\"", ""},
        {"lambda", "CreateFunctionUrlConfig", "\"functionName\":\"f\"", ""},
        {"ec2", "AuthorizeSecurityGroupIngress", "\"groupId\":\"sg-1\"", "2 sg-1"},
        {"ec2", "RevokeSecurityGroupEgress", "\"groupName\":\"web\"", "3 "},
        {"ec2", "CreateTags",
         "\"resourcesSet\":{\"items\":[{\"resourceId\":\"i-1\"},{\"resourceId\":\"sg-1\"}]}", "0 i-1"},
        {"ec2", "ModifyInstanceAttribute", "\"instanceId\":\"i-1\"", "0 i-1"},
        {"ec2", "ReplaceRoute", "\"routeTableId\":\"rtb-1\"", "3 "},
        {"ec2", "CreateSnapshot", "\"volumeId\":\"vol-1\"", ""},
        {"elasticloadbalancing", "RegisterTargets", "", "3 "},
        {"ecr", "DeleteRepository", "\"repositoryName\":\"a\"", "8 a"},
        {"ecr", "CreateRepository", "\"repositoryName\":\"a b\"", ""},
        {"ecr", "PutRegistryScanningConfiguration", "", "4 "},
        {"ssm", "PutInventory", "\"instanceId\":\"i-1\"", "1 i-1"},
        {"organizations", "AcceptHandshake", "", "7 "},
        {"s3", "PutObject", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *a = arena_new(0);
        assert_string_equal(changes(a, call(a, rows[i].source, rows[i].name, rows[i].parameters)),
                            rows[i].wanted);
        arena_free(a);
    }
}

static void test_what_changes_nothing(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const errors[] = {
        "",
        "[]",
        "{}",
        "null",
        "{\"detail-type\":\"ECR Image Action\",\"account\":\"1\",\"region\":\"r\"}",
        "{\"detail-type\":\"ECR Image Action\",\"account\":\"123456789012\",\"region\":\"a b\"}"};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        assert_string_equal(changes(a, str_from(errors[i])), "error");
    /* A call that was refused, and one that only reads. */
    assert_string_equal(
        changes(a, event(a, "AWS API Call via CloudTrail",
                         "\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"DeleteRoute\","
                         "\"errorCode\":\"Client.UnauthorizedOperation\"")),
        "");
    assert_string_equal(changes(a, event(a, "AWS API Call via CloudTrail",
                                         "\"eventSource\":\"elasticloadbalancing.amazonaws.com\","
                                         "\"eventName\":\"DescribeRules\",\"readOnly\":true")),
                        "");
    arena_free(a);
}

static void test_rules_fit_eventbridge(void **state)
{
    (void)state;
    enum { PATTERN_MAX = 2048 }; /* "Amazon EventBridge quotas" */
    struct arena *a = arena_new(0);
    for (const struct aws_event_rule *r = aws_event_rules; r->name; r++) {
        json_val *root;
        assert_true(strlen(r->pattern) <= PATTERN_MAX);
        assert_int_equal(json_parse(a, str_from(r->pattern), &root), 0);
        assert_true(json_get(root, "detail-type") != NULL);
    }
    arena_free(a);
}

static void test_frequencies(void **state)
{
    (void)state;
    static const char text[] =
        "{\"scanType\":\"ENHANCED\",\"rules\":["
        "{\"scanFrequency\":\"SCAN_ON_PUSH\",\"repositoryFilters\":[{\"filter\":\"*\"}]},"
        "{\"scanFrequency\":\"CONTINUOUS_SCAN\",\"repositoryFilters\":[{\"filter\":\"prod\"},{\"filter\":\"a*"
        "b*c\"}]}]}";
    static const struct {
        const char *name, *wanted;
    } rows[] = {{"x/prod/y", "CONTINUOUS_SCAN"},
                {"abc", "CONTINUOUS_SCAN"},
                {"a/1/b/2/c", "CONTINUOUS_SCAN"},
                {"ac", "SCAN_ON_PUSH"},
                {"abcd", "SCAN_ON_PUSH"}};
    struct arena *a = arena_new(0);
    json_val *root;
    assert_int_equal(json_parse(a, str_from(text), &root), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(arena_cstr(a, ecr_frequency(root, str_from(rows[i].name))), rows[i].wanted);
    assert_int_equal(json_parse(a, STR("{\"scanType\":\"ENHANCED\"}"), &root), 0);
    assert_string_equal(arena_cstr(a, ecr_frequency(root, STR("a"))), "MANUAL");
    assert_int_equal(json_parse(a, STR("{\"scanType\":\"BASIC\"}"), &root), 0);
    assert_int_equal(ecr_frequency(root, STR("a")).n, 0);
    arena_free(a);
}

static void test_lambda_facts(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct lambda_facts l;
    json_val *root;
    assert_int_equal(
        json_parse(a,
                   STR("{\"FunctionName\":\"f\",\"FunctionArn\":\"arn:aws:lambda:e:1:function:f\","
                       "\"Runtime\":\"python3.11\",\"LastModified\":\"1970-01-01T00:01:00.000+0000\"}"),
                   &root),
        0);
    assert_int_equal(lambda_facts_read(a, root, NULL, &l), 0);
    assert_string_equal(arena_cstr(a, l.facts.arn), "arn:aws:lambda:e:1:function:f:$LATEST");
    assert_string_equal(arena_cstr(a, l.facts.runtime), "PYTHON_3_11");
    assert_int_equal(l.facts.modified, 60);
    assert_int_equal(
        json_parse(a, STR("{\"FunctionName\":\"../f\",\"FunctionArn\":\"arn:aws:lambda:e:1:function:../f\"}"),
                   &root),
        0);
    assert_int_equal(lambda_facts_read(a, root, NULL, &l), ERR_INVALID);
    assert_int_equal(lambda_facts_read(a, NULL, NULL, &l), ERR_INVALID);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_what_changes_nothing),
        cmocka_unit_test(test_rules_fit_eventbridge),
        cmocka_unit_test(test_frequencies),
        cmocka_unit_test(test_lambda_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
