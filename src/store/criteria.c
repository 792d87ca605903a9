#include "store/condition.h"

#include <stdarg.h>

#include "base/err.h"
#include "base/hash.h"

enum { ENTRIES_MAX = 20, STRING_MAX = 1024, TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256, PORT_MAX = 65535 };

#define ONLY_HOST       (1U << RESOURCE_AWS_EC2_INSTANCE)
#define ONLY_IMAGE      (1U << RESOURCE_AWS_ECR_CONTAINER_IMAGE)
#define ONLY_FUNCTION   (1U << RESOURCE_AWS_LAMBDA_FUNCTION)
#define ONLY_REPOSITORY (1U << RESOURCE_AWS_ECR_REPOSITORY | 1U << RESOURCE_AWS_ECR_CONTAINER_IMAGE)

/* name, entry, and what it means. The keys that begin with "cloud" say the same of the same resources: the
 * only provider is AWS. */
#define KEY(key, entry, place, ...)                                                                          \
    {                                                                                                        \
        .name = key, .type = ENTRY_##entry, .in = IN_##place, __VA_ARGS__                                    \
    }
#define NAMED(list, field)       .names = &list##_names, .column = "f." #field
#define OF_FINDING(field, how)   .column = "f." field, .find = FIND_##how
#define OF_RESOURCE(field, only) .column = "r." field, .resource_types = only, .find = FIND_RESOURCE
#define OF_NETWORK               .finding_types = 1U << FINDING_NETWORK_REACHABILITY
#define OF_PACKAGE               .finding_types = 1U << FINDING_PACKAGE_VULNERABILITY

static const struct criteria_key finding_keys[] = {
    KEY("findingArn", STRING, ARN, .find = FIND_ARN),
    KEY("awsAccountId", STRING, ACCOUNT),
    KEY("findingType", STRING, NAMES, NAMED(finding_type, type), .facet = FACET_TYPE),
    KEY("severity", STRING, NAMES, NAMED(grade, severity), .facet = FACET_SEVERITY),
    KEY("firstObservedAt", DATE, COLUMN, OF_FINDING("first_observed", FACET)),
    KEY("lastObservedAt", DATE, COLUMN, OF_FINDING("last_observed", FACET)),
    KEY("updatedAt", DATE, COLUMN, OF_FINDING("updated", FACET)),
    KEY("findingStatus", STRING, NAMES, NAMED(finding_status, status), .facet = FACET_STATUS),
    KEY("title", STRING, COLUMN, OF_FINDING("title", TITLE)),
    KEY("inspectorScore", NUMBER, COLUMN, OF_FINDING("score", FACET), .facet = FACET_SCORE),
    KEY("resourceType", STRING, NAMES, NAMED(resource_type, resource_type), .facet = FACET_RESOURCE_TYPE),
    KEY("resourceId", STRING, COLUMN, OF_RESOURCE("resource_id", 0)),
    KEY("resourceTags", MAP, TAGS, .find = FIND_TAG),
    KEY("ec2InstanceImageId", STRING, COLUMN, OF_RESOURCE("ami", ONLY_HOST)),
    KEY("ec2InstanceVpcId", STRING, COLUMN, OF_RESOURCE("vpc", ONLY_HOST)),
    KEY("ec2InstanceSubnetId", STRING, COLUMN, OF_RESOURCE("subnet", ONLY_HOST)),
    KEY("ecrImagePushedAt", DATE, COLUMN, OF_FINDING("pushed", FACET), .facet = FACET_PUSHED),
    KEY("ecrImageArchitecture", STRING, COLUMN, OF_RESOURCE("architecture", ONLY_IMAGE)),
    KEY("ecrImageRegistry", STRING, COLUMN, OF_FINDING("registry", FACET), .facet = FACET_REGISTRY),
    KEY("ecrImageRepositoryName", STRING, COLUMN, OF_FINDING("repository", FACET), .facet = FACET_REPOSITORY),
    KEY("ecrImageTags", STRING, VALUES, .value_kind = RESOURCE_VALUE_IMAGE_TAG, .resource_types = ONLY_IMAGE,
        .find = FIND_VALUE),
    KEY("ecrImageHash", STRING, COLUMN, OF_RESOURCE("hash", ONLY_IMAGE)),
    KEY("ecrImageLastInUseAt", DATE, COLUMN, OF_RESOURCE("last_in_use", ONLY_IMAGE)),
    KEY("ecrImageInUseCount", NUMBER, COLUMN, OF_RESOURCE("in_use_count", ONLY_IMAGE)),
    KEY("portRange", PORTS, PORTS, OF_NETWORK, .find = FIND_COLUMN),
    KEY("networkProtocol", STRING, NAMES, NAMED(protocol, protocol), .facet = FACET_PROTOCOL),
    KEY("componentId", STRING, STEPS, .column = "component_id", OF_NETWORK, .find = FIND_STEP),
    KEY("componentType", STRING, STEPS, .column = "component_type", OF_NETWORK, .find = FIND_STEP),
    KEY("vulnerabilityId", STRING, COLUMN, OF_FINDING("vulnerability_id", FACET),
        .facet = FACET_VULNERABILITY_ID),
    KEY("vulnerabilitySource", STRING, COLUMN, OF_FINDING("source", NOT), .facet = FACET_SOURCE),
    KEY("vendorSeverity", STRING, COLUMN, OF_FINDING("vendor_severity", NOT), .facet = FACET_VENDOR_SEVERITY),
    KEY("vulnerablePackages", PACKAGE, PACKAGES, OF_PACKAGE, .find = FIND_PACKAGE),
    KEY("relatedVulnerabilities", STRING, RELATED, OF_PACKAGE, .find = FIND_RELATED),
    KEY("fixAvailable", STRING, NAMES, NAMED(fix, fix), .facet = FACET_FIX),
    KEY("lambdaFunctionName", STRING, COLUMN, OF_RESOURCE("name", ONLY_FUNCTION)),
    KEY("lambdaFunctionLayers", STRING, VALUES, .value_kind = RESOURCE_VALUE_LAYER,
        .resource_types = ONLY_FUNCTION, .find = FIND_VALUE),
    KEY("lambdaFunctionRuntime", STRING, COLUMN, OF_RESOURCE("runtime", ONLY_FUNCTION)),
    KEY("lambdaFunctionLastModifiedAt", DATE, COLUMN, OF_RESOURCE("modified", ONLY_FUNCTION)),
    KEY("lambdaFunctionExecutionRoleArn", STRING, COLUMN, OF_RESOURCE("role", ONLY_FUNCTION)),
    KEY("exploitAvailable", STRING, NAMES, NAMED(answer, exploit), .facet = FACET_EXPLOIT),
    KEY("codeVulnerabilityDetectorName", STRING, NOTHING),
    KEY("codeVulnerabilityDetectorTags", STRING, NOTHING),
    KEY("codeVulnerabilityFilePath", STRING, NOTHING),
    KEY("epssScore", NUMBER, COLUMN, OF_FINDING("epss", FACET), .facet = FACET_EPSS),
    KEY("codeRepositoryProjectName", STRING, NOTHING),
    KEY("codeRepositoryProviderType", STRING, NOTHING),
    KEY("cloudProvider", STRING, PROVIDER),
    KEY("cloudProviderRegion", STRING, COLUMN, OF_RESOURCE("region", 0)),
    KEY("cloudProviderAccountId", STRING, ACCOUNT),
    KEY("cloudProviderOrgId", STRING, NOTHING),
    KEY("machineImageId", STRING, NOTHING),
    KEY("machineImageName", STRING, NOTHING),
    KEY("machineImageOwnerAccountId", STRING, NOTHING),
    KEY("machineImagePlatform", STRING, NOTHING),
    KEY("cloudVmImageReference", STRING, COLUMN, OF_RESOURCE("ami", ONLY_HOST)),
    KEY("cloudVmNetworkId", STRING, COLUMN, OF_RESOURCE("vpc", ONLY_HOST)),
    KEY("cloudVmSubnetIds", STRING, COLUMN, OF_RESOURCE("subnet", ONLY_HOST)),
    KEY("cloudImageRepositoryName", STRING, COLUMN, OF_FINDING("repository", FACET),
        .facet = FACET_REPOSITORY),
    KEY("cloudImageRegistry", STRING, COLUMN, OF_FINDING("registry", FACET), .facet = FACET_REGISTRY),
    KEY("cloudImageDigest", STRING, COLUMN, OF_RESOURCE("hash", ONLY_IMAGE)),
    KEY("cloudImageTags", STRING, VALUES, .value_kind = RESOURCE_VALUE_IMAGE_TAG,
        .resource_types = ONLY_IMAGE, .find = FIND_VALUE),
    KEY("cloudImagePushedAt", DATE, COLUMN, OF_FINDING("pushed", FACET), .facet = FACET_PUSHED),
    KEY("cloudImageArchitecture", STRING, COLUMN, OF_RESOURCE("architecture", ONLY_IMAGE)),
    KEY("cloudImageLastInUseAt", DATE, COLUMN, OF_RESOURCE("last_in_use", ONLY_IMAGE)),
    KEY("cloudImageInUseCount", NUMBER, COLUMN, OF_RESOURCE("in_use_count", ONLY_IMAGE)),
    KEY("cloudServerlessFunctionName", STRING, COLUMN, OF_RESOURCE("name", ONLY_FUNCTION)),
    KEY("cloudServerlessFunctionRuntime", STRING, COLUMN, OF_RESOURCE("runtime", ONLY_FUNCTION)),
    KEY("cloudServerlessFunctionLastModifiedAt", DATE, COLUMN, OF_RESOURCE("modified", ONLY_FUNCTION)),
    KEY("cloudServerlessFunctionExecutionRole", STRING, COLUMN, OF_RESOURCE("role", ONLY_FUNCTION)),
};

#define COVERED(list, field) .names = &list##_names, .column = field

static const struct criteria_key coverage_keys[] = {
    KEY("scanStatusCode", STRING, NAMES, COVERED(scan_status, "c.status")),
    KEY("scanStatusReason", STRING, NAMES, COVERED(scan_reason, "c.reason")),
    KEY("accountId", STRING, ACCOUNT),
    KEY("resourceId", STRING, COLUMN, OF_RESOURCE("resource_id", 0)),
    KEY("resourceType", STRING, NAMES, COVERED(resource_type, "c.resource_type")),
    KEY("scanType", STRING, NAMES, COVERED(scan_type, "c.scan_type")),
    KEY("ecrRepositoryName", STRING, COLUMN, OF_RESOURCE("name", ONLY_REPOSITORY)),
    KEY("ecrImageTags", STRING, VALUES, .value_kind = RESOURCE_VALUE_IMAGE_TAG, .resource_types = ONLY_IMAGE),
    KEY("ec2InstanceTags", MAP, TAGS, .resource_types = ONLY_HOST),
    KEY("lambdaFunctionName", STRING, COLUMN, OF_RESOURCE("name", ONLY_FUNCTION)),
    KEY("lambdaFunctionTags", MAP, TAGS, .resource_types = ONLY_FUNCTION),
    KEY("lambdaFunctionRuntime", STRING, COLUMN, OF_RESOURCE("runtime", ONLY_FUNCTION)),
    KEY("lastScannedAt", DATE, COLUMN, .column = LAST_CHECKED),
    KEY("scanMode", STRING, NAMES, COVERED(scan_mode, "nullif(c.mode, 0)")),
    KEY("imagePulledAt", DATE, COLUMN, OF_RESOURCE("pulled", ONLY_IMAGE)),
    KEY("ecrImageLastInUseAt", DATE, COLUMN, OF_RESOURCE("last_in_use", ONLY_IMAGE)),
    KEY("ecrImageInUseCount", NUMBER, COLUMN, OF_RESOURCE("in_use_count", ONLY_IMAGE)),
    KEY("codeRepositoryProjectName", STRING, NOTHING),
    KEY("codeRepositoryProviderType", STRING, NOTHING),
    KEY("codeRepositoryProviderTypeVisibility", STRING, NOTHING),
    KEY("lastScannedCommitId", STRING, NOTHING),
    KEY("cloudProvider", STRING, PROVIDER),
    KEY("cloudProviderAccountId", STRING, ACCOUNT),
    KEY("cloudProviderRegion", STRING, COLUMN, OF_RESOURCE("region", 0)),
    KEY("cloudVmInstanceTags", MAP, TAGS, .resource_types = ONLY_HOST),
    KEY("cloudContainerImageTags", STRING, VALUES, .value_kind = RESOURCE_VALUE_IMAGE_TAG,
        .resource_types = ONLY_IMAGE),
    KEY("cloudContainerRepositoryName", STRING, COLUMN, OF_RESOURCE("name", ONLY_REPOSITORY)),
    KEY("cloudContainerRegistryName", STRING, COLUMN, OF_RESOURCE("registry", ONLY_REPOSITORY)),
    KEY("cloudServerlessFunctionName", STRING, COLUMN, OF_RESOURCE("name", ONLY_FUNCTION)),
    KEY("cloudServerlessFunctionRuntime", STRING, COLUMN, OF_RESOURCE("runtime", ONLY_FUNCTION)),
    KEY("cloudServerlessFunctionTags", MAP, TAGS, .resource_types = ONLY_FUNCTION),
    KEY("cloudProviderOrgId", STRING, NOTHING),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const struct criteria_key *at;
    size_t n;
} tables[] = {
    [CRITERIA_FINDINGS] = {finding_keys, COUNT(finding_keys)},
    [CRITERIA_COVERAGE] = {coverage_keys, COUNT(coverage_keys)},
};

static const char *const comparison_names[COMPARISONS] = {"EQUALS", "PREFIX", "NOT_EQUALS"};
static const char *const part_names[PACKAGE_PARTS] = {
    "name",     "version", "release", "architecture", "sourceLayerHash", "sourceLambdaLayerArn",
    "filePath", "epoch"};

void field_error_add(struct field_errors *e, struct arena *a, struct str name, const char *format, ...)
{
    char text[512];
    if (e->n == FIELD_ERRORS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e->at[e->n++] = (struct field_error){arena_str(a, name), arena_str(a, str_from(text))};
}

/* One list of entries being read. */
struct reading {
    struct arena *arena;
    struct field_errors *errors;
    struct str path; /* of the entry */
    bool prefixes;
};

/* A member that is not null. */
static json_val *member(json_val *object, const char *name)
{
    json_val *v = json_get(object, name);
    return yyjson_is_null(v) ? NULL : v;
}

static void complain(struct reading *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(struct reading *r, const char *name, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    field_error_add(r->errors, r->arena, arena_printf(r->arena, "%.*s.%s", STR_ARG(r->path), name), "%s",
                    text);
}

static size_t characters(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* False with an error when it is there but no such string, or is required and absent. */
static bool read_text(struct reading *r, json_val *object, const char *name, size_t least, size_t most,
                      bool required, struct str *ret_text)
{
    json_val *v = member(object, name);
    if (!v) {
        if (required)
            complain(r, name, "is required");
        return false;
    }
    size_t n = characters(json_str(v));
    if (!yyjson_is_str(v))
        complain(r, name, "must be a string");
    else if (n < least || n > most)
        complain(r, name, "must have %zu to %zu characters", least, most);
    else
        return *ret_text = json_str(v), true;
    return false;
}

static void read_comparison(struct reading *r, json_val *object, bool equals_only, struct entry *e)
{
    struct str name = {NULL, 0};
    if (!read_text(r, object, "comparison", 0, STRING_MAX, true, &name))
        return;
    for (int i = 0; i < COMPARISONS; i++)
        if (str_is(name, comparison_names[i]) && (i == IS_EQUAL || !equals_only) &&
            (i != HAS_PREFIX || r->prefixes)) {
            e->comparison = (enum comparison)i;
            return;
        }
    complain(r, "comparison", "must be %s",
             equals_only   ? "EQUALS"
             : r->prefixes ? "EQUALS, PREFIX or NOT_EQUALS"
                           : "EQUALS or NOT_EQUALS");
}

static void read_bound(struct reading *r, json_val *object, const char *name, bool port, bool *ret_has,
                       double *ret_value)
{
    json_val *v = member(object, name);
    if (!v)
        return;
    double value = yyjson_get_num(v);
    if (!yyjson_is_num(v))
        complain(r, name, "must be a number");
    else if (port && (!yyjson_is_int(v) || value < 0 || value > PORT_MAX))
        complain(r, name, "must be an integer from 0 to %d", PORT_MAX);
    else
        *ret_has = true, *ret_value = value;
}

static void read_range(struct reading *r, json_val *object, const char *from, const char *to, bool port,
                       struct entry *e)
{
    read_bound(r, object, from, port, &e->range.has_from, &e->range.from);
    read_bound(r, object, to, port, &e->range.has_to, &e->range.to);
}

static void read_entry(struct reading *r, enum entry_type type, json_val *v, struct entry *e);

static void read_package(struct reading *r, json_val *object, struct entry *e)
{
    struct str path = r->path;
    e->parts = arena_new_array(r->arena, struct entry, PACKAGE_PARTS);
    for (int i = 0; i < PACKAGE_PARTS; i++) {
        json_val *part = member(object, part_names[i]);
        if (!part)
            continue;
        r->path = arena_printf(r->arena, "%.*s.%s", STR_ARG(path), part_names[i]);
        read_entry(r, i == PART_EPOCH ? ENTRY_NUMBER : ENTRY_STRING, part, &e->parts[i]);
    }
    r->path = path;
}

static void read_entry(struct reading *r, enum entry_type type, json_val *v, struct entry *e)
{
    if (!yyjson_is_obj(v)) {
        field_error_add(r->errors, r->arena, r->path, "must be an object");
        return;
    }
    e->stated = true;
    switch (type) {
    case ENTRY_STRING:
        read_comparison(r, v, false, e);
        e->has_value = read_text(r, v, "value", 1, STRING_MAX, true, &e->value);
        return;
    case ENTRY_MAP:
        read_comparison(r, v, true, e);
        read_text(r, v, "key", 1, TAG_KEY_MAX, true, &e->key);
        e->has_value = read_text(r, v, "value", 0, TAG_VALUE_MAX, false, &e->value);
        return;
    case ENTRY_NUMBER:
        read_range(r, v, "lowerInclusive", "upperInclusive", false, e);
        return;
    case ENTRY_DATE:
        read_range(r, v, "startInclusive", "endInclusive", false, e);
        return;
    case ENTRY_PORTS:
        read_range(r, v, "beginInclusive", "endInclusive", true, e);
        return;
    case ENTRY_PACKAGE:
        read_package(r, v, e);
    }
}

void entries_read(struct arena *a, enum entry_type type, bool prefixes, json_val *list, struct str path,
                  struct field_errors *errors, struct entry **ret_at, size_t *ret_n)
{
    struct reading r = {.arena = a, .errors = errors, .prefixes = prefixes};
    size_t n = yyjson_arr_size(list), i = 0;
    if (!yyjson_is_arr(list)) {
        field_error_add(errors, a, path, "must be a list");
        return;
    }
    if (!n || n > ENTRIES_MAX) {
        field_error_add(errors, a, path, "must have 1 to %d elements", ENTRIES_MAX);
        return;
    }
    *ret_at = arena_new_array(a, struct entry, n);
    *ret_n = n;
    for (json_each(item, list)) {
        r.path = arena_printf(a, "%.*s[%zu]", STR_ARG(path), i);
        read_entry(&r, type, item, &(*ret_at)[i++]);
    }
}

static uint64_t digest_entry(uint64_t seed, const struct entry *e)
{
    struct {
        double from, to;
        uint64_t bits;
    } fixed = {e->range.from, e->range.to,
               (uint64_t)e->comparison | (uint64_t)e->stated << 8 | (uint64_t)e->has_value << 9 |
                   (uint64_t)e->range.has_from << 10 | (uint64_t)e->range.has_to << 11};
    seed = hash64_with(seed, (struct str){(const char *)&fixed, sizeof fixed});
    seed = hash64_with(hash64_with(seed, e->key), e->value);
    for (int i = 0; e->parts && i < PACKAGE_PARTS; i++)
        seed = digest_entry(seed, &e->parts[i]);
    return seed;
}

int criteria_read(struct arena *a, enum criteria_of of, json_val *value, const char *prefix,
                  struct field_errors *errors, struct criteria **ret_criteria)
{
    struct criteria *c = arena_alloc(a, sizeof *c);
    size_t errors_before = errors->n;
    if (value && !yyjson_is_null(value) && !yyjson_is_obj(value))
        field_error_add(errors, a, str_from(prefix), "must be an object");
    c->at = arena_new_array(a, struct condition, tables[of].n);
    for (size_t i = 0; i < tables[of].n; i++) {
        const struct criteria_key *key = &tables[of].at[i];
        json_val *list = member(value, key->name);
        if (!list)
            continue;
        struct condition *at = &c->at[c->n++];
        at->key = key;
        entries_read(a, key->type, of == CRITERIA_FINDINGS, list, arena_printf(a, "%s.%s", prefix, key->name),
                     errors, &at->at, &at->n);
        c->digest = hash64_with(c->digest, str_from(key->name));
        for (size_t k = 0; k < at->n; k++)
            c->digest = digest_entry(c->digest, &at->at[k]);
    }
    if (errors->n > errors_before)
        return err_set(ERR_INVALID, "%.*s %.*s", STR_ARG(errors->at[errors_before].name),
                       STR_ARG(errors->at[errors_before].message));
    *ret_criteria = c;
    return 0;
}

const struct criteria *criteria_both(struct arena *a, const struct criteria *one,
                                     const struct criteria *other)
{
    struct criteria *both = arena_alloc(a, sizeof *both);
    both->at = arena_new_array(a, struct condition, one->n + other->n + 1);
    for (size_t i = 0; i < one->n; i++)
        both->at[both->n++] = one->at[i];
    for (size_t i = 0; i < other->n; i++)
        both->at[both->n++] = other->at[i];
    both->digest = hash64_with(one->digest, (struct str){(const char *)&other->digest, sizeof other->digest});
    return both;
}

int criteria_parse(struct arena *a, enum criteria_of of, struct str json, struct criteria **ret_criteria)
{
    struct field_errors errors = {.n = 0};
    json_val *root = NULL;
    int r = json.n ? json_parse(a, json, &root) : 0;
    return r < 0 ? r : criteria_read(a, of, root, "filterCriteria", &errors, ret_criteria);
}

bool criteria_empty(const struct criteria *c)
{
    return !c || !c->n;
}

bool criteria_has(const struct criteria *c, const char *key)
{
    for (size_t i = 0; c && i < c->n; i++)
        if (!strcmp(c->at[i].key->name, key))
            return true;
    return false;
}

const char *const *criteria_keys(enum criteria_of of)
{
    static const char *names[COUNT(tables)][COUNT(finding_keys) + 1];
    /* Every caller writes the same pointers. */
    for (size_t i = 0; i < tables[of].n; i++)
        __atomic_store_n(&names[of][i], tables[of].at[i].name, __ATOMIC_RELAXED);
    return names[of];
}
