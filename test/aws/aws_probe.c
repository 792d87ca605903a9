/* Asks src/aws what lines of standard input say, one JSON object each, and answers with one line each: for
 * the tests beside it. The argument is JSON, too: the options.
 *
 *   {"do": "call", "service": "sqs", "protocol": "json", "operation": "AmazonSQS.ListQueues", "body": "{}"}
 *   {"document": {...}} or {"error": "denied", "text": "...", "code": "AccessDenied"}
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/credentials.h"
#include "aws/directconnect.h"
#include "aws/ec2.h"
#include "aws/events.h"
#include "aws/network.h"
#include "aws/organizations.h"
#include "aws/query.h"
#include "aws/sqs.h"
#include "aws/sts.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { ANSWER_CAP = 256 << 20 };

static void add_value(struct json_out *o, json_val *v)
{
    if (yyjson_is_obj(v)) {
        json_begin_object(o);
        for (json_each_member(key, value, v)) {
            json_key_str(o, json_str(key));
            add_value(o, value);
        }
        json_end_object(o);
    } else if (yyjson_is_arr(v)) {
        json_begin_array(o);
        for (json_each(item, v))
            add_value(o, item);
        json_end_array(o);
    } else if (yyjson_is_str(v)) {
        json_out_str(o, json_str(v));
    } else if (yyjson_is_bool(v)) {
        json_out_bool(o, yyjson_get_bool(v));
    } else if (yyjson_is_int(v)) {
        json_out_int(o, yyjson_get_sint(v));
    } else if (yyjson_is_real(v)) {
        json_out_double(o, yyjson_get_real(v), 6);
    } else {
        json_out_null(o);
    }
}

static const char *text(struct arena *a, json_val *v, const char *name)
{
    struct str s = json_get_str(v, name);
    return s.n ? arena_cstr(a, s) : NULL;
}

static int do_call(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    struct str protocol = json_get_str(q, "protocol");
    json_val *document;
    struct aws_reply reply;
    struct aws_call call = {.service = text(a, q, "service"),
                            .signs = text(a, q, "signs"),
                            .protocol = str_is(protocol, "json")   ? AWS_JSON
                                        : str_is(protocol, "rest") ? AWS_REST
                                                                   : AWS_QUERY,
                            .operation = text(a, q, "operation"),
                            .version = text(a, q, "version"),
                            .method = text(a, q, "method"),
                            .path = json_get_str(q, "path"),
                            .body = json_get_str(q, "body"),
                            .cap = yyjson_get_uint(json_get(q, "cap"))};
    int status =
        call.protocol == AWS_QUERY ? aws_send(aws, a, &call, &reply) : aws_json(aws, a, &call, &document);
    if (status < 0)
        return status;
    json_key(o, "document");
    if (call.protocol == AWS_QUERY)
        json_out_str(o, reply.body);
    else
        add_value(o, document);
    return 0;
}

/* ---- the query APIs ---- */

static const struct {
    const char *name;
    const struct query_api *api;
} apis[] = {{"ec2", &query_ec2}, {"elb", &query_elb}, {"elbv2", &query_elbv2}};

static const struct query_api *find_api(struct str name)
{
    size_t i = 0;
    while (i + 1 < sizeof apis / sizeof *apis && !str_is(name, apis[i].name))
        i++;
    return apis[i].api;
}

static void add_members(struct json_out *o, const struct member *m)
{
    static const char *const kinds[] = {"text", "number", "truth", "members", "list", "token"};
    json_begin_array(o);
    for (; m && m->name; m++) {
        json_begin_object(o);
        json_member_str(o, "name", str_from(m->name));
        json_member_str(o, "kind", str_from(kinds[m->kind]));
        json_member_str(o, "xml", str_from(m->xml));
        if (m->of) {
            json_key(o, "of");
            add_members(o, m->of);
        }
        json_end_object(o);
    }
    json_end_array(o);
}

/* All tables. */
static int do_tables(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)aws;
    (void)a;
    (void)q;
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        json_key(o, apis[i].name);
        json_begin_object(o);
        for (const struct query_operation *const *t = apis[i].api->operations; *t; t++) {
            for (const struct query_operation *each = *t; each->name; each++) {
                json_key(o, each->name);
                json_begin_object(o);
                json_member_int(o, "page", each->page);
                json_key(o, "members");
                add_members(o, each->result);
                json_end_object(o);
            }
        }
        json_end_object(o);
    }
    return 0;
}

static int do_convert(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)aws;
    const struct query_api *api = find_api(json_get_str(q, "api"));
    _cleanup_(buf_free) struct buf to = buf_new(ANSWER_CAP);
    json_val *document;
    struct str token;
    int status =
        query_convert(a, api, query_find(api, text(a, q, "operation")), json_get_str(q, "xml"), &to, &token);
    if (status == 0)
        status = json_parse(a, buf_str(&to), &document);
    if (status < 0)
        return status;
    json_key(o, "document");
    json_out_raw(o, buf_str(&to));
    json_member_str(o, "token", token);
    return 0;
}

static int on_page(void *ctx, struct str json)
{
    json_out_raw(ctx, json);
    return 0;
}

static int do_describe(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    json_key(o, "pages");
    json_begin_array(o);
    int status = query_texts(aws, find_api(json_get_str(q, "api")), text(a, q, "operation"),
                             json_get_str(q, "form"), on_page, o);
    json_end_array(o);
    return status;
}

/* ---- whole questions ---- */

static int do_network(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)q;
    struct network_gaps gaps = {.n = 0};
    json_key(o, "pages");
    json_begin_array(o);
    int status = network_describe(aws, a, on_page, o, &gaps);
    json_end_array(o);
    json_key(o, "gaps");
    json_begin_object(o);
    for (size_t i = 0; i < gaps.n; i++) {
        json_key(o, gaps.at[i].operation);
        json_out_str(o, arena_printf(a, "%s: %.*s", err_name(gaps.at[i].code), STR_ARG(gaps.at[i].text)));
    }
    json_end_object(o);
    return status;
}

static int do_change(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)a;
    struct str instance = json_get_str(q, "instance"), group = json_get_str(q, "group");
    json_key(o, "pages");
    json_begin_array(o);
    int status = instance.n ? network_describe_instance(aws, instance, on_page, o)
                            : network_describe_group(aws, group, on_page, o);
    json_end_array(o);
    return status;
}

static int do_direct(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    json_key(o, "pages");
    json_begin_array(o);
    int status = directconnect_describe(aws, text(a, q, "operation"), json_get_str(q, "body"), on_page, o);
    json_end_array(o);
    return status;
}

static int do_identity(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)q;
    struct sts_identity i;
    int status = sts_identity(aws, a, &i);
    if (status == 0) {
        json_member_str(o, "account", i.account);
        json_member_str(o, "arn", i.arn);
    }
    return status;
}

static int do_organization(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)q;
    struct organization_account *accounts;
    size_t n;
    int status = organization_accounts(aws, a, &accounts, &n);
    if (status < 0)
        return status;
    json_key(o, "accounts");
    json_begin_object(o);
    for (size_t i = 0; i < n; i++) {
        json_key_str(o, accounts[i].id);
        json_out_str(o, accounts[i].name);
    }
    json_end_object(o);
    return 0;
}

static int do_events(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    struct events_rule rules[8];
    struct str url;
    size_t n = 0;
    for (json_each_member(name, pattern, json_get(q, "rules")))
        rules[n++] = (struct events_rule){json_str(name), json_str(pattern)};
    int status = events_to_queue(aws, a, json_get_str(q, "queue"), rules, n, &url);
    if (status == 0)
        json_member_str(o, "url", url);
    return status;
}

/* Receives what there is, and deletes it. */
static int do_receive(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    struct str url = json_get_str(q, "url");
    struct sqs_message messages[SQS_BATCH];
    size_t n;
    int status = sqs_receive(aws, a, url, (unsigned)yyjson_get_uint(json_get(q, "wait")), messages, &n);
    if (status == 0)
        status = sqs_delete(aws, a, url, messages, n);
    if (status < 0)
        return status;
    json_key(o, "bodies");
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_out_str(o, messages[i].body);
    json_end_array(o);
    return 0;
}

/* ---- what a handle knows ---- */

static int do_credentials(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)q;
    struct sigv4_key key;
    int status = source_get(aws->source, a, &key);
    if (status < 0)
        return status;
    json_member_str(o, "id", key.id);
    json_member_str(o, "secret", key.secret);
    json_member_str(o, "token", key.token);
    return 0;
}

enum { THREADS_MAX = 64 };

struct thread {
    pthread_t id;
    struct aws *aws;
    struct arena *arena;
    struct sigv4_key key;
    int status;
};

static void *ask_for_key(void *ctx)
{
    struct thread *t = ctx;
    t->status = source_get(t->aws->source, t->arena, &t->key);
    return NULL;
}

/* The key of n threads at once. */
static int do_threads(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)a;
    struct thread threads[THREADS_MAX] = {0};
    size_t n = yyjson_get_uint(json_get(q, "n"));
    n = n < THREADS_MAX ? n : THREADS_MAX;
    for (size_t i = 0; i < n; i++) {
        threads[i].aws = aws;
        threads[i].arena = arena_new(0);
        pthread_create(&threads[i].id, NULL, ask_for_key, &threads[i]);
    }
    json_key(o, "ids");
    json_begin_array(o);
    for (size_t i = 0; i < n; i++) {
        pthread_join(threads[i].id, NULL);
        json_out_str(o, threads[i].status < 0 ? STR("none") : threads[i].key.id);
        arena_free(threads[i].arena);
    }
    json_end_array(o);
    return 0;
}

static int do_endpoint(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    struct aws_call call = {.service = text(a, q, "service"), .version = text(a, q, "version")};
    struct str region = json_get_str(q, "region");
    struct endpoint e;
    int status = endpoint_find(aws->config, a, &call, region.n ? region : aws->region, &e);
    if (status < 0)
        return status;
    json_member_str(o, "url", e.url);
    json_member_str(o, "region", e.region);
    return 0;
}

static int do_region(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    (void)q;
    struct str region;
    int status = aws_find_region(aws, a, &region);
    if (status == 0)
        json_member_str(o, "region", region);
    return status;
}

static const struct {
    const char *name;
    int (*run)(struct aws *aws, struct arena *a, json_val *question, struct json_out *o);
} actions[] = {
    {"call", do_call},         {"tables", do_tables},     {"convert", do_convert},
    {"describe", do_describe}, {"network", do_network},   {"change", do_change},
    {"direct", do_direct},     {"identity", do_identity}, {"organization", do_organization},
    {"events", do_events},     {"receive", do_receive},   {"credentials", do_credentials},
    {"threads", do_threads},   {"endpoint", do_endpoint}, {"region", do_region},
};

static int run(struct aws *aws, struct arena *a, json_val *q, struct json_out *o)
{
    struct str wanted = json_get_str(q, "do");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (str_is(wanted, actions[i].name))
            return actions[i].run(aws, a, q, o);
    }
    return err_set(ERR_INVALID, "%.*s: nothing to do", STR_ARG(wanted));
}

static void say_error(struct json_out *o, int status)
{
    json_member_str(o, "error", str_from(err_name(status)));
    json_member_str(o, "text", str_from(err_text()));
    json_member_str(o, "code", str_from(aws_error_code()));
}

static void answer(struct aws *aws, struct str line)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf to = buf_new(ANSWER_CAP);
    struct json_out o = {.to = &to};
    json_val *q;
    json_begin_object(&o);
    int status = json_parse(a, line, &q);
    if (status == 0)
        status = run(aws, a, q, &o);
    if (status < 0)
        say_error(&o, status);
    json_end_object(&o);
    printf("%.*s\n", (int)to.n, to.p);
    fflush(stdout);
}

static int open_handle(struct arena *a, const char *argument, struct aws **ret_aws)
{
    json_val *q, *urls;
    int status = json_parse(a, str_from(argument), &q);
    if (status < 0)
        return status;
    urls = json_get(q, "endpoints");
    struct aws_endpoint *endpoints = arena_new_array(a, struct aws_endpoint, yyjson_obj_size(urls));
    struct aws_options options = {
        .key = {json_get_str(q, "id"), json_get_str(q, "secret"), json_get_str(q, "token")},
        .profile = json_get_str(q, "profile"),
        .role = json_get_str(q, "role"),
        .external_id = json_get_str(q, "externalId"),
        .region = json_get_str(q, "region"),
        .endpoints = endpoints};
    for (json_each_member(key, value, urls))
        endpoints[options.n_endpoints++] = (struct aws_endpoint){json_str(key), json_str(value)};
    return aws_new(&options, ret_aws);
}

int main(int argc, char **argv)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(aws_cleanup) struct aws *aws = NULL;
    _cleanup_free_ char *line = NULL;
    size_t size = 0;
    ssize_t n;
    if (argc != 2 || open_handle(a, argv[1], &aws) < 0) {
        fprintf(stderr, "aws_probe: %s\n", argc == 2 ? err_text() : "wants the options");
        return 2;
    }
    puts("ready");
    fflush(stdout);
    while ((n = getline(&line, &size, stdin)) > 0)
        answer(aws, (struct str){line, (size_t)n});
    return 0;
}
