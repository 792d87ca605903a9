/* Section titles in comments are those of the specification, version 1.0. */
#include "base/toml.h"

#include "base/cleanup.h"
#include "base/toml_parser.h"

/* How a table or array came to be decides whether it may still grow ("Table", "Inline Table", "Array of
 * Tables"). */
enum {
    IMPLICIT = 0,   /* named on the way to a deeper [header]; may still get a header of its own */
    HEADER = 1,     /* has had its [header] */
    DOTTED = 2,     /* made by a dotted key; sub-tables may be added by header, members may not */
    CLOSED = 3,     /* written inline; nothing may be added */
    OF_TABLES = 4,  /* made by [[header]] */
    INDEX_FROM = 12 /* members from which on a table gets an index */
};

static int skip_comment(struct toml_parser *p)
{
    toml_skip_blanks(p);
    if (toml_peek(p) != '#')
        return 0;
    while (p->at < p->end && *p->at != '\n' && !toml_looking_at(p, "\r\n")) {
        if (toml_is_control(*p->at))
            return toml_invalid(p, "control character in a comment");
        p->at++;
    }
    return 0;
}

/* Blanks, comments and line ends, as they may stand between the items of an array. */
static int skip_space(struct toml_parser *p)
{
    do {
        int status = skip_comment(p);
        if (status < 0)
            return status;
    } while (toml_take_newline(p));
    return 0;
}

static int end_of_line(struct toml_parser *p)
{
    int status = skip_comment(p);
    if (status < 0)
        return status;
    return p->at == p->end || toml_take_newline(p) ? 0 : toml_invalid(p, "more behind the value");
}

static int new_value(struct toml_parser *p, enum toml_type type, struct toml **ret_value)
{
    if (++p->values > TOML_VALUES_MAX)
        return err_set(ERR_LIMIT, "TOML: more than %d values", TOML_VALUES_MAX);
    *ret_value = arena_alloc(p->a, sizeof **ret_value);
    (*ret_value)->type = type;
    return 0;
}

static void append(struct toml *to, struct toml *value)
{
    if (to->last)
        to->last->next = value;
    else
        to->first = value;
    to->last = value;
    to->n++;
}

static struct toml *find(const struct toml *table, struct str key)
{
    if (table->index)
        return map_get(table->index, key);
    for (struct toml *v = table->first; v; v = v->next)
        if (str_eq(v->key, key))
            return v;
    return NULL;
}

static void add_member(struct toml_parser *p, struct toml *table, struct str key, struct toml *value)
{
    value->key = key;
    append(table, value);
    if (table->index) {
        map_set(table->index, key, value);
    } else if (table->n == INDEX_FROM) {
        table->index = arena_alloc(p->a, sizeof *table->index);
        vec_add(&p->indexes, table->index);
        for (struct toml *v = table->first; v; v = v->next)
            map_set(table->index, v->key, v);
    }
}

/* ---- "Keys", "Array", "Inline Table" ---- */

static int read_value(struct toml_parser *p, int depth, struct toml **ret_value);

static int read_array(struct toml_parser *p, int depth, struct toml *v)
{
    v->state = CLOSED;
    for (bool comma = true;;) {
        int status = skip_space(p);
        if (status < 0)
            return status;
        if (toml_take(p, "]"))
            return 0;
        if (!comma)
            return toml_invalid(p, "array without ',' or ']'");
        struct toml *item;
        status = read_value(p, depth, &item);
        if (status == 0)
            status = skip_space(p);
        if (status < 0)
            return status;
        append(v, item);
        comma = toml_take(p, ",");
    }
}

static int read_key(struct toml_parser *p, struct str *ret_key)
{
    toml_skip_blanks(p);
    if (toml_peek(p) == '"' || toml_peek(p) == '\'')
        return toml_read_string(p, false, ret_key);
    const char *start = p->at;
    while (p->at < p->end && (is_alnum(*p->at) || *p->at == '-' || *p->at == '_'))
        p->at++;
    if (p->at == start)
        return toml_invalid(p, "no key");
    *ret_key = (struct str){start, (size_t)(p->at - start)};
    return 0;
}

/* Reads the parts of a dotted key but the last, which is *ret_key, walking down from *table. By a header
 * every open table may be entered, by a key only those that keys made. */
static int descend(struct toml_parser *p, bool header, struct toml **table, struct str *ret_key)
{
    for (int depth = 0;; depth++) {
        int status = read_key(p, ret_key);
        if (status < 0)
            return status;
        toml_skip_blanks(p);
        if (!toml_take(p, "."))
            return 0;
        if (depth == TOML_DEPTH_MAX)
            return err_set(ERR_LIMIT, "TOML: line %u: key of more than %d parts", p->line, TOML_DEPTH_MAX);
        struct toml *inner = find(*table, *ret_key);
        if (!inner) {
            status = new_value(p, TOML_TABLE, &inner);
            if (status < 0)
                return status;
            inner->state = header ? IMPLICIT : DOTTED;
            add_member(p, *table, *ret_key, inner);
        }
        if (header && inner->state == OF_TABLES)
            inner = inner->last;
        if (inner->type != TOML_TABLE || inner->state == CLOSED || (!header && inner->state != DOTTED))
            return toml_invalid(p, "key goes through what is not an open table");
        *table = inner;
    }
}

static int read_member(struct toml_parser *p, int depth, struct toml *table)
{
    struct str key;
    int status = descend(p, false, &table, &key);
    if (status < 0)
        return status;
    if (find(table, key))
        return toml_invalid(p, "key given twice");
    if (!toml_take(p, "="))
        return toml_invalid(p, "key without '='");
    toml_skip_blanks(p);
    struct toml *value;
    status = read_value(p, depth, &value);
    if (status < 0)
        return status;
    add_member(p, table, key, value);
    return 0;
}

/* What dotted keys made inside an inline table needs no closing: nothing reaches it but through the table. */
static int read_inline_table(struct toml_parser *p, int depth, struct toml *v)
{
    toml_skip_blanks(p);
    for (bool first = true; !first || !toml_take(p, "}"); first = false) {
        int status = read_member(p, depth, v);
        if (status < 0)
            return status;
        toml_skip_blanks(p);
        if (toml_take(p, "}"))
            break;
        if (!toml_take(p, ","))
            return toml_invalid(p, "inline table without ',' or '}'");
    }
    v->state = CLOSED;
    return 0;
}

static int read_value(struct toml_parser *p, int depth, struct toml **ret_value)
{
    char c = toml_peek(p);
    if (depth == TOML_DEPTH_MAX)
        return err_set(ERR_LIMIT, "TOML: line %u: nested deeper than %d", p->line, TOML_DEPTH_MAX);
    enum toml_type type = c == '[' ? TOML_ARRAY : c == '{' ? TOML_TABLE : TOML_STRING;
    int status = new_value(p, type, ret_value);
    if (status < 0)
        return status;
    if (c == '"' || c == '\'')
        return toml_read_string(p, true, &(*ret_value)->text);
    if (type == TOML_STRING)
        return toml_read_word(p, *ret_value);
    p->at++;
    return type == TOML_ARRAY ? read_array(p, depth + 1, *ret_value)
                              : read_inline_table(p, depth + 1, *ret_value);
}

/* ---- "Table", "Array of Tables" ---- */

static int open_table(struct toml_parser *p, struct toml *parent, struct str key, struct toml **ret_table)
{
    struct toml *table = find(parent, key);
    int status = 0;
    if (!table) {
        status = new_value(p, TOML_TABLE, &table);
        if (status < 0)
            return status;
        add_member(p, parent, key, table);
    } else if (table->type != TOML_TABLE || table->state != IMPLICIT) {
        return toml_invalid(p, "table defined twice");
    }
    table->state = HEADER;
    *ret_table = table;
    return 0;
}

static int open_item(struct toml_parser *p, struct toml *parent, struct str key, struct toml **ret_table)
{
    struct toml *array = find(parent, key), *item = NULL;
    int status = 0;
    if (!array) {
        status = new_value(p, TOML_ARRAY, &array);
        if (status < 0)
            return status;
        array->state = OF_TABLES;
        add_member(p, parent, key, array);
    } else if (array->state != OF_TABLES) {
        return toml_invalid(p, "array of tables defined as something else");
    }
    status = new_value(p, TOML_TABLE, &item);
    if (status < 0)
        return status;
    item->state = HEADER;
    append(array, item);
    *ret_table = item;
    return 0;
}

static int read_header(struct toml_parser *p, struct toml *root, struct toml **ret_table)
{
    bool array = toml_take(p, "[[");
    if (!array)
        toml_take(p, "[");
    struct str key;
    int status = descend(p, true, &root, &key);
    if (status < 0)
        return status;
    if (!toml_take(p, array ? "]]" : "]"))
        return toml_invalid(p, "header without its end");
    return array ? open_item(p, root, key, ret_table) : open_table(p, root, key, ret_table);
}

static int read_document(struct toml_parser *p, struct toml *root)
{
    struct toml *table = root;
    for (;;) {
        int status = skip_space(p);
        if (status < 0 || p->at == p->end)
            return status;
        status = toml_peek(p) == '[' ? read_header(p, root, &table) : read_member(p, 0, table);
        if (status == 0)
            status = end_of_line(p);
        if (status < 0)
            return status;
    }
}

int toml_parse(struct arena *a, struct str text, const struct toml **ret_root)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.n);
    struct toml_parser p = {.a = a, .at = text.p, .end = text.p + text.n, .line = 1};
    struct toml *root;
    int status = new_value(&p, TOML_TABLE, &root);
    if (status == 0 && text.n)
        status = read_document(&p, root);
    vec_each(index, &p.indexes) map_free(*index);
    vec_free(&p.indexes);
    if (status == 0)
        *ret_root = root;
    return status;
}

const struct toml *toml_get(const struct toml *table, const char *key)
{
    if (table && table->type == TOML_TABLE)
        toml_each(v, table) if (str_is(v->key, key)) return v;
    return NULL;
}

struct str toml_str(const struct toml *v)
{
    return v && v->type == TOML_STRING ? v->text : (struct str){NULL, 0};
}

struct str toml_get_str(const struct toml *table, const char *key)
{
    return toml_str(toml_get(table, key));
}

bool toml_get_bool(const struct toml *table, const char *key)
{
    const struct toml *v = toml_get(table, key);
    return v && v->type == TOML_BOOL && v->boolean;
}
