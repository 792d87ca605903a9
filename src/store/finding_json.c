/* The Finding object of Inspector's API. What is absent is left out, never null. */
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "store/shown.h"

enum { DESCRIPTION_MAX = 1024, LAYER_HASH = 71 };

/* What is being written, and how dates are. */
struct writing {
    struct json_out *to;
    struct arena *arena;
    bool text_times;
};

/* "X86_64", "ARM64", "NOARCH"; empty without one. */
static struct str arch_shown(struct arena *a, struct str arch)
{
    if (str_is(arch, "amd64"))
        return STR("X86_64");
    if (str_is(arch, "aarch64"))
        return STR("ARM64");
    char *upper = arena_alloc(a, arch.n + 1);
    for (size_t i = 0; i < arch.n; i++)
        upper[i] = is_lower(arch.p[i]) ? (char)(arch.p[i] - 'a' + 'A') : arch.p[i];
    return (struct str){upper, arch.n};
}

static struct str port_range(struct arena *a, const struct finding_row *f)
{
    if (f->port_begin == f->port_end)
        return arena_printf(a, "port %d", f->port_begin);
    return arena_printf(a, "port range %d-%d", f->port_begin, f->port_end);
}

/* "InternetGateway igw-1": a component without the prefix of its type. */
static struct str component(struct arena *a, json_val *step)
{
    struct str type = json_get_str(step, "componentType"), id = json_get_str(step, "componentId");
    for (ptrdiff_t at; (at = str_find_str(type, STR("::"))) >= 0;)
        type = str_slice(type, (size_t)at + 2, type.n);
    return arena_printf(a, "%.*s %.*s", STR_ARG(type), STR_ARG(id));
}

/* Where the path begins, and the interface by which it gets to the instance. */
static struct str network_description(struct arena *a, const struct finding_row *f)
{
    struct str from = STR("the network"), by = {0}, note = {0};
    json_val *steps = NULL;
    if (f->network.n && json_parse(a, f->network, &steps) == 0 && yyjson_arr_size(steps)) {
        from = arena_printf(a, "the %.*s", STR_ARG(component(a, yyjson_arr_get_first(steps))));
        for (json_each(step, steps)) {
            if (str_is(json_get_str(step, "componentType"), "AWS::EC2::NetworkInterface"))
                by = arena_printf(a, " by way of the %.*s", STR_ARG(component(a, step)));
            if (json_get_str(step, "note").n)
                note = arena_printf(a, " Of the %.*s this is not certain: %.*s.", STR_ARG(component(a, step)),
                                    STR_ARG(json_get_str(step, "note")));
        }
    }
    return arena_printf(a, "On the instance %.*s, the %s %.*s can be reached from %.*s%.*s.%.*s",
                        STR_ARG(f->resource.resource_id), name_of(&protocol_names, f->protocol),
                        STR_ARG(port_range(a, f)), STR_ARG(from), STR_ARG(by), STR_ARG(note));
}

struct str finding_description(struct arena *a, const struct finding_row *f)
{
    struct str text = f->type == FINDING_NETWORK_REACHABILITY ? network_description(a, f)
                      : f->description.n                      ? f->description
                                                              : f->title;
    return utf8_cut(text, DESCRIPTION_MAX);
}

struct str finding_remediation(const struct finding_row *f)
{
    if (f->type == FINDING_NETWORK_REACHABILITY)
        return STR(
            "Restrict access to the instance by the security groups or network ACLs in the network path.");
    if (f->n_packages == 0) /* the release itself: monitor/end_of_life.h */
        return STR("Move to a release that is supported.");
    return STR("None Provided");
}

/* A layer of an image is shown by its digest when that is a whole SHA-256. */
static bool is_layer_hash(struct str layer)
{
    return layer.n == LAYER_HASH && str_starts(layer, STR("sha256:"));
}

static bool is_layer_arn(struct str layer)
{
    return str_starts(layer, STR("arn:"));
}

/* "Wed Sep 04 16:59:44.000 UTC 2024" */
static struct str time_as_text(struct arena *a, int64_t time)
{
    char text[64];
    time_t t = (time_t)time;
    struct tm tm;
    gmtime_r(&t, &tm);
    size_t n = strftime(text, sizeof text, "%a %b %d %H:%M:%S.000 UTC %Y", &tm);
    return arena_str(a, (struct str){text, n});
}

static void out_time(struct writing *w, int64_t time)
{
    if (w->text_times)
        json_out_str(w->to, time_as_text(w->arena, time));
    else
        json_out_int(w->to, time);
}

static void member_time(struct writing *w, const char *name, int64_t time)
{
    if (time == TIME_NONE)
        return;
    json_key(w->to, name);
    out_time(w, time);
}

static void member_real(struct writing *w, const char *name, double value, int decimals)
{
    if (value < 0)
        return;
    json_key(w->to, name);
    json_out_double(w->to, value, decimals);
}

/* Stored JSON again; numbers of members that are called "...At" are dates. */
static void copy_value(struct writing *w, json_val *v, bool is_time)
{
    if (yyjson_is_obj(v)) {
        json_begin_object(w->to);
        for (json_each_member(key, value, v)) {
            if (yyjson_is_null(value))
                continue;
            json_key_str(w->to, json_str(key));
            copy_value(w, value, str_ends(json_str(key), STR("At")));
        }
        json_end_object(w->to);
    } else if (yyjson_is_arr(v)) {
        json_begin_array(w->to);
        for (json_each(item, v))
            copy_value(w, item, false);
        json_end_array(w->to);
    } else if (yyjson_is_str(v)) {
        json_out_str(w->to, json_str(v));
    } else if (yyjson_is_bool(v)) {
        json_out_bool(w->to, yyjson_get_bool(v));
    } else if (is_time && yyjson_is_num(v)) {
        out_time(w, (int64_t)yyjson_get_num(v));
    } else if (yyjson_is_int(v)) {
        json_out_int(w->to, yyjson_get_sint(v));
    } else {
        json_out_double(w->to, yyjson_get_num(v), 6);
    }
}

static void copy_member(struct writing *w, const char *name, json_val *v)
{
    if (!v || yyjson_is_null(v))
        return;
    json_key(w->to, name);
    copy_value(w, v, str_ends(str_from(name), STR("At")));
}

/* The same resource as Inspector shows it beside AWS's own form since it knows other clouds. */
struct twin {
    const char *from, *to; /* "a.b": member b of a; to "x[]": a list of the one */
};
static const struct twin host_twins[] = {
    {"type", "type"},
    {"imageId", "vmImageReference"},
    {"ipV4Addresses", "ipV4Addresses"},
    {"ipV6Addresses", "ipV6Addresses"},
    {"vpcId", "networkId"},
    {"subnetId", "subnetIds[]"},
    {"launchedAt", "launchedAt"},
    {"platform", "platform"},
    {"iamInstanceProfileArn", "executionRole"},
    {"keyName", "keyName"},
    {NULL, NULL},
};
static const struct twin image_twins[] = {
    {"repositoryName", "repositoryName"},
    {"registry", "registry"},
    {"imageTags", "imageTags"},
    {"imageHash", "imageDigest"},
    {"pushedAt", "pushedAt"},
    {"architecture", "architecture"},
    {"author", "author"},
    {"inUseCount", "inUseCount"},
    {"lastInUseAt", "lastInUseAt"},
    {"platform", "platform"},
    {NULL, NULL},
};
static const struct twin function_twins[] = {
    {"functionName", "serverlessFunctionName"},
    {"runtime", "runtime"},
    {"version", "version"},
    {"codeSha256", "codeDigest"},
    {"lastModifiedAt", "lastModifiedAt"},
    {"vpcConfig.vpcId", "networkId"},
    {"vpcConfig.subnetIds", "subnetIds"},
    {"vpcConfig.securityGroupIds", "securityGroupIds"},
    {"executionRoleArn", "executionRole"},
    {"packageType", "packageType"},
    {"architectures", "architectures"},
    {"layers", "layers"},
    {NULL, NULL},
};
static const struct {
    const char *own, *other;
    const struct twin *twins;
    bool platform; /* has a member of this name */
} detail_forms[] = {
    [RESOURCE_AWS_EC2_INSTANCE] = {"awsEc2Instance", "vm", host_twins, true},
    [RESOURCE_AWS_ECR_CONTAINER_IMAGE] = {"awsEcrContainerImage", "image", image_twins, true},
    [RESOURCE_AWS_LAMBDA_FUNCTION] = {"awsLambdaFunction", "serverlessFunction", function_twins, false},
};

static json_val *at_path(struct arena *a, json_val *v, const char *path)
{
    struct str rest = str_from(path), name;
    while (str_next(&rest, '.', &name))
        v = json_get(v, arena_cstr(a, name));
    return v;
}

static void write_twin(struct writing *w, json_val *own, const struct twin *twins)
{
    for (; twins->from; twins++) {
        json_val *v = at_path(w->arena, own, twins->from);
        struct str name = str_from(twins->to);
        if (!v || yyjson_is_null(v))
            continue;
        if (str_ends(name, STR("[]"))) {
            json_key_str(w->to, str_slice(name, 0, name.n - 2));
            json_begin_array(w->to);
            copy_value(w, v, false);
            json_end_array(w->to);
        } else {
            copy_member(w, twins->to, v);
        }
    }
}

/* The platform is known after the first scan only, and is then a column. */
static void write_details(struct writing *w, const struct resource *r)
{
    json_val *details = NULL;
    size_t type = r->type;
    if (type >= sizeof detail_forms / sizeof *detail_forms || !detail_forms[type].own || !r->details.n ||
        json_parse(w->arena, r->details, &details) < 0)
        return;
    json_val *own = json_get(details, detail_forms[type].own);
    struct str platform = detail_forms[type].platform && !json_get(own, "platform") ? r->platform : STR("");
    json_key(w->to, "details");
    json_begin_object(w->to);
    if (own) {
        json_key(w->to, detail_forms[type].own);
        json_begin_object(w->to);
        for (json_each_member(key, value, own))
            copy_member(w, json_str(key).p, value);
        json_member_str(w->to, "platform", platform);
        json_end_object(w->to);
    }
    json_val *other = json_get(details, detail_forms[type].other);
    if (other) {
        copy_member(w, detail_forms[type].other, other);
    } else if (own) {
        json_key(w->to, detail_forms[type].other);
        json_begin_object(w->to);
        if (r->type == RESOURCE_AWS_EC2_INSTANCE)
            json_member_str(w->to, "vmName", r->name);
        write_twin(w, own, detail_forms[type].twins);
        json_member_str(w->to, "platform", platform);
        json_end_object(w->to);
    }
    json_end_object(w->to);
}

static void write_resource(struct writing *w, const struct place *place, const struct finding_row *f)
{
    char digits[ACCOUNT_TEXT];
    struct json_out *to = w->to;
    json_key(to, "resources");
    json_begin_array(to);
    json_begin_object(to);
    json_member_str(to, "type", str_from(name_of(&resource_type_names, f->resource.type)));
    json_member_str(to, "id", f->resource.resource_id);
    json_member_str(to, "partition", str_from(place->partition));
    json_member_str(to, "region", f->region);
    if (f->resource.tags.n > 2) /* "{}" */
        json_member_raw(to, "tags", f->resource.tags);
    write_details(w, &f->resource);
    json_member_str(to, "provider", STR("AWS"));
    json_member_str(to, "providerAccountId", str_from(account_text(f->account, digits)));
    json_end_object(to);
    json_end_array(to);
}

static void write_package(struct writing *w, const struct finding_package_row *p)
{
    struct json_out *to = w->to;
    json_begin_object(to);
    json_member_str(to, "name", p->name);
    json_key(to, "version");
    json_out_str(to, p->version);
    if (is_layer_hash(p->layer))
        json_member_str(to, "sourceLayerHash", p->layer);
    if (p->epoch >= 0)
        json_member_int(to, "epoch", p->epoch);
    json_member_str(to, "release", p->release);
    json_member_str(to, "arch", arch_shown(w->arena, p->arch));
    json_member_str(to, "packageManager", str_from(package_manager_name(p->manager)));
    if (p->manager != PM_OS)
        json_member_str(to, "filePath", utf8_cut(p->path, 1024));
    json_member_str(to, "fixedInVersion", p->fixed);
    json_member_str(to, "remediation", p->remediation);
    if (is_layer_arn(p->layer))
        json_member_str(to, "sourceLambdaLayerArn", p->layer);
    json_end_object(to);
}

/* Members of a stored object, without its braces. */
static void splice(struct writing *w, struct str object)
{
    json_val *v;
    object = str_trim(object);
    if (w->text_times && json_parse(w->arena, object, &v) == 0) {
        for (json_each_member(key, value, v))
            copy_member(w, json_str(key).p, value);
        return;
    }
    if (object.n < 2)
        return;
    struct str inner = str_trim(str_slice(object, 1, object.n - 1));
    if (inner.n)
        json_out_raw(w->to, inner);
}

static void write_vulnerability(struct writing *w, const struct finding_row *f)
{
    struct json_out *to = w->to;
    member_real(w, "inspectorScore", f->score, 1);
    json_member_raw(to, "inspectorScoreDetails", f->score_details);
    json_key(to, "packageVulnerabilityDetails");
    json_begin_object(to);
    if (f->details.n) {
        splice(w, f->details);
    } else {
        json_member_str(to, "vulnerabilityId", f->vulnerability_id);
        json_member_str(to, "source", f->source);
    }
    json_key(to, "vulnerablePackages");
    json_begin_array(to);
    for (size_t i = 0; i < f->n_packages; i++)
        write_package(w, &f->packages[i]);
    json_end_array(to);
    json_end_object(to);
    if (f->fix >= 0)
        json_member_str(to, "fixAvailable", str_from(name_of(&fix_names, f->fix)));
    if (f->exploit >= 0)
        json_member_str(to, "exploitAvailable", str_from(name_of(&answer_names, f->exploit)));
    if (f->exploit == 1 && f->last_exploited != TIME_NONE) {
        json_key(to, "exploitabilityDetails");
        json_begin_object(to);
        member_time(w, "lastKnownExploitAt", f->last_exploited);
        json_end_object(to);
    }
    if (f->epss >= 0) {
        json_key(to, "epss");
        json_begin_object(to);
        member_real(w, "score", f->epss, 5);
        json_end_object(to);
    }
}

/* Steps as Inspector knows them: notes are in the description. */
static void write_steps(struct writing *w, struct str text)
{
    static const char *const members[] = {"componentId", "componentType", "componentArn"};
    json_val *steps;
    if (str_find_str(text, STR("\"note\":")) < 0 || json_parse(w->arena, text, &steps) < 0) {
        json_member_raw(w->to, "steps", text);
        return;
    }
    json_key(w->to, "steps");
    json_begin_array(w->to);
    for (json_each(step, steps)) {
        json_begin_object(w->to);
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            json_member_str(w->to, members[i], json_get_str(step, members[i]));
        json_end_object(w->to);
    }
    json_end_array(w->to);
}

static void write_network(struct writing *w, const struct finding_row *f)
{
    struct json_out *to = w->to;
    json_key(to, "networkReachabilityDetails");
    json_begin_object(to);
    json_key(to, "openPortRange");
    json_begin_object(to);
    json_member_int(to, "begin", f->port_begin);
    json_member_int(to, "end", f->port_end);
    json_end_object(to);
    json_member_str(to, "protocol", str_from(name_of(&protocol_names, f->protocol)));
    json_key(to, "networkPath");
    json_begin_object(to);
    write_steps(w, f->network);
    json_end_object(to);
    json_end_object(to);
}

int finding_json(struct sql *db, struct arena *a, int64_t finding, const struct finding_style *style,
                 struct json_out *to)
{
    struct writing w = {to, a, style->text_times};
    const struct place *place = sql_place(db);
    struct finding_row f;
    char digits[ACCOUNT_TEXT];
    int r = finding_get(db, a, finding, &f);
    if (r < 0)
        return r;
    json_begin_object(to);
    json_member_str(to, "findingArn", finding_arn(a, place, f.account, f.key));
    json_member_str(to, "awsAccountId", str_from(account_text(f.account, digits)));
    json_member_str(to, "type", str_from(name_of(&finding_type_names, f.type)));
    json_member_str(to, "description", finding_description(a, &f));
    json_member_str(to, "title", utf8_cut(f.title, DESCRIPTION_MAX));
    json_key(to, "remediation");
    json_begin_object(to);
    json_key(to, "recommendation");
    json_begin_object(to);
    json_member_str(to, "text", finding_remediation(&f));
    json_end_object(to);
    json_end_object(to);
    json_member_str(to, "severity", str_from(name_of(&grade_names, f.severity)));
    member_time(&w, "firstObservedAt", f.first_observed);
    member_time(&w, "lastObservedAt", f.last_observed);
    member_time(&w, "updatedAt", f.updated);
    json_member_str(to, "status", str_from(name_of(&finding_status_names, f.status)));
    write_resource(&w, place, &f);
    if (f.type == FINDING_PACKAGE_VULNERABILITY)
        write_vulnerability(&w, &f);
    else if (f.type == FINDING_NETWORK_REACHABILITY)
        write_network(&w, &f);
    json_end_object(to);
    return buf_status(to->to);
}
