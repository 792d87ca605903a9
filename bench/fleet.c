/* A synthetic fleet in the state of a server: what each host has told, as the engine takes it.
 *
 *   fleet make DATA LIST HOSTS PACKAGES   adds the hosts to the folder of a server that does not run
 *                                          (their keys go to DATA/hosts)
 *   fleet held DATA                        sources of packages that 0.4 to 0.6 % of the hosts hold
 *
 * LIST (bench/fleet.py packages) has a package a line, most popular first. What is marked "always" every host
 * has; of the others a host draws with weights 1 / (rank + 20), so that no two hosts are the same. The newest
 * version of several is drawn seven times in ten. */
#include <math.h>
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
#include "store/heard.h"

enum { TOGETHER = 100, VERSIONS = 8, FLATTEN = 20, MADE_BY = 20260 };
static const struct place place = {"aws", "us-east-1"};

/* A name of the list, in all its versions. */
struct offer {
    struct package versions[VERSIONS];
    size_t n;
    uint64_t drawn; /* by the host of this number */
};

static VEC(struct offer) offers;
static size_t n_always;
static VEC(double) weights; /* of all up to this one */

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

static double seconds_since(uint64_t begin)
{
    return (double)(time_monotonic_ns() - begin) / 1e9;
}

static uint64_t random_state;
static uint64_t next_random(void)
{
    random_state += 0x9e3779b97f4a7c15; /* splitmix64 */
    uint64_t z = random_state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static double random_below(double n)
{
    return (double)(next_random() >> 11) / (double)(1ULL << 53) * n;
}

static void read_offer(struct str line)
{
    struct str word, name, arch;
    struct offer *o = vec_push(&offers);
    *o = (struct offer){.drawn = UINT64_MAX};
    str_next(&line, '\t', &word);
    n_always += str_is(word, "always");
    str_next(&line, '\t', &name);
    str_next(&line, '\t', &arch);
    while (o->n < VERSIONS && str_next(&line, '\t', &word)) {
        struct package *p = &o->versions[o->n++];
        *p = (struct package){.type = STR("deb"),
                              .name = name,
                              .version = word,
                              .arch = arch,
                              .path = STR("var/lib/dpkg/status"),
                              .manager = PM_OS,
                              .layer = NO_LAYER};
        str_next(&line, '\t', &p->source);
        str_next(&line, '\t', &p->source_version);
        if (str_eq(p->source, name))
            p->source = (struct str){0};
        if (str_eq(p->source_version, p->version))
            p->source_version = (struct str){0};
    }
}

static void read_list(struct arena *a, const char *path)
{
    struct str text, line;
    double sum = 0;
    if (file_read(a, path, 64 << 20, &text) < 0)
        die("packages");
    while (str_next(&text, '\n', &line))
        if (line.n)
            read_offer(line);
    for (size_t i = n_always; i < offers.n; i++) {
        sum += 1.0 / (double)(i - n_always + FLATTEN);
        vec_add(&weights, sum);
    }
}

static struct offer *draw(void)
{
    double at = random_below(weights.at[weights.n - 1]);
    size_t low = 0, high = weights.n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (weights.at[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return &offers.at[n_always + low];
}

static void hold(struct inventory *inv, struct offer *o, uint64_t host)
{
    o->drawn = host;
    size_t version = random_below(10) < 7 ? o->n - 1 : next_random() % o->n;
    inventory_add(inv, &o->versions[version]);
}

static struct inventory *host_inventory(uint64_t host, size_t n)
{
    struct inventory *inv = inventory_new();
    inv->os = (struct os){.family = STR("debian"), .version = STR("12"), .codename = STR("bookworm")};
    inv->target_kind = STR("host");
    for (size_t i = 0; i < n_always && i < n; i++)
        hold(inv, &offers.at[i], host);
    while (inv->packages.n < n) {
        struct offer *o = draw();
        if (o->drawn != host)
            hold(inv, o, host);
    }
    inventory_finish(inv);
    return inv;
}

/* As enrolment and the first report of a collector leave it. */
static struct resource host_resource(struct arena *a, account_id account, uint64_t host)
{
    struct str details = arena_printf(
        a,
        "{\"awsEc2Instance\":{\"type\":\"m5.large\",\"ipV4Addresses\":[\"10.%d.%d.%d\"],\"platform\":"
        "\"DEBIAN_12\"},\"vm\":{\"vmName\":\"host-%d\",\"ipV4Addresses\":[\"10.%d.%d.%d\"],\"platform\":"
        "\"DEBIAN_12\"}}",
        (int)(host >> 16), (int)(host >> 8 & 255), (int)(host & 255), (int)host, (int)(host >> 16),
        (int)(host >> 8 & 255), (int)(host & 255));
    return (struct resource){.account = account,
                             .type = RESOURCE_AWS_EC2_INSTANCE,
                             .resource_id = arena_printf(a, "mi-%017llx", (unsigned long long)(host + 1)),
                             .name = arena_printf(a, "host-%d", (int)host),
                             .architecture = STR("x86_64"),
                             .ami =
                                 arena_printf(a, "ami-%017x", (int)random_below(sqrt(random_below(40000)))),
                             .details = details,
                             .tags = arena_printf(a, "{\"env\":\"%s\",\"team\":\"team-%d\"}",
                                                  host % 5 < 3 ? "prod" : "test", (int)(host % 60)),
                             .pushed = TIME_NONE,
                             .pulled = TIME_NONE,
                             .last_in_use = TIME_NONE,
                             .in_use_count = -1,
                             .modified = TIME_NONE};
}

static void enrol(struct sql *db, const struct master_key *master, account_id account,
                  const struct resource *r, FILE *hosts)
{
    struct access_key key;
    if (user_add(db, account, r->resource_id, ROLE_collector) < 0 ||
        access_key_add(db, master, account, r->resource_id, ROLE_collector, r->resource_id, TIME_NONE, &key) <
            0)
        die("key");
    struct str digest = r->resource_id; /* of the report: 64 digits, here the id */
    fprintf(hosts, "%.*s %s %s %064llx\n", STR_ARG(r->resource_id), key.id, key.secret,
            strtoull(digest.p + 3, NULL, 16));
}

static void add_host(struct sql *db, const struct db *advisories, const struct master_key *master,
                     account_id account, uint64_t host, size_t packages, FILE *hosts)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct engine_work work = {0};
    bool is_new, changed;
    int64_t now = time_now();
    random_state = MADE_BY + host * 1000003;
    _cleanup_(inventory_cleanup) struct inventory *inv = host_inventory(host, packages);
    struct resource r = host_resource(a, account, host);
    struct coverage c = {SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL, MODE_EC2_SSM_AGENT_BASED, now, {0}};
    r.id = resource_put(db, &r, &is_new, &changed);
    enrol(db, master, account, &r, hosts);
    coverage_put(db, &r, SCAN_PACKAGE, &c, now);
    if (engine_inventory(db, advisories, &r, inv, now, &work, &changed) < 0)
        die("inventory");
    host_reported(db, account, r.id, r.inventory, arena_printf(a, "%064llx", (unsigned long long)(host + 1)));
}

static long peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

static account_id only_account(struct store *s)
{
    account_id account = -1;
    struct sql *db = store_reader(s);
    for (account_id next = -1; account_next(db, next, &next);)
        account = next;
    store_release(db);
    return account;
}

static struct db *open_advisories(struct arena *a, struct store *s, const char *folder)
{
    struct db *advisories;
    struct sql *db = store_reader(s);
    struct str generation = property_get(db, a, "advisories");
    store_release(db);
    if (db_open(arena_printf(a, "%s/advisories/%.*s.db", folder, STR_ARG(generation)).p, &advisories) < 0)
        die("advisories");
    return advisories;
}

static int make(struct arena *a, const char *folder, const char *list, uint64_t hosts, size_t packages)
{
    struct store *s;
    struct master_key *master;
    read_list(a, list);
    if (packages < n_always || packages > offers.n)
        return fprintf(stderr, "packages: %zu to %zu\n", n_always, offers.n), 2;
    if (store_open(arena_printf(a, "%s/state.db", folder).p, &place, &s) < 0 ||
        master_key_open(arena_printf(a, "%s/master.key", folder).p, &master) < 0)
        die(folder);
    account_id account = only_account(s);
    struct db *advisories = open_advisories(a, s, folder);
    _cleanup_file_ FILE *out = fopen(arena_printf(a, "%s/hosts", folder).p, "we");
    if (!out)
        die("hosts");
    uint64_t begin = time_monotonic_ns(), step = begin;
    for (uint64_t host = 0; host < hosts;) {
        struct sql *db = store_writer(s);
        for (int i = 0; i < TOGETHER && host < hosts; i++, host++)
            add_host(db, advisories, master, account, host, packages, out);
        if (store_commit(db) < 0)
            die("commit");
        if (host % 10000 == 0 || host == hosts) {
            printf("%llu hosts, %.0f s, the last 10,000 at %.0f/s\n", (unsigned long long)host,
                   seconds_since(begin), 10000 / seconds_since(step));
            fflush(stdout);
            step = time_monotonic_ns();
        }
    }
    printf("%.0f new hosts/s, %ld MiB\n", (double)hosts / seconds_since(begin), peak_mib());
    store_close(s);
    db_close(advisories);
    master_key_close(master);
    return 0;
}

/* In no order that means anything: that of a digest. */
static int held(struct arena *a, const char *folder)
{
    struct store *s;
    if (store_open(arena_printf(a, "%s/state.db", folder).p, &place, &s) < 0)
        die(folder);
    struct sql *db = store_reader(s);
    struct statement *q = sql_prepare(
        db, "SELECT p.name FROM (SELECT package, count(*) AS n FROM holding GROUP BY account, package) h"
            " JOIN package p ON p.id = h.package WHERE p.source = ''"
            " GROUP BY p.name HAVING sum(n) * 1000 BETWEEN 4 * (SELECT count(*) FROM resource)"
            " AND 6 * (SELECT count(*) FROM resource) ORDER BY min(p.digest)");
    while (sql_next(q))
        printf("%.*s\n", STR_ARG(sql_str(q, 0)));
    if (sql_status(db) < 0)
        die("held");
    store_release(db);
    store_close(s);
    return 0;
}

int main(int argc, char **argv)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    if (argc == 6 && !strcmp(argv[1], "make"))
        return make(a, argv[2], argv[3], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
    if (argc == 3 && !strcmp(argv[1], "held"))
        return held(a, argv[2]);
    return fprintf(stderr, "fleet make DATA LIST HOSTS PACKAGES | fleet held DATA\n"), 2;
}
