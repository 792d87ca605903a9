/* Functions as AWS Lambda tells of them. */
#include "base/err.h"
#include "base/json.h"
#include "monitor/function.h"

static struct str text_of(json_val *object, const char *name)
{
    return json_get_str(object, name);
}

/* Lambda's times: "2026-11-22T10:00:00.000+0000", an offset without its colon. */
static int64_t time_of(struct arena *a, struct str text)
{
    if (str_ends(text, STR("+0000")))
        text = arena_printf(a, "%.*sZ", (int)text.n - 5, text.p);
    return time_parse_or_none(text);
}

static size_t list_of(json_val *list, struct str *to, size_t max)
{
    size_t n = 0;
    for (json_each(one, list))
        if (n < max && json_str(one).n)
            to[n++] = json_str(one);
    return n;
}

static void read_network(json_val *vpc, struct function_facts *f)
{
    f->vpc = text_of(vpc, "VpcId");
    if (!f->vpc.n)
        return;
    f->n_subnets = list_of(json_get(vpc, "SubnetIds"), f->subnets, FUNCTION_NETWORKS_MAX);
    f->n_groups = list_of(json_get(vpc, "SecurityGroupIds"), f->groups, FUNCTION_NETWORKS_MAX);
}

static int read_layers(json_val *layers, struct function_facts *f)
{
    for (json_each(layer, layers)) {
        if (f->n_layers == FUNCTION_LAYERS_MAX)
            return err_set(ERR_LIMIT, "%.*s: more than %d layers", STR_ARG(f->name), FUNCTION_LAYERS_MAX);
        f->layers[f->n_layers++] = text_of(layer, "Arn");
    }
    return 0;
}

/* "arn:aws:lambda:us-east-1:123456789012:function:name", which a version may follow. */
static bool arn_valid(struct str arn, struct str name)
{
    return str_starts(arn, STR("arn:")) && str_ends(arn, name) && arn.n < 512 &&
           arn.p[arn.n - name.n - 1] == ':';
}

int lambda_facts_read(struct arena *a, json_val *configuration, json_val *tags,
                      struct lambda_facts *ret_facts)
{
    struct lambda_facts l = {.runtime = text_of(configuration, "Runtime")};
    struct function_facts *f = &l.facts;
    struct str arn = text_of(configuration, "FunctionArn");
    if (str_ends(arn, STR(":$LATEST")))
        arn.n -= strlen(":$LATEST");
    f->name = text_of(configuration, "FunctionName");
    if (!function_name_valid(f->name) || !arn_valid(arn, f->name))
        return err_set(ERR_INVALID, "Lambda tells of a function without a name");
    l.is_image = str_is(text_of(configuration, "PackageType"), "Image");
    f->arn = arena_printf(a, "%.*s:$LATEST", STR_ARG(arn));
    f->runtime = runtime_name(l.runtime).n ? runtime_name(l.runtime) : STR("UNSUPPORTED");
    f->sha256 = text_of(configuration, "CodeSha256");
    f->role = text_of(configuration, "Role");
    f->package = l.is_image ? STR("IMAGE") : STR("ZIP");
    f->architecture =
        str_is(json_str(yyjson_arr_get_first(json_get(configuration, "Architectures"))), "arm64")
            ? STR("ARM64")
            : STR("X86_64");
    f->modified = time_of(a, text_of(configuration, "LastModified"));
    read_network(json_get(configuration, "VpcConfig"), f);
    int status = read_layers(json_get(configuration, "Layers"), f);
    if (status == 0 && tags)
        status = function_tags(a, tags, &f->tags);
    if (status == 0)
        *ret_facts = l;
    return status;
}
