/* A store in a directory of its own, which goes away with it. */
#ifndef ASSAY_TEST_STORE_UTIL_H
#define ASSAY_TEST_STORE_UTIL_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "store/facet.h"
#include "store/sql.h"
#include "store/store.h"

static const struct place test_place = {"aws", "eu-central-1"};

struct test_store {
    char dir[64], path[96];
    struct store *store;
    struct arena *arena;
};

__attribute__((unused)) static void test_store_reopen(struct test_store *t)
{
    store_close(t->store);
    t->store = NULL;
    if (store_open(t->path, &test_place, &t->store) < 0)
        fail_msg("%s", err_text());
}

__attribute__((unused)) static struct test_store test_store_new(void)
{
    struct test_store t = {.dir = "/tmp/assay-store.XXXXXX", .arena = arena_new(0)};
    assert_non_null(mkdtemp(t.dir));
    snprintf(t.path, sizeof t.path, "%s/state.db", t.dir);
    test_store_reopen(&t);
    return t;
}

/* finding.facet said another way than store/facet.c does: but for the words, whose places are empty here. */
static const char test_facets[] =
    "SELECT count(*) FROM finding WHERE (facet & ~((31 << 14) | (31 << 19))) <> "
    "(severity + status * 8 + type * 32 + resource_type * 128 + (coalesce(fix, -1) + 1) * 1024 "
    "+ (coalesce(exploit, -1) + 1) * 4096 "
    "+ (CASE WHEN pushed IS NULL THEN 0 ELSE 1 END) * 16777216 "
    "+ (CASE WHEN repository IS NULL THEN 0 ELSE 1 END) * 33554432 "
    "+ (CASE WHEN registry IS NULL THEN 0 ELSE 1 END) * 67108864 "
    "+ (CASE WHEN score IS NULL THEN 0 ELSE 1 END) * 134217728 "
    "+ (CASE WHEN epss IS NULL THEN 0 ELSE 1 END) * 268435456 "
    "+ (CASE WHEN vulnerability_id IS NULL THEN 0 ELSE 1 END) * 536870912 "
    "+ (CASE WHEN component_type IS NULL THEN 0 ELSE 1 END) * 1073741824 "
    "+ (coalesce(protocol, -1) + 1) * 2147483648)";

static void test_word(int64_t facet, enum facet_field field, struct str text)
{
    unsigned value = facet_value(facet, field);
    struct str word = facet_word(facet, field);
    assert_true(text.n ? value : !value);
    assert_true(word.n ? str_eq(word, text) : value <= 1);
}

static void test_words(struct sql *db)
{
    struct statement *s = sql_prepare(db, "SELECT DISTINCT facet, source, vendor_severity FROM finding");
    while (sql_next(s)) {
        test_word(sql_int(s, 0), FACET_SOURCE, sql_str(s, 1));
        test_word(sql_int(s, 0), FACET_VENDOR_SEVERITY, sql_str(s, 2));
    }
}

__attribute__((unused)) static void test_store_free(struct test_store *t)
{
    struct sql *db = t->store ? store_reader(t->store) : NULL;
    assert_true(!db || sql_run_int(sql_prepare(db, test_facets), -1) == 0);
    if (db)
        test_words(db);
    store_release(db);
    store_close(t->store);
    arena_free(t->arena);
    DIR *d = opendir(t->dir);
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(t->dir);
}

/* Ends a write transaction, which must succeed. */
__attribute__((unused)) static void test_commit(struct sql *db)
{
    if (store_commit(db) < 0)
        fail_msg("%s", err_text());
}

#endif
