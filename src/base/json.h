/* JSON through yyjson: parsing with caps, access by path of names, values as slices.
 *
 * A parsed document and every slice taken from it live as long as the arena it was parsed into. Values are
 * plain `yyjson_val *`; every getter accepts NULL and values of another type and then gives the empty result,
 * so that optional members need no checks: json_str(json_get(json_get(v, "a"), "b")).
 */
#ifndef ASSAY_BASE_JSON_H
#define ASSAY_BASE_JSON_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/buf.h"

typedef yyjson_val json_val;

enum { JSON_VALUES_MAX = 16 << 20 }; /* keys count, too; 256 MiB of them */

/* Parses `text` (UTF-8, RFC 8259; comments and trailing commas are refused). ERR_INVALID with position,
 * ERR_LIMIT. Memory comes from the arena, 16 bytes a value beside a copy of the text. */
int json_parse(struct arena *a, struct str text, json_val **ret_root);
/* As json_parse(), for files that people write: comments and trailing commas are allowed (yarn, tsconfig,
 * bun). */
int json_parse_lax(struct arena *a, struct str text, json_val **ret_root);

static inline json_val *json_get(json_val *object, const char *name)
{
    return yyjson_obj_get(object, name);
}
static inline struct str json_str(json_val *v)
{
    return (struct str){yyjson_get_str(v), yyjson_get_len(v) * (yyjson_is_str(v) ? 1 : 0)};
}
/* The string member `name` of `object`; empty when absent. */
static inline struct str json_get_str(json_val *object, const char *name)
{
    return json_str(json_get(object, name));
}
static inline bool json_get_bool(json_val *object, const char *name)
{
    return yyjson_get_bool(json_get(object, name));
}

/* for (json_each(item, array)) */
#define json_each(item, array)                                                                               \
    yyjson_arr_iter item##_iter = yyjson_arr_iter_with(array), *item##_at = &item##_iter;                    \
    item##_at; item##_at = NULL) \
        for (json_val *item; (item = yyjson_arr_iter_next(&item##_iter));
/* for (json_each_member(key, value, object)): key is a json_val too. */
#define json_each_member(key, value, object)                                                                 \
    yyjson_obj_iter key##_iter = yyjson_obj_iter_with(object), *key##_at = &key##_iter;                      \
    key##_at; key##_at = NULL)     \
        for (json_val *key, *value;                                                                                    \
             (key = yyjson_obj_iter_next(&key##_iter)) && (value = yyjson_obj_iter_get_val(key), true);

/* Writing: a small streaming writer into a buffer. Commas and nesting are kept by the writer; strings are
 * escaped and invalid UTF-8 is replaced by U+FFFD. */
struct json_out {
    struct buf *to;
    bool pretty;     /* two spaces of indent */
    bool need_comma; /* internal */
    bool after_key;  /* internal */
    int depth;       /* internal */
};
void json_begin_object(struct json_out *o);
void json_end_object(struct json_out *o);
void json_begin_array(struct json_out *o);
void json_end_array(struct json_out *o);
void json_key(struct json_out *o, const char *name);
void json_key_str(struct json_out *o, struct str name);
void json_out_str(struct json_out *o, struct str value);
void json_out_int(struct json_out *o, int64_t value);
/* Shortest form with at most `decimals` digits after the point. */
void json_out_double(struct json_out *o, double value, int decimals);
void json_out_bool(struct json_out *o, bool value);
void json_out_null(struct json_out *o);
/* `value` is JSON already, and is written as it is. */
void json_out_raw(struct json_out *o, struct str value);
/* A member whose value is a string; left out when the value is empty. */
void json_member_str(struct json_out *o, const char *name, struct str value);
void json_member_int(struct json_out *o, const char *name, int64_t value);
void json_member_bool(struct json_out *o, const char *name, bool value);
/* Left out when the value is empty. */
void json_member_raw(struct json_out *o, const char *name, struct str value);

#endif
