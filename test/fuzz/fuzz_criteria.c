/* Criteria and page tokens of clients: the input is the criteria in JSON, and after the first NUL byte a page
 * token. What is read is run against an empty store, so that its SQL is prepared, too. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "store/finding_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store *store;
static char path[64];

static void remove_store(void)
{
    store_close(store);
    unlink(path);
}

static struct store *empty_store(void)
{
    static const struct place place = {"aws", "us-east-1"};
    if (store)
        return store;
    snprintf(path, sizeof path, "/tmp/assay-fuzz.%d.db", (int)getpid());
    if (store_open(path, &place, &store) < 0) {
        fprintf(stderr, "%s\n", err_text());
        abort();
    }
    atexit(remove_store);
    return store;
}

static void run(struct sql *db, struct arena *a, struct str text, struct str token)
{
    struct criteria *criteria;
    struct finding_query q = {.account = 1, .token = token, .max = 10};
    int64_t *ids, count;
    size_t n;
    struct str next;
    if (criteria_parse(a, CRITERIA_COVERAGE, text, &criteria) == 0) {
        struct coverage_group *groups;
        if (coverage_count(db, a, 1, criteria, STR("RESOURCE_TYPE"), &groups, &n, &count) < 0)
            abort();
    }
    if (criteria_parse(a, CRITERIA_FINDINGS, text, &criteria) < 0)
        return;
    q.criteria = criteria;
    finding_query(db, a, &q, &ids, &n, &next);
    if (finding_matching(db, a, 1, criteria, &(int64_t){1}, 1, &ids, &n) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size}, token = {NULL, 0};
    struct arena *a = arena_new(0);
    struct sql *db = store_reader(empty_store());
    str_cut(text, 0, &text, &token);
    run(db, a, text, token);
    store_release(db);
    arena_free(a);
    return 0;
}
