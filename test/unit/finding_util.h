/* A store of random findings beside the same findings as plain structs: what a list ought to be is worked out
 * from those, in the plainest way. */
#ifndef ASSAY_TEST_FINDING_UTIL_H
#define ASSAY_TEST_FINDING_UTIL_H

#include "store/facet.h"
#include "store/finding_query.h"
#include "store_util.h"

#define TEST_ACCOUNT INT64_C(123456789012)

enum { TEXTS = 6, MODEL_PACKAGES = 24, MODEL_VULNERABILITIES = 60 };

struct model_package {
    const char *type, *namespace, *name, *upstream, *release, *arch;
    int epoch;
};
static const struct model_package model_packages[MODEL_PACKAGES / 3] = {
    {"deb", "debian", "curl", "7.88.1", "10+deb12u1", "amd64", 0},
    {"deb", "debian", "openssl", "3.0.15", "1~deb12u1", "arm64", 1},
    {"rpm", "amzn", "kernel", "5.10.130", "118.517.amzn2", "x86_64", 0},
    {"maven", "org.apache.logging.log4j", "log4j-core", "2.14.1", "", "", -1},
    {"npm", "@angular", "core", "9.0.0", "", "", -1},
    {"pypi", "", "requests", "2.0.0", "", "", -1},
    {"rpm", "amzn", "curl", "7.61.1", "12.amzn2", "noarch", 2},
    {"golang", "golang.org/x", "net", "0.1.0", "", "", -1},
};

struct model_resource {
    int64_t id;
    enum resource_type type;
    char resource_id[96], name[32], ami[16], vpc[16], subnet[16], architecture[16], registry[32], hash[80],
        runtime[16], role[32], region[16];
    int64_t pushed, last_in_use, modified;
    int in_use_count;
    char tags[3][2][16];
    int n_tags;
    char values[3][32]; /* image tags or layers */
    int n_values;
};

struct model_held {
    int package; /* in model_packages */
    char path[32], layer[80];
    bool os;
};

struct model_finding {
    int64_t id, first, last, updated;
    unsigned char key[FINDING_KEY];
    int resource;
    int type, status, severity, fix, exploit, protocol;
    double score, epss;
    int vulnerability; /* number of its id; -1 */
    char title[48], vulnerability_id[24], source[16], vendor_severity[16], component_type[32];
    int port_begin, port_end;
    struct model_held held[3];
    int n_held;
    char steps[2][2][32];
    int n_steps;
    bool gone;
};

struct model {
    struct test_store t;
    uint64_t random;
    struct model_resource *resources;
    struct model_finding *findings;
    int n_resources, n, size;
};

static uint64_t chance(struct model *m, uint64_t below)
{
    m->random += 0x9e3779b97f4a7c15; /* splitmix64 */
    uint64_t z = m->random;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

#define PICK(m, ...)                                                                                         \
    ((const char *const[]){                                                                                  \
        __VA_ARGS__})[chance(m, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))]
#define FORMAT(to, ...)           snprintf(to, sizeof(to), __VA_ARGS__)
#define NONE_OR(m, one_in, value) (chance(m, one_in) ? (value) : TIME_NONE)

static void model_resource(struct model *m, struct model_resource *r, int i)
{
    static const enum resource_type types[] = {RESOURCE_AWS_EC2_INSTANCE, RESOURCE_AWS_ECR_CONTAINER_IMAGE,
                                               RESOURCE_AWS_LAMBDA_FUNCTION};
    *r = (struct model_resource){.id = i + 1, .type = types[chance(m, 3)]};
    r->pushed = r->last_in_use = r->modified = TIME_NONE;
    r->in_use_count = -1;
    FORMAT(r->region, "%s", chance(m, 20) ? "eu-central-1" : "us-east-1");
    if (r->type == RESOURCE_AWS_EC2_INSTANCE) {
        FORMAT(r->resource_id, "i-%017x", i);
        FORMAT(r->name, "host%d", (int)chance(m, 9));
        if (chance(m, 5))
            FORMAT(r->ami, "ami-%d", (int)chance(m, 12));
        if (chance(m, 5))
            FORMAT(r->vpc, "vpc-%d", (int)chance(m, 4)), FORMAT(r->subnet, "subnet-%d", (int)chance(m, 20));
    } else if (r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE) {
        FORMAT(r->resource_id, "arn:aws:ecr:::repository/r%d/sha256:%d", i % 30, i);
        FORMAT(r->name, "team/r%d", i % 30);
        FORMAT(r->registry, "registry%d", (int)chance(m, 3));
        FORMAT(r->hash, "sha256:%064d", i);
        FORMAT(r->architecture, "%s", PICK(m, "amd64", "arm64"));
        r->pushed = 1700000000 + (int64_t)chance(m, 50) * 1000;
        r->last_in_use = NONE_OR(m, 3, 1700000000 + (int64_t)chance(m, 9));
        r->in_use_count = (int)chance(m, 6) - 1;
        r->n_values = (int)chance(m, 3);
    } else {
        FORMAT(r->resource_id, "arn:aws:lambda:::function:f%d:$LATEST", i);
        FORMAT(r->name, "f%d", i);
        FORMAT(r->runtime, "%s", PICK(m, "PYTHON_3_11", "NODEJS_20_X", "JAVA_17"));
        FORMAT(r->role, "arn:aws:iam::role/r%d", (int)chance(m, 5));
        r->modified = 1690000000 + (int64_t)chance(m, 30);
        r->n_values = (int)chance(m, 2);
    }
    for (int k = 0; k < r->n_values; k++)
        FORMAT(r->values[k], "%s-%d%d", r->type == RESOURCE_AWS_LAMBDA_FUNCTION ? "arn:layer" : "v", k,
               (int)chance(m, 5));
    r->n_tags = (int)chance(m, 3);
    for (int k = 0; k < r->n_tags; k++)
        FORMAT(r->tags[k][0], "key%d", k), FORMAT(r->tags[k][1], "%s", PICK(m, "", "a", "b", "team"));
}

static void model_finding(struct model *m, struct model_finding *f, int64_t id)
{
    *f = (struct model_finding){.id = id, .resource = (int)chance(m, (uint64_t)m->n_resources)};
    const struct model_resource *r = &m->resources[f->resource];
    bool network = r->type == RESOURCE_AWS_EC2_INSTANCE && !chance(m, 8);
    for (int i = 0; i < FINDING_KEY; i++)
        f->key[i] = i < RESOURCE_KEY ? (unsigned char)(r->id >> 8 * i) : (unsigned char)chance(m, 256);
    f->type = network ? FINDING_NETWORK_REACHABILITY : FINDING_PACKAGE_VULNERABILITY;
    f->status = (int)chance(m, 5) ? FINDING_ACTIVE : 1 + (int)chance(m, 2);
    f->severity = (int)chance(m, 6);
    f->first = 1700000000 + id / 3 + (int64_t)chance(m, 100);
    f->last = f->first + (int64_t)chance(m, 10000);
    f->updated = f->last;
    f->fix = f->exploit = f->protocol = f->port_begin = f->port_end = f->vulnerability = -1;
    f->score = f->epss = -1;
    if (network) {
        f->protocol = (int)chance(m, 2);
        f->port_begin = (int)chance(m, 100);
        f->port_end = f->port_begin + (int)chance(m, 100);
        FORMAT(f->title, "Port %d is reachable", f->port_begin);
        FORMAT(f->component_type, "AWS::EC2::%s", PICK(m, "InternetGateway", "VPNGateway"));
        f->n_steps = 2;
        FORMAT(f->steps[0][0], "igw-%d", (int)chance(m, 5)), FORMAT(f->steps[0][1], "%s", f->component_type);
        FORMAT(f->steps[1][0], "sg-%d", (int)chance(m, 9)), FORMAT(f->steps[1][1], "AWS::EC2::SecurityGroup");
        return;
    }
    f->vulnerability = (int)chance(m, MODEL_VULNERABILITIES);
    f->fix = (int)chance(m, 3);
    f->exploit = !chance(m, 9);
    f->score = chance(m, 6) ? (double)chance(m, 101) / 10 : -1;
    f->epss = chance(m, 6) ? (double)chance(m, 1000) / 1000 : -1;
    FORMAT(f->vulnerability_id, "CVE-20%02d-%d", 10 + f->vulnerability % 7, 1000 + f->vulnerability);
    FORMAT(f->title, "%s - thing%d", f->vulnerability_id, (int)chance(m, 3));
    FORMAT(f->source, "%s", PICK(m, "NVD", "UBUNTU_CVE", "DEBIAN_CVE", "DSA"));
    if (chance(m, 4))
        FORMAT(f->vendor_severity, "%s",
               PICK(m, "critical", "Important", "low", "medium", "moderate", "grave"));
    f->n_held = 1 + (int)chance(m, 3);
    for (int i = 0, p = (int)chance(m, 3); i < f->n_held; i++) {
        struct model_held *h = &f->held[i];
        h->package = p + 2 * i;
        h->os = model_packages[h->package].epoch >= 0;
        FORMAT(h->path, "%s/p%d", h->os ? "var" : "app", (int)chance(m, 40));
        if (r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE)
            FORMAT(h->layer, "sha256:%064d", (int)chance(m, 30));
        else if (r->type == RESOURCE_AWS_LAMBDA_FUNCTION && chance(m, 2))
            FORMAT(h->layer, "arn:layer-%d", (int)chance(m, 5));
    }
}

static void bind_text(struct statement *s, int at, const char *text)
{
    sql_bind_optional(s, at, str_from(text));
}

static void bind_number(struct statement *s, int at, int64_t value)
{
    if (value < 0)
        sql_bind_null(s, at);
    else
        sql_bind_int(s, at, value);
}

static void insert_resource(struct sql *db, const struct model_resource *r)
{
    struct statement *s = sql_prepare(
        db, "INSERT INTO resource (id, account, type, resource_id, region, state, first_seen, name, "
            "ami, vpc, subnet, architecture, registry, hash, pushed, last_in_use, in_use_count, runtime, "
            "modified, role, key) VALUES (?1, ?2, ?3, ?4, ?5, 0, 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
            "?15, ?16, ?17, ?18, ?19)");
    sql_bind_int(s, 1, r->id);
    sql_bind_int(s, 2, TEST_ACCOUNT);
    sql_bind_int(s, 3, r->type);
    bind_text(s, 4, r->resource_id);
    bind_text(s, 5, r->region);
    bind_text(s, 6, r->name);
    bind_text(s, 7, r->ami);
    bind_text(s, 8, r->vpc);
    bind_text(s, 9, r->subnet);
    bind_text(s, 10, r->architecture);
    bind_text(s, 11, r->registry);
    bind_text(s, 12, r->hash);
    sql_bind_time(s, 13, r->pushed);
    sql_bind_time(s, 14, r->last_in_use);
    bind_number(s, 15, r->in_use_count);
    bind_text(s, 16, r->runtime);
    sql_bind_time(s, 17, r->modified);
    bind_text(s, 18, r->role);
    sql_bind_blob(s, 19, &r->id, RESOURCE_KEY);
    sql_run(s);
    for (int i = 0; i < r->n_tags; i++) {
        s = sql_prepare(db, "INSERT INTO resource_tag VALUES (?1, ?2, ?3, ?4)");
        sql_bind_int(s, 1, TEST_ACCOUNT);
        sql_bind_int(s, 2, r->id);
        sql_bind_str(s, 3, str_from(r->tags[i][0]));
        sql_bind_str(s, 4, str_from(r->tags[i][1]));
        sql_run(s);
    }
    for (int i = 0; i < r->n_values; i++) {
        s = sql_prepare(db, "INSERT INTO resource_value VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
        sql_bind_int(s, 1, TEST_ACCOUNT);
        sql_bind_int(s, 2, r->id);
        sql_bind_int(
            s, 3, r->type == RESOURCE_AWS_LAMBDA_FUNCTION ? RESOURCE_VALUE_LAYER : RESOURCE_VALUE_IMAGE_TAG);
        sql_bind_str(s, 4, str_from(r->values[i]));
        sql_run(s);
    }
}

static int64_t facet_of_model(const struct model_finding *f, const struct model_resource *r)
{
    int64_t facet = 0;
    bool image = r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE;
    facet_set_number(&facet, FACET_TYPE, f->type);
    facet_set_number(&facet, FACET_STATUS, f->status);
    facet_set_number(&facet, FACET_SEVERITY, f->severity);
    facet_set_number(&facet, FACET_FIX, f->fix);
    facet_set_number(&facet, FACET_EXPLOIT, f->type == FINDING_NETWORK_REACHABILITY ? -1 : f->exploit);
    facet_set_number(&facet, FACET_RESOURCE_TYPE, r->type);
    facet_set_number(&facet, FACET_PROTOCOL, f->protocol);
    facet_set_present(&facet, FACET_SCORE, f->score >= 0);
    facet_set_present(&facet, FACET_EPSS, f->epss >= 0);
    facet_set_present(&facet, FACET_PUSHED, r->pushed != TIME_NONE);
    facet_set_text(&facet, FACET_VULNERABILITY_ID, str_from(f->vulnerability_id));
    facet_set_text(&facet, FACET_SOURCE, str_from(f->source));
    facet_set_text(&facet, FACET_VENDOR_SEVERITY, str_from(f->vendor_severity));
    facet_set_text(&facet, FACET_REPOSITORY, str_from(image ? r->name : ""));
    facet_set_text(&facet, FACET_REGISTRY, str_from(r->registry));
    facet_set_text(&facet, FACET_COMPONENT_TYPE, str_from(f->component_type));
    return facet;
}

static void insert_finding(struct sql *db, const struct model *m, const struct model_finding *f)
{
    const struct model_resource *r = &m->resources[f->resource];
    bool image = r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE;
    struct statement *s = sql_prepare(
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
    sql_bind_int(s, 1, f->id);
    sql_bind_int(s, 2, TEST_ACCOUNT);
    sql_bind_blob(s, 3, f->key, sizeof f->key);
    sql_bind_int(s, 4, r->id);
    bind_number(s, 5, f->vulnerability < 0 ? -1 : f->vulnerability + 1);
    sql_bind_int(s, 6, f->type);
    sql_bind_int(s, 7, f->status);
    sql_bind_int(s, 8, f->severity);
    sql_bind_int(s, 9, f->first);
    sql_bind_int(s, 10, f->last);
    sql_bind_int(s, 11, f->updated);
    sql_bind_str(s, 12, str_from(f->title));
    if (f->score >= 0)
        sql_bind_double(s, 13, f->score);
    bind_number(s, 14, f->fix);
    bind_number(s, 15, f->type == FINDING_NETWORK_REACHABILITY ? -1 : f->exploit);
    if (f->epss >= 0)
        sql_bind_double(s, 16, f->epss);
    bind_text(s, 17, f->vulnerability_id);
    bind_text(s, 18, f->source);
    bind_text(s, 19, f->vendor_severity);
    sql_bind_int(s, 20, r->type);
    sql_bind_time(s, 21, r->pushed);
    bind_text(s, 22, image ? r->name : "");
    bind_text(s, 23, r->registry);
    bind_number(s, 24, f->protocol);
    bind_text(s, 25, f->component_type);
    bind_number(s, 26, f->port_begin);
    bind_number(s, 27, f->port_end);
    sql_bind_int(s, 28, facet_of_model(f, r));
    sql_run(s);
    for (int i = 0; i < f->n_held; i++) {
        s = sql_prepare(
            db, "INSERT INTO finding_package (account, finding, package, path, layer, manager, fixed) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING");
        sql_bind_int(s, 1, TEST_ACCOUNT);
        sql_bind_int(s, 2, f->id);
        sql_bind_int(s, 3, f->held[i].package + 1);
        sql_bind_str(s, 4, str_from(f->held[i].path));
        sql_bind_str(s, 5, str_from(f->held[i].layer));
        sql_bind_int(s, 6, f->held[i].os ? PM_OS : PM_JAR);
        sql_bind_str(s, 7, STR("9.9"));
        sql_run(s);
    }
    for (int i = 0; i < f->n_steps; i++) {
        s = sql_prepare(db, "INSERT INTO finding_step VALUES (?1, ?2, ?3, ?4, ?5)");
        sql_bind_int(s, 1, TEST_ACCOUNT);
        sql_bind_int(s, 2, f->id);
        sql_bind_int(s, 3, i);
        sql_bind_str(s, 4, str_from(f->steps[i][0]));
        sql_bind_str(s, 5, str_from(f->steps[i][1]));
        sql_run(s);
    }
}

static void insert_vocabulary(struct sql *db)
{
    struct statement *s;
    for (int i = 0; i < (int)(sizeof model_packages / sizeof *model_packages); i++) {
        const struct model_package *p = &model_packages[i];
        s = sql_prepare(
            db, "INSERT INTO package (id, digest, type, namespace, name, version, arch, source, "
                "source_version, modularity, vendor, unresolved, os_family, os_version, os_codename, "
                "os_like, epoch, upstream, release) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, '', '', '', '', 0, "
                "'', '', '', '', ?7, ?5, ?8)");
        sql_bind_int(s, 1, i + 1);
        sql_bind_str(s, 2, str_from(p->type));
        sql_bind_str(s, 3, str_from(p->namespace));
        sql_bind_str(s, 4, str_from(p->name));
        sql_bind_str(s, 5, str_from(p->upstream));
        sql_bind_str(s, 6, str_from(p->arch));
        bind_number(s, 7, p->epoch);
        sql_bind_str(s, 8, str_from(p->release));
        sql_run(s);
    }
    for (int i = 0; i < MODEL_VULNERABILITIES; i++) {
        char related[32];
        s = sql_prepare(db,
                        "INSERT INTO vulnerability (id, digest, vulnerability_id, source, severity, exploit, "
                        "description, details) VALUES (?1, ?1, '', '', 0, 0, 'What it is about', '')");
        sql_bind_int(s, 1, i + 1);
        sql_run(s);
        for (int k = 0; k < i % 3; k++) {
            s = sql_prepare(db, "INSERT INTO vulnerability_related VALUES (?1, ?2)");
            FORMAT(related, "USN-%d-%d", i / 2, k);
            sql_bind_int(s, 1, i + 1);
            sql_bind_str(s, 2, str_from(related));
            sql_run(s);
        }
    }
}

static struct model model_new(int n_resources, int n)
{
    struct model m = {
        .t = test_store_new(), .random = 7, .n_resources = n_resources, .n = n, .size = n + 2000};
    struct sql *db = store_writer(m.t.store);
    insert_vocabulary(db);
    m.resources = calloc((size_t)n_resources, sizeof *m.resources);
    m.findings = calloc((size_t)m.size, sizeof *m.findings);
    for (int i = 0; i < n_resources; i++) {
        model_resource(&m, &m.resources[i], i);
        insert_resource(db, &m.resources[i]);
    }
    for (int i = 0; i < n; i++) {
        model_finding(&m, &m.findings[i], i + 1);
        insert_finding(db, &m, &m.findings[i]);
    }
    test_commit(db);
    return m;
}

static void model_free(struct model *m)
{
    test_store_free(&m->t);
    free(m->resources);
    free(m->findings);
}

#endif
