/* Opening, looking up and comparing advisory databases: db_bench OLD [NEW]. Times are the best of several
 * rounds, which is what a warm cache gives. */
#include <stdio.h>
#include <stdlib.h>

#include "advisory/db.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"

enum { ROUNDS = 5, OPENS = 1000 };

static int fail(void)
{
    fprintf(stderr, "db_bench: %s\n", err_text());
    return EXIT_FAILURE;
}

static double best_of(double best, uint64_t started)
{
    double ns = (double)(time_monotonic_ns() - started);
    return best == 0 || ns < best ? ns : best;
}

static int bench_open(const char *path)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t started = time_monotonic_ns();
        for (int i = 0; i < OPENS; i++) {
            _cleanup_(db_cleanup) struct db *db = NULL;
            if (db_open(path, &db) < 0)
                return fail();
        }
        best = best_of(best, started);
    }
    printf("open and close   %8.2f us\n", best / OPENS / 1e3);
    return EXIT_SUCCESS;
}

/* Looks `n` packages up again and again, found and not found. With few of them caches are warm, with all of
 * them every one is a walk through memory. The keys are spread over the file. */
static void bench_lookup(const struct db *db, uint64_t n)
{
    enum { LOOKUPS = 200000 };
    struct db_counts counts;
    db_counts(db, &counts);
    n = n < counts.packages ? n : counts.packages;
    if (!n)
        return;
    struct str *keys = mem_alloc(2 * n * sizeof *keys);
    struct db_span span;
    uint64_t step = counts.packages / n, found = 0;
    for (uint64_t i = 0; i < n; i++)
        db_package_at(db, (uint32_t)(i * 7919 % n * step), &keys[2 * i], &keys[2 * i + 1], &span);
    double hit = 0, miss = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t started = time_monotonic_ns();
        for (uint64_t i = 0; i < LOOKUPS; i++)
            found += db_package(db, keys[i % n * 2], keys[i % n * 2 + 1]).n != 0;
        hit = best_of(hit, started);
        started = time_monotonic_ns();
        for (uint64_t i = 0; i < LOOKUPS; i++)
            found += db_package(db, keys[i % n * 2 + 1], keys[i % n * 2]).n != 0;
        miss = best_of(miss, started);
    }
    printf("package          %8.0f ns there, %.0f ns not there (%llu packages, %llu hits)\n", hit / LOOKUPS,
           miss / LOOKUPS, (unsigned long long)n, (unsigned long long)found);
    free(keys);
}

static int count_package(void *ctx, enum db_change change, struct str ecosystem, struct str name)
{
    (void)change;
    (void)ecosystem;
    (void)name;
    ++*(uint64_t *)ctx;
    return 0;
}

static int count_id(void *ctx, enum db_change change, struct str id)
{
    (void)change;
    (void)id;
    ++*(uint64_t *)ctx;
    return 0;
}

static int bench_difference(const struct db *old, const struct db *new)
{
    uint64_t changes = 0;
    double best = 0;
    const struct db_diff diff = {
        .package = count_package, .record = count_id, .epss = count_id, .ctx = &changes};
    for (int round = 0; round < ROUNDS; round++) {
        changes = 0;
        uint64_t started = time_monotonic_ns();
        if (db_difference(old, new, &diff) < 0)
            return fail();
        best = best_of(best, started);
    }
    printf("difference       %8.1f ms (%llu changes)\n", best / 1e6, (unsigned long long)changes);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    _cleanup_(db_cleanup) struct db *old = NULL, *new = NULL;
    if (argc < 2 || argc > 3) {
        fputs("usage: db_bench OLD [NEW]\n", stderr);
        return EXIT_FAILURE;
    }
    if (db_open(argv[1], &old) < 0 || db_open(argv[argc - 1], &new) < 0)
        return fail();
    if (bench_open(argv[1]))
        return EXIT_FAILURE;
    bench_lookup(old, 1000);
    bench_lookup(old, UINT64_MAX);
    return bench_difference(old, new);
}
