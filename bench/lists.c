/* How long lists, aggregations and coverage take on a large store.
 *
 *   lists make FILE [FINDINGS]   makes a store: a tenth as many resources, of all types
 *   lists count FILE             counts its counters anew, as make does at its end
 *   lists run FILE [KEY]         measures: each filter key (or the one) with a common, a rare and an absent
 * value, by every sort both ways; three filters at random; deep pages; aggregations; coverage
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "store/aggregation.h"
#include "store/facet.h"
#include "store/finding_query.h"

#define ACCOUNT INT64_C(123456789012)
static const struct place place = {"aws", "us-east-1"};

enum { VULNERABILITIES = 20000, NAMES = 8000, PACKAGES = 50000, REPOSITORIES = 3000, BATCH = 20000 };

static uint64_t state = 42;
static uint64_t below(uint64_t n)
{
    state += 0x9e3779b97f4a7c15; /* splitmix64 */
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % n;
}

/* Small numbers more often: the product of two. */
static uint64_t skewed(uint64_t n)
{
    return below(n) * below(n) / n;
}

static _Noreturn void die(void)
{
    fprintf(stderr, "%s\n", err_text());
    exit(1);
}

static void ok(int r)
{
    if (r < 0)
        die();
}

static struct statement *insert(struct sql *db, const char *text)
{
    return sql_prepare(db, text);
}

static void text_of(struct statement *s, int at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static char texts[32][256];
static void text_of(struct statement *s, int at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(texts[at], sizeof texts[at], format, args);
    va_end(args);
    sql_bind_str(s, at, str_from(texts[at]));
}

struct facts {
    int severity, exploit;
    double score, epss;
};
static struct facts vulnerabilities[VULNERABILITIES];

static void make_vulnerabilities(struct sql *db)
{
    static const int severities[] = {5, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 0, 1};
    static const double least[] = {0, 0, 0.1, 4, 7, 9}, most[] = {0, 0, 3.9, 6.9, 8.9, 10};
    for (int i = 0; i < VULNERABILITIES; i++) {
        struct facts *v = &vulnerabilities[i];
        v->severity = severities[below(20)];
        v->score = v->severity ? least[v->severity] +
                                     (double)below(100) / 100 * (most[v->severity] - least[v->severity])
                               : -1;
        v->score = v->score < 0 ? -1 : (double)(int)(v->score * 10) / 10;
        v->epss = (double)(skewed(1000) * skewed(1000)) / 1e6;
        v->exploit = v->epss > 0.3 || !below(80);
        struct statement *s =
            insert(db, "INSERT INTO vulnerability (id, digest, vulnerability_id, source, severity, "
                       "exploit, description, details) VALUES (?1, ?1, ?2, 'NVD', ?3, ?4, 'text', "
                       "'{}')");
        sql_bind_int(s, 1, i + 1);
        text_of(s, 2, "CVE-%d-%05d", 2012 + i % 14, 1000 + i);
        sql_bind_int(s, 3, v->severity);
        sql_bind_int(s, 4, v->exploit);
        sql_run(s);
        if (i % 3)
            continue;
        s = insert(db, "INSERT INTO vulnerability_related VALUES (?1, ?2)");
        sql_bind_int(s, 1, i + 1);
        text_of(s, 2, "USN-%d-1", 3000 + i / 6);
        sql_run(s);
    }
}

static void make_packages(struct sql *db)
{
    for (int i = 0; i < PACKAGES; i++) {
        struct statement *s = insert(
            db,
            "INSERT INTO package (id, digest, type, namespace, name, version, arch, source, source_version, "
            "modularity, vendor, unresolved, os_family, os_version, os_codename, os_like, epoch, upstream, "
            "release) VALUES (?1, ?1, ?2, '', ?3, ?4, ?5, '', '', '', '', 0, 'debian', '12', '', '', ?6, ?4, "
            "?7)");
        bool os = i % 4;
        sql_bind_int(s, 1, i + 1);
        text_of(s, 2, "%s", os ? "deb" : "npm");
        text_of(s, 3, "package-%d", i % NAMES);
        text_of(s, 4, "%d.%d", i % 9, i % 97);
        text_of(s, 5, "%s", os ? i % 5 ? "amd64" : "arm64" : "");
        if (os)
            sql_bind_int(s, 6, i % 17 == 0);
        text_of(s, 7, "%s", os ? "1+deb12u1" : "");
        sql_run(s);
    }
}

static int type_of(int64_t r)
{
    return r % 10 < 6   ? RESOURCE_AWS_EC2_INSTANCE
           : r % 10 < 9 ? RESOURCE_AWS_ECR_CONTAINER_IMAGE
                        : RESOURCE_AWS_LAMBDA_FUNCTION;
}

static int64_t pushed_of(int64_t r)
{
    return 1700000000 + r * 400;
}

static void make_resource(struct sql *db, int64_t r)
{
    int type = type_of(r);
    struct statement *s = insert(db, "INSERT INTO resource (id, account, type, resource_id, region, state, "
                                     "first_seen, name, ami, vpc, subnet, "
                                     "architecture, registry, hash, pushed, last_in_use, in_use_count, "
                                     "runtime, modified, role, tags, details, key) "
                                     "VALUES (?1, ?2, ?3, ?4, 'us-east-1', 0, 1, ?5, ?6, ?7, ?8, ?9, ?10, "
                                     "?11, ?12, ?13, ?14, ?15, ?16, ?17, "
                                     "?18, ?19, ?20)");
    sql_bind_blob(s, 20, &r, RESOURCE_KEY);
    sql_bind_int(s, 1, r);
    sql_bind_int(s, 2, ACCOUNT);
    sql_bind_int(s, 3, type);
    if (type == RESOURCE_AWS_EC2_INSTANCE) {
        text_of(s, 4, "i-%017llx", (long long)r);
        text_of(s, 5, "host-%lld", (long long)r);
        text_of(s, 6, "ami-%03d", (int)skewed(200));
        text_of(s, 7, "vpc-%d", (int)skewed(40));
        text_of(s, 8, "subnet-%d", (int)skewed(200));
    } else if (type == RESOURCE_AWS_ECR_CONTAINER_IMAGE) {
        text_of(s, 4, "arn:aws:ecr:us-east-1:123456789012:repository/team/app-%lld/sha256:%064lld",
                (long long)(r % REPOSITORIES), (long long)r);
        text_of(s, 5, "team/app-%lld", (long long)(r % REPOSITORIES));
        text_of(s, 9, "%s", below(7) ? "amd64" : "arm64");
        text_of(s, 10, "registry-%lld.example.com", (long long)(r % REPOSITORIES % 3));
        text_of(s, 11, "sha256:%064lld", (long long)r);
        sql_bind_int(s, 12, pushed_of(r));
        sql_bind_int(s, 13, pushed_of(r) + 86400);
        sql_bind_int(s, 14, (int64_t)skewed(50));
    } else {
        text_of(s, 4, "arn:aws:lambda:us-east-1:123456789012:function:fn-%lld:$LATEST", (long long)r);
        text_of(s, 5, "fn-%lld", (long long)r);
        text_of(s, 15, "RUNTIME_%d", (int)skewed(8));
        sql_bind_int(s, 16, pushed_of(r));
        text_of(s, 17, "arn:aws:iam::123456789012:role/role-%d", (int)skewed(500));
    }
    text_of(s, 18, "{\"env\":\"prod\",\"team\":\"team-1\"}");
    text_of(s, 19, "{\"awsEc2Instance\":{\"type\":\"m5.large\",\"ipV4Addresses\":[\"10.0.0.1\"]}}");
    sql_run(s);
    for (int i = 0; i < 2; i++) {
        s = insert(db, "INSERT INTO resource_tag VALUES (?1, ?2, ?3, ?4)");
        sql_bind_int(s, 1, ACCOUNT);
        sql_bind_int(s, 2, r);
        text_of(s, 3, "%s", i ? "team" : "env");
        if (i)
            text_of(s, 4, "team-%d", (int)skewed(60));
        else
            text_of(s, 4, "%s", below(10) < 6 ? "prod" : below(2) ? "stage" : "dev");
        sql_run(s);
        if (type == RESOURCE_AWS_EC2_INSTANCE)
            continue;
        s = insert(db, "INSERT INTO resource_value VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
        sql_bind_int(s, 1, ACCOUNT);
        sql_bind_int(s, 2, r);
        bool image = type == RESOURCE_AWS_ECR_CONTAINER_IMAGE;
        sql_bind_int(s, 3, image ? RESOURCE_VALUE_IMAGE_TAG : RESOURCE_VALUE_LAYER);
        if (image && i)
            text_of(s, 4, "latest");
        else
            text_of(s, 4, "%s%d", image ? "v1." : "arn:aws:lambda:layer:", (int)skewed(300));
        sql_run(s);
    }
    s = insert(db, "INSERT INTO coverage (account, resource, scan_type, status, reason, mode, last_scanned, "
                   "resource_type) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7)");
    bool active = below(20);
    sql_bind_int(s, 1, ACCOUNT);
    sql_bind_int(s, 2, r);
    sql_bind_int(s, 3, active ? 0 : 1);
    sql_bind_int(s, 4, active ? 0 : (int64_t)below(20));
    sql_bind_int(s, 5, type == RESOURCE_AWS_EC2_INSTANCE ? 1 : 0);
    sql_bind_int(s, 6, 1730000000 + (int64_t)below(1000000));
    sql_bind_int(s, 7, type);
    sql_run(s);
}

static void make_held(struct sql *db, int64_t id, int64_t r, int64_t vulnerability)
{
    for (int64_t i = 0; i < 1 + id % 2; i++) {
        int64_t package = (vulnerability * 7 + i * NAMES) % PACKAGES + 1;
        struct statement *s =
            insert(db, "INSERT INTO finding_package (account, finding, package, path, layer, manager, "
                       "fixed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, '9.9') ON CONFLICT DO NOTHING");
        bool os = (package - 1) % 4;
        sql_bind_int(s, 1, ACCOUNT);
        sql_bind_int(s, 2, id);
        sql_bind_int(s, 3, package);
        text_of(s, 4, os ? "var/lib/dpkg/status" : "app/node_modules/package-%d/package.json",
                (int)package % NAMES);
        if (type_of(r) == RESOURCE_AWS_ECR_CONTAINER_IMAGE)
            text_of(s, 5, "sha256:%064lld", (long long)(r % 2000 * 3 + i));
        else
            text_of(s, 5, "%s", "");
        sql_bind_int(s, 6, os ? PM_OS : PM_NODEPKG);
        sql_run(s);
    }
}

static void bind_number(struct statement *s, int at, int64_t *facet, enum facet_field field, int number)
{
    sql_bind_int(s, at, number);
    facet_set_number(facet, field, number);
}

/* The text that text_of has bound. */
static void note_text(int at, int64_t *facet, enum facet_field field)
{
    facet_set_text(facet, field, str_from(texts[at]));
}

static void make_finding(struct sql *db, int64_t id, int64_t r)
{
    static const char *const sources[] = {"DEBIAN_CVE", "UBUNTU_CVE", "REDHAT_CVE", "AMAZON_CVE", "NVD"};
    static const char *const words[][6] = {
        {"not yet assigned", "unimportant", "low", "medium", "high", "high"},
        {"untriaged", "negligible", "low", "medium", "high", "critical"},
        {"None", "Low", "Low", "Moderate", "Important", "Critical"},
        {"low", "low", "Low", "Medium", "Important", "Critical"},
        {"", "", "LOW", "MEDIUM", "HIGH", "CRITICAL"}};
    struct statement *s = insert(
        db,
        "INSERT INTO finding (id, account, key, resource, vulnerability, type, status, severity, "
        "first_observed, "
        "last_observed, updated, title, score, fix, exploit, epss, vulnerability_id, source, "
        "vendor_severity, "
        "resource_type, pushed, repository, registry, protocol, component_type, port_begin, port_end, facet) "
        "VALUES "
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
        "?22, "
        "?23, ?24, ?25, ?26, ?27, ?28)");
    int type = type_of(r);
    uint64_t key[2] = {below(UINT64_MAX), below(UINT64_MAX)}, luck = below(100);
    memcpy(key, &r, RESOURCE_KEY);
    bool network = type == RESOURCE_AWS_EC2_INSTANCE && !below(60);
    int64_t v = (int64_t)skewed(VULNERABILITIES), first = 1700000000 + id * 60, facet = 0;
    const struct facts *f = &vulnerabilities[v];
    sql_bind_int(s, 1, id);
    sql_bind_int(s, 2, ACCOUNT);
    sql_bind_blob(s, 3, key, sizeof key);
    sql_bind_int(s, 4, r);
    bind_number(s, 6, &facet, FACET_TYPE,
                network ? FINDING_NETWORK_REACHABILITY : FINDING_PACKAGE_VULNERABILITY);
    bind_number(s, 7, &facet, FACET_STATUS,
                luck < 70   ? FINDING_ACTIVE
                : luck < 95 ? FINDING_CLOSED
                            : FINDING_SUPPRESSED);
    sql_bind_int(s, 9, first);
    sql_bind_int(s, 10, first + (int64_t)below(4000000));
    sql_bind_int(s, 11, first + (int64_t)below(4000000));
    bind_number(s, 20, &facet, FACET_RESOURCE_TYPE, type);
    if (network) {
        int port = (int)skewed(10000);
        bind_number(s, 8, &facet, FACET_SEVERITY, 1 + (int)below(4));
        text_of(s, 12, "Port %d is reachable from an Internet Gateway - TCP", port);
        bind_number(s, 24, &facet, FACET_PROTOCOL, (int)below(2));
        text_of(s, 25, "AWS::EC2::%s", below(9) ? "InternetGateway" : "VPNGateway");
        note_text(25, &facet, FACET_COMPONENT_TYPE);
        sql_bind_int(s, 26, port);
        sql_bind_int(s, 27, port + (int64_t)below(3));
        sql_bind_int(s, 28, facet);
        sql_run(s);
        s = insert(db, "INSERT INTO finding_step VALUES (?1, ?2, 0, ?3, ?4)");
        sql_bind_int(s, 1, ACCOUNT);
        sql_bind_int(s, 2, id);
        text_of(s, 3, "igw-%d", (int)skewed(40));
        text_of(s, 4, "AWS::EC2::InternetGateway");
        sql_run(s);
        return;
    }
    int source = type == RESOURCE_AWS_LAMBDA_FUNCTION ? 4 : (int)(r / 10 % 5);
    sql_bind_int(s, 5, v + 1);
    bind_number(s, 8, &facet, FACET_SEVERITY, f->severity);
    text_of(s, 12, "CVE-%d-%05d - package-%d", (int)(2012 + v % 14), (int)(1000 + v), (int)(v * 7 % NAMES));
    if (f->score >= 0)
        sql_bind_double(s, 13, f->score);
    facet_set_present(&facet, FACET_SCORE, f->score >= 0);
    bind_number(s, 14, &facet, FACET_FIX, below(20) < 16 ? 2 : below(4) ? 0 : 1);
    bind_number(s, 15, &facet, FACET_EXPLOIT, f->exploit);
    if (f->epss > 0)
        sql_bind_double(s, 16, f->epss);
    facet_set_present(&facet, FACET_EPSS, f->epss > 0);
    text_of(s, 17, "CVE-%d-%05d", (int)(2012 + v % 14), (int)(1000 + v));
    note_text(17, &facet, FACET_VULNERABILITY_ID);
    text_of(s, 18, "%s", sources[source]);
    note_text(18, &facet, FACET_SOURCE);
    if (*words[source][f->severity])
        text_of(s, 19, "%s", words[source][f->severity]);
    facet_set_text(&facet, FACET_VENDOR_SEVERITY, str_from(words[source][f->severity]));
    if (type == RESOURCE_AWS_ECR_CONTAINER_IMAGE) {
        sql_bind_int(s, 21, pushed_of(r));
        text_of(s, 22, "team/app-%lld", (long long)(r % REPOSITORIES));
        text_of(s, 23, "registry-%lld.example.com", (long long)(r % REPOSITORIES % 3));
        facet_set_present(&facet, FACET_PUSHED, true);
        note_text(22, &facet, FACET_REPOSITORY);
        note_text(23, &facet, FACET_REGISTRY);
    }
    sql_bind_int(s, 28, facet);
    sql_run(s);
    make_held(db, id, r, v);
}

static void make(const char *path, int64_t n)
{
    struct store *store;
    ok(store_open(path, &place, &store));
    struct sql *db = store_writer(store);
    make_vulnerabilities(db);
    make_packages(db);
    int64_t resources = n / 10;
    for (int64_t r = 1; r <= resources; r++)
        make_resource(db, r);
    ok(store_commit(db));
    uint64_t begin = time_monotonic_ns();
    for (int64_t id = 1; id <= n;) {
        db = store_writer(store);
        for (int i = 0; i < BATCH && id <= n; i++, id++) /* most come with their resource, others later */
            make_finding(db, id,
                         below(10) < 6 ? (id - 1) / 10 + 1 : 1 + (int64_t)below((uint64_t)(id / 10 + 1)));
        ok(store_commit(db));
    }
    double seconds = (double)(time_monotonic_ns() - begin) / 1e9;
    printf("%lld findings with their packages in %.1f s: %.0f/s, %.1f us each\n", (long long)n, seconds,
           (double)n / seconds, seconds / (double)n * 1e6);
    store_close(store);
}

static void count(const char *path)
{
    struct store *store;
    ok(store_open(path, &place, &store));
    uint64_t begin = time_monotonic_ns();
    struct sql *db = store_writer(store);
    int64_t n = counters_verify(db, ACCOUNT, true);
    ok(store_commit(db));
    printf("%lld counters counted in %.1f s\n", (long long)n, (double)(time_monotonic_ns() - begin) / 1e9);
    store_close(store);
}

/* ---- measuring ---- */

/* The clock's time, and that of the thread: what a machine without other work would show. */
struct begin {
    uint64_t wall, thread;
};
static struct series {
    double *at;
    size_t n, size;
} times[2][2]; /* of the present group, of all; by the clock, of the thread */

static uint64_t thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct begin now(void)
{
    return (struct begin){time_monotonic_ns(), thread_ns()};
}

static void add(struct series *to, double ms)
{
    if (to->n == to->size)
        to->at = realloc(to->at, (to->size = to->size * 2 + 64) * sizeof(double));
    to->at[to->n++] = ms;
}

/* Returns the thread's. */
static double add_time(struct begin begin)
{
    double wall = (double)(time_monotonic_ns() - begin.wall) / 1e6;
    double thread = (double)(thread_ns() - begin.thread) / 1e6;
    for (int to = 0; to < 2; to++) {
        add(&times[to][0], wall);
        add(&times[to][1], thread);
    }
    return thread;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_times(int of, const char *name)
{
    size_t n = times[of][0].n;
    if (n)
        printf("%-32s %5zu", name, n);
    for (int i = 0; i < 2 && n; i++) {
        const double *at = times[of][i].at;
        qsort(times[of][i].at, n, sizeof(double), by_size);
        printf("  %s p50 %7.2f p95 %8.2f max %8.2f ms", i ? "thread" : "clock", at[n / 2], at[n * 95 / 100],
               at[n - 1]);
    }
    if (n)
        puts("");
    fflush(stdout);
    times[of][0].n = times[of][1].n = 0;
}

/* Entries that many, few and no findings have. */
static const struct {
    const char *key, *entries[3];
} keys[] = {
#define TEXT(v)    "{\"comparison\":\"EQUALS\",\"value\":\"" v "\"}"
#define PREFIX(v)  "{\"comparison\":\"PREFIX\",\"value\":\"" v "\"}"
#define NOT(v)     "{\"comparison\":\"NOT_EQUALS\",\"value\":\"" v "\"}"
#define FROM(n, v) "{\"" n "\":" v "}"
#define TAG(k, v)  "{\"comparison\":\"EQUALS\",\"key\":\"" k "\",\"value\":\"" v "\"}"
#define NAME(p, v) "{\"" p "\":" TEXT(v) "}"
    {"findingArn",
     {PREFIX("arn:aws:inspector2:us-east-1:123456789012:finding/1"),
      PREFIX("arn:aws:inspector2:us-east-1:123456789012:finding/123"), TEXT("x")}},
    {"awsAccountId", {TEXT("123456789012"), NOT("123456789013"), TEXT("000000000001")}},
    {"findingType",
     {TEXT("PACKAGE_VULNERABILITY"), TEXT("NETWORK_REACHABILITY"), TEXT("CODE_VULNERABILITY")}},
    {"severity", {TEXT("MEDIUM"), TEXT("CRITICAL"), TEXT("NONE")}},
    {"severity", {TEXT("LOW"), TEXT("INFORMATIONAL"), NOT("MEDIUM")}},
    {"findingStatus", {TEXT("ACTIVE"), TEXT("SUPPRESSED"), NOT("ACTIVE")}},
    {"firstObservedAt",
     {FROM("startInclusive", "1740000000"), FROM("startInclusive", "1759900000"),
      FROM("startInclusive", "1990000000")}},
    {"firstObservedAt",
     {FROM("endInclusive", "1706000000"), FROM("endInclusive", "1700060000"), FROM("endInclusive", "1")}},
    {"lastObservedAt",
     {FROM("startInclusive", "1740000000"), FROM("startInclusive", "1763900000"),
      FROM("startInclusive", "1990000000")}},
    {"updatedAt",
     {FROM("startInclusive", "1740000000"), FROM("startInclusive", "1763800000"),
      FROM("startInclusive", "1990000000")}},
    {"title", {PREFIX("CVE-2014"), TEXT("CVE-2016-01004 - package-28"), TEXT("x")}},
    {"inspectorScore",
     {FROM("lowerInclusive", "7"), FROM("lowerInclusive", "9.9"), FROM("lowerInclusive", "11")}},
    {"inspectorScore",
     {FROM("upperInclusive", "6"), FROM("upperInclusive", "0.2"), FROM("upperInclusive", "-1")}},
    {"resourceType", {TEXT("AWS_EC2_INSTANCE"), TEXT("AWS_LAMBDA_FUNCTION"), TEXT("CODE_REPOSITORY")}},
    {"resourceId", {PREFIX("i-"), TEXT("i-00000000000000005"), TEXT("i-x")}},
    {"resourceTags", {TAG("env", "prod"), TAG("team", "team-58"), TAG("x", "y")}},
    {"ec2InstanceImageId", {TEXT("ami-001"), TEXT("ami-180"), TEXT("ami-x")}},
    {"ec2InstanceVpcId", {TEXT("vpc-0"), TEXT("vpc-37"), TEXT("vpc-x")}},
    {"ec2InstanceSubnetId", {TEXT("subnet-1"), TEXT("subnet-190"), TEXT("subnet-x")}},
    {"ecrImagePushedAt",
     {FROM("startInclusive", "1720000000"), FROM("startInclusive", "1739900000"),
      FROM("startInclusive", "1990000000")}},
    {"ecrImageArchitecture", {TEXT("amd64"), TEXT("arm64"), TEXT("sparc")}},
    {"ecrImageRegistry", {TEXT("registry-1.example.com"), PREFIX("registry-2"), TEXT("x")}},
    {"ecrImageRepositoryName", {PREFIX("team/app-1"), TEXT("team/app-17"), TEXT("x")}},
    {"ecrImageTags", {TEXT("latest"), TEXT("v1.250"), TEXT("x")}},
    {"ecrImageHash",
     {PREFIX("sha256:"), TEXT("sha256:0000000000000000000000000000000000000000000000000000000000000017"),
      TEXT("x")}},
    {"ecrImageLastInUseAt",
     {FROM("startInclusive", "1720000000"), FROM("startInclusive", "1740000000"),
      FROM("startInclusive", "1990000000")}},
    {"ecrImageInUseCount",
     {FROM("lowerInclusive", "5"), FROM("lowerInclusive", "47"), FROM("lowerInclusive", "99")}},
    {"portRange",
     {FROM("beginInclusive", "100"), "{\"beginInclusive\":22,\"endInclusive\":22}",
      FROM("beginInclusive", "60000")}},
    {"networkProtocol", {TEXT("TCP"), TEXT("UDP"), NOT("TCP")}},
    {"componentId", {TEXT("igw-0"), TEXT("igw-35"), TEXT("x")}},
    {"componentType", {TEXT("AWS::EC2::InternetGateway"), TEXT("AWS::EC2::VPNGateway"), TEXT("x")}},
    {"vulnerabilityId", {PREFIX("CVE-2014"), TEXT("CVE-2016-01004"), TEXT("x")}},
    {"vulnerabilitySource", {TEXT("DEBIAN_CVE"), TEXT("AMAZON_CVE"), TEXT("DX")}},
    {"vendorSeverity", {TEXT("medium"), TEXT("unimportant"), TEXT("x")}},
    {"vulnerablePackages",
     {"{\"name\":" PREFIX("package-1") "}", NAME("name", "package-777"), NAME("name", "x")}},
    {"vulnerablePackages", {NAME("architecture", "ARM64"), NAME("version", "3.14"), NAME("version", "x")}},
    {"vulnerablePackages",
     {NAME("filePath", "app/node_modules/package-77/package.json"),
      NAME("sourceLayerHash", "sha256:0000000000000000000000000000000000000000000000000000000000000051"),
      NAME("filePath", "x")}},
    {"relatedVulnerabilities", {PREFIX("USN-3"), TEXT("USN-3100-1"), TEXT("x")}},
    {"fixAvailable", {TEXT("YES"), TEXT("PARTIAL"), NOT("YES")}},
    {"lambdaFunctionName", {PREFIX("fn-"), TEXT("fn-19"), TEXT("x")}},
    {"lambdaFunctionLayers", {TEXT("arn:aws:lambda:layer:1"), TEXT("arn:aws:lambda:layer:280"), TEXT("x")}},
    {"lambdaFunctionRuntime", {TEXT("RUNTIME_0"), TEXT("RUNTIME_6"), TEXT("x")}},
    {"lambdaFunctionLastModifiedAt",
     {FROM("startInclusive", "1720000000"), FROM("startInclusive", "1739900000"),
      FROM("startInclusive", "1990000000")}},
    {"lambdaFunctionExecutionRoleArn",
     {PREFIX("arn:aws:iam"), TEXT("arn:aws:iam::123456789012:role/role-400"), TEXT("x")}},
    {"exploitAvailable", {TEXT("NO"), TEXT("YES"), NOT("NO")}},
    {"codeVulnerabilityDetectorName", {TEXT("x"), NOT("x"), PREFIX("x")}},
    {"epssScore",
     {FROM("lowerInclusive", "0.01"), FROM("lowerInclusive", "0.5"), FROM("lowerInclusive", "1")}},
    {"cloudProvider", {TEXT("AWS"), NOT("AZURE"), TEXT("AZURE")}},
    {"cloudProviderRegion", {TEXT("us-east-1"), NOT("us-east-2"), TEXT("eu-west-1")}},
};
enum { KEYS = sizeof keys / sizeof *keys };

static void query(struct store *store, const char *json, int sort, bool descending, int pages, double slow)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct criteria *criteria;
    ok(criteria_parse(a, CRITERIA_FINDINGS, str_from(json), &criteria));
    struct finding_query q = {.account = ACCOUNT,
                              .criteria = criteria,
                              .sorted = sort >= 0,
                              .sort = (enum sort_field)(sort < 0 ? 0 : sort),
                              .descending = descending,
                              .max = 100};
    for (int i = 0; i < pages; i++) {
        int64_t *ids;
        size_t n;
        struct begin begin = now();
        _cleanup_(store_release_cleanup) struct sql *db = store_reader(store);
        ok(finding_query(db, a, &q, &ids, &n, &q.token));
        if (i == pages - 1 || !q.token.n) {
            double ms = add_time(begin);
            if (ms > slow)
                printf("    %8.1f ms %4zu rows %s %s %s\n", ms, n, json,
                       sort < 0 ? "-" : sort_field_names.at[sort], descending ? "DESC" : "ASC");
            return;
        }
    }
}

static void run_keys(struct store *store, const char *only)
{
    for (int k = 0; k < KEYS; k++) {
        char json[1024];
        if (only && strcmp(only, keys[k].key) != 0)
            continue;
        for (int v = 0; v < 3; v++) {
            snprintf(json, sizeof json, "{\"%s\":[%s]}", keys[k].key, keys[k].entries[v]);
            for (int sort = -1; sort <= SORT_EPSS_SCORE; sort++)
                for (int descending = sort < 0; descending < 2; descending++)
                    query(store, json, sort, descending, 1, 100);
        }
        print_times(0, keys[k].key);
    }
    print_times(1, "one filter, any sort: all");
}

static void run_combinations(struct store *store)
{
    char json[4096];
    for (int i = 0; i < 1500; i++) {
        uint64_t k[3] = {below(KEYS), below(KEYS), below(KEYS)};
        if (!strcmp(keys[k[0]].key, keys[k[1]].key) || !strcmp(keys[k[0]].key, keys[k[2]].key) ||
            !strcmp(keys[k[1]].key, keys[k[2]].key))
            continue;
        snprintf(json, sizeof json, "{\"%s\":[%s],\"%s\":[%s],\"%s\":[%s]}", keys[k[0]].key,
                 keys[k[0]].entries[below(2)], keys[k[1]].key, keys[k[1]].entries[below(2)], keys[k[2]].key,
                 keys[k[2]].entries[below(2)]);
        query(store, json, (int)below(18) - 1, below(2), 1, 300);
    }
    print_times(0, "three filters, any sort");
    for (int i = 0; i < 40; i++)
        query(store, i % 2 ? "{}" : "{\"findingStatus\":[" TEXT("ACTIVE") "]}", (int)below(18) - 1, below(2),
              50, 100);
    print_times(0, "page 50");
    times[1][0].n = times[1][1].n = 0;
}

static void run_aggregations(struct store *store)
{
    times[1][0].n = times[1][1].n = 0;
    static const struct {
        const char *type, *member;
    } types[] = {{"FINDING_TYPE", "findingTypeAggregation"},
                 {"PACKAGE", "packageAggregation"},
                 {"TITLE", "titleAggregation"},
                 {"REPOSITORY", "repositoryAggregation"},
                 {"AMI", "amiAggregation"},
                 {"AWS_EC2_INSTANCE", "ec2InstanceAggregation"},
                 {"AWS_ECR_CONTAINER", "awsEcrContainerAggregation"},
                 {"IMAGE_LAYER", "imageLayerAggregation"},
                 {"ACCOUNT", "accountAggregation"},
                 {"AWS_LAMBDA_FUNCTION", "lambdaFunctionAggregation"},
                 {"LAMBDA_LAYER", "lambdaLayerAggregation"}};
    static const char *const sorts[] = {"CRITICAL", "HIGH", "ALL"};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (int i = 0; i < 30; i++) {
            _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
            _cleanup_(buf_free) struct buf text = buf_new(1 << 24);
            struct json_out out = {.to = &text};
            struct field_errors errors = {.n = 0};
            json_val *request;
            struct str token;
            ok(json_parse(a,
                          arena_printf(a, "{\"%s\":{\"sortBy\":\"%s\",\"sortOrder\":\"%s\"}}",
                                       types[t].member, sorts[i % 3], i % 2 ? "ASC" : "DESC"),
                          &request));
            struct aggregation_query q = {
                .account = ACCOUNT, .type = str_from(types[t].type), .request = request, .max = 100};
            struct begin begin = now();
            _cleanup_(store_release_cleanup) struct sql *db = store_reader(store);
            ok(aggregation_query(db, a, &q, &errors, &out, &token));
            add_time(begin);
        }
        print_times(0, types[t].type);
    }
    print_times(1, "aggregations: all");
}

static void run_coverage(struct store *store)
{
    static const char *const groups[] = {"",           "SCAN_STATUS_CODE", "SCAN_STATUS_REASON",
                                         "ACCOUNT_ID", "RESOURCE_TYPE",    "ECR_REPOSITORY_NAME",
                                         "PROVIDER",   "PROVIDER_REGION"};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (int i = 0; i < 10; i++) {
            _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
            struct coverage_group *at;
            size_t n;
            int64_t total;
            struct begin begin = now();
            _cleanup_(store_release_cleanup) struct sql *db = store_reader(store);
            ok(coverage_count(db, a, ACCOUNT, NULL, str_from(groups[g]), &at, &n, &total));
            add_time(begin);
        }
        print_times(0, *groups[g] ? groups[g] : "coverage total");
    }
}

static void run_objects(struct store *store)
{
    struct sql *reader = store_reader(store);
    uint64_t n = (uint64_t)sql_run_int(sql_prepare(reader, "SELECT max(id) FROM finding"), 1);
    store_release(reader);
    for (int i = 0; i < 20; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        _cleanup_(buf_free) struct buf text = buf_new(1 << 26);
        struct json_out out = {.to = &text};
        struct begin begin = now();
        _cleanup_(store_release_cleanup) struct sql *db = store_reader(store);
        json_begin_array(&out);
        for (int k = 0; k < 100; k++)
            ok(finding_json(db, a, 1 + (int64_t)below(n), &(struct finding_style){false}, &out));
        add_time(begin);
    }
    print_times(0, "100 finding objects");
}

int main(int argc, char **argv)
{
    struct store *store;
    if (argc >= 3 && !strcmp(argv[1], "make")) {
        make(argv[2], argc > 3 ? atoll(argv[3]) : 1000000);
        count(argv[2]);
        return 0;
    }
    if (argc == 3 && !strcmp(argv[1], "count")) {
        count(argv[2]);
        return 0;
    }
    if (argc < 3 || strcmp(argv[1], "run") != 0) {
        fputs("lists make FILE [FINDINGS] | lists count FILE | lists run FILE [KEY]\n", stderr);
        return 2;
    }
    ok(store_open(argv[2], &place, &store));
    if (argc > 3) {
        run_keys(store, argv[3]);
        store_close(store);
        return 0;
    }
    run_objects(store);
    run_aggregations(store);
    run_coverage(store);
    run_combinations(store);
    run_keys(store, NULL);
    store_close(store);
    return 0;
}
