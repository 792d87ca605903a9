#include "monitor/origin_options.h"

#include "base/err.h"
#include "base/json.h"

enum { LIST_MAX = 100, TEXT_MAX = 1024, CA_MAX = 64 << 10, SECONDS_MAX = 7 * 86400 };

static int invalid(const char *member, const char *what)
{
    return err_set(ERR_INVALID, "%s: %s", member, what);
}

static int read_str(json_val *root, const char *name, size_t max, struct str *ret_text)
{
    json_val *v = json_get(root, name);
    if (v && !yyjson_is_str(v))
        return invalid(name, "a string is wanted");
    if (json_str(v).n > max)
        return invalid(name, "too long");
    *ret_text = json_str(v);
    return 0;
}

static int read_list(struct arena *a, json_val *root, const char *name, struct str **ret_items, size_t *ret_n)
{
    json_val *list = json_get(root, name);
    size_t n = yyjson_arr_size(list);
    if (list && (!yyjson_is_arr(list) || n > LIST_MAX))
        return invalid(name, "a list of at most 100 strings is wanted");
    struct str *items = arena_new_array(a, struct str, n);
    size_t i = 0;
    for (json_each(v, list)) {
        if (!yyjson_is_str(v) || !json_str(v).n)
            return invalid(name, "a list of at most 100 strings is wanted");
        items[i++] = json_str(v);
    }
    *ret_items = items;
    *ret_n = n;
    return 0;
}

static const char *const frequencies[] = {"CONTINUOUS_SCAN", "SCAN_ON_PUSH", "MANUAL"};

const char *scan_frequency_name(enum scan_frequency frequency)
{
    return frequencies[frequency];
}

bool origin_has_queue(const struct origin_options *o, struct str queue)
{
    for (size_t i = 0; i < o->aws.n_queues; i++)
        if (str_eq(o->aws.queues[i], queue))
            return true;
    return false;
}

bool origin_has_region(const struct origin_options *o, struct str region)
{
    for (size_t i = 0; i < o->aws.n_regions; i++)
        if (str_eq(o->aws.regions[i], region))
            return true;
    return !o->aws.n_regions;
}

static int read_frequency(json_val *root, struct origin_options *o)
{
    json_val *v = json_get(root, "scanFrequency");
    for (unsigned i = 0; v && i < 3; i++)
        if (str_is(json_str(v), frequencies[i])) {
            o->frequency = i;
            o->frequency_stated = true;
            return 0;
        }
    return v ? invalid("scanFrequency", "CONTINUOUS_SCAN, SCAN_ON_PUSH or MANUAL is wanted") : 0;
}

/* A folder costs a few system calls, a registry one request a tag. An AWS account tells by its queue what
 * changes; looking at all of it is for what was not told. */
static const unsigned poll_defaults[] = {[ORIGIN_REGISTRY] = 60,
                                         [ORIGIN_FUNCTION_FOLDER] = 2,
                                         [ORIGIN_FUNCTION_BUCKET] = 30,
                                         [ORIGIN_AWS_ACCOUNT] = 6 * 3600};
enum {
    READ_SECONDS = 3600,
    CALL_SECONDS_MIN = 3 /* or queues answer at once, and are asked again at once */
};

static int read_seconds(json_val *root, const char *name, unsigned least, unsigned otherwise,
                        unsigned *ret_seconds)
{
    json_val *v = json_get(root, name);
    if (v && (!yyjson_is_uint(v) || yyjson_get_uint(v) < least || yyjson_get_uint(v) > SECONDS_MAX))
        return err_set(ERR_INVALID, "%s: a number from %u to %d is wanted", name, least, SECONDS_MAX);
    *ret_seconds = v ? (unsigned)yyjson_get_uint(v) : otherwise;
    return 0;
}

static bool is_web(struct str url)
{
    return str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
}

static int read_endpoints(struct arena *a, json_val *root, struct aws_account_options *o)
{
    json_val *map = json_get(root, "endpoints");
    if (map && (!yyjson_is_obj(map) || yyjson_obj_size(map) > LIST_MAX))
        return invalid("endpoints", "an object of URLs is wanted");
    o->endpoints = arena_new_array(a, struct aws_endpoint, yyjson_obj_size(map));
    for (json_each_member(service, url, map)) {
        if (!is_web(json_str(url)) || json_str(url).n > TEXT_MAX)
            return invalid("endpoints", "an object of URLs is wanted");
        o->endpoints[o->n_endpoints++] = (struct aws_endpoint){json_str(service), json_str(url)};
    }
    return 0;
}

/* "us-east-1": it becomes a part of ARNs, paths and subjects of jobs. */
static bool region_valid(struct str region)
{
    bool valid = region.n > 0 && region.n <= 32;
    for (size_t i = 0; valid && i < region.n; i++)
        valid = is_lower(region.p[i]) || is_digit(region.p[i]) || region.p[i] == '-';
    return valid;
}

static int read_aws(struct arena *a, json_val *root, struct aws_account_options *o)
{
    json_val *member = json_get(root, "memberOf");
    int status = read_str(root, "profile", TEXT_MAX, &o->profile);
    if (status == 0)
        status = read_str(root, "externalId", TEXT_MAX, &o->external_id);
    if (status == 0)
        status = read_list(a, root, "queues", &o->queues, &o->n_queues);
    if (status == 0)
        status = read_str(root, "organizationRole", TEXT_MAX, &o->organization_role);
    if (status == 0)
        status = read_list(a, root, "regions", &o->regions, &o->n_regions);
    if (status == 0)
        status = read_endpoints(a, root, o);
    if (status < 0)
        return status;
    for (size_t i = 0; i < o->n_regions; i++)
        if (!region_valid(o->regions[i]))
            return invalid("regions", "names such as eu-west-1 are wanted");
    for (size_t i = 0; i < o->n_queues; i++)
        if (!is_web(o->queues[i]) || o->queues[i].n > TEXT_MAX)
            return invalid("queues", "URLs of queues are wanted");
    o->organization = json_get_bool(root, "organization");
    if (o->organization && !o->organization_role.n)
        return invalid("organizationRole", "the name of a role in the members is wanted");
    o->member_of = -1;
    return member && !account_parse(json_str(member), &o->member_of)
               ? invalid("memberOf", "twelve digits are wanted")
               : 0;
}

int origin_options_read(struct arena *a, enum origin_kind kind, struct str json,
                        struct origin_options *ret_options)
{
    struct origin_options o = {0};
    json_val *root = NULL;
    int status = json.n ? json_parse(a, json, &root) : 0;
    if (status < 0)
        return status;
    if (root && !yyjson_is_obj(root))
        return invalid("options", "an object is wanted");
    o.insecure = json_get_bool(root, "insecure");
    const struct {
        const char *name;
        struct str *to;
    } strings[] = {{"user", &o.user},     {"role", &o.role},     {"accessKeyId", &o.key_id},
                   {"region", &o.region}, {"prefix", &o.prefix}, {NULL, NULL}};
    for (size_t i = 0; status == 0 && strings[i].name; i++)
        status = read_str(root, strings[i].name, TEXT_MAX, strings[i].to);
    if (status == 0)
        status = read_str(root, "ca", CA_MAX, &o.ca);
    if (status == 0 && o.ca.n && str_find_str(o.ca, STR("-----BEGIN CERTIFICATE-----")) < 0)
        status = invalid("ca", "certificates in PEM are wanted");
    if (status == 0)
        status = read_list(a, root, "repositories", &o.repositories, &o.n_repositories);
    if (status == 0)
        status = read_list(a, root, "platforms", &o.platforms, &o.n_platforms);
    if (status == 0)
        status = read_frequency(root, &o);
    if (status == 0)
        status = read_seconds(root, "pollSeconds", 1, poll_defaults[kind], &o.poll_seconds);
    if (status == 0)
        status = read_seconds(root, "readSeconds", 1, READ_SECONDS, &o.aws.read_seconds);
    if (status == 0)
        status = read_seconds(root, "callSeconds", CALL_SECONDS_MIN, 0, &o.aws.call_seconds);
    if (status == 0)
        status = read_aws(a, root, &o.aws);
    if (status < 0)
        return status;
    *ret_options = o;
    return 0;
}

static int url_invalid(struct str url, const char *what)
{
    return err_set(ERR_INVALID, "%.*s: %s", STR_ARG(url), what);
}

bool origin_url_account(struct str url, account_id *ret_account)
{
    return str_starts(url, STR("aws:")) && account_parse(str_slice(url, 4, url.n), ret_account);
}

int origin_url_check(struct arena *a, enum origin_kind kind, struct str url, struct str *ret_url)
{
    struct str given = url, host, path = {NULL, 0};
    account_id account;
    if (kind == ORIGIN_AWS_ACCOUNT) {
        if (!origin_url_account(url, &account))
            return err_set(ERR_INVALID, "%.*s: 'aws:' and twelve digits are wanted", STR_ARG(url));
        *ret_url = arena_str(a, url);
        return 0;
    }
    while (url.n > 1 && url.p[url.n - 1] == '/')
        url.n--;
    if (url.n > 1024)
        return err_set(ERR_INVALID, "longer than 1024 bytes");
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || (kind != ORIGIN_FUNCTION_FOLDER && strchr("@?#\"\\", url.p[i])))
            return url_invalid(given, "not a URL that an origin may have");
    if (kind == ORIGIN_FUNCTION_FOLDER) {
        if (str_starts(url, STR("file://")))
            url = str_slice(url, 7, url.n);
        if (!str_starts(url, STR("/")) || str_find_str(url, STR("/../")) >= 0)
            return url_invalid(given, "an absolute path or a file:/// URL is wanted");
        *ret_url = arena_str(a, url);
        return 0;
    }
    size_t scheme = str_starts(url, STR("https://")) ? 8 : str_starts(url, STR("http://")) ? 7 : 0;
    if (!scheme)
        return url_invalid(given, "an http:// or https:// URL is wanted");
    host = str_slice(url, scheme, url.n);
    str_cut(host, '/', &host, &path);
    if (!host.n)
        return url_invalid(given, "names no host");
    if (kind == ORIGIN_REGISTRY && path.n)
        return url_invalid(given, "a registry is a host, without a path");
    if (kind == ORIGIN_FUNCTION_BUCKET && (!path.n || str_find(path, '/') >= 0))
        return url_invalid(given, "a bucket is wanted: https://HOST/BUCKET");
    *ret_url = arena_str(a, url);
    return 0;
}

struct str origin_secret_seal(struct arena *a, const struct master_key *k, struct str url, struct str secret)
{
    return seal(a, k, arena_printf(a, "origin %.*s", STR_ARG(url)), secret);
}

int origin_secret_open(struct arena *a, const struct master_key *k, const struct origin *o,
                       struct str *ret_secret)
{
    if (!o->secret.n) {
        *ret_secret = (struct str){NULL, 0};
        return 0;
    }
    return unseal(a, k, arena_printf(a, "origin %.*s", STR_ARG(o->url)), o->secret, ret_secret);
}
