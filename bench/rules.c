/* What suppression rules cost: as many as an account may have, each one added,
 * over the findings of a store that `lists make` made; then the findings of one batch held against all of
 * them; then each one removed.
 *
 *   rules FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"
#include "monitor/engine.h"
#include "store/filter.h"

#define ACCOUNT INT64_C(123456789012)
static const struct place place = {"aws", "us-east-1"};
enum { NOW = 1800000000, RARE = 15000, COMMON = 2, TOUCHED = 1000 };

static void ok(int r)
{
    if (r >= 0)
        return;
    fprintf(stderr, "%s\n", err_text());
    exit(1);
}

static double ms_since(uint64_t begin)
{
    return (double)(time_monotonic_ns() - begin) / 1e6;
}

static struct str criteria_of(struct arena *a, int i)
{
    static const char *const severities[] = {"LOW", "MEDIUM", "HIGH", "CRITICAL"};
#define IS(key, value) "\"" key "\":[{\"comparison\":\"EQUALS\",\"value\":\"" value "\"}]"
    if (i == SUPPRESSION_RULES_MAX - 1)
        return STR("{" IS("severity", "HIGH") "}");
    switch (i % 5) {
    case 0: /* what most rules say: this vulnerability is none here */
        return arena_printf(a, "{" IS("vulnerabilityId", "CVE-%d-%05d") "}", 2012 + i % 14, 1000 + i);
    case 1:
        return arena_printf(a,
                            "{\"vulnerablePackages\":[{\"name\":{\"comparison\":\"EQUALS\","
                            "\"value\":\"package-%d\"}}]," IS("severity", "%s") "}",
                            i, severities[i / 5 % 4]);
    case 2:
        return arena_printf(a,
                            "{\"resourceTags\":[{\"comparison\":\"EQUALS\",\"key\":\"team\",\"value\":"
                            "\"team-%d\"}]," IS("severity", "LOW") "}",
                            i);
    case 3:
        return arena_printf(a, "{\"epssScore\":[{\"upperInclusive\":%g}]," IS("severity", "LOW") "}",
                            (double)i / 1e7);
    default:
        return arena_printf(a, "{" IS("ecrImageRepositoryName", "team/repository-%d") "}", i);
    }
}

static double changed(struct store *s, struct str id)
{
    uint64_t begin = time_monotonic_ns();
    ok(engine_rule_changed(s, ACCOUNT, id, NOW));
    return ms_since(begin);
}

static long hidden(struct store *s)
{
    struct sql *db = store_reader(s);
    long n = (long)sql_run_int(sql_prepare(db, "SELECT count(*) FROM finding WHERE status = 1"), 0);
    store_release(db);
    return n;
}

static void touch(struct store *s, struct arena *a, int64_t vulnerability)
{
    int64_t *ids;
    struct sql *db = store_writer(s);
    struct finding_batch *b = finding_batch_new(db, ACCOUNT, NOW);
    size_t n = finding_of_vulnerability(db, a, ACCOUNT, vulnerability, &ids);
    for (size_t i = 0; i < n && i < TOUCHED; i++)
        finding_set_epss(b, ids[i], vulnerability, 0.12345);
    finding_batch_touched(b, &n);
    uint64_t begin = time_monotonic_ns();
    ok(engine_rules_touched(db, ACCOUNT, b));
    printf("%zu changed findings against all rules: %.1f ms\n", n, ms_since(begin));
    finding_batch_end(b);
    store_release(db);
}

int main(int argc, char **argv)
{
    struct store *s;
    struct str ids[SUPPRESSION_RULES_MAX];
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    double total = 0, worst = 0;
    if (argc != 2)
        return 2;
    ok(store_open(argv[1], &place, &s));
    for (int i = 0; i < SUPPRESSION_RULES_MAX; i++) {
        struct filter f = {
            .name = arena_printf(a, "rule %d", i), .criteria = criteria_of(a, i), .action = FILTER_SUPPRESS};
        struct sql *db = store_writer(s);
        ok(filter_add(db, a, ACCOUNT, &f));
        ok(store_commit(db));
        ids[i] = f.id;
        double ms = changed(s, f.id);
        total += ms;
        worst = ms > worst ? ms : worst;
    }
    printf("%d rules added: %.1f ms each, at most %.0f ms; %ld findings hidden\n", SUPPRESSION_RULES_MAX,
           total / SUPPRESSION_RULES_MAX, worst, hidden(s));
    touch(s, a, RARE);
    touch(s, a, COMMON);
    total = worst = 0;
    for (int i = SUPPRESSION_RULES_MAX - 1; i >= 0; i--) {
        struct sql *db = store_writer(s);
        filter_remove(db, ACCOUNT, ids[i]);
        ok(store_commit(db));
        double ms = changed(s, ids[i]);
        total += ms;
        worst = ms > worst ? ms : worst;
    }
    printf("%d rules removed: %.1f ms each, at most %.0f ms; %ld findings hidden\n", SUPPRESSION_RULES_MAX,
           total / SUPPRESSION_RULES_MAX, worst, hidden(s));
    store_close(s);
    return 0;
}
