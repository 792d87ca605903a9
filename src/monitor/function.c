#include "monitor/function.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"

enum { TAGS_BYTES_MAX = 64 << 10, DETAILS_MAX = 64 << 10 };

bool function_name_valid(struct str name)
{
    bool valid = name.n > 0 && name.n <= FUNCTION_NAME_MAX && name.p[0] != '.';
    for (size_t i = 0; valid && i < name.n; i++)
        valid = is_alnum(name.p[i]) || (name.p[i] && strchr("-_.", name.p[i]));
    return valid;
}

/* What Inspector's standard scanning takes: Lambda's spelling, and its own. */
static const struct {
    const char *lambda, *inspector;
} runtimes[] = {
    {"nodejs12.x", "NODEJS_12_X"},
    {"nodejs14.x", "NODEJS_14_X"},
    {"nodejs16.x", "NODEJS_16_X"},
    {"nodejs18.x", "NODEJS_18_X"},
    {"nodejs20.x", "NODEJS_20_X"},
    {"nodejs22.x", "NODEJS_22_X"},
    {"nodejs24.x", "NODEJS_24_X"},
    {"python3.7", "PYTHON_3_7"},
    {"python3.8", "PYTHON_3_8"},
    {"python3.9", "PYTHON_3_9"},
    {"python3.10", "PYTHON_3_10"},
    {"python3.11", "PYTHON_3_11"},
    {"python3.12", "PYTHON_3_12"},
    {"python3.13", "PYTHON_3_13"},
    {"python3.14", "PYTHON_3_14"},
    {"java8", "JAVA_8"},
    {"java8.al2", "JAVA_8_AL2"},
    {"java11", "JAVA_11"},
    {"java17", "JAVA_17"},
    {"java21", "JAVA_21"},
    {"java25", "JAVA_25"},
    {"ruby2.7", "RUBY_2_7"},
    {"ruby3.2", "RUBY_3_2"},
    {"ruby3.3", "RUBY_3_3"},
    {"go1.x", "GO_1_X"},
    {"dotnet6", "DOTNET_6"},
    {"dotnet8", "DOTNET_8"},
    {"dotnet10", "DOTNET_10"},
    {"provided.al2", "PROVIDED_AL2"},
    {"provided.al2023", "PROVIDED_AL2023"},
};

struct str runtime_name(struct str runtime)
{
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
        if (str_is(runtime, runtimes[i].lambda) || str_is(runtime, runtimes[i].inspector))
            return str_from(runtimes[i].inspector);
    return (struct str){NULL, 0};
}

static bool layer_valid(struct str name)
{
    return str_ends(name, STR(".zip")) && function_name_valid(str_slice(name, 0, name.n - 4));
}

static int read_layers(struct arena *a, json_val *root, struct sidecar *s)
{
    json_val *list = json_get(root, "layers");
    if (list && (!yyjson_is_arr(list) || yyjson_arr_size(list) > FUNCTION_LAYERS_MAX))
        return err_set(ERR_INVALID, "layers: a list of at most %d files is wanted", FUNCTION_LAYERS_MAX);
    for (json_each(v, list)) {
        if (!layer_valid(json_str(v)))
            return err_set(ERR_INVALID, "layers: the name of a zip file is wanted");
        s->layers[s->n_layers++] = arena_str(a, json_str(v));
    }
    return 0;
}

int function_tags(struct arena *a, json_val *tags, struct str *ret_tags)
{
    size_t n;
    if (!tags)
        return 0;
    if (!yyjson_is_obj(tags))
        return err_set(ERR_INVALID, "tags: an object is wanted");
    for (json_each_member(key, value, tags))
        if (!yyjson_is_str(value))
            return err_set(ERR_INVALID, "tags: '%.*s' is no string", STR_ARG(json_str(key)));
    char *text = yyjson_val_write(tags, 0, &n);
    bool fits = text && n <= TAGS_BYTES_MAX;
    if (fits)
        *ret_tags = arena_str(a, (struct str){text, n});
    free(text);
    return fits ? 0 : err_set(ERR_LIMIT, "tags: larger than %d bytes", TAGS_BYTES_MAX);
}

static int read_architecture(json_val *root, struct str *ret_architecture)
{
    json_val *list = json_get(root, "architectures");
    struct str one = json_str(yyjson_arr_get_first(list));
    if (!list)
        return 0;
    if (str_ieq(one, STR("x86_64")))
        *ret_architecture = STR("X86_64");
    else if (str_ieq(one, STR("arm64")))
        *ret_architecture = STR("ARM64");
    else
        return err_set(ERR_INVALID, "architectures: x86_64 or arm64 is wanted");
    return 0;
}

int sidecar_read(struct arena *a, struct str text, struct sidecar *ret_sidecar)
{
    struct sidecar s = {.modified = TIME_NONE};
    json_val *root = NULL;
    int status = text.n ? json_parse(a, text, &root) : 0;
    if (status == 0 && root && !yyjson_is_obj(root))
        status = err_set(ERR_INVALID, "an object is wanted");
    s.runtime = json_get_str(root, "runtime");
    s.role = json_get_str(root, "role");
    s.modified = time_parse_or_none(json_get_str(root, "lastModified"));
    if (status == 0)
        status = read_layers(a, root, &s);
    if (status == 0)
        status = function_tags(a, json_get(root, "tags"), &s.tags);
    if (status == 0)
        status = read_architecture(root, &s.architecture);
    if (status == 0)
        *ret_sidecar = s;
    return status;
}

/* ---- resources ---- */

static void out_list(struct json_out *o, const char *name, const struct str *list, size_t n)
{
    if (!n)
        return;
    json_key(o, name);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_out_str(o, list[i]);
    json_end_array(o);
}

/* AwsLambdaFunctionDetails. */
static struct str details(struct arena *a, const struct function_facts *f)
{
    _cleanup_(buf_free) struct buf b = buf_new(DETAILS_MAX);
    struct json_out o = {.to = &b};
    struct str architecture = f->architecture.n ? f->architecture : STR("X86_64");
    json_begin_object(&o);
    json_key(&o, "awsLambdaFunction");
    json_begin_object(&o);
    json_member_str(&o, "functionName", f->name);
    json_member_str(&o, "runtime", f->runtime);
    json_member_str(&o, "codeSha256", f->sha256);
    json_member_str(&o, "version", STR("$LATEST"));
    json_member_str(&o, "executionRoleArn", f->role);
    out_list(&o, "layers", f->layers, f->n_layers);
    if (f->vpc.n) {
        json_key(&o, "vpcConfig");
        json_begin_object(&o);
        out_list(&o, "subnetIds", f->subnets, f->n_subnets);
        out_list(&o, "securityGroupIds", f->groups, f->n_groups);
        json_member_str(&o, "vpcId", f->vpc);
        json_end_object(&o);
    }
    json_member_str(&o, "packageType", f->package.n ? f->package : STR("ZIP"));
    out_list(&o, "architectures", &architecture, 1);
    if (f->modified != TIME_NONE)
        json_member_int(&o, "lastModifiedAt", f->modified);
    json_end_object(&o);
    json_end_object(&o);
    return arena_str(a, buf_str(&b));
}

static void add_values(struct resource *r, struct str *values, int *kinds, int kind, const struct str *list,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        values[r->n_values] = list[i];
        kinds[r->n_values++] = kind;
    }
    r->values = values;
    r->kinds = kinds;
}

struct resource function_resource(struct arena *a, account_id account, const struct function_facts *f)
{
    size_t max = f->n_layers + f->n_subnets + f->n_groups + 1;
    struct str *values = arena_new_array(a, struct str, max);
    int *kinds = arena_new_array(a, int, max);
    struct resource r = {
        .account = account,
        .type = RESOURCE_AWS_LAMBDA_FUNCTION,
        .resource_id = f->arn,
        .state = STATE_PRESENT,
        .region = f->region,
        .origin = f->origin,
        .details = details(a, f),
        .tags = f->tags,
        .name = f->name,
        .vpc = f->vpc,
        .hash = f->sha256,
        .runtime = f->runtime,
        .role = f->role,
        .pushed = TIME_NONE,
        .pulled = TIME_NONE,
        .last_in_use = TIME_NONE,
        .in_use_count = -1,
        .modified = f->modified,
        .first_seen = TIME_NONE,
        .heard = TIME_NONE,
        .gone = TIME_NONE,
    };
    add_values(&r, values, kinds, RESOURCE_VALUE_LAYER, f->layers, f->n_layers);
    add_values(&r, values, kinds, RESOURCE_VALUE_SUBNET, f->subnets, f->n_subnets);
    add_values(&r, values, kinds, RESOURCE_VALUE_SECURITY_GROUP, f->groups, f->n_groups);
    return r;
}

static struct str arn_named(const struct function_place *p, account_id account, struct str name)
{
    const struct place *place = store_place(monitor_store(p->monitor));
    char text[ACCOUNT_TEXT];
    struct str region = p->region.n ? p->region : str_from(place->region);
    return arena_printf(p->arena, "arn:%s:lambda:%.*s:%s:function:%.*s:$LATEST", place->partition,
                        STR_ARG(region), account_text(account, text), STR_ARG(name));
}

/* The first to bring a name has it as it is. Another origin's function of that name carries the origin in its
 * id, and keeps it from then on. */
struct str function_arn(const struct function_place *p, account_id account, struct str name)
{
    enum { ORIGIN_SHOWN = 8 };
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->monitor));
    struct str origin = p->origin->origin.id, plain = arn_named(p, account, name);
    struct str own = arn_named(
        p, account,
        arena_printf(p->arena, "%.*s-%.*s", STR_ARG(name), STR_ARG(str_slice(origin, 0, ORIGIN_SHOWN))));
    struct resource known;
    if (resource_find(db, p->arena, account, own, &known) == 0 && known.state != STATE_GONE)
        return own;
    bool taken = resource_find(db, p->arena, account, plain, &known) == 0 && known.state != STATE_GONE &&
                 known.origin.n && !str_eq(known.origin, origin);
    return taken ? own : plain;
}

int function_gone(const struct function_place *p, account_id account, struct str name)
{
    struct resource known;
    struct sql *db = store_reader(monitor_store(p->monitor));
    int status = resource_find(db, p->arena, account, function_arn(p, account, name), &known);
    store_release(db);
    if (status < 0 || known.state == STATE_GONE || !str_eq(known.origin, p->origin->origin.id))
        return 0;
    return scan_gone(p->monitor, &known);
}
