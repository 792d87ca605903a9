/* A synthetic fleet: HOSTS hosts with PACKAGES packages each, from this machine's own list, and an advisory
 * difference of 100 packages, which makes a finding for every second host (50,000 for 100,000). Prints what
 * the engine does a second, of the clock and of processor time.
 *
 * fleet_bench DIR [HOSTS [PACKAGES]] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "advisory/db.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/time.h"
#include "base/vec.h"
#include "monitor/engine.h"
#include "store/access.h"

static int common = 295;
enum { RARE = 1000, RARE_EACH = 5, TOLD = 100, TOGETHER = 100, NOW = 1750000000 };
static const account_id account = 123456789012;
static const struct place place = {"aws", "us-east-1"};

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

static double seconds_since(uint64_t begin)
{
    return (double)(time_monotonic_ns() - begin) / 1e9;
}

/* Of this process: what the machine does besides does not count. */
static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

static size_t read_packages(struct arena *a, struct package **ret_packages)
{
    struct str text, line, value;
    VEC(struct package) list = {0};
    if (file_read(a, "/var/lib/dpkg/status", 64 << 20, &text) < 0)
        fail("packages");
    while (str_next(&text, '\n', &line)) {
        if (str_starts(line, STR("Package: "))) {
            struct package *p = vec_push(&list);
            *p = (struct package){.type = STR("deb"),
                                  .name = str_slice(line, 9, line.n),
                                  .arch = STR("amd64"),
                                  .path = STR("var/lib/dpkg/status"),
                                  .manager = PM_OS,
                                  .layer = NO_LAYER};
        } else if (list.n && str_starts(line, STR("Version: ")))
            list.at[list.n - 1].version = str_slice(line, 9, line.n);
        else if (list.n && str_starts(line, STR("Source: "))) {
            value = str_slice(line, 8, line.n);
            str_next(&value, ' ', &list.at[list.n - 1].source);
        }
    }
    *ret_packages = list.at;
    return list.n;
}

static struct db *tell(const char *path, int n)
{
    struct db_writer *w = db_writer_new(&(struct db_writer_options){0});
    struct db_feed feed = {.name = STR("osv/debian"), .date = TIME_NONE};
    struct advisory_severity severity = {.source = STR("nvd@nist.gov"),
                                         .vector = STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")};
    struct db *db;
    db_writer_feed(w, &feed);
    for (int i = 0; i < n; i++) {
        char id[32], name[32];
        snprintf(id, sizeof id, "CVE-2026-%04d", i + 1);
        snprintf(name, sizeof name, "rare-%d", i);
        struct advisory_range range = {.fixed = STR("2.0-1")};
        struct advisory_affected affected = {
            .ecosystem = STR("Debian:12"), .name = str_from(name), .ranges = &range, .n_ranges = 1};
        struct advisory v = {.id = str_from(id),
                             .published = NOW,
                             .modified = NOW,
                             .withdrawn = TIME_NONE,
                             .severities = &severity,
                             .n_severities = 1,
                             .summary = STR("A flaw that was found."),
                             .affected = &affected,
                             .n_affected = 1,
                             .kev = {.added = TIME_NONE, .due = TIME_NONE}};
        if (db_writer_add(w, &v) < 0)
            fail("advisory");
    }
    if (db_writer_finish(w, path) < 0 || db_open(path, &db) < 0)
        fail(path);
    db_writer_free(w);
    return db;
}

static struct inventory *host_inventory(struct package *packages, size_t n, int host)
{
    struct inventory *inv = inventory_new();
    inv->os = (struct os){.family = STR("debian"), .version = STR("12"), .codename = STR("bookworm")};
    inv->target_kind = STR("host");
    for (size_t i = 0; i < (size_t)common; i++)
        inventory_add(inv, &packages[i % n]);
    for (int i = 0; i < RARE_EACH; i++) {
        char name[32];
        snprintf(name, sizeof name, "rare-%d", (host * RARE_EACH + i) % RARE);
        inventory_add(inv, &(struct package){.type = STR("deb"),
                                             .name = str_from(name),
                                             .version = i || host % 2 ? STR("1.0-1") : STR("1.1-1"),
                                             .arch = STR("amd64"),
                                             .path = STR("var/lib/dpkg/status"),
                                             .manager = PM_OS,
                                             .layer = NO_LAYER});
    }
    /* So that no two are the same. */
    char name[32];
    snprintf(name, sizeof name, "host-%d", host / 2);
    inventory_add(inv, &(struct package){.type = STR("deb"),
                                         .name = str_from(name),
                                         .arch = STR("amd64"),
                                         .version = host % 2 ? STR("1") : STR("2"),
                                         .path = STR("var/lib/dpkg/status"),
                                         .manager = PM_OS,
                                         .layer = NO_LAYER});
    return inv;
}

static void report(struct sql *db, const struct db *advisories, struct package *packages, size_t n, int host)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = host_inventory(packages, n, host);
    struct engine_work work = {0};
    bool is_new, changed;
    char id[32];
    snprintf(id, sizeof id, "mi-%017d", host);
    struct resource r = {.account = account,
                         .type = RESOURCE_AWS_EC2_INSTANCE,
                         .resource_id = str_from(id),
                         .details = STR("{}"),
                         .pushed = TIME_NONE,
                         .pulled = TIME_NONE,
                         .last_in_use = TIME_NONE,
                         .in_use_count = -1,
                         .modified = TIME_NONE};
    struct coverage c = {SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL, MODE_NONE, NOW, {0}};
    r.id = resource_put(db, &r, &is_new, &changed);
    coverage_put(db, &r, SCAN_PACKAGE, &c, NOW);
    if (engine_inventory(db, advisories, &r, inv, NOW, &work, &changed) < 0)
        fail("inventory");
}

static void load(struct store *s, const struct db *advisories, struct package *packages, size_t n, int hosts)
{
    uint64_t begin = time_monotonic_ns();
    double cpu = cpu_seconds();
    for (int host = 0; host < hosts; host += TOGETHER) {
        struct sql *db = store_writer(s);
        for (int i = host; i < host + TOGETHER && i < hosts; i++)
            report(db, advisories, packages, n, i);
        if (store_commit(db) < 0)
            fail("commit");
    }
    printf("new inventories: %d in %.1f s, %.0f/s, %.0f/s of processor time; %ld MiB\n", hosts,
           seconds_since(begin), hosts / seconds_since(begin), hosts / (cpu_seconds() - cpu), peak_mib());
    fflush(stdout);
}

static void apply(struct store *s, const struct db *old, const struct db *new)
{
    struct engine_apply *e;
    uint64_t begin = time_monotonic_ns();
    double first = 0, longest = 0, cpu = cpu_seconds();
    int more = 1, slices = 0;
    if (engine_apply_new(s, old, new, &e) < 0)
        fail("difference");
    while (more) {
        uint64_t slice = time_monotonic_ns();
        if ((more = engine_apply_slice(e, NOW + 1)) < 0)
            fail("slice");
        if (!first && engine_apply_work(e)->findings_touched)
            first = seconds_since(begin);
        longest = seconds_since(slice) > longest ? seconds_since(slice) : longest;
        slices++;
    }
    const struct engine_work *w = engine_apply_work(e);
    printf("difference: %llu packages judged, %llu findings on %llu resources; first after %.2f s, all after "
           "%.1f s, %.0f/s, %.0f/s of processor time; %d slices, the longest %.2f s; %ld MiB\n",
           (unsigned long long)w->packages_judged, (unsigned long long)w->findings_touched,
           (unsigned long long)w->resources_touched, first, seconds_since(begin),
           (double)w->findings_touched / seconds_since(begin),
           (double)w->findings_touched / (cpu_seconds() - cpu), slices, longest, peak_mib());
    engine_apply_free(e);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: fleet_bench DIR [HOSTS [PACKAGES]]\n"), 2;
    char path[3][512];
    int hosts = argc > 2 ? atoi(argv[2]) : 10000;
    if (argc > 3)
        common = atoi(argv[3]) - RARE_EACH;
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", argv[1],
                 (const char *[]){"state.db", "old.db", "new.db"}[i]);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct package *packages;
    size_t n = read_packages(a, &packages);
    struct store *s;
    struct db *old = tell(path[1], 0), *new = tell(path[2], TOLD);
    struct engine_work work;
    if (store_open(path[0], &place, &s) < 0)
        fail("store");
    struct sql *db = store_writer(s);
    account_add(db, account);
    if (store_commit(db) < 0 || engine_apply_difference(s, NULL, old, NOW, &work) < 0)
        fail("begin");
    load(s, old, packages, n, hosts);
    apply(s, old, new);
    store_close(s);
    db_close(old);
    db_close(new);
    free(packages);
    return 0;
}
