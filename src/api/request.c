#include "api/request.h"

#include <math.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"

/* The depth is counted before parsing: brackets outside strings. Text that is no JSON may be miscounted,
 * which the parser then refuses. */
static bool too_deep(struct str text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > REQUEST_DEPTH)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

int request_parse(struct arena *a, struct str text, json_val **ret_body)
{
    if (str_trim(text).n == 0) {
        *ret_body = NULL;
        return 0;
    }
    if (too_deep(text))
        return err_set(ERR_LIMIT, "more than %d levels of nesting", REQUEST_DEPTH);
    json_val *root;
    int r = json_parse(a, text, &root);
    if (r < 0)
        return r;
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "not a JSON object");
    *ret_body = root;
    return 0;
}

static void write_value(struct json_out *out, json_val *value)
{
    if (yyjson_is_arr(value)) {
        json_begin_array(out);
        for (json_each(item, value))
            write_value(out, item);
        json_end_array(out);
    } else if (yyjson_is_obj(value)) {
        json_begin_object(out);
        for (json_each_member(key, member, value))
            if (!yyjson_is_null(member)) {
                json_key_str(out, json_str(key));
                write_value(out, member);
            }
        json_end_object(out);
    } else {
        size_t n;
        _cleanup_free_ char *text = yyjson_val_write(value, 0, &n);
        json_out_raw(out, text ? (struct str){text, n} : STR("null"));
    }
}

struct str request_text(struct arena *a, json_val *value)
{
    _cleanup_(buf_free) struct buf b = buf_new((size_t)64 << 20);
    write_value(&(struct json_out){.to = &b}, value);
    return arena_str(a, buf_str(&b));
}

/* Expressions are literals of the tables, so their number is small and an address stands for each. */
enum { PATTERNS_MAX = 64 };
static struct {
    const char *text;
    regex_t compiled;
} patterns[PATTERNS_MAX];
static size_t n_patterns;
static pthread_mutex_t patterns_lock = PTHREAD_MUTEX_INITIALIZER;

static const regex_t *pattern_compiled(const char *text)
{
    const regex_t *found = NULL;
    pthread_mutex_lock(&patterns_lock);
    for (size_t i = 0; i < n_patterns && !found; i++)
        if (patterns[i].text == text || strcmp(patterns[i].text, text) == 0)
            found = &patterns[i].compiled;
    if (!found && n_patterns < PATTERNS_MAX &&
        regcomp(&patterns[n_patterns].compiled, text, REG_EXTENDED | REG_NOSUB) == 0) {
        patterns[n_patterns].text = text;
        found = &patterns[n_patterns++].compiled;
    }
    pthread_mutex_unlock(&patterns_lock);
    return found;
}

bool request_matches(const char *pattern, struct str text)
{
    const regex_t *compiled = pattern_compiled(pattern);
    regmatch_t whole = {.rm_so = 0, .rm_eo = (regoff_t)text.n};
    /* The text may hold NUL bytes and has no end of its own. */
    return compiled && regexec(compiled, text.n ? text.p : "", 1, &whole, REG_STARTEND) == 0;
}

size_t request_characters(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

/* One table being read. */
struct reading {
    struct arena *arena;
    const char *prefix;
    struct field_errors *errors;
    bool failed;
};

static struct str path_of(struct reading *r, const struct member *m)
{
    return r->prefix ? arena_printf(r->arena, "%s.%s", r->prefix, m->name) : str_from(m->name);
}
static struct str item_path(struct reading *r, const struct member *m, size_t index)
{
    struct str path = path_of(r, m);
    return arena_printf(r->arena, "%.*s[%zu]", STR_ARG(path), index);
}
#define refuse(r, path, ...) ((r)->failed = true, field_error_add((r)->errors, (r)->arena, path, __VA_ARGS__))

static void out_of_bounds(struct reading *r, struct str path, const char *verb, int64_t min, int64_t max,
                          const char *what)
{
    if (max == 0)
        refuse(r, path, "must %s at least %lld%s", verb, (long long)min, what);
    else if (min == max)
        refuse(r, path, "must %s %lld%s", verb, (long long)min, what);
    else
        refuse(r, path, "must %s %lld to %lld%s", verb, (long long)min, (long long)max, what);
}

static bool within(int64_t value, int64_t min, int64_t max)
{
    return value >= min && (max == 0 || value <= max);
}

static bool string_fits(struct reading *r, struct str path, json_val *v, int64_t min, int64_t max,
                        const char *pattern)
{
    if (!yyjson_is_str(v)) {
        refuse(r, path, "must be a string");
        return false;
    }
    struct str s = json_str(v);
    if (!within((int64_t)request_characters(s), min, max)) {
        out_of_bounds(r, path, "have", min, max, " characters");
        return false;
    }
    if (pattern && !request_matches(pattern, s)) {
        refuse(r, path, "must match %s", pattern);
        return false;
    }
    return true;
}

static int enum_number(struct reading *r, struct str path, json_val *v, const struct names *names)
{
    int number = yyjson_is_str(v) ? number_of(names, json_str(v)) : -1;
    if (number >= 0)
        return number;
    struct str all = {0};
    for (size_t i = 0; i < names->n; i++)
        all = arena_printf(r->arena, "%.*s%s%s", STR_ARG(all), i ? ", " : "", names->at[i]);
    refuse(r, path, "must be %s%.*s", names->n > 1 ? "one of " : "", STR_ARG(all));
    return -1;
}

static void read_int(struct reading *r, const struct member *m, json_val *v, int64_t *into)
{
    double d = yyjson_get_num(v);
    if (!yyjson_is_num(v) || floor(d) != d || fabs(d) > 9e15)
        refuse(r, path_of(r, m), "must be an integer");
    else if (!within((int64_t)d, m->min, m->max))
        out_of_bounds(r, path_of(r, m), "be", m->min, m->max, "");
    else
        *into = (int64_t)d;
}

/* Seconds since 1970, fractions allowed: the JavaScript SDK sends milliseconds so. */
static void read_time(struct reading *r, const struct member *m, json_val *v, int64_t *into)
{
    double d = yyjson_get_num(v);
    if (!yyjson_is_num(v) || d < 0 || d > 253402300799.0)
        refuse(r, path_of(r, m), "must be a number of seconds since 1970-01-01T00:00:00Z");
    else
        *into = (int64_t)floor(d);
}

/* Whether the list has as many elements as it may. */
static bool list_fits(struct reading *r, const struct member *m, json_val *v)
{
    if (!yyjson_is_arr(v)) {
        refuse(r, path_of(r, m), "must be a list");
        return false;
    }
    if (!within((int64_t)yyjson_arr_size(v), m->min, m->max)) {
        out_of_bounds(r, path_of(r, m), "have", m->min, m->max, " elements");
        return false;
    }
    return true;
}

static void read_strings(struct reading *r, const struct member *m, json_val *v, struct str_list *into)
{
    if (!list_fits(r, m, v))
        return;
    struct str *at = arena_new_array(r->arena, struct str, yyjson_arr_size(v));
    size_t n = 0;
    for (json_each(item, v)) {
        if (!string_fits(r, item_path(r, m, n), item, m->item_min, m->item_max, m->pattern))
            return;
        at[n++] = json_str(item);
    }
    *into = (struct str_list){at, n};
}

static void read_enums(struct reading *r, const struct member *m, json_val *v, struct int_list *into)
{
    if (!list_fits(r, m, v))
        return;
    int *at = arena_new_array(r->arena, int, yyjson_arr_size(v));
    size_t n = 0;
    for (json_each(item, v)) {
        int number = enum_number(r, item_path(r, m, n), item, m->names);
        if (number < 0)
            return;
        at[n++] = number;
    }
    *into = (struct int_list){at, n};
}

static void read_map(struct reading *r, const struct member *m, json_val *v, json_val **into)
{
    if (!yyjson_is_obj(v)) {
        refuse(r, path_of(r, m), "must be an object");
        return;
    }
    if (!within((int64_t)yyjson_obj_size(v), m->min, m->max)) {
        out_of_bounds(r, path_of(r, m), "have", m->min, m->max, " entries");
        return;
    }
    for (json_each_member(key, value, v))
        if (!yyjson_is_str(value)) {
            struct str path = path_of(r, m);
            refuse(r, arena_printf(r->arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(json_str(key))),
                   "must be a string");
            return;
        }
    *into = v;
}

static void read_member(struct reading *r, const struct member *m, json_val *v, void *into)
{
    switch (m->type) {
    case MEMBER_STRING:
        if (string_fits(r, path_of(r, m), v, m->min, m->max, m->pattern))
            *(struct str *)into = json_str(v);
        break;
    case MEMBER_ENUM:
        *(int *)into = enum_number(r, path_of(r, m), v, m->names);
        break;
    case MEMBER_INT:
        read_int(r, m, v, into);
        break;
    case MEMBER_BOOL:
        if (yyjson_is_bool(v))
            *(int *)into = yyjson_get_bool(v);
        else
            refuse(r, path_of(r, m), "must be true or false");
        break;
    case MEMBER_TIME:
        read_time(r, m, v, into);
        break;
    case MEMBER_STRINGS:
        read_strings(r, m, v, into);
        break;
    case MEMBER_ENUMS:
        read_enums(r, m, v, into);
        break;
    case MEMBER_OBJECT:
        if (yyjson_is_obj(v))
            *(json_val **)into = v;
        else
            refuse(r, path_of(r, m), "must be an object");
        break;
    case MEMBER_MAP:
        read_map(r, m, v, into);
        break;
    }
}

static void absent_member(const struct member *m, void *into)
{
    switch (m->type) {
    case MEMBER_STRING:
        *(struct str *)into = (struct str){0};
        break;
    case MEMBER_ENUM:
    case MEMBER_BOOL:
        *(int *)into = -1;
        break;
    case MEMBER_INT:
        *(int64_t *)into = m->otherwise;
        break;
    case MEMBER_TIME:
        *(int64_t *)into = TIME_NONE;
        break;
    case MEMBER_STRINGS:
        *(struct str_list *)into = (struct str_list){0};
        break;
    case MEMBER_ENUMS:
        *(struct int_list *)into = (struct int_list){0};
        break;
    case MEMBER_OBJECT:
    case MEMBER_MAP:
        *(json_val **)into = NULL;
        break;
    }
}

int request_read_at(struct arena *a, json_val *object, const char *prefix, const struct member *members,
                    void *into, struct field_errors *errors)
{
    struct reading r = {.arena = a, .prefix = prefix, .errors = errors};
    for (const struct member *m = members; m->name; m++) {
        void *at = (char *)into + m->offset;
        absent_member(m, at);
        json_val *v = json_get(object, m->name);
        if (v && !yyjson_is_null(v))
            read_member(&r, m, v, at);
        else if (m->required)
            refuse(&r, path_of(&r, m), "is required");
    }
    return r.failed ? err_set(ERR_INVALID, "the request is not valid") : 0;
}

int request_read(struct arena *a, json_val *body, const struct member *members, void *into,
                 struct field_errors *errors)
{
    return request_read_at(a, body, NULL, members, into, errors);
}
