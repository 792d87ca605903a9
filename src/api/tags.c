/* Group 9 of the reference: tags of what Inspector itself owns, by ARN: filters. Tags of scanned resources
 * are the resources' own. */
#include "api/api.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "store/filter.h"

enum { TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256 };

static void check_key(struct call *c, struct str name, struct str key)
{
    size_t n = request_characters(key);
    if (n < 1 || n > TAG_KEY_MAX)
        field_error_add(&c->errors, c->arena, name, "must have a key of 1 to %d characters", TAG_KEY_MAX);
    else if (str_starts(key, STR("aws:")))
        field_error_add(&c->errors, c->arena, name, "must not begin with aws:");
}

void call_check_tags(struct call *c, json_val *tags)
{
    for (json_each_member(key, value, tags)) {
        struct str name = arena_printf(c->arena, "tags.%.*s", STR_ARG(json_str(key)));
        check_key(c, name, json_str(key));
        if (request_characters(json_str(value)) > TAG_VALUE_MAX)
            field_error_add(&c->errors, c->arena, name, "must have at most %d characters", TAG_VALUE_MAX);
    }
}

void call_out_tags(struct call *c, struct sql *db, struct str arn, struct json_out *out)
{
    struct tag *tags;
    size_t n = tag_list(db, c->arena, c->account, arn, &tags);
    json_key(out, "tags");
    json_begin_object(out);
    for (size_t i = 0; i < n; i++) {
        json_key_str(out, tags[i].key);
        json_out_str(out, tags[i].value);
    }
    json_end_object(out);
}

/* The ARN of the path is that of something that can be tagged. */
static int check_resource(struct call *c, struct sql *db)
{
    struct filter f;
    int r = call_filter(c, db, c->label, &f);
    return r == ERR_MISSING ? call_missing(c, "There is no resource %.*s.", STR_ARG(c->label)) : r;
}

static int run_list(struct call *c, struct json_out *out)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int r = check_resource(c, db);
    if (r < 0)
        return r;
    call_out_tags(c, db, c->label, out);
    return sql_status(db);
}

struct tag_request {
    json_val *tags;
};
static const struct member tag_members[] = {
    {"tags", MEMBER_MAP, MEMBER(struct tag_request, tags, .required = true)}, {0}};

static int set_tags(struct call *c, struct sql *db, json_val *tags)
{
    int r = check_resource(c, db);
    if (r < 0)
        return r;
    for (json_each_member(key, value, tags)) {
        r = tag_set(db, c->account, c->label, json_str(key), json_str(value));
        if (r == ERR_LIMIT)
            return call_bad_request(c, "A resource may have %d tags.", TAGS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

static int run_tag(struct call *c, struct json_out *out)
{
    (void)out;
    struct tag_request q;
    int r = call_read(c, tag_members, &q);
    if (r < 0)
        return r;
    call_check_tags(c, q.tags);
    if (c->errors.n)
        return call_invalid_fields(c);
    struct sql *db = store_writer(c->store);
    r = set_tags(c, db, q.tags);
    if (r < 0) {
        store_release(db);
        return r;
    }
    return store_commit(db);
}

/* The keys come as tagKeys=a&tagKeys=b in the query; an empty list is nothing at all. */
static size_t query_keys(struct call *c, struct str ret_keys[TAGS_MAX])
{
    size_t n = 0;
    struct str key;
    for (; http_query(c->http, "tagKeys", n, &key); n++) {
        if (n == TAGS_MAX) {
            field_error_add(&c->errors, c->arena, STR("tagKeys"), "must have 0 to %d elements", TAGS_MAX);
            return n;
        }
        check_key(c, arena_printf(c->arena, "tagKeys[%zu]", n), key);
        ret_keys[n] = key;
    }
    return n;
}

static int run_untag(struct call *c, struct json_out *out)
{
    (void)out;
    struct str keys[TAGS_MAX];
    size_t n = query_keys(c, keys);
    if (c->errors.n)
        return call_invalid_fields(c);
    struct sql *db = store_writer(c->store);
    int r = check_resource(c, db);
    if (r < 0) {
        store_release(db);
        return r;
    }
    for (size_t i = 0; i < n; i++)
        tag_remove(db, c->account, c->label, keys[i]);
    return store_commit(db);
}

/* The ARN is one segment with %2F in it, as SDKs send it, or comes with its slashes. */
#define TAGS_PATH "/tags/{resourceArn+}"
static const struct operation operations[] = {
    {"ListTagsForResource", "GET", TAGS_PATH, MAY_READ, "NF VA", run_list},
    {"TagResource", "POST", TAGS_PATH, MAY_WRITE, "BR NF VA", run_tag},
    {"UntagResource", "DELETE", TAGS_PATH, MAY_WRITE, "NF VA", run_untag},
    {0}};
const struct operation_group operations_tags = {"tags", operations};
