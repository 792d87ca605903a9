#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "store/criteria.h"

/* What is wrong with it, or "" */
static const char *wrong(struct arena *a, enum criteria_of of, const char *json)
{
    struct field_errors errors = {.n = 0};
    struct criteria *c;
    json_val *v;
    assert_int_equal(json_parse(a, str_from(json), &v), 0);
    int r = criteria_read(a, of, v, "filterCriteria", &errors, &c);
    assert_int_equal(r, errors.n ? ERR_INVALID : 0);
    return errors.n ? errors.at[0].name.p : "";
}

static const struct {
    const char *json, *error;
} cases[] = {
    {"{}", ""},
    {"{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"HIGH\"}]}", ""},
    {"{\"severity\":null,\"nobodyKnows\":[1]}", ""},
    {"{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"no such severity\"}]}", ""},
    {"{\"severity\":[]}", "filterCriteria.severity"},
    {"{\"severity\":{}}", "filterCriteria.severity"},
    {"{\"severity\":[1]}", "filterCriteria.severity[0]"},
    {"{\"severity\":[{\"comparison\":\"LIKE\",\"value\":\"HIGH\"}]}",
     "filterCriteria.severity[0].comparison"},
    {"{\"severity\":[{\"value\":\"HIGH\"}]}", "filterCriteria.severity[0].comparison"},
    {"{\"title\":[{\"comparison\":\"EQUALS\",\"value\":\"x\"},{\"comparison\":\"EQUALS\"}]}",
     "filterCriteria.title[1].value"},
    {"{\"title\":[{\"comparison\":\"EQUALS\",\"value\":\"\"}]}", "filterCriteria.title[0].value"},
    {"{\"title\":[{\"comparison\":\"EQUALS\",\"value\":1}]}", "filterCriteria.title[0].value"},
    {"{\"resourceTags\":[{\"comparison\":\"EQUALS\",\"key\":\"k\"}]}", ""},
    {"{\"resourceTags\":[{\"comparison\":\"EQUALS\",\"key\":\"k\",\"value\":\"\"}]}", ""},
    {"{\"resourceTags\":[{\"comparison\":\"PREFIX\",\"key\":\"k\"}]}",
     "filterCriteria.resourceTags[0].comparison"},
    {"{\"resourceTags\":[{\"comparison\":\"EQUALS\"}]}", "filterCriteria.resourceTags[0].key"},
    {"{\"inspectorScore\":[{\"lowerInclusive\":7.5,\"upperInclusive\":null}]}", ""},
    {"{\"inspectorScore\":[{\"lowerInclusive\":\"7\"}]}", "filterCriteria.inspectorScore[0].lowerInclusive"},
    {"{\"updatedAt\":[{\"startInclusive\":1700000000.123}]}", ""},
    {"{\"portRange\":[{\"beginInclusive\":0,\"endInclusive\":65535}]}", ""},
    {"{\"portRange\":[{\"beginInclusive\":65536}]}", "filterCriteria.portRange[0].beginInclusive"},
    {"{\"portRange\":[{\"beginInclusive\":1.5}]}", "filterCriteria.portRange[0].beginInclusive"},
    {"{\"vulnerablePackages\":[{\"name\":{\"comparison\":\"X\",\"value\":\"a\"}}]}",
     "filterCriteria.vulnerablePackages[0].name.comparison"},
    {"{\"vulnerablePackages\":[{\"epoch\":{\"lowerInclusive\":1},\"name\":null}]}", ""},
    {"[]", "filterCriteria"},
};

static void input_is_checked(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(wrong(a, CRITERIA_FINDINGS, cases[i].json), cases[i].error);
    assert_string_equal(
        wrong(a, CRITERIA_COVERAGE, "{\"scanType\":[{\"comparison\":\"PREFIX\",\"value\":\"P\"}]}"),
        "filterCriteria.scanType[0].comparison");
}

static void bounds_are_held(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (int n = 20; n <= 21; n++) {
        _cleanup_(buf_free) struct buf b = buf_new(1 << 20);
        buf_printf(&b, "{\"title\":[");
        for (int i = 0; i < n; i++)
            buf_printf(&b, "%s{\"comparison\":\"EQUALS\",\"value\":\"x\"}", i ? "," : "");
        buf_printf(&b, "]}");
        assert_string_equal(wrong(a, CRITERIA_FINDINGS, b.p), n == 20 ? "" : "filterCriteria.title");
    }
    for (int n = 1024; n <= 1025; n++) { /* characters, not bytes */
        _cleanup_(buf_free) struct buf b = buf_new(1 << 20);
        buf_printf(&b, "{\"title\":[{\"comparison\":\"EQUALS\",\"value\":\"");
        for (int i = 0; i < n; i++)
            buf_printf(&b, "\xc3\xa4");
        buf_printf(&b, "\"}]}");
        assert_string_equal(wrong(a, CRITERIA_FINDINGS, b.p),
                            n == 1024 ? "" : "filterCriteria.title[0].value");
    }
}

static size_t count_keys(enum criteria_of of)
{
    size_t n = 0;
    for (const char *const *key = criteria_keys(of); *key; key++)
        n++;
    return n;
}

static void all_keys_are_known(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct criteria *c;
    assert_int_equal(count_keys(CRITERIA_FINDINGS), 69);
    assert_int_equal(count_keys(CRITERIA_COVERAGE), 32);
    assert_int_equal(criteria_parse(a, CRITERIA_FINDINGS,
                                    STR("{\"title\":[{\"comparison\":\"PREFIX\",\"value\":\"x\"}]}"), &c),
                     0);
    assert_true(criteria_has(c, "title"));
    assert_false(criteria_has(c, "severity"));
    assert_false(criteria_empty(c));
    assert_int_equal(criteria_parse(a, CRITERIA_FINDINGS, STR(""), &c), 0);
    assert_true(criteria_empty(c));
    assert_int_equal(criteria_parse(a, CRITERIA_FINDINGS, STR("{"), &c), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(input_is_checked), cmocka_unit_test(bounds_are_held),
                                       cmocka_unit_test(all_keys_are_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
