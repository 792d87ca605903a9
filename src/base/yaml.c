#include "base/yaml.h"

#include <yaml.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

struct reader {
    struct arena *a;
    yaml_parser_t parser;
    size_t values;
    int depth;
    struct yaml *open[YAML_DEPTH_MAX + 1]; /* open[0] holds the documents */
    bool has_key[YAML_DEPTH_MAX + 1];      /* of the mapping at that depth, and its value is next */
    struct str key[YAML_DEPTH_MAX + 1];
};

static int add_value(struct reader *r, enum yaml_kind kind, struct yaml **ret_value)
{
    struct yaml *to = r->open[r->depth];
    if (to->kind == YAML_MAPPING && !r->has_key[r->depth])
        return err_set(ERR_INVALID, "YAML: line %zu: a key that is no scalar", r->parser.mark.line + 1);
    if (++r->values > YAML_VALUES_MAX)
        return err_set(ERR_LIMIT, "YAML: more than %d values", YAML_VALUES_MAX);
    struct yaml *value = arena_alloc(r->a, sizeof *value);
    value->kind = kind;
    value->key = to->kind == YAML_MAPPING ? r->key[r->depth] : (struct str){NULL, 0};
    r->has_key[r->depth] = false;
    if (to->last)
        to->last->next = value;
    else
        to->first = value;
    to->last = value;
    to->n++;
    *ret_value = value;
    return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
    struct str text =
        arena_str(r->a, (struct str){(const char *)event->data.scalar.value, event->data.scalar.length});
    if (r->open[r->depth]->kind == YAML_MAPPING && !r->has_key[r->depth]) {
        r->key[r->depth] = text;
        r->has_key[r->depth] = true;
        return 0;
    }
    struct yaml *value;
    int status = add_value(r, YAML_SCALAR, &value);
    if (status == 0)
        value->text = text;
    return status;
}

static int on_start(struct reader *r, enum yaml_kind kind)
{
    if (r->depth == YAML_DEPTH_MAX)
        return err_set(ERR_LIMIT, "YAML: line %zu: nested deeper than %d", r->parser.mark.line + 1,
                       YAML_DEPTH_MAX);
    struct yaml *value;
    int status = add_value(r, kind, &value);
    if (status < 0)
        return status;
    r->open[++r->depth] = value;
    r->has_key[r->depth] = false;
    return 0;
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return err_set(ERR_UNSUPPORTED, "YAML: line %zu: an alias", event->start_mark.line + 1);
    case YAML_SCALAR_EVENT:
        return on_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(r, YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return on_start(r, YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return 0;
    default:
        return 0;
    }
}

static int read_events(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return err_set(ERR_INVALID, "YAML: line %zu: %s", r->parser.problem_mark.line + 1,
                           r->parser.problem ? r->parser.problem : "not readable");
        bool end = event.type == YAML_STREAM_END_EVENT;
        int status = on_event(r, &event);
        yaml_event_delete(&event);
        if (status < 0 || end)
            return status;
    }
}

int yaml_read(struct arena *a, struct str text, const struct yaml **ret_root)
{
    struct yaml documents = {.kind = YAML_SEQUENCE};
    _cleanup_free_ struct reader *r = mem_alloc(sizeof *r);
    r->a = a;
    r->open[0] = &documents;
    if (!yaml_parser_initialize(&r->parser))
        mem_exhausted(sizeof *r);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    int status = read_events(r);
    yaml_parser_delete(&r->parser);
    if (status == 0)
        *ret_root = documents.first;
    return status;
}

const struct yaml *yaml_get(const struct yaml *mapping, const char *key)
{
    if (mapping && mapping->kind == YAML_MAPPING)
        yaml_each(v, mapping) if (str_is(v->key, key)) return v;
    return NULL;
}

struct str yaml_str(const struct yaml *v)
{
    return v && v->kind == YAML_SCALAR ? v->text : (struct str){NULL, 0};
}

struct str yaml_get_str(const struct yaml *mapping, const char *key)
{
    return yaml_str(yaml_get(mapping, key));
}

bool yaml_get_bool(const struct yaml *mapping, const char *key)
{
    return str_is(yaml_get_str(mapping, key), "true");
}
