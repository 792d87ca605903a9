/* From a document of what changed in a region's network to the rows of findings: one security group, which
 * ten or a thousand instances are in, of a region with 100,000; each has forty findings of packages.
 *
 *   network DIRECTORY      (is made, and left behind)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "advisory/db.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "monitor/network.h"
#include "store/access.h"
#include "store/resource.h"

#define ACCOUNT INT64_C(123456789012)
#define REGION  STR("us-east-1")
static const struct place place = {"aws", "us-east-1"};
enum { ALL = 100 * 1000, FEW = 10, MANY = 1000, FLAWS = 40, PAGE = 1000, PAGE_BYTES = 4 << 20 };

static void ok(int64_t r)
{
    if (r >= 0)
        return;
    fprintf(stderr, "%s\n", err_text());
    exit(1);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- what there is ---- */

static void make_advisories(const char *path)
{
    struct db_writer *w = db_writer_new(&(struct db_writer_options){0});
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct advisory_severity severity = {.source = STR("nvd@nist.gov"),
                                               .vector = STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")};
    const struct advisory_range range = {.introduced = STR("0"), .fixed = STR("2.0.0")};
    db_writer_feed(w, &(struct db_feed){.name = STR("osv/npm"), .date = 1700000000, .state = STR("ok")});
    for (int i = 0; i < FLAWS; i++) {
        const struct advisory_affected affected = {
            .ecosystem = STR("npm"), .name = arena_printf(a, "lib%d", i), .ranges = &range, .n_ranges = 1};
        ok(db_writer_add(w, &(struct advisory){.id = arena_printf(a, "CVE-2024-%d", 1000 + i),
                                               .published = 1700000000,
                                               .modified = 1700000000,
                                               .withdrawn = TIME_NONE,
                                               .severities = &severity,
                                               .n_severities = 1,
                                               .summary = STR("Something goes wrong."),
                                               .affected = &affected,
                                               .n_affected = 1,
                                               .kev = {.added = TIME_NONE, .due = TIME_NONE}}));
    }
    ok(db_writer_finish(w, path));
    db_writer_free(w);
}

static int group_of(int i)
{
    return i < FEW ? 0 : i < FEW + MANY ? 1 : 2 + i % 5000;
}

static struct str instances(struct arena *a, int from)
{
    _cleanup_(buf_free) struct buf text = buf_new(PAGE_BYTES);
    buf_printf(&text, "{\"Reservations\":[{\"OwnerId\":\"123456789012\",\"Instances\":[");
    for (int i = from; i < from + PAGE; i++)
        buf_printf(
            &text,
            "%s{\"InstanceId\":\"i-%017x\",\"State\":{\"Name\":\"running\"},\"NetworkInterfaces\":[{"
            "\"NetworkInterfaceId\":\"eni-%017x\",\"SubnetId\":\"subnet-1\",\"Groups\":[{\"GroupId\":"
            "\"sg-%d\"}],\"PrivateIpAddresses\":[{\"PrivateIpAddress\":\"10.%d.%d.%d\",\"Association\":{"
            "\"PublicIp\":\"3.%d.%d.%d\"}}]}]}",
            i > from ? "," : "", i, i, group_of(i), i >> 16, i >> 8 & 255, i & 255, i >> 16, i >> 8 & 255,
            i & 255);
    buf_printf(&text, "]}]}");
    ok(buf_status(&text));
    return arena_str(a, buf_str(&text));
}

static struct str group(struct arena *a, int n, int port)
{
    return arena_printf(
        a,
        "{\"GroupId\":\"sg-%d\",\"VpcId\":\"vpc-1\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\","
        "\"FromPort\":%d,\"ToPort\":%d,\"IpRanges\":[%s]}]}",
        n, port, port, port ? "{\"CidrIp\":\"0.0.0.0/0\"}" : "");
}

static struct str groups(struct arena *a)
{
    _cleanup_(buf_free) struct buf text = buf_new(PAGE_BYTES);
    buf_printf(&text, "{\"SecurityGroups\":[");
    for (int i = 0; i < 5002; i++) {
        struct str one = group(a, i, 22);
        buf_printf(&text, "%s%.*s", i ? "," : "", STR_ARG(one));
    }
    buf_printf(&text, "]}");
    return arena_str(a, buf_str(&text));
}

static const char places[] =
    "{\"Vpcs\":[{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/8\"}],\"Subnets\":[{\"SubnetId\":\"subnet-1\","
    "\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/"
    "8\"}],\"InternetGateways\":[{\"InternetGatewayId\":\"igw-1\","
    "\"Attachments\":[{\"VpcId\":\"vpc-1\",\"State\":\"available\"}]}],\"RouteTables\":[{\"RouteTableId\":"
    "\"rtb-1\",\"VpcId\":\"vpc-1\",\"Associations\":[{\"Main\":true}],\"Routes\":[{\"DestinationCidrBlock\":"
    "\"10.0.0.0/8\",\"GatewayId\":\"local\"},{\"DestinationCidrBlock\":\"0.0.0.0/"
    "0\",\"GatewayId\":\"igw-1\"}]}]}";

/* The instances of the two groups are resources, and hold what is vulnerable. */
static void put_resources(struct store *s, struct monitor *m)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    for (int i = 0; i < FLAWS; i++) {
        struct package p = {.layer = NO_LAYER,
                            .type = STR("npm"),
                            .name = arena_printf(inv->arena, "lib%d", i),
                            .version = STR("1.0.0"),
                            .manager = PM_NODEPKG,
                            .path = arena_printf(inv->arena, "app/lib%d", i)};
        inventory_add(inv, &p);
    }
    inventory_finish(inv);
    for (int i = 0; i < FEW + MANY; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        bool is_new, changed;
        struct resource r = {.account = ACCOUNT,
                             .type = RESOURCE_AWS_EC2_INSTANCE,
                             .resource_id = arena_printf(a, "i-%017x", i),
                             .details = STR("{}"),
                             .pushed = TIME_NONE,
                             .pulled = TIME_NONE,
                             .last_in_use = TIME_NONE,
                             .in_use_count = -1,
                             .modified = TIME_NONE};
        struct sql *db = store_writer(s);
        r.id = resource_put(db, &r, &is_new, &changed);
        ok(store_commit(db));
        ok(monitor_inventory(m, &r, inv, &changed));
    }
}

/* ---- what it takes ---- */

static int64_t newest_event(struct store *s)
{
    struct sql *db = store_reader(s);
    int64_t n = sql_run_int(sql_prepare(db, "SELECT max(seq) FROM event"), 0);
    store_release(db);
    return n;
}

static void change(struct store *s, struct monitor *m, const char *what, int n, int port)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str one = group(a, n, port),
               document = arena_printf(a, "{\"SecurityGroups\":[%.*s]}", STR_ARG(one));
    int64_t before = newest_event(s);
    double cpu = cpu_ms();
    uint64_t begin = time_monotonic_ns();
    ok(monitor_network_update(m, ACCOUNT, REGION, document));
    printf("%-46s %4d instances: %8.1f ms, %8.1f ms of the processor, %lld events\n", what, n ? MANY : FEW,
           (double)(time_monotonic_ns() - begin) / 1e6, cpu_ms() - cpu,
           (long long)(newest_event(s) - before));
}

static void launch(struct monitor *m)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    double cpu = cpu_ms();
    ok(monitor_network_update(
        m, ACCOUNT, REGION,
        STR("{\"Reservations\":[{\"OwnerId\":\"123456789012\",\"Instances\":[{\"InstanceId\":"
            "\"i-new\",\"State\":{\"Name\":\"running\"},\"NetworkInterfaces\":[{"
            "\"NetworkInterfaceId\":\"eni-new\",\"SubnetId\":\"subnet-1\",\"Groups\":[{"
            "\"GroupId\":\"sg-2\"}],\"PrivateIpAddresses\":[{\"PrivateIpAddress\":"
            "\"10.9.9.9\"}]}]}]}]}")));
    printf("an instance launched: %.1f ms of the processor\n", cpu_ms() - cpu);
}

static void replace(struct monitor *m)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    VEC(struct str) documents = {0};
    vec_add(&documents, str_from(places));
    vec_add(&documents, groups(a));
    for (int i = 0; i < ALL; i += PAGE)
        vec_add(&documents, instances(a, i));
    double cpu = cpu_ms();
    ok(monitor_network(m, ACCOUNT, REGION, documents.at, documents.n));
    printf("all of the region: %.0f ms of the processor\n", cpu_ms() - cpu);
    cpu = cpu_ms();
    ok(monitor_network(m, ACCOUNT, REGION, documents.at, documents.n));
    printf("the same again: %.0f ms of the processor\n", cpu_ms() - cpu);
    vec_free(&documents);
}

int main(int argc, char **argv)
{
    char state[4096], advisories[4096];
    struct store *s;
    struct monitor *m;
    if (argc != 2 || mkdir(argv[1], 0700) < 0) {
        fprintf(stderr, "usage: network DIRECTORY, which is made\n");
        return 1;
    }
    snprintf(state, sizeof state, "%s/state.db", argv[1]);
    snprintf(advisories, sizeof advisories, "%s/given.db", argv[1]);
    make_advisories(advisories);
    ok(store_open(state, &place, &s));
    struct sql *db = store_writer(s);
    account_add(db, ACCOUNT);
    account_scan_set(db, ACCOUNT, SCAN_OF_EC2, ACCOUNT_ENABLED);
    ok(store_commit(db));
    ok(monitor_new(
        &(struct monitor_options){
            .store = s, .directory = argv[1], .db = advisories, .program = "/bin/false"},
        &m));
    put_resources(s, m);
    replace(m);
    for (int n = 0; n < 2; n++) {
        change(s, m, "another port, scores stay:", n, 23);
        change(s, m, "shut, scores of 40 findings each change:", n, 0);
        change(s, m, "open again:", n, 22);
    }
    launch(m);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak %ld MiB\n", usage.ru_maxrss / 1024);
    monitor_free(m);
    store_close(s);
    return 0;
}
