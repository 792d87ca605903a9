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

__attribute__((unused)) static void test_store_free(struct test_store *t)
{
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
