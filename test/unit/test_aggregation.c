/* Counters, aggregations, coverage, objects and reports over the findings of finding_util.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/csv.h"
#include "finding_util.h"
#include "store/aggregation.h"
#include "store/engine.h"
#include "store/findings_report.h"

static struct model m;

static int begin(void **state)
{
    (void)state;
    m = model_new(200, 2000);
    struct sql *db = store_writer(m.t.store);
    assert_true(counters_verify(db, TEST_ACCOUNT, true) > 0);
    assert_int_equal(counters_verify(db, TEST_ACCOUNT, false), 0);
    for (int i = 0; i < m.n_resources; i++) {
        struct statement *s =
            sql_prepare(db, "INSERT INTO coverage (account, resource, scan_type, status, reason, mode, "
                            "last_scanned, resource_type) VALUES (?1, ?2, 1, ?3, ?4, 0, ?5, ?6)");
        sql_bind_int(s, 1, TEST_ACCOUNT);
        sql_bind_int(s, 2, m.resources[i].id);
        sql_bind_int(s, 3, i % 7 ? SCAN_STATUS_ACTIVE : SCAN_STATUS_INACTIVE);
        sql_bind_int(s, 4, i % 7 ? REASON_SUCCESSFUL : REASON_UNSUPPORTED_OS);
        sql_bind_int(s, 5, 1700000000 + i);
        sql_bind_int(s, 6, m.resources[i].type);
        sql_run(s);
    }
    test_commit(db);
    return 0;
}

static int end(void **state)
{
    (void)state;
    model_free(&m);
    return 0;
}

struct page {
    json_val *list;
    struct str token;
};

static struct page ask(const char *type, const char *request, struct str token, size_t max)
{
    _cleanup_(buf_free) struct buf text = buf_new(1 << 26);
    struct json_out out = {.to = &text};
    struct field_errors errors = {.n = 0};
    struct aggregation_query q = {
        .account = TEST_ACCOUNT, .type = str_from(type), .token = token, .max = max};
    struct page page;
    assert_int_equal(json_parse(m.t.arena, str_from(request), &q.request), 0);
    struct sql *db = store_reader(m.t.store);
    json_begin_array(&out);
    if (aggregation_query(db, m.t.arena, &q, &errors, &out, &page.token) < 0)
        fail_msg("%s %s: %s", type, request, err_text());
    json_end_array(&out);
    store_release(db);
    assert_int_equal(json_parse(m.t.arena, buf_str(&text), &page.list), 0);
    return page;
}

/* How many ACTIVE findings `counted` takes, of a severity (-1: any). */
static int64_t count(bool (*counted)(const struct model_finding *, struct str), struct str group,
                     int severity)
{
    int64_t n = 0;
    for (int i = 0; i < m.n; i++)
        n += m.findings[i].status == FINDING_ACTIVE && (severity < 0 || m.findings[i].severity == severity) &&
             counted(&m.findings[i], group);
    return n;
}

static bool of_all(const struct model_finding *f, struct str group)
{
    (void)f, (void)group;
    return true;
}

static bool of_title(const struct model_finding *f, struct str group)
{
    return str_is(group, f->title);
}

static bool of_resource(const struct model_finding *f, struct str group)
{
    return str_is(group, m.resources[f->resource].resource_id);
}

static bool of_ami(const struct model_finding *f, struct str group)
{
    return str_is(group, m.resources[f->resource].ami);
}

static bool of_repository(const struct model_finding *f, struct str group)
{
    return m.resources[f->resource].type == RESOURCE_AWS_ECR_CONTAINER_IMAGE &&
           str_is(group, m.resources[f->resource].name);
}

static bool of_package(const struct model_finding *f, struct str group)
{
    for (int i = 0; i < f->n_held; i++) {
        const struct model_package *p = &model_packages[f->held[i].package];
        if (str_is(group, p->name) || (p->epoch < 0 && *p->namespace && str_ends(group, str_from(p->name)) &&
                                       str_starts(group, str_from(p->namespace))))
            return true;
    }
    return false;
}

static const struct {
    const char *type, *member, *key, *first_sort;
    bool (*counted)(const struct model_finding *, struct str);
} kinds[] = {
    {"ACCOUNT", "accountAggregation", "accountId", "CRITICAL", of_all},
    {"FINDING_TYPE", "findingTypeAggregation", "accountId", "HIGH", of_all},
    {"TITLE", "titleAggregation", "title", "CRITICAL", of_title},
    {"PACKAGE", "packageAggregation", "packageName", "ALL", of_package},
    {"AMI", "amiAggregation", "ami", "AFFECTED_INSTANCES", of_ami},
    {"REPOSITORY", "repositoryAggregation", "repository", "AFFECTED_IMAGES", of_repository},
    {"AWS_EC2_INSTANCE", "ec2InstanceAggregation", "instanceId", "NETWORK_FINDINGS", of_resource},
    {"VM_INSTANCE", "vmInstanceAggregation", "resourceId", "ALL", of_resource},
    {"AWS_ECR_CONTAINER", "awsEcrContainerAggregation", "resourceId", "HIGH", of_resource},
    {"CONTAINER_IMAGE", "containerImageAggregation", "resourceId", "ALL", of_resource},
    {"AWS_LAMBDA_FUNCTION", "lambdaFunctionAggregation", "resourceId", "CRITICAL", of_resource},
    {"SERVERLESS_FUNCTION", "serverlessFunctionAggregation", "resourceId", "ALL", of_resource},
};

static int64_t counted_in(json_val *one, const char *name)
{
    return yyjson_get_sint(json_get(json_get(one, "severityCounts"), name));
}

static void counts_are_those_of_the_findings(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int ascending = 0; ascending < 2; ascending++) {
            struct map seen = {0};
            struct str token = STR("");
            int64_t last = ascending ? -1 : INT64_MAX;
            struct str request =
                arena_printf(m.t.arena, "{\"%s\":{\"sortBy\":\"%s\",\"sortOrder\":\"%s\"}}", kinds[k].member,
                             kinds[k].first_sort, ascending ? "ASC" : "DESC");
            do {
                struct page page = ask(kinds[k].type, request.p, token, 7);
                token = page.token;
                assert_true(!token.n || yyjson_arr_size(page.list) == 7);
                for (json_each(item, page.list)) {
                    json_val *one = json_get(item, kinds[k].member);
                    struct str group = json_get_str(one, kinds[k].key);
                    assert_true(group.n > 0);
                    assert_null(map_get(&seen, group));
                    map_set(&seen, group, item);
                    assert_int_equal(counted_in(one, "all"), count(kinds[k].counted, group, -1));
                    assert_int_equal(counted_in(one, "critical"),
                                     count(kinds[k].counted, group, GRADE_CRITICAL));
                    assert_int_equal(counted_in(one, "high"), count(kinds[k].counted, group, GRADE_HIGH));
                    assert_int_equal(counted_in(one, "medium"), count(kinds[k].counted, group, GRADE_MEDIUM));
                    int64_t now = !strcmp(kinds[k].first_sort, "CRITICAL") ? counted_in(one, "critical")
                                  : !strcmp(kinds[k].first_sort, "HIGH")   ? counted_in(one, "high")
                                  : !strcmp(kinds[k].first_sort, "ALL")    ? counted_in(one, "all")
                                                                           : last;
                    assert_true(ascending ? now >= last : now <= last);
                    last = now;
                }
            } while (token.n);
            assert_true(seen.n > 0);
            map_free(&seen);
        }
}

static void layers_and_filters(void **state)
{
    (void)state;
    json_val *layers =
        ask("IMAGE_LAYER", "{\"imageLayerAggregation\":{\"sortBy\":\"ALL\"}}", STR(""), 100).list;
    assert_int_equal(yyjson_arr_size(layers), 100);
    json_val *one = json_get(yyjson_arr_get_first(layers), "imageLayerAggregation");
    assert_true(json_get_str(one, "layerHash").n == 71 && json_get_str(one, "repository").n > 0);
    assert_true(yyjson_arr_size(ask("LAMBDA_LAYER", "{}", STR(""), 100).list) > 0);
    assert_int_equal(yyjson_arr_size(ask("CODE_REPOSITORY", "{}", STR(""), 100).list), 0);
    json_val *list =
        ask("PACKAGE",
            "{\"packageAggregation\":{\"packageNames\":[{\"comparison\":\"EQUALS\",\"value\":\"curl\"}]}}",
            STR(""), 100)
            .list;
    assert_int_equal(yyjson_arr_size(list), 1);
    list = ask("AWS_EC2_INSTANCE",
               "{\"ec2InstanceAggregation\":{\"amis\":[{\"comparison\":\"EQUALS\",\"value\":\"ami-3\"}],"
               "\"instanceTags\":[{\"comparison\":\"EQUALS\",\"key\":\"key0\"}]}}",
               STR(""), 100)
               .list;
    for (json_each(item, list))
        assert_true(str_is(json_get_str(json_get(item, "ec2InstanceAggregation"), "ami"), "ami-3"));
    assert_int_equal(
        yyjson_arr_size(
            ask("ACCOUNT", "{\"accountAggregation\":{\"findingType\":\"CODE_VULNERABILITY\"}}", STR(""), 100)
                .list),
        0);
}

/* A page of resources is read in the order of an index, whatever it is sorted by. */
static void resources_are_not_sorted(void **state)
{
    (void)state;
    ask("AWS_EC2_INSTANCE", "{\"ec2InstanceAggregation\":{\"sortBy\":\"CRITICAL\"}}", (struct str){0}, 5);
    ask("AWS_EC2_INSTANCE", "{\"ec2InstanceAggregation\":{\"sortBy\":\"ALL\"}}", (struct str){0}, 5);
    struct sql *db = store_reader(m.t.store);
    size_t checked = 0;
    for (size_t i = 0, n = db->statements.n; i < n; i++) {
        const char *text = ((const struct statement *)db->statements.entries[i].value)->text;
        if (!strstr(text, "FROM resource g") || !strncmp(text, "EXPLAIN", 7))
            continue;
        checked++;
        struct statement *plan = sql_prepare(db, arena_printf(m.t.arena, "EXPLAIN QUERY PLAN %s", text).p);
        while (sql_next(plan))
            if (str_starts(sql_str(plan, 3), STR("USE TEMP B-TREE")))
                fail_msg("%s: %.*s", text, STR_ARG(sql_str(plan, 3)));
    }
    assert_true(checked >= 2);
    store_release(db);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *request, *error;
    } bad[] = {
        {"NOTHING", "{}", "aggregationType"},
        {"PACKAGE", "{\"titleAggregation\":{}}", "aggregationRequest"},
        {"PACKAGE", "{\"packageAggregation\":{\"sortBy\":\"NETWORK_FINDINGS\"}}",
         "aggregationRequest.packageAggregation.sortBy"},
        {"PACKAGE", "{\"packageAggregation\":{\"packageNames\":[{\"comparison\":\"X\",\"value\":\"a\"}]}}",
         "aggregationRequest.packageAggregation.packageNames[0].comparison"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
        struct json_out out = {.to = &text};
        struct field_errors errors = {.n = 0};
        struct aggregation_query q = {.account = TEST_ACCOUNT, .type = str_from(bad[i].type), .max = 10};
        struct str token;
        json_parse(m.t.arena, str_from(bad[i].request), &q.request);
        struct sql *db = store_reader(m.t.store);
        assert_int_equal(aggregation_query(db, m.t.arena, &q, &errors, &out, &token), ERR_INVALID);
        assert_string_equal(errors.at[0].name.p, bad[i].error);
        store_release(db);
    }
}

static void coverage_is_listed_and_counted(void **state)
{
    (void)state;
    struct sql *db = store_reader(m.t.store);
    struct coverage_query q = {.account = TEST_ACCOUNT, .max = 30};
    struct coverage_group *groups;
    size_t n = 0, n_groups;
    int64_t total;
    do {
        _cleanup_(buf_free) struct buf text = buf_new(1 << 26);
        struct json_out out = {.to = &text};
        json_val *list;
        json_begin_array(&out);
        assert_int_equal(coverage_query(db, m.t.arena, &q, &out, &q.token), 0);
        json_end_array(&out);
        assert_int_equal(json_parse(m.t.arena, buf_str(&text), &list), 0);
        for (json_each(item, list))
            assert_true(str_is(json_get_str(item, "resourceId"), m.resources[n++].resource_id));
    } while (q.token.n);
    assert_int_equal(n, m.n_resources);
    assert_int_equal(
        coverage_count(db, m.t.arena, TEST_ACCOUNT, NULL, STR("RESOURCE_TYPE"), &groups, &n_groups, &total),
        0);
    assert_int_equal(n_groups, 3);
    assert_int_equal(total, m.n_resources);
    struct criteria *c;
    assert_int_equal(
        criteria_parse(m.t.arena, CRITERIA_COVERAGE,
                       STR("{\"scanStatusCode\":[{\"comparison\":\"EQUALS\",\"value\":\"INACTIVE\"}],"
                           "\"lastScannedAt\":[{\"startInclusive\":1700000013.5}]}"),
                       &c),
        0);
    assert_int_equal(
        coverage_count(db, m.t.arena, TEST_ACCOUNT, c, STR("SCAN_STATUS_REASON"), &groups, &n_groups, &total),
        0);
    assert_int_equal(total, (m.n_resources + 6) / 7 - 2);
    assert_true(n_groups == 1 && str_is(groups[0].key, "UNSUPPORTED_OS"));
    assert_int_equal(criteria_parse(m.t.arena, CRITERIA_COVERAGE, /* one of the last of many reasons */
                                    STR("{\"scanStatusReason\":[{\"comparison\":\"EQUALS\",\"value\":"
                                        "\"RESOURCE_STOPPED\"}]}"),
                                    &c),
                     0);
    assert_int_equal(coverage_count(db, m.t.arena, TEST_ACCOUNT, c, STR(""), &groups, &n_groups, &total), 0);
    assert_int_equal(total, 0);
    assert_int_equal(coverage_count(db, m.t.arena, TEST_ACCOUNT, c, STR("X"), &groups, &n_groups, &total),
                     ERR_INVALID);
    for (const char *const *key = criteria_keys(CRITERIA_COVERAGE); *key; key++) {
        int r = ERR_INVALID;
        for (int i = 0; i < 2 && r < 0; i++) {
            char json[256];
            snprintf(json, sizeof json,
                     i ? "{\"%s\":[{\"comparison\":\"EQUALS\",\"key\":\"x\",\"value\":\"x\"}]}"
                       : "{\"%s\":[{\"comparison\":\"NOT_EQUALS\",\"value\":\"x\"}]}",
                     *key);
            r = criteria_parse(m.t.arena, CRITERIA_COVERAGE, str_from(json), &c);
        }
        if (r < 0)
            criteria_parse(m.t.arena, CRITERIA_COVERAGE, arena_printf(m.t.arena, "{\"%s\":[{}]}", *key), &c);
        if (coverage_count(db, m.t.arena, TEST_ACCOUNT, c, STR(""), &groups, &n_groups, &total) < 0)
            fail_msg("%s: %s", *key, err_text());
    }
    store_release(db);
}

static void objects_are_whole(void **state)
{
    (void)state;
    static const char *const always[] = {"findingArn",     "awsAccountId", "type",     "description",
                                         "title",          "remediation",  "severity", "firstObservedAt",
                                         "lastObservedAt", "status",       "resources"};
    struct sql *db = store_reader(m.t.store);
    for (int i = 0; i < 300; i++) {
        _cleanup_(buf_free) struct buf text = buf_new(1 << 26);
        struct json_out out = {.to = &text};
        json_val *v;
        assert_int_equal(finding_json(db, m.t.arena, m.findings[i].id, &(struct finding_style){i % 2}, &out),
                         0);
        assert_int_equal(json_parse(m.t.arena, buf_str(&text), &v), 0);
        for (size_t k = 0; k < sizeof always / sizeof *always; k++)
            assert_non_null(json_get(v, always[k]));
        assert_null(strstr(text.p, "null"));
        assert_int_equal(yyjson_is_str(json_get(v, "firstObservedAt")), i % 2);
        assert_true(!!json_get(v, "packageVulnerabilityDetails") ==
                    (m.findings[i].type == FINDING_PACKAGE_VULNERABILITY));
    }
    struct buf text = buf_new(1000);
    struct json_out out = {.to = &text};
    assert_int_equal(finding_json(db, m.t.arena, 999999, &(struct finding_style){false}, &out), ERR_MISSING);
    buf_free(&text);
    store_release(db);
}

static void reports_have_every_finding(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    int64_t n, active = 0, rows = 0;
    for (int i = 0; i < m.n; i++) {
        int held = 0;
        for (int k = 0; k < m.findings[i].n_held; k++, held++)
            for (int j = 0; j < k; j++)
                if (m.findings[i].held[j].package == m.findings[i].held[k].package &&
                    !strcmp(m.findings[i].held[j].path, m.findings[i].held[k].path))
                    held--;
        active += m.findings[i].status == FINDING_ACTIVE;
        rows += m.findings[i].status == FINDING_ACTIVE ? held ? held : 1 : 0;
    }
    FILE *to = open_memstream(&text, &size);
    assert_int_equal(findings_report_write(m.t.store, TEST_ACCOUNT, NULL, REPORT_CSV, to, NULL, NULL, &n), 0);
    fclose(to);
    assert_int_equal(n, active);
    struct csv csv = csv_new((struct str){text, size}, ',');
    int64_t lines = 0;
    for (; csv_next(&csv) == 1; lines++)
        assert_int_equal(csv.fields.n, 55);
    assert_int_equal(lines, rows + 1);
    csv_free(&csv);
    free(text);
    to = open_memstream(&text, &size);
    struct criteria *c;
    criteria_parse(m.t.arena, CRITERIA_FINDINGS,
                   STR("{\"findingStatus\":[{\"comparison\":\"NOT_EQUALS\",\"value\":\"x\"}]}"), &c);
    assert_int_equal(findings_report_write(m.t.store, TEST_ACCOUNT, c, REPORT_JSON, to, NULL, NULL, &n), 0);
    fclose(to);
    json_val *v;
    assert_int_equal(json_parse(m.t.arena, (struct str){text, size}, &v), 0);
    assert_int_equal(yyjson_arr_size(json_get(v, "findings")), m.n);
    free(text);
}

static void counters_that_are_wrong_are_mended(void **state)
{
    (void)state;
    struct sql *db = store_writer(m.t.store);
    counter_change(db, TEST_ACCOUNT, BY_PACKAGE, STR("curl"), STR(""), RESOURCE_AWS_EC2_INSTANCE,
                   FINDING_PACKAGE_VULNERABILITY, &(struct counts){.critical = 1, .total = 1});
    counter_change(db, TEST_ACCOUNT, BY_TITLE, STR("nothing"), STR(""), 0, 0, &(struct counts){.total = 2});
    assert_int_equal(counters_verify(db, TEST_ACCOUNT, false), 2);
    assert_int_equal(counters_verify(db, TEST_ACCOUNT, true), 2);
    assert_int_equal(counters_verify(db, TEST_ACCOUNT, false), 0);
    assert_int_equal(sql_run_int(sql_prepare(db, "SELECT count(*) FROM counter WHERE total = 0"), -1), 0);
    test_commit(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_the_findings),
        cmocka_unit_test(layers_and_filters),
        cmocka_unit_test(resources_are_not_sorted),
        cmocka_unit_test(wrong_requests_are_refused),
        cmocka_unit_test(coverage_is_listed_and_counted),
        cmocka_unit_test(objects_are_whole),
        cmocka_unit_test(reports_have_every_finding),
        cmocka_unit_test(counters_that_are_wrong_are_mended),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
