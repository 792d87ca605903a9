/* Network findings as clients see them: every filter, order, aggregation and report against plain C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_stack.h"
#include "base/cleanup.h"
#include "base/vec.h"
#include "monitor/network.h"
#include "store/findings_report.h"
#include "store/resource.h"

enum { HOSTS = 12, FINDINGS_MAX = 100 };

static struct api_stack stack;
static struct arena *arena;

/* ---- the world ---- */

static void write_hosts(struct buf *to)
{
    buf_printf(to, "{\"Reservations\":[{\"OwnerId\":\"123456789012\",\"Instances\":[");
    for (int i = 0; i < HOSTS; i++)
        buf_printf(to,
                   "%s{\"InstanceId\":\"i-%017d\",\"State\":{\"Name\":\"running\"},\"NetworkInterfaces\":[{"
                   "\"NetworkInterfaceId\":\"eni-%d\",\"SubnetId\":\"subnet-1\",\"Groups\":[{\"GroupId\":"
                   "\"sg-%d\"},{\"GroupId\":\"sg-%d\"}],\"PrivateIpAddresses\":[{\"PrivateIpAddress\":"
                   "\"10.0.0.%d\"%s%d\"%s}]}]}",
                   i ? "," : "", i, i, i % 3, 3 + i % 4, 10 + i,
                   i % 4 ? ",\"Association\":{\"PublicIp\":\"3.0.0." : ",\"Note\":\"", i + 1,
                   i % 4 ? "}" : "");
    buf_printf(to, "]}]}");
}

static void write_groups(struct buf *to)
{
    static const struct {
        const char *protocol;
        int from, to;
    } rules[] = {{"tcp", 22, 22},   {"tcp", 80, 90},     {"udp", 53, 53}, {"tcp", 443, 443},
                 {"udp", 100, 200}, {"tcp", 3306, 3306}, {"tcp", 23, 23}};
    buf_printf(to, "{\"SecurityGroups\":[");
    for (int i = 0; i < 7; i++)
        buf_printf(to,
                   "%s{\"GroupId\":\"sg-%d\",\"VpcId\":\"vpc-1\",\"IpPermissions\":[{\"IpProtocol\":\"%s\","
                   "\"FromPort\":%d,\"ToPort\":%d,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}",
                   i ? "," : "", i, rules[i].protocol, rules[i].from, rules[i].to);
    buf_printf(to, "]}");
}

static const char places[] =
    "{\"Vpcs\":[{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\"}],"
    "\"Subnets\":[{\"SubnetId\":\"subnet-1\",\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/24\"}],"
    "\"InternetGateways\":[{\"InternetGatewayId\":\"igw-1\",\"Attachments\":[{\"VpcId\":\"vpc-1\",\"State\":"
    "\"available\"}]}],\"VpcPeeringConnections\":[{\"VpcPeeringConnectionId\":\"pcx-1\",\"Status\":{\"Code\":"
    "\"active\"},\"RequesterVpcInfo\":{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\"},"
    "\"AccepterVpcInfo\":{\"VpcId\":\"vpc-2\",\"CidrBlock\":\"10.1.0.0/16\"}}],"
    "\"RouteTables\":[{\"RouteTableId\":\"rtb-1\",\"VpcId\":\"vpc-1\",\"Associations\":[{\"Main\":true}],"
    "\"Routes\":[{\"DestinationCidrBlock\":\"10.0.0.0/"
    "16\",\"GatewayId\":\"local\"},{\"DestinationCidrBlock\":"
    "\"10.1.0.0/16\",\"VpcPeeringConnectionId\":\"pcx-1\"},{\"DestinationCidrBlock\":\"0.0.0.0/0\","
    "\"GatewayId\":\"igw-1\"}]}]}";

static void put_hosts(void)
{
    struct sql *db = store_writer(stack.store);
    account_scan_set(db, stack_account, SCAN_OF_EC2, ACCOUNT_ENABLED);
    for (int i = 0; i < HOSTS; i++) {
        bool is_new, changed;
        struct resource r = {.account = stack_account,
                             .type = RESOURCE_AWS_EC2_INSTANCE,
                             .resource_id = arena_printf(arena, "i-%017d", i),
                             .details = STR("{\"awsEc2Instance\":{\"ipV4Addresses\":[\"3.0.0.1\"]}}"),
                             .pushed = TIME_NONE,
                             .pulled = TIME_NONE,
                             .last_in_use = TIME_NONE,
                             .in_use_count = -1,
                             .modified = TIME_NONE};
        resource_put(db, &r, &is_new, &changed);
    }
    stack_must(store_commit(db));
}

static int start(void **state)
{
    (void)state;
    arena = arena_new(0);
    stack_start(&stack);
    put_hosts();
    _cleanup_(buf_free) struct buf hosts = buf_new(1 << 20), groups = buf_new(1 << 20);
    write_hosts(&hosts);
    write_groups(&groups);
    struct str documents[] = {str_from(places), buf_str(&groups), buf_str(&hosts)};
    stack_must(monitor_network(stack.monitor, stack_account, STR("eu-central-1"), documents, 3));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    stack_stop(&stack);
    arena_free(arena);
    return 0;
}

static json_val *must(const char *path, struct str body)
{
    json_val *root = NULL;
    struct http_reply r = stack_send(
        &stack, arena,
        &(struct stack_request){.method = "POST", .target = str_from(path), .body = body, .key = &stack.key});
    if (r.status != 200 || json_parse(arena, r.body, &root) < 0)
        fail_msg("%s: %u %.*s", path, r.status, STR_ARG(r.body));
    return root;
}

/* ---- lists ---- */

struct shown {
    struct str arn, protocol, host, severity;
    int begin, end;
    json_val *steps;
};
typedef VEC(struct shown) shown_vec;

/* All findings of a list, page by page. */
static void list(struct str members, shown_vec *ret)
{
    struct str token = {0};
    do {
        json_val *page = must("/findings/list",
                              token.n ? arena_printf(arena, "{\"maxResults\":7,\"nextToken\":\"%.*s\"%.*s}",
                                                     STR_ARG(token), STR_ARG(members))
                                      : arena_printf(arena, "{\"maxResults\":7%.*s}", STR_ARG(members)));
        for (json_each(f, json_get(page, "findings"))) {
            json_val *details = json_get(f, "networkReachabilityDetails");
            json_val *range = json_get(details, "openPortRange");
            vec_add(ret,
                    (struct shown){.arn = json_get_str(f, "findingArn"),
                                   .protocol = json_get_str(details, "protocol"),
                                   .host = json_get_str(yyjson_arr_get_first(json_get(f, "resources")), "id"),
                                   .severity = json_get_str(f, "severity"),
                                   .begin = yyjson_get_int(json_get(range, "begin")),
                                   .end = yyjson_get_int(json_get(range, "end")),
                                   .steps = json_get(json_get(details, "networkPath"), "steps")});
        }
        token = json_get_str(page, "nextToken");
    } while (token.n);
}

static bool has_component(const struct shown *s, const char *member, const char *value, bool prefix)
{
    for (json_each(step, s->steps)) {
        struct str text = json_get_str(step, member);
        if (prefix ? str_starts(text, str_from(value)) : str_is(text, value))
            return true;
    }
    return false;
}

static bool edge_is(const struct shown *s, const char *id)
{
    return str_is(json_get_str(yyjson_arr_get_first(s->steps), "componentId"), id);
}

static bool tcp(const struct shown *s)
{
    return str_is(s->protocol, "TCP");
}
static bool not_tcp(const struct shown *s)
{
    return !tcp(s);
}
static bool ports(const struct shown *s)
{
    return s->begin <= 100 && s->end >= 50;
}
static bool port_22(const struct shown *s)
{
    return s->begin <= 22 && s->end >= 22;
}
static bool from_100(const struct shown *s)
{
    return s->end >= 100;
}
static bool gateway(const struct shown *s)
{
    return has_component(s, "componentId", "igw-1", false);
}
static bool no_gateway(const struct shown *s)
{
    return !gateway(s);
}
static bool group_0(const struct shown *s)
{
    return has_component(s, "componentId", "sg-0", false);
}
static bool peering(const struct shown *s)
{
    return has_component(s, "componentType", "AWS::EC2::VPCPeeringConnection", false);
}
static bool gateway_or_peering_22(const struct shown *s)
{
    return port_22(s) && (gateway(s) || peering(s));
}
static bool eni(const struct shown *s)
{
    return has_component(s, "componentId", "eni-1", true);
}

static void test_filters(void **state)
{
    (void)state;
    static const struct {
        const char *criteria;
        bool (*wanted)(const struct shown *);
    } rows[] = {
        {"\"networkProtocol\":[{\"comparison\":\"EQUALS\",\"value\":\"TCP\"}]", tcp},
        {"\"networkProtocol\":[{\"comparison\":\"NOT_EQUALS\",\"value\":\"TCP\"}]", not_tcp},
        {"\"portRange\":[{\"beginInclusive\":50,\"endInclusive\":100}]", ports},
        {"\"portRange\":[{\"beginInclusive\":22,\"endInclusive\":22}]", port_22},
        {"\"portRange\":[{\"beginInclusive\":100}]", from_100},
        {"\"componentId\":[{\"comparison\":\"EQUALS\",\"value\":\"igw-1\"}]", gateway},
        {"\"componentId\":[{\"comparison\":\"NOT_EQUALS\",\"value\":\"igw-1\"}]", no_gateway},
        {"\"componentId\":[{\"comparison\":\"EQUALS\",\"value\":\"sg-0\"}]", group_0},
        {"\"componentId\":[{\"comparison\":\"PREFIX\",\"value\":\"eni-1\"}]", eni},
        {"\"componentType\":[{\"comparison\":\"EQUALS\",\"value\":\"AWS::EC2::VPCPeeringConnection\"}]",
         peering},
        {"\"portRange\":[{\"beginInclusive\":22,\"endInclusive\":22}],\"componentType\":[{\"comparison\":"
         "\"PREFIX\",\"value\":\"AWS::EC2::\"}]",
         gateway_or_peering_22},
    };
    shown_vec all = {0};
    list(STR(""), &all);
    assert_true(all.n > 3 * HOSTS && all.n < FINDINGS_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shown_vec found = {0};
        size_t wanted = 0, right = 0;
        list(arena_printf(arena, ",\"filterCriteria\":{%s}", rows[i].criteria), &found);
        vec_each(s, &all) wanted += rows[i].wanted(s);
        vec_each(s, &found) right += rows[i].wanted(s);
        if (found.n != wanted || right != found.n || !wanted || wanted == all.n)
            fail_msg("%s: %zu of %zu, %zu of them right", rows[i].criteria, found.n, wanted, right);
        vec_free(&found);
    }
    vec_free(&all);
}

static void test_orders(void **state)
{
    (void)state;
    shown_vec all = {0}, by_protocol = {0}, by_type = {0};
    list(STR(""), &all);
    list(STR(",\"sortCriteria\":{\"field\":\"NETWORK_PROTOCOL\",\"sortOrder\":\"DESC\"}"), &by_protocol);
    list(STR(",\"sortCriteria\":{\"field\":\"COMPONENT_TYPE\",\"sortOrder\":\"ASC\"}"), &by_type);
    assert_true(by_protocol.n == all.n && by_type.n == all.n);
    for (size_t i = 1; i < all.n; i++) {
        assert_true(str_cmp(by_protocol.at[i - 1].protocol, by_protocol.at[i].protocol) >= 0);
        assert_true(!edge_is(&by_type.at[i - 1], "pcx-1") || edge_is(&by_type.at[i], "pcx-1"));
    }
    assert_true(not_tcp(&by_protocol.at[0]) && edge_is(&by_type.at[0], "igw-1"));
    vec_free(&all);
    vec_free(&by_protocol);
    vec_free(&by_type);
}

static void test_told(void **state)
{
    (void)state;
    json_val *page =
        must("/findings/list", STR("{\"filterCriteria\":{\"resourceId\":[{\"comparison\":\"EQUALS\","
                                   "\"value\":\"i-00000000000000001\"}],\"componentId\":[{"
                                   "\"comparison\":\"EQUALS\",\"value\":\"igw-1\"}],\"portRange\":[{"
                                   "\"beginInclusive\":80,\"endInclusive\":80}]}}"));
    json_val *list = json_get(page, "findings");
    assert_int_equal(yyjson_arr_size(list), 1);
    json_val *f = yyjson_arr_get_first(list);
    assert_true(str_is(json_get_str(f, "type"), "NETWORK_REACHABILITY"));
    assert_true(
        str_is(json_get_str(f, "title"), "Port range 80-90 is reachable from an Internet Gateway - TCP"));
    assert_true(
        str_is(json_get_str(f, "description"),
               "On the instance i-00000000000000001, the TCP port range 80-90 can be reached from the "
               "InternetGateway igw-1 by way of the NetworkInterface eni-1."));
    assert_true(str_is(json_get_str(f, "severity"), "MEDIUM")); /* 88 is Kerberos */
    assert_null(json_get(f, "inspectorScore"));
    assert_null(json_get(f, "fixAvailable"));
    assert_null(json_get(f, "packageVulnerabilityDetails"));
    json_val *steps = json_get(json_get(json_get(f, "networkReachabilityDetails"), "networkPath"), "steps");
    static const char *const types[] = {"AWS::EC2::InternetGateway", "AWS::EC2::SecurityGroup",
                                        "AWS::EC2::NetworkInterface", "AWS::EC2::Instance"};
    assert_int_equal(yyjson_arr_size(steps), 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(str_is(json_get_str(yyjson_arr_get(steps, i), "componentType"), types[i]));

    /* Intelligence is of vulnerabilities. */
    json_val *got = must("/findings/details/batch/get", arena_printf(arena, "{\"findingArns\":[\"%.*s\"]}",
                                                                     STR_ARG(json_get_str(f, "findingArn"))));
    json_val *error = yyjson_arr_get_first(json_get(got, "errors"));
    assert_true(str_is(json_get_str(error, "errorCode"), "FINDING_DETAILS_NOT_FOUND"));
}

/* ---- reports ---- */

static struct str report(enum report_file_format format, int64_t *ret_n)
{
    char *text;
    size_t n;
    FILE *to = open_memstream(&text, &n);
    stack_must(findings_report_write(stack.store, stack_account, NULL, format, to, NULL, NULL, ret_n));
    fclose(to);
    struct str copy = arena_str(arena, (struct str){text, n});
    free(text);
    return copy;
}

static void test_reports(void **state)
{
    (void)state;
    shown_vec all = {0};
    json_val *root;
    int64_t n;
    list(STR(""), &all);
    struct str csv = report(REPORT_CSV, &n);
    assert_int_equal(n, all.n);
    assert_true(str_find_str(csv, STR("igw-1 (AWS::EC2::InternetGateway), sg-0 (AWS::EC2::SecurityGroup)")) >=
                0);
    assert_true(str_find_str(csv, STR("80 - 90")) >= 0);
    assert_int_equal(json_parse(arena, report(REPORT_JSON, &n), &root), 0);
    size_t listed = 0;
    for (json_each(f, json_get(root, "findings")))
        listed += json_get(json_get(f, "networkReachabilityDetails"), "openPortRange") != NULL;
    assert_int_equal(listed, all.n);
    vec_free(&all);
}

/* ---- what sums up ---- */

static int64_t total(json_val *response, const char *member)
{
    json_val *counts = json_get(yyjson_arr_get_first(json_get(response, "responses")), member);
    return yyjson_get_int(json_get(json_get(counts, "severityCounts"), "all"));
}

static void test_summed(void **state)
{
    (void)state;
    shown_vec all = {0}, of_one = {0};
    list(STR(""), &all);
    list(STR(",\"filterCriteria\":{\"resourceId\":[{\"comparison\":\"EQUALS\",\"value\":"
             "\"i-00000000000000005\"}]}"),
         &of_one);
    json_val *account = must("/findings/aggregation/list",
                             STR("{\"aggregationType\":\"ACCOUNT\",\"aggregationRequest\":{"
                                 "\"accountAggregation\":{\"findingType\":\"NETWORK_REACHABILITY\"}}}"));
    assert_int_equal(total(account, "accountAggregation"), all.n);
    json_val *hosts = must("/findings/aggregation/list",
                           STR("{\"aggregationType\":\"AWS_EC2_INSTANCE\",\"aggregationRequest\":{"
                               "\"ec2InstanceAggregation\":{\"sortBy\":\"NETWORK_FINDINGS\",\"sortOrder\":"
                               "\"DESC\",\"instanceIds\":[{\"comparison\":\"EQUALS\",\"value\":"
                               "\"i-00000000000000005\"}]}}}"));
    json_val *host = json_get(yyjson_arr_get_first(json_get(hosts, "responses")), "ec2InstanceAggregation");
    assert_int_equal(yyjson_get_int(json_get(host, "networkFindings")), of_one.n);

    json_val *coverage = must("/coverage/list", STR("{\"maxResults\":100,\"filterCriteria\":{\"scanType\":[{"
                                                    "\"comparison\":\"EQUALS\",\"value\":\"NETWORK\"}]}}"));
    json_val *rows = json_get(coverage, "coveredResources");
    assert_int_equal(yyjson_arr_size(rows), HOSTS);
    for (json_each(row, rows))
        assert_true(str_is(json_get_str(json_get(row, "scanStatus"), "reason"), "SUCCESSFUL"));
    vec_free(&all);
    vec_free(&of_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters), cmocka_unit_test(test_orders), cmocka_unit_test(test_told),
        cmocka_unit_test(test_reports), cmocka_unit_test(test_summed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
