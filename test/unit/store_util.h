/* A store in a directory of its own, which goes away with it. */
#ifndef ASSAY_TEST_STORE_UTIL_H
#define ASSAY_TEST_STORE_UTIL_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
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

/* finding.facet said another way than store/facet.c does. */
static const char test_facets[] =
    "SELECT count(*) FROM finding WHERE facet <> "
    "(severity + status * 8 + type * 32 + resource_type * 128 + (coalesce(fix, -1) + 1) * 1024 "
    "+ (coalesce(exploit, -1) + 1) * 4096 + (coalesce(protocol, -1) + 1) * 16384 "
    "+ coalesce(1 + instr('ACDGMNOPRSUW', upper(substr(source, 1, 1))), 0) * 65536 "
    "+ coalesce(1 + instr('CHILMN', upper(substr(vendor_severity, 1, 1))), 0) * 1048576 "
    "+ (CASE WHEN pushed IS NULL THEN 0 ELSE 8388608 END) "
    "+ (CASE WHEN repository IS NULL THEN 0 ELSE 16777216 END) "
    "+ (CASE WHEN registry IS NULL THEN 0 ELSE 33554432 END) "
    "+ (CASE WHEN component_type IS NULL THEN 0 ELSE 67108864 END) "
    "+ (CASE WHEN score IS NULL THEN 0 ELSE 134217728 END) "
    "+ (CASE WHEN epss IS NULL THEN 0 ELSE 268435456 END) "
    "+ (CASE WHEN vulnerability_id IS NULL THEN 0 ELSE 536870912 END)) ";

__attribute__((unused)) static void test_store_free(struct test_store *t)
{
    struct sql *db = t->store ? store_reader(t->store) : NULL;
    assert_true(!db || sql_run_int(sql_prepare(db, test_facets), -1) == 0);
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
