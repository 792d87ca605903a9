#include "api/host_report.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "source/inventory_json.h"
#include "view/stream.h"

enum { ID_DIGITS = 17, OLD_ID_DIGITS = 8, FACT_MAX = 255, TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256 };

void host_id(account_id account, struct str machine, char ret_id[HOST_ID])
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1], text[ACCOUNT_TEXT];
    struct sha256 *h = sha256_new();
    account_text(account, text);
    sha256_update(h, text, sizeof text);
    sha256_update(h, machine.p, machine.n);
    sha256_finish(h, digest);
    sha256_hex(digest, hex);
    snprintf(ret_id, HOST_ID, "mi-%.*s", ID_DIGITS, hex);
}

static bool all_hex(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
            return false;
    return true;
}

bool host_id_valid(struct str id)
{
    if (str_starts(id, STR("mi-")))
        return id.n == 3 + ID_DIGITS && all_hex(str_slice(id, 3, id.n));
    return str_starts(id, STR("i-")) && (id.n == 2 + ID_DIGITS || id.n == 2 + OLD_ID_DIGITS) &&
           all_hex(str_slice(id, 2, id.n));
}

struct resource host_resource(account_id account, struct str id)
{
    return (struct resource){.account = account,
                             .type = RESOURCE_AWS_EC2_INSTANCE,
                             .resource_id = id,
                             .state = STATE_PRESENT,
                             .pushed = TIME_NONE,
                             .pulled = TIME_NONE,
                             .last_in_use = TIME_NONE,
                             .in_use_count = -1,
                             .modified = TIME_NONE,
                             .gone = TIME_NONE};
}

int host_report_unpack(int fd, uint64_t n, struct buf *text, char ret_digest[SHA256_HEX + 1])
{
    struct blob blob = {.fd = fd, .size = n};
    struct view_budget budget = {.packed = n};
    struct stream_digests digests;
    _cleanup_(stream_cleanup) struct stream *s = stream_open(&blob, &budget);
    for (;;) {
        const unsigned char *p;
        size_t got;
        int status = stream_next(s, &p, &got);
        if (status < 0)
            return err_context(status, "report");
        if (!got)
            break;
        if (buf_add(text, p, got) < 0)
            return err_set(ERR_LIMIT, "report: more than %zu bytes when decompressed", text->cap);
    }
    int status = stream_finish(s, &digests);
    if (status < 0)
        return err_context(status, "report");
    sha256_hex(digests.plain, ret_digest);
    return 0;
}

/* ---- facts ---- */

static int read_fact(struct arena *a, json_val *facts, const char *name, struct str *to)
{
    json_val *v = json_get(facts, name);
    if (v && !yyjson_is_str(v) && !yyjson_is_null(v))
        return err_set(ERR_INVALID, "host.%s is no string", name);
    struct str s = json_str(v);
    if (s.n > FACT_MAX)
        return err_set(ERR_INVALID, "host.%s is longer than %d bytes", name, FACT_MAX);
    *to = s.n ? arena_str(a, s) : (struct str){NULL, 0};
    return 0;
}

static void out_addresses(struct json_out *o, const char *name, int family, json_val *list)
{
    bool open = false;
    for (json_each(v, list)) {
        unsigned char address[16];
        char text[INET6_ADDRSTRLEN];
        struct str s = json_str(v);
        if (!s.n || s.n >= sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s", STR_ARG(s));
        if (inet_pton(family, text, address) != 1)
            continue;
        if (!open) {
            json_key(o, name);
            json_begin_array(o);
            open = true;
        }
        json_out_str(o, s);
    }
    if (open)
        json_end_array(o);
}

static int read_tags(struct arena *a, json_val *tags, struct resource *r)
{
    _cleanup_(buf_free) struct buf b = buf_new(HOST_TAGS_MAX * 6 * (TAG_KEY_MAX + TAG_VALUE_MAX + 8));
    struct json_out o = {.to = &b};
    if (!tags || yyjson_is_null(tags))
        return 0;
    if (!yyjson_is_obj(tags) || yyjson_obj_size(tags) > HOST_TAGS_MAX)
        return err_set(ERR_INVALID, "host.tags is to be an object of at most %d strings", HOST_TAGS_MAX);
    json_begin_object(&o);
    for (json_each_member(key, value, tags)) {
        struct str k = json_str(key), v = json_str(value);
        if (!yyjson_is_str(value) || !k.n || k.n > TAG_KEY_MAX || v.n > TAG_VALUE_MAX)
            return err_set(ERR_INVALID,
                           "host.tags: a tag has a key of 1 to %d bytes and a string of at most %d",
                           TAG_KEY_MAX, TAG_VALUE_MAX);
        json_key_str(&o, k);
        json_out_str(&o, v);
    }
    json_end_object(&o);
    r->tags = arena_str(a, buf_str(&b));
    return 0;
}

/* The struct of the API that suits the host: AwsEc2InstanceDetails for all, since that is the type of the
 * resource, and Vm, which has a name, for what is not on EC2. */
static void out_details(struct json_out *o, json_val *facts, struct str platform)
{
    json_val *launched = json_get(facts, "launchedAt"), *addresses = json_get(facts, "addresses");
    json_member_str(o, "type", json_get_str(facts, "instanceType"));
    out_addresses(o, "ipV4Addresses", AF_INET, addresses);
    out_addresses(o, "ipV6Addresses", AF_INET6, addresses);
    json_member_str(o, "platform", platform);
    if (yyjson_is_int(launched) && yyjson_get_sint(launched) > 0)
        json_member_int(o, "launchedAt", yyjson_get_sint(launched));
}

int host_facts_read(struct arena *a, json_val *facts, struct str platform, struct resource *r)
{
    _cleanup_(buf_free) struct buf b = buf_new(1 << 20);
    struct json_out o = {.to = &b};
    struct str type;
    if (facts && !yyjson_is_obj(facts))
        return err_set(ERR_INVALID, "host is to be an object");
    if (yyjson_arr_size(json_get(facts, "addresses")) > HOST_ADDRESSES_MAX)
        return err_set(ERR_LIMIT, "host.addresses has more than %d entries", HOST_ADDRESSES_MAX);
    int status = read_fact(a, facts, "name", &r->name);
    if (status == 0)
        status = read_fact(a, facts, "architecture", &r->architecture);
    if (status == 0)
        status = read_fact(a, facts, "imageId", &r->ami);
    if (status == 0)
        status = read_fact(a, facts, "instanceType", &type);
    if (status == 0)
        status = read_tags(a, json_get(facts, "tags"), r);
    if (status < 0)
        return status;
    json_begin_object(&o);
    json_key(&o, "awsEc2Instance");
    json_begin_object(&o);
    out_details(&o, facts, platform);
    json_member_str(&o, "imageId", r->ami);
    json_end_object(&o);
    if (str_starts(r->resource_id, STR("mi-"))) {
        json_key(&o, "vm");
        json_begin_object(&o);
        json_member_str(&o, "vmName", r->name);
        out_details(&o, facts, platform);
        json_end_object(&o);
    }
    json_end_object(&o);
    r->details = arena_str(a, buf_str(&b));
    return 0;
}

int host_report_read(struct arena *a, json_val *report, struct resource *r, struct inventory **ret_inventory)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    json_val *facts = json_get(report, "host");
    int status = inventory_from_value(inv, report);
    if (status == 0 && facts)
        status = host_facts_read(a, facts, (struct str){NULL, 0}, r);
    if (status < 0)
        return status;
    inventory_finish(inv);
    *ret_inventory = inv;
    inv = NULL;
    return 0;
}
