#include "api/openapi.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/yaml.h"

static const struct {
    const char *name, *text;
} files[] = {
#include "openapi.inc"
};

struct str openapi_text(void)
{
    return str_from(files[0].text);
}

/* The file writes numbers and truth values plainly and has no strings that look like them. */
static void out_scalar(struct json_out *o, struct str text)
{
    uint64_t n;
    if (str_is(text, "true") || str_is(text, "false"))
        json_out_bool(o, str_is(text, "true"));
    else if (str_u64(text, &n) && n <= INT64_MAX)
        json_out_int(o, (int64_t)n);
    else
        json_out_str(o, text);
}

static void out_value(struct json_out *o, const struct yaml *v)
{
    if (v->kind == YAML_SCALAR) {
        out_scalar(o, v->text);
        return;
    }
    bool mapping = v->kind == YAML_MAPPING;
    if (mapping)
        json_begin_object(o);
    else
        json_begin_array(o);
    yaml_each(item, v)
    {
        if (mapping)
            json_key_str(o, item->key);
        out_value(o, item);
    }
    if (mapping)
        json_end_object(o);
    else
        json_end_array(o);
}

int openapi_json(struct buf *to)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct yaml *root;
    struct json_out o = {.to = to};
    int status = yaml_read(a, openapi_text(), &root);
    if (status == 0)
        out_value(&o, root);
    return status;
}
