/* Calls as clients send them: signatures, roles, sessions, errors, and what operations keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_stack.h"
#include "store/filter.h"

static struct api_stack stack;
static struct arena *arena;

static int start(void **state)
{
    (void)state;
    stack_start(&stack);
    return 0;
}
static int stop(void **state)
{
    (void)state;
    stack_stop(&stack);
    return 0;
}
static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct str header(const struct http_reply *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_ieq(r->headers[i].name, str_from(name)))
            return r->headers[i].value;
    return (struct str){0};
}

static struct http_reply post(const char *path, const char *body)
{
    return stack_send(
        &stack, arena,
        &(struct stack_request){
            .method = "POST", .target = str_from(path), .body = str_from(body), .key = &stack.key});
}

static json_val *answer_of(const struct http_reply *r)
{
    json_val *root = NULL;
    if (json_parse(arena, r->body, &root) < 0)
        fail_msg("%.*s", STR_ARG(r->body));
    return root;
}

static json_val *must(const char *path, const char *body)
{
    struct http_reply r = post(path, body);
    if (r.status != 200)
        fail_msg("%s: %u %.*s", path, r.status, STR_ARG(r.body));
    assert_true(str_is(header(&r, "Content-Type"), "application/json"));
    assert_int_equal(header(&r, "x-amzn-RequestId").n, 36);
    return answer_of(&r);
}

static json_val *refused(struct http_reply r, unsigned status, const char *type)
{
    if (r.status != status || !str_is(header(&r, "x-amzn-ErrorType"), type))
        fail_msg("%u %.*s %.*s", r.status, STR_ARG(header(&r, "x-amzn-ErrorType")), STR_ARG(r.body));
    assert_int_equal(header(&r, "x-amzn-RequestId").n, 36);
    json_val *body = answer_of(&r);
    assert_true(json_get_str(body, "message").n > 0);
    return body;
}

static void assert_field(struct http_reply r, const char *name)
{
    json_val *body = refused(r, 400, "ValidationException");
    assert_true(str_is(json_get_str(body, "reason"), "FIELD_VALIDATION_FAILED"));
    json_val *field = yyjson_arr_get_first(json_get(body, "fields"));
    if (!str_is(json_get_str(field, "name"), name))
        fail_msg("%.*s", STR_ARG(r.body));
}

static void test_protocol(void **state)
{
    (void)state;
    refused(post("/findings/burn", "{}"), 404, "UnknownOperationException");
    struct http_reply r = stack_send(
        &stack, arena,
        &(struct stack_request){.method = "GET", .target = STR("/findings/list"), .key = &stack.key});
    refused(r, 405, "UnknownOperationException");
    assert_true(str_is(header(&r, "Allow"), "POST"));
    json_val *body = refused(post("/findings/list", "{"), 400, "ValidationException");
    assert_true(str_is(json_get_str(body, "reason"), "CANNOT_PARSE"));
    assert_field(post("/findings/list", "{\"maxResults\":101}"), "maxResults");
    must("/findings/list", "");
    must("/findings/list", "{\"maxResults\":null,\"unknown\":[]}");
    refused(post("/cis/scan/list", "{}"), 403, "AccessDeniedException");
}

static struct http_reply send_as(const struct access_key *key, struct str token)
{
    return stack_send(&stack, arena,
                      &(struct stack_request){.method = "POST",
                                              .target = STR("/findings/list"),
                                              .body = STR("{}"),
                                              .key = key,
                                              .token = token});
}

static void test_signatures(void **state)
{
    (void)state;
    struct access_key unknown = stack.key, wrong = stack.key;
    unknown.id[10] = unknown.id[10] == 'A' ? 'B' : 'A';
    wrong.secret[0] = wrong.secret[0] == 'A' ? 'B' : 'A';
    refused(send_as(NULL, (struct str){0}), 403, "MissingAuthenticationTokenException");
    refused(send_as(&unknown, (struct str){0}), 403, "UnrecognizedClientException");
    refused(send_as(&wrong, (struct str){0}), 403, "InvalidSignatureException");
    refused(send_as(&stack.key, STR("a token that no such key has")), 403, "UnrecognizedClientException");
    const struct stack_request wrong_scope[] = {
        {.method = "POST", .target = STR("/findings/list"), .key = &stack.key, .service = "s3"},
        {.method = "POST", .target = STR("/findings/list"), .key = &stack.key, .region = "us-east-1"},
        {.method = "POST", .target = STR("/findings/list"), .key = &stack.key, .at = time_now() - 400},
    };
    for (size_t i = 0; i < 3; i++)
        refused(stack_send(&stack, arena, &wrong_scope[i]), 403, "InvalidSignatureException");
}

static void test_sessions(void **state)
{
    (void)state;
    struct access_key key = stack_key(&stack, ROLE_admin, time_now() + 100);
    struct str token = session_token(arena, stack.master, &key);
    assert_int_equal(send_as(&key, token).status, 200);
    refused(send_as(&key, (struct str){0}), 403, "UnrecognizedClientException");
    ((char *)(uintptr_t)token.p)[token.n - 1] ^= 1;
    refused(send_as(&key, token), 403, "UnrecognizedClientException");
    struct access_key other = stack_key(&stack, ROLE_admin, time_now() + 100);
    refused(send_as(&key, session_token(arena, stack.master, &other)), 403, "UnrecognizedClientException");
    struct access_key old = stack_key(&stack, ROLE_admin, time_now() - 1);
    refused(send_as(&old, session_token(arena, stack.master, &old)), 403, "ExpiredTokenException");
}

static void test_roles(void **state)
{
    (void)state;
    struct access_key reader = stack_key(&stack, ROLE_read_only, TIME_NONE);
    struct access_key collector = stack_key(&stack, ROLE_collector, TIME_NONE);
    assert_int_equal(send_as(&reader, (struct str){0}).status, 200);
    refused(send_as(&collector, (struct str){0}), 403, "AccessDeniedException");
    struct stack_request enable = {.method = "POST",
                                   .target = STR("/enable"),
                                   .body = STR("{\"resourceTypes\":[\"EC2\"]}"),
                                   .key = &reader};
    json_val *body = refused(stack_send(&stack, arena, &enable), 403, "AccessDeniedException");
    assert_true(str_find_str(json_get_str(body, "message"), STR("perform: inspector2:Enable")) > 0);
}

static struct str status_of(const char *type)
{
    json_val *account = yyjson_arr_get_first(json_get(must("/status/batch/get", "{}"), "accounts"));
    return json_get_str(json_get(json_get(account, "resourceState"), type), "status");
}

static void test_account(void **state)
{
    (void)state;
    must("/enable", "{\"resourceTypes\":[\"EC2\",\"ECR\"]}");
    json_val *again = must("/enable", "{\"resourceTypes\":[\"EC2\",\"LAMBDA_CODE\"]}");
    json_val *failed = json_get(again, "failedAccounts");
    assert_int_equal(yyjson_arr_size(failed), 1);
    assert_true(str_is(status_of("ec2"), "ENABLED"));
    assert_true(str_is(status_of("lambdaCode"), "DISABLED"));
    must("/disable", "{\"resourceTypes\":[\"ECR\",\"LAMBDA_CODE\"]}");
    assert_true(str_is(status_of("ecr"), "DISABLED"));
    failed = json_get(must("/disable", "{\"accountIds\":[\"111122223333\"]}"), "failedAccounts");
    assert_true(str_is(json_get_str(yyjson_arr_get_first(failed), "errorCode"), "ACCESS_DENIED"));
    assert_true(str_is(status_of("ec2"), "ENABLED"));
    must("/disable", "");
    assert_true(str_is(status_of("ec2"), "DISABLED"));
    assert_field(post("/enable", "{\"resourceTypes\":[\"EC2\",\"X\"]}"), "resourceTypes[1]");
}

static struct http_reply create_filter(const char *name, const char *action, const char *criteria)
{
    return post("/filters/create",
                arena_printf(arena, "{\"name\":\"%s\",\"action\":\"%s\",\"filterCriteria\":%s}", name, action,
                             criteria)
                    .p);
}

static void test_filters(void **state)
{
    (void)state;
    const char *criteria = "{\"updatedAt\":[{\"startInclusive\":1.5}],\"odd\":1}";
    struct http_reply made = create_filter("one", "NONE", criteria);
    assert_int_equal(made.status, 200);
    struct str arn = json_get_str(answer_of(&made), "arn");
    json_val *list = json_get(must("/filters/list", "{}"), "filters");
    assert_int_equal(yyjson_arr_size(list), 1);
    json_val *kept = yyjson_arr_get_first(list);
    assert_true(str_is(request_text(arena, json_get(kept, "criteria")), criteria));
    refused(create_filter("one", "NONE", "{}"), 400, "BadRequestException");
    assert_field(create_filter("two words", "NONE", "{}"), "name");
    assert_field(create_filter("all", "SUPPRESS", "{\"severty\":[]}"), "filterCriteria");
    assert_field(create_filter("bad", "NONE", "{\"severity\":[{\"comparison\":\"LIKE\",\"value\":\"x\"}]}"),
                 "filterCriteria.severity[0].comparison");
    must("/filters/update",
         arena_printf(arena, "{\"filterArn\":\"%.*s\",\"name\":\"renamed\",\"action\":\"SUPPRESS\"}",
                      STR_ARG(arn))
             .p);
    must("/filters/delete", arena_printf(arena, "{\"arn\":\"%.*s\"}", STR_ARG(arn)).p);
    refused(post("/filters/delete", arena_printf(arena, "{\"arn\":\"%.*s\"}", STR_ARG(arn)).p), 404,
            "ResourceNotFoundException");
}

static void test_filter_pages(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(create_filter(arena_printf(arena, "page-%d", i).p, "NONE", "{}").status, 200);
    struct str token = {0};
    size_t seen = 0, pages = 0;
    do {
        json_val *page =
            must("/filters/list",
                 arena_printf(arena, "{\"maxResults\":2,\"nextToken\":\"%.*s\"}", STR_ARG(token)).p);
        seen += yyjson_arr_size(json_get(page, "filters"));
        token = json_get_str(page, "nextToken");
        pages++;
    } while (token.n);
    assert_int_equal(seen, 5);
    assert_int_equal(pages, 3);
    assert_field(post("/filters/list", "{\"nextToken\":\"x\"}"), "nextToken");
    assert_null(json_get(must("/filters/list", "{\"maxResults\":5}"), "nextToken"));
}

static void test_rules_are_limited(void **state)
{
    (void)state;
    struct sql *db = store_writer(stack.store);
    for (int i = 0; i < SUPPRESSION_RULES_MAX; i++) {
        struct filter f = {.name = arena_printf(arena, "rule-%d", i),
                           .action = FILTER_SUPPRESS,
                           .criteria = STR("{\"title\":[{\"comparison\":\"EQUALS\",\"value\":\"none\"}]}")};
        stack_must(filter_add(db, arena, stack_account, &f));
    }
    stack_must(store_commit(db));
    const char *criteria = "{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"LOW\"}]}";
    json_val *body =
        refused(create_filter("more", "SUPPRESS", criteria), 402, "ServiceQuotaExceededException");
    assert_true(json_get_str(body, "resourceId").n > 0);
    assert_int_equal(create_filter("more", "NONE", criteria).status, 200);
}

static void test_sts(void **state)
{
    (void)state;
    struct stack_request q = {.method = "POST",
                              .target = STR("/"),
                              .body = STR("Action=GetCallerIdentity&Version=2011-06-15"),
                              .key = &stack.key,
                              .service = "sts",
                              .region = "us-west-2"};
    struct http_reply r = stack_send(&stack, arena, &q);
    assert_int_equal(r.status, 200);
    assert_true(str_find_str(r.body, STR("<Account>123456789012</Account>")) > 0);
    assert_true(str_find_str(r.body, STR("arn:aws:iam::123456789012:user/admin")) > 0);
    struct access_key wrong = stack.key;
    wrong.secret[0] ^= 1;
    q.key = &wrong;
    r = stack_send(&stack, arena, &q);
    assert_int_equal(r.status, 403);
    assert_true(str_find_str(r.body, STR("<Code>SignatureDoesNotMatch</Code>")) > 0);
}

static void test_vulnerabilities(void **state)
{
    (void)state;
    json_val *found = json_get(
        must("/vulnerabilities/search", "{\"filterCriteria\":{\"vulnerabilityIds\":[\"CVE-2021-0001\"]}}"),
        "vulnerabilities");
    json_val *one = yyjson_arr_get_first(found);
    assert_true(str_is(json_get_str(one, "description"), "Lodash runs what it is told."));
    assert_true(yyjson_get_num(json_get(json_get(one, "cvss3"), "baseScore")) == 9.8);
    assert_int_equal(yyjson_get_int(json_get(json_get(one, "cisaData"), "dateAdded")), 1610000000);
    assert_true(str_is(json_str(yyjson_arr_get_first(json_get(one, "detectionPlatforms"))), "NPM"));
    found = json_get(
        must("/vulnerabilities/search", "{\"filterCriteria\":{\"vulnerabilityIds\":[\"CVE-2021-9999\"]}}"),
        "vulnerabilities");
    assert_int_equal(yyjson_arr_size(found), 0);
    assert_field(post("/vulnerabilities/search", "{\"filterCriteria\":{\"vulnerabilityIds\":[\"x\"]}}"),
                 "filterCriteria.vulnerabilityIds[0]");
}

/* Whatever an operation is sent with an empty body, it answers; none fails. */
static void test_every_operation(void **state)
{
    (void)state;
    for (const struct operation_group *const *g = operation_groups; *g; g++)
        for (const struct operation *o = (*g)->operations; o->name; o++) {
            if (strchr(o->path, '{') || o->raw)
                continue;
            struct http_reply r = stack_send(
                &stack, arena,
                &(struct stack_request){
                    .method = o->method, .target = str_from(o->path), .body = STR("{}"), .key = &stack.key});
            if (r.status == 0 || r.status >= 500)
                fail_msg("%s: %u %.*s", o->name, r.status, STR_ARG(r.body));
            answer_of(&r);
        }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_protocol),        TEST(test_signatures),        TEST(test_sessions),
        TEST(test_roles),           TEST(test_account),           TEST(test_filters),
        TEST(test_filter_pages),    TEST(test_rules_are_limited), TEST(test_sts),
        TEST(test_vulnerabilities), TEST(test_every_operation),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
