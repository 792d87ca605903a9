/* Networks in the server: what is open becomes findings, coverage and scores, and follows what changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "engine_util.h"
#include "monitor/network.h"
#include "monitor/runtime.h"
#include "store/aggregation.h"
#include "store/event.h"
#include "store/filter.h"

static const struct told known[] = {
    {"DSA-1", "CVE-2024-0001", "Debian:12", "openssh", "0", "2.0-1", NETWORK_9_8, 0, false},
    {"GHSA-1", "CVE-2024-0002", "npm", "lib", "0", "2.0.0", NETWORK_7_5, 0, false},
    {"GHSA-2", "CVE-2024-0003", "npm", "lib", "0", "2.0.0", LOCAL_5_5, 0, false},
    {"GHSA-3", "CVE-2024-0004", "npm", "lib", "0", "2.0.0", NETWORK_9_8, 0, true}, /* exploited */
};
enum { FLAWS = sizeof known / sizeof *known };

#define FIRST  "i-00000000000000001"
#define SECOND "i-00000000000000002"
#define REGION STR("eu-central-1")

/* ---- what describe calls say ---- */

#define VPC                                                                                                  \
    "{\"Vpcs\":[{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\"}],"                                       \
    "\"Subnets\":[{\"SubnetId\":\"subnet-1\",\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/24\"}]}"
#define EDGES                                                                                                \
    "{\"Addresses\":[{\"NetworkInterfaceId\":\"eni-1\",\"PrivateIpAddress\":\"10.0.0.11\",\"PublicIp\":"     \
    "\"3.0.0.11\"}],\"InternetGateways\":[{\"InternetGatewayId\":\"igw-1\",\"Attachments\":[{\"VpcId\":"     \
    "\"vpc-1\","                                                                                             \
    "\"State\":\"available\"}]}],"                                                                           \
    "\"VpcPeeringConnections\":[{\"VpcPeeringConnectionId\":\"pcx-1\",\"Status\":{\"Code\":\"active\"},"     \
    "\"RequesterVpcInfo\":{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\"},"                              \
    "\"AccepterVpcInfo\":{\"VpcId\":\"vpc-2\",\"CidrBlock\":\"10.1.0.0/16\"}}],"                             \
    "\"RouteTables\":[{\"RouteTableId\":\"rtb-1\",\"VpcId\":\"vpc-1\",\"Associations\":[{\"Main\":true}],"   \
    "\"Routes\":[{\"DestinationCidrBlock\":\"10.0.0.0/16\",\"GatewayId\":\"local\"},"                        \
    "{\"DestinationCidrBlock\":\"10.1.0.0/16\",\"VpcPeeringConnectionId\":\"pcx-1\"},"                       \
    "{\"DestinationCidrBlock\":\"0.0.0.0/0\",\"GatewayId\":\"igw-1\"}]}],"                                   \
    "\"NetworkAcls\":[{\"NetworkAclId\":\"acl-1\",\"VpcId\":\"vpc-1\",\"Associations\":[{\"SubnetId\":"      \
    "\"subnet-1\"}],\"Entries\":["                                                                           \
    "{\"Egress\":true,\"RuleNumber\":100,\"RuleAction\":\"allow\",\"Protocol\":\"-1\",\"CidrBlock\":"        \
    "\"0.0.0.0/0\"},"                                                                                        \
    "{\"Egress\":false,\"RuleNumber\":100,\"RuleAction\":\"allow\",\"Protocol\":\"-1\",\"CidrBlock\":"       \
    "\"0.0.0.0/0\"}]}]}"
#define GROUP(id, permissions)                                                                               \
    "{\"GroupId\":\"" id "\",\"VpcId\":\"vpc-1\",\"SecurityGroupArn\":\"arn:" id                             \
    "\",\"IpPermissions\":[" permissions "]}"
#define GROUPS(...) "{\"SecurityGroups\":[" __VA_ARGS__ "]}"
#define TCP(port, cidr)                                                                                      \
    "{\"IpProtocol\":\"tcp\",\"FromPort\":" #port ",\"ToPort\":" #port ",\"IpRanges\":[{\"CidrIp\":\"" cidr  \
    "\"}]}"
#define ANY "0.0.0.0/0"
#define INSTANCE(id, n, state)                                                                               \
    "{\"InstanceId\":\"" id "\",\"State\":{\"Name\":\"" state                                                \
    "\"},\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-" n "\",\"VpcId\":\"vpc-1\",\"SubnetId\":"     \
    "\"subnet-1\",\"Attachment\":{\"DeviceIndex\":0},\"Groups\":[{\"GroupId\":\"sg-" n                       \
    "\"}],\"PrivateIpAddresses\":[{\"PrivateIpAddress\":\"10.0.0.1" n                                        \
    "\",\"Association\":{\"PublicIp\":\"3.0.0.1" n "\"}}]}]}"
#define INSTANCES(...) "{\"Reservations\":[{\"OwnerId\":\"123456789012\",\"Instances\":[" __VA_ARGS__ "]}]}"
#define ALL_READ       "{\"NotRead\":[]}"
#define BOTH           INSTANCES(INSTANCE(FIRST, "1", "running") "," INSTANCE(SECOND, "2", "running"))

/* ---- the world ---- */

struct world {
    struct test_store t;
    char advisories[96];
    struct monitor *m;
    struct resource host[2];
    int64_t seen; /* the last event */
};

static struct monitor *monitor_of(struct world *w)
{
    struct monitor *m;
    struct monitor_options o = {
        .store = w->t.store, .directory = w->t.dir, .db = w->advisories, .program = "/bin/false"};
    if (monitor_new(&o, &m) < 0)
        fail_msg("%s", err_text());
    return m;
}

static struct world world_new(void)
{
    struct world w = {.t = test_store_new()};
    snprintf(w.advisories, sizeof w.advisories, "%s/given.db", w.t.dir);
    db_close(database(w.advisories, known, FLAWS));
    struct sql *db = store_writer(w.t.store);
    account_add(db, mine);
    account_scan_set(db, mine, SCAN_OF_EC2, ACCOUNT_ENABLED);
    w.host[0] = machine(db, FIRST);
    w.host[1] = machine(db, SECOND);
    test_commit(db);
    w.m = monitor_of(&w);
    return w;
}

static void drop_monitor(struct world *w)
{
    char path[8192];
    generation_trim(w->m);
    snprintf(path, sizeof path, "%s/%s.db", w->m->folder, w->m->state.generation);
    unlink(path);
    rmdir(w->m->folder);
    monitor_free(w->m);
}

static void world_free(struct world *w)
{
    drop_monitor(w);
    test_store_free(&w->t);
}

static int64_t ask(struct world *w, const char *text)
{
    return number_in(w->t.store, text);
}

#define NETWORK_FINDINGS "SELECT count(*) FROM finding WHERE type = 0 AND status = 0"

/* Events of findings since the last time; and the counters are right. */
static void assert_events(struct world *w, const char *names)
{
    _cleanup_(buf_free) struct buf text = buf_new(65536);
    struct event *events;
    struct sql *db = store_writer(w->t.store);
    size_t n = event_list(db, w->t.arena, mine, w->seen, 1000, &events);
    for (size_t i = 0; i < n; i++) {
        w->seen = events[i].seq;
        if (events[i].kind < EVENT_COVERAGE_CHANGED)
            buf_printf(&text, "%s%s", text.n ? " " : "",
                       name_of(&event_kind_names, events[i].kind) + strlen("FINDING_"));
    }
    assert_int_equal(counters_verify(db, mine, false), 0);
    store_release(db);
    if (!str_is(buf_str(&text), names))
        fail_msg("events: %.*s, not: %s", STR_ARG(buf_str(&text)), names);
}

static void replace(struct world *w, const char *groups, const char *instances)
{
    struct str documents[] = {STR(VPC), STR(EDGES), str_from(groups), str_from(instances), STR(ALL_READ)};
    if (monitor_network(w->m, mine, REGION, documents, 5) < 0)
        fail_msg("%s", err_text());
}

static void update(struct world *w, const char *document)
{
    if (monitor_network_update(w->m, mine, REGION, str_from(document)) < 0)
        fail_msg("%s", err_text());
}

static void report(struct world *w, int host, const char *packages)
{
    bool changed;
    _cleanup_(inventory_cleanup) struct inventory *inv = holding_of(packages);
    if (monitor_inventory(w->m, &w->host[host], inv, &changed) < 0)
        fail_msg("%s", err_text());
}

#define OPEN_22  GROUPS(GROUP("sg-1", TCP(22, ANY)) "," GROUP("sg-2", ""))
#define ALL_SHUT GROUPS(GROUP("sg-1", "") "," GROUP("sg-2", ""))

/* ---- findings ---- */

static void test_made(void **state)
{
    (void)state;
    struct world w = world_new();
    replace(&w, OPEN_22, BOTH);
    assert_events(&w, "CREATED CREATED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE title = 'Port 22 is reachable from an"
                             " Internet Gateway - TCP' AND severity = 3 AND protocol = 0 AND port_begin = 22"
                             " AND port_end = 22 AND component_type = 'AWS::EC2::InternetGateway'"
                             " AND score IS NULL AND fix IS NULL AND exploit IS NULL AND epss IS NULL"
                             " AND vulnerability IS NULL AND vulnerability_id IS NULL"),
                     1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE title = 'Port 22 is reachable from a VPC"
                             " Peering Connection - TCP' AND severity = 2"),
                     1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_step s JOIN finding f ON f.id = s.finding"
                             " WHERE f.severity = 3 AND s.step * 100 + length(s.component_id) IN"
                             " (5, 105, 204, 305, 419)"),
                     5); /* igw-1 acl-1 sg-1 eni-1 i-... */
    assert_int_equal(ask(&w,
                         "SELECT count(*) FROM finding WHERE network LIKE '%{\"componentId\":\"sg-1\","
                         "\"componentType\":\"AWS::EC2::SecurityGroup\",\"componentArn\":\"arn:sg-1\"}%'"),
                     2);
    assert_int_equal(ask(&w, "SELECT network * 100 + medium * 10 + total FROM resource WHERE resource_id ="
                             " '" FIRST "'"),
                     212);
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage WHERE scan_type = 0 AND status = 0"), 2);

    replace(&w, OPEN_22, BOTH);
    struct str documents[] = {STR(ALL_READ), STR(BOTH), STR(EDGES), STR(OPEN_22), STR(VPC)};
    assert_int_equal(monitor_network(w.m, mine, REGION, documents, 5), 0);
    assert_events(&w, "");
    world_free(&w);
}

static void test_one_rule(void **state)
{
    (void)state;
    struct world w = world_new();
    replace(&w, GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32")) "," GROUP("sg-2", TCP(443, "8.8.8.8/32"))), BOTH);
    assert_events(&w, "CREATED CREATED");
    int64_t key = ask(&w, "SELECT id FROM finding WHERE port_begin = 22");
    int64_t other = ask(&w, "SELECT id * 10000000000 + updated FROM finding WHERE port_begin = 443");

    update(&w, GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32") "," TCP(23, "8.8.8.8/32"))));
    assert_events(&w, "CREATED CLOSED"); /* a range is another one when it grows */
    assert_int_equal(ask(&w, "SELECT port_begin * 100 + port_end FROM finding WHERE status = 0"
                             " AND port_begin < 443"),
                     2223);
    update(&w, GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32"))));
    assert_events(&w, "REOPENED CLOSED");
    assert_int_equal(ask(&w, "SELECT id FROM finding WHERE status = 0 AND port_begin < 443"), key);
    update(&w, GROUPS(GROUP("sg-1", "")));
    assert_events(&w, "CLOSED");
    update(&w, GROUPS(GROUP("sg-1", ""))); /* the same again */
    assert_events(&w, "");
    assert_int_equal(ask(&w, "SELECT id * 10000000000 + updated FROM finding WHERE port_begin = 443"), other);

    /* Another path to the same range: the same finding, told anew. */
    update(&w,
           "{\"NetworkAcls\":[{\"NetworkAclId\":\"acl-9\",\"VpcId\":\"vpc-1\",\"Associations\":[{"
           "\"SubnetId\":\"subnet-1\"}],\"Entries\":[{\"Egress\":true,\"RuleNumber\":1,\"RuleAction\":"
           "\"allow\",\"Protocol\":\"-1\",\"CidrBlock\":\"0.0.0.0/0\"},{\"Egress\":false,\"RuleNumber\":1,"
           "\"RuleAction\":\"allow\",\"Protocol\":\"-1\",\"CidrBlock\":\"0.0.0.0/0\"}]}]}");
    assert_events(&w, "UPDATED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_step WHERE component_id = 'acl-9'"), 1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_step s JOIN finding f ON f.id = s.finding"
                             " WHERE f.status = 0"),
                     5);
    world_free(&w);
}

static void test_groups_that_are_not_described(void **state)
{
    (void)state;
    struct world w = world_new();
    replace(&w, GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32"))), BOTH);
    assert_events(&w, "CREATED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM network_instance"), 1); /* of the other nothing is known */
    update(&w, GROUPS(GROUP("sg-2", TCP(443, "8.8.8.8/32"))));
    assert_events(&w, "CREATED");
    world_free(&w);
}

/* ---- two accounts ---- */

#define THEIRS 210987654321
#define PEERED                                                                                               \
    "{\"VpcPeeringConnections\":[{\"VpcPeeringConnectionId\":\"pcx-1\",\"Status\":{\"Code\":\"active\"},"    \
    "\"RequesterVpcInfo\":{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\",\"OwnerId\":\"123456789012\"}," \
    "\"AccepterVpcInfo\":{\"VpcId\":\"vpc-2\",\"CidrBlock\":\"10.1.0.0/16\",\"OwnerId\":\"210987654321\","   \
    "\"Region\":\"eu-central-1\"}}]}"
#define THEIR_VPC                                                                                            \
    "{\"Vpcs\":[{\"VpcId\":\"vpc-2\",\"OwnerId\":\"210987654321\",\"CidrBlock\":\"10.1.0.0/16\"}],"          \
    "\"Subnets\":[{\"SubnetId\":\"subnet-9\",\"VpcId\":\"vpc-2\",\"CidrBlock\":\"10.1.9.0/24\"}],"           \
    "\"SecurityGroups\":[{\"GroupId\":\"sg-9\",\"VpcId\":\"vpc-2\"},{\"GroupId\":\"sg-1\",\"VpcId\":\"vpc-"  \
    "2\","                                                                                                   \
    "\"IpPermissions\":[{\"IpProtocol\":\"-1\",\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}],"               \
    "\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-9\",\"SubnetId\":\"subnet-9\","                    \
    "\"PrivateIpAddress\":\"10.1.9.9\",\"Groups\":[{\"GroupId\":\"sg-9\"}],\"Attachment\":{\"InstanceId\":"  \
    "\"i-00000000000000009\"}}]}"
#define THEIR_ROUTES(to)                                                                                     \
    "{\"RouteTables\":[{\"RouteTableId\":\"rtb-9\",\"VpcId\":\"vpc-2\",\"Associations\":[{\"Main\":true}],"  \
    "\"Routes\":[{\"DestinationCidrBlock\":\"" to "\",\"VpcPeeringConnectionId\":\"pcx-1\"}]}]}"

static void look(struct world *w)
{
    struct str documents[] = {
        STR(VPC), STR(EDGES), STR(PEERED),
        STR(GROUPS(GROUP("sg-1", "{\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,"
                                 "\"UserIdGroupPairs\":[{\"GroupId\":\"sg-9\"}]}"))),
        STR(INSTANCES(INSTANCE(FIRST, "1", "running")))};
    if (monitor_network(w->m, mine, REGION, documents, 5) < 0)
        fail_msg("%s", err_text());
}

static void look_at_theirs(struct world *w, const char *routes)
{
    struct str documents[] = {STR(THEIR_VPC), str_from(routes)};
    if (monitor_network(w->m, THEIRS, REGION, documents, routes ? 2 : 0) < 0)
        fail_msg("%s", err_text());
}

#define OUR_JOBS "SELECT count(*) FROM job WHERE account = 123456789012 AND subject = 'eu-central-1'"

/* What the job does. */
static void again(struct world *w)
{
    assert_int_equal(ask(w, OUR_JOBS), 1);
    assert_int_equal(monitor_network_again(w->m, mine, REGION), 0);
}

static void update_theirs(struct world *w, const char *document)
{
    if (monitor_network_update(w->m, THEIRS, REGION, str_from(document)) < 0)
        fail_msg("%s", err_text());
}

/* What another account describes counts soon, and nothing of it that is known already. */
static void test_two_accounts(void **state)
{
    (void)state;
    struct world w = world_new();
    struct sql *db = store_writer(w.t.store);
    account_add(db, THEIRS);
    test_commit(db);
    look(&w);
    assert_events(&w, "CREATED"); /* who is in the group is not known */
    look_at_theirs(&w, THEIR_ROUTES("10.7.0.0/16"));
    look(&w);
    assert_events(&w, "CLOSED"); /* now it is, but nothing leads here */
    look_at_theirs(&w, THEIR_ROUTES("10.0.0.0/16"));
    assert_int_equal(ask(&w, "SELECT count(*) FROM network WHERE applied = 0"), 1);
    update(&w, INSTANCES(INSTANCE(FIRST, "1", "running"))); /* not of what was in memory */
    assert_events(&w, "REOPENED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM network_instance WHERE instance <> '" FIRST "'"), 0);
    look_at_theirs(&w, THEIR_ROUTES("10.7.0.0/16"));
    look(&w);
    assert_events(&w, "CLOSED");
    look_at_theirs(&w, NULL);
    look(&w);
    assert_events(&w, "REOPENED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM network WHERE applied = 0"), 0);
    assert_int_equal(ask(&w, OUR_JOBS), 1);

    /* Who is in their group is an event of theirs; what it admits is not ours to see. */
    look_at_theirs(&w, THEIR_ROUTES("10.0.0.0/16"));
    again(&w);
    assert_events(&w, "");
    update_theirs(&w, "{\"SecurityGroups\":[{\"GroupId\":\"sg-9\",\"VpcId\":\"vpc-2\"}]}");
    assert_int_equal(ask(&w, "SELECT count(*) FROM network WHERE applied = 0"), 0);
    update_theirs(&w, "{\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-9\",\"SubnetId\":\"subnet-9\","
                      "\"PrivateIpAddress\":\"10.1.9.9\",\"Groups\":[]}]}");
    assert_int_equal(ask(&w, "SELECT count(*) FROM network WHERE applied = 0"), 1);
    assert_events(&w, "");
    again(&w);
    assert_events(&w, "CLOSED");
    again(&w);
    assert_int_equal(ask(&w, "SELECT count(*) FROM network WHERE applied = 0"), 0);
    assert_int_equal(monitor_network_again(w.m, mine + 1, REGION), 0); /* nobody looks at it any more */
    world_free(&w);
}

/* What a region next to one names is not its own: the instance stays that region's. */
static void test_two_regions(void **state)
{
    static const char instance_route[] =
        "{\"RouteTables\":[{\"RouteTableId\":\"rtb-7\",\"VpcId\":\"vpc-1\",\"Routes\":[{"
        "\"DestinationCidrBlock\":\"10.7.0.0/16\",\"InstanceId\":\"" FIRST "\"}]}]}";
    static const char peered[] =
        "{\"Vpcs\":[{\"VpcId\":\"vpc-2\",\"CidrBlock\":\"10.1.0.0/16\"}],"
        "\"VpcPeeringConnections\":[{\"VpcPeeringConnectionId\":\"pcx-1\",\"Status\":{\"Code\":\"active\"},"
        "\"RequesterVpcInfo\":{\"VpcId\":\"vpc-2\"},\"AccepterVpcInfo\":{\"VpcId\":\"vpc-1\",\"OwnerId\":"
        "\"123456789012\",\"Region\":\"eu-central-1\"}}]}";
    struct str here[] = {STR(VPC), STR(EDGES), STR(OPEN_22), STR(BOTH), str_from(instance_route)};
    struct str there[] = {str_from(peered)};
    struct world w = world_new();
    (void)state;
    assert_int_equal(monitor_network(w.m, mine, REGION, here, 5), 0);
    assert_events(&w, "CREATED CREATED");
    assert_int_equal(monitor_network(w.m, mine, STR("eu-west-1"), there, 1), 0);
    assert_int_equal(ask(&w, "SELECT count(*) FROM network_instance WHERE region = 'eu-central-1'"), 2);
    assert_events(&w, "");
    world_free(&w);
}

/* What was told before is known to a monitor that was told nothing. */
static void test_restart(void **state)
{
    (void)state;
    struct world w = world_new();
    replace(&w, OPEN_22, BOTH);
    update(&w, GROUPS(GROUP("sg-2", TCP(3389, "8.8.8.8/32"))));
    assert_events(&w, "CREATED CREATED CREATED");
    drop_monitor(&w);
    w.m = monitor_of(&w);
    replace(&w, GROUPS(GROUP("sg-1", TCP(22, ANY)) "," GROUP("sg-2", TCP(3389, "8.8.8.8/32"))), BOTH);
    assert_events(&w, ""); /* other words for the same */
    drop_monitor(&w);
    w.m = monitor_of(&w);
    update(&w, GROUPS(GROUP("sg-1", "")));
    assert_events(&w, "CLOSED CLOSED");
    assert_int_equal(ask(&w, NETWORK_FINDINGS), 1);
    drop_monitor(&w);
    w.m = monitor_of(&w);
    replace(&w, OPEN_22, BOTH); /* what came alone since then no longer counts */
    assert_events(&w, "REOPENED REOPENED CLOSED");

    /* What came alone says all of it, after a restart, too: the instance has no public address any more. */
    update(&w, INSTANCES("{\"InstanceId\":\"" FIRST "\",\"NetworkInterfaces\":[{\"NetworkInterfaceId\":"
                         "\"eni-1\",\"SubnetId\":\"subnet-1\",\"Groups\":[{\"GroupId\":\"sg-1\"}],"
                         "\"PrivateIpAddresses\":[{\"PrivateIpAddress\":\"10.0.0.11\"}]}]}"));
    assert_events(&w, "CLOSED");
    drop_monitor(&w);
    w.m = monitor_of(&w);
    update(&w, GROUPS(GROUP("sg-1", TCP(23, ANY))));
    assert_events(&w, "CREATED CLOSED");
    world_free(&w);
}

static void test_died_before_it_was_applied(void **state)
{
    (void)state;
    struct world w = world_new();
    replace(&w, OPEN_22, BOTH);
    assert_events(&w, "CREATED CREATED");
    struct sql *db = store_writer(w.t.store);
    network_paths_remove(db, mine, STR(SECOND));
    network_paths_put(db, mine, REGION, STR(FIRST), STR("[]"));
    network_paths_put(db, mine, REGION, STR("i-gone"), STR("[]"));
    network_set_applied(db, mine, REGION, false);
    test_commit(db);
    replace(&w, OPEN_22, BOTH);
    assert_events(&w, "");
    assert_int_equal(ask(&w, "SELECT count(*) FROM network_instance"), 2);
    assert_int_equal(ask(&w, "SELECT applied FROM network"), 1);
    world_free(&w);
}

static void test_refused(void **state)
{
    (void)state;
    struct world w = world_new();
    struct str bad[] = {STR(VPC), STR("{")}, useless[] = {STR("{\"Volumes\":[]}")};
    assert_int_equal(monitor_network_update(w.m, mine, REGION, STR(OPEN_22)), ERR_MISSING);
    assert_int_equal(monitor_network(w.m, mine, REGION, bad, 2), ERR_INVALID);
    assert_int_equal(monitor_network(w.m, mine, REGION, useless, 1), ERR_INVALID);
    assert_int_equal(ask(&w, "SELECT count(*) FROM network"), 0);
    replace(&w, OPEN_22, BOTH);
    assert_int_equal(monitor_network_update(w.m, mine, REGION, STR("[")), ERR_INVALID);
    assert_int_equal(monitor_network_update(w.m, mine, REGION, STR("{\"Volumes\":[]}")), ERR_MISSING);
    assert_int_equal(monitor_network_update(w.m, mine, STR("us-east-1"), STR(OPEN_22)), ERR_MISSING);
    assert_int_equal(monitor_network_update(w.m, mine + 1, REGION, STR(OPEN_22)), ERR_MISSING);
    assert_int_equal(ask(&w, NETWORK_FINDINGS), 2);
    world_free(&w);
}

static void test_suppressed(void **state)
{
    (void)state;
    struct world w = world_new();
    struct str criteria = STR("{\"portRange\":[{\"beginInclusive\":20,\"endInclusive\":30}],"
                              "\"componentId\":[{\"comparison\":\"EQUALS\",\"value\":\"igw-1\"}]}");
    struct filter f = {.name = STR("ssh"), .action = FILTER_SUPPRESS, .criteria = criteria};
    struct sql *db = store_writer(w.t.store);
    assert_int_equal(filter_add(db, w.t.arena, mine, &f), 0);
    test_commit(db);
    replace(&w, OPEN_22, BOTH);
    assert_int_equal(ask(&w, NETWORK_FINDINGS), 1);
    assert_events(&w, "CREATED CREATED SUPPRESSED");
    update(&w, GROUPS(GROUP("sg-1", TCP(80, ANY))));
    assert_events(&w, "CREATED CREATED CLOSED CLOSED");
    world_free(&w);
}

/* ---- what is not looked at ---- */

static void set_tags(struct world *w, const char *tags, enum resource_state to)
{
    bool is_new, changed;
    struct sql *db = store_writer(w->t.store);
    w->host[0].tags = str_from(tags);
    w->host[0].state = to;
    resource_put(db, &w->host[0], &is_new, &changed);
    resource_set_state(db, w->host[0].id, to, 5);
    test_commit(db);
    assert_int_equal(monitor_review(w->m, w->host[0].id), 0);
}

static void test_not_covered(void **state)
{
    (void)state;
    struct world w = world_new();
    char text[200];
    replace(&w, GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32")) "," GROUP("sg-2", "")), BOTH);
    assert_events(&w, "CREATED");
    set_tags(&w, "{\"inspectorec2exclusion\":\"\"}", STATE_PRESENT);
    assert_events(&w, "CLOSED");
    snprintf(text, sizeof text, "SELECT count(*) FROM coverage WHERE scan_type = 0 AND reason = %d",
             REASON_EXCLUDED_BY_TAG);
    assert_int_equal(ask(&w, text), 1);
    update(&w, GROUPS(GROUP("sg-1", TCP(23, "8.8.8.8/32"))));
    assert_events(&w, "");
    set_tags(&w, "{}", STATE_PRESENT);
    assert_events(&w, "CREATED");

    set_tags(&w, "{}", STATE_STOPPED); /* it stays, and follows */
    assert_events(&w, "");
    update(&w, GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32"))));
    assert_events(&w, "REOPENED CLOSED");
    set_tags(&w, "{}", STATE_PRESENT);
    assert_events(&w, "");

    update(&w, INSTANCES(INSTANCE(FIRST, "1", "terminated")));
    assert_events(&w, "CLOSED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage WHERE scan_type = 0"), 1);
    update(&w, INSTANCES(INSTANCE(FIRST, "1", "running")));
    assert_events(&w, "REOPENED");

    struct sql *db = store_writer(w.t.store);
    account_scan_set(db, mine, SCAN_OF_EC2, ACCOUNT_DISABLING);
    test_commit(db);
    assert_int_equal(review_all(w.m, mine, RESOURCE_AWS_EC2_INSTANCE), 0);
    assert_events(&w, "");
    snprintf(text, sizeof text, "SELECT count(*) FROM coverage WHERE reason = %d", REASON_PENDING_DISABLE);
    assert_int_equal(ask(&w, text), 4);
    db = store_writer(w.t.store);
    account_scan_set(db, mine, SCAN_OF_EC2, ACCOUNT_DISABLED);
    test_commit(db);
    assert_int_equal(review_all(w.m, mine, RESOURCE_AWS_EC2_INSTANCE), 0);
    assert_events(&w, "CLOSED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage"), 0);
    db = store_writer(w.t.store);
    account_scan_set(db, mine, SCAN_OF_EC2, ACCOUNT_ENABLED);
    test_commit(db);
    assert_int_equal(review_all(w.m, mine, RESOURCE_AWS_EC2_INSTANCE), 0);
    assert_events(&w, "REOPENED");

    assert_int_equal(monitor_network(w.m, mine, REGION, NULL, 0), 0);
    assert_events(&w, "CLOSED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage WHERE scan_type = 0"), 0);
    assert_int_equal(ask(&w, "SELECT (SELECT count(*) FROM network) + (SELECT count(*) FROM network_document)"
                             " + (SELECT count(*) FROM network_instance)"),
                     0);
    world_free(&w);
}

/* An instance that is known to the network before it is a resource. */
static void test_later(void **state)
{
    (void)state;
    struct world w = world_new();
    replace(&w, GROUPS(GROUP("sg-1", "") "," GROUP("sg-2", "") "," GROUP("sg-3", TCP(22, "8.8.8.8/32"))),
            BOTH);
    assert_events(&w, "");
    update(&w, INSTANCES(INSTANCE("i-00000000000000003", "3", "running")));
    assert_events(&w, "");
    struct sql *db = store_writer(w.t.store);
    struct resource r = machine(db, "i-00000000000000003");
    test_commit(db);
    assert_int_equal(monitor_review(w.m, r.id), 0);
    assert_events(&w, "CREATED");
    world_free(&w);
}

/* ---- scores ---- */

#define SCORE_OF(cve)                                                                                        \
    "SELECT cast(score * 10 + 0.5 AS INTEGER) FROM finding WHERE vulnerability_id = '" cve "'"
#define SSH_SCORE  SCORE_OF("CVE-2024-0001")
#define LIB_SCORE  SCORE_OF("CVE-2024-0002")
#define SAYS(text) "SELECT count(*) FROM finding WHERE score_details LIKE '%" text "%'"

static void test_scores(void **state)
{
    (void)state;
    struct world w = world_new();
    report(&w, 0, "deb/openssh-server/1.0-1/openssh npm/lib/1.0.0");
    assert_events(&w, "CREATED CREATED CREATED CREATED");
    assert_int_equal(ask(&w, SSH_SCORE), 98);
    assert_int_equal(ask(&w, SAYS("not known")), 3);

    /* Nothing is open: but for what is local anyway, and what is exploited. */
    replace(&w, ALL_SHUT, BOTH);
    assert_events(&w, "UPDATED UPDATED UPDATED");
    assert_int_equal(ask(&w, SSH_SCORE), 84);
    assert_int_equal(ask(&w, LIB_SCORE), 62);
    assert_int_equal(ask(&w, SCORE_OF("CVE-2024-0003")), 55);
    assert_int_equal(ask(&w, SCORE_OF("CVE-2024-0004")), 98);
    assert_int_equal(ask(&w, SAYS("\"reason\":\"no open network path to the resource\"")), 2);
    assert_int_equal(ask(&w, SAYS("\"reason\":\"unchanged, as an exploit is known: no open network path to")),
                     1);

    /* Where SSH does not listen. */
    update(&w, GROUPS(GROUP("sg-1", TCP(443, "8.8.8.8/32"))));
    assert_events(&w, "CREATED UPDATED UPDATED UPDATED");
    assert_int_equal(ask(&w, SSH_SCORE), 84);
    assert_int_equal(ask(&w, LIB_SCORE), 75);
    assert_int_equal(ask(&w, SAYS("no open network path to SSH (TCP 22)")), 1);

    /* Where it may have been moved to. */
    update(&w, GROUPS(GROUP("sg-1", TCP(2222, "8.8.8.8/32"))));
    assert_events(&w, "CREATED CLOSED UPDATED");
    assert_int_equal(ask(&w, SSH_SCORE), 98);

    update(&w, GROUPS(GROUP("sg-1", TCP(22, "10.1.0.0/16") "," TCP(80, "8.8.8.8/32"))));
    assert_events(&w, "CREATED CREATED CLOSED UPDATED");
    assert_int_equal(ask(&w, SSH_SCORE), 88);
    assert_int_equal(ask(&w, SAYS("from the internet to SSH (TCP 22), one from an adjacent")), 1);

    /* A report makes the same of it, and of what is new. */
    report(&w, 0, "deb/openssh-server/1.0-1/openssh npm/lib/1.0.0");
    assert_events(&w, "");
    report(&w, 1, "deb/openssh-server/1.0-1/openssh");
    assert_events(&w, "CREATED");
    assert_int_equal(ask(&w, SSH_SCORE " AND resource = 2"), 84);

    /* What changes no score touches no finding of a package. */
    update(&w, GROUPS(GROUP("sg-1", TCP(22, "10.1.0.0/16") "," TCP(443, "8.8.8.8/32"))));
    assert_events(&w, "REOPENED CLOSED");

    assert_int_equal(monitor_network(w.m, mine, REGION, NULL, 0), 0);
    assert_int_equal(ask(&w, SSH_SCORE), 98);
    assert_int_equal(ask(&w, SAYS("not known")), 4);
    world_free(&w);
}

extern const struct job_kind job_apply_advisories;

/* An exploit becomes known, and no resource or network changed. */
static void test_score_of_exploited(void **state)
{
    struct told exploited[FLAWS];
    struct job job = {0};
    char path[120];
    (void)state;
    struct world w = world_new();
    report(&w, 0, "deb/openssh-server/1.0-1/openssh npm/lib/1.0.0");
    replace(&w, ALL_SHUT, BOTH);
    assert_int_equal(ask(&w, SSH_SCORE), 84);
    assert_events(&w, "CREATED CREATED CREATED CREATED UPDATED UPDATED UPDATED");

    memcpy(exploited, known, sizeof known);
    exploited[0].exploit = true;
    snprintf(path, sizeof path, "%s/exploited.db", w.t.dir);
    db_close(database(path, exploited, FLAWS));
    assert_int_equal(generation_adopt(w.m, path), 0);
    assert_int_equal(job_apply_advisories.run(w.m, &job), 0);
    assert_int_equal(ask(&w, SSH_SCORE), 98);
    assert_events(&w, "UPDATED");
    assert_int_equal(ask(&w, SAYS("unchanged, as an exploit is known")), 2);
    world_free(&w);
}

/* ---- calls that are refused ---- */

#define ARN "arn:x:elasticloadbalancing:eu:1:loadbalancer/net/shop/1"
#define BALANCERS                                                                                            \
    "{\"LoadBalancers\":[{\"LoadBalancerArn\":\"" ARN                                                        \
    "\",\"LoadBalancerName\":\"shop\",\"Type\":\"network\","                                                 \
    "\"Scheme\":\"internet-facing\",\"VpcId\":\"vpc-1\",\"AvailabilityZones\":[{\"SubnetId\":\"subnet-1\"}]" \
    "}]}"
#define LISTENERS                                                                                            \
    "{\"LoadBalancerListeners\":[{\"LoadBalancerArn\":\"" ARN                                                \
    "\",\"Listeners\":[{\"ListenerArn\":\"arn:l\","                                                          \
    "\"LoadBalancerArn\":\"" ARN "\",\"Port\":443,\"Protocol\":\"TCP\",\"DefaultActions\":[{\"Type\":"       \
    "\"forward\",\"TargetGroupArn\":\"arn:tg\"}]}]}]}"
#define TARGET_GROUPS                                                                                        \
    "{\"TargetGroups\":[{\"TargetGroupArn\":\"arn:tg\",\"VpcId\":\"vpc-1\",\"TargetType\":\"instance\","     \
    "\"Port\":22,"                                                                                           \
    "\"Protocol\":\"TCP\"}]}"
#define TARGETS                                                                                              \
    "{\"LoadBalancerTargetHealth\":[{\"TargetGroupArn\":\"arn:tg\",\"TargetHealthDescriptions\":[{"          \
    "\"Target\":{"                                                                                           \
    "\"Id\":\"" FIRST "\"}}]}]}"
#define ATTRIBUTES "{\"TargetGroupAttributes\":[{\"TargetGroupArn\":\"arn:tg\",\"Attributes\":[]}]}"
/* Nodes alone are admitted, and no group is the load balancer's. */
#define SHOP_ONLY GROUPS(GROUP("sg-1", TCP(22, "8.8.8.8/32")) "," GROUP("sg-2", ""))

/* A region whose load balancers are told, or refused in part or as a whole. */
static void look_at_shop(struct world *w, const char *const *documents)
{
    struct str all[16] = {STR(VPC), STR(EDGES), STR(SHOP_ONLY), STR(BOTH)};
    size_t n = 4;
    for (; *documents; documents++)
        all[n++] = str_from(*documents);
    if (monitor_network(w->m, mine, REGION, all, n) < 0)
        fail_msg("%s", err_text());
}
#define shop(w, ...) look_at_shop(w, (const char *const[]){__VA_ARGS__, NULL})
#define THROUGH_SHOP "SELECT count(*) FROM finding WHERE status = 0 AND network LIKE '%" ARN "%'"
#define NOTED        THROUGH_SHOP " AND network LIKE '%elbv2 describe-load-balancers says could not be read%'"

/* A finding stays as it is while what it follows from is refused, and says so; a score that was lowered
 * because nothing leads to the instance is not. */
static void test_refused_calls(void **state)
{
    static const char refused[] =
        "{\"NotRead\":[\"LoadBalancers\",\"LoadBalancerListeners\",\"Rules\",\"TargetGroups\","
        "\"LoadBalancerTargetHealth\",\"TargetGroupAttributes\"]}";
    (void)state;
    struct world w = world_new();
    report(&w, 1, "deb/openssh-server/1.0-1/openssh");
    assert_events(&w, "CREATED");
    shop(&w, BALANCERS, LISTENERS, TARGET_GROUPS, TARGETS, ATTRIBUTES, ALL_READ);
    assert_events(&w, "CREATED CREATED UPDATED");
    assert_int_equal(ask(&w, THROUGH_SHOP), 1);
    assert_int_equal(ask(&w, NOTED), 0);
    assert_int_equal(ask(&w, SSH_SCORE), 84);

    for (int i = 0; i < 3; i++) {
        shop(&w, refused);
        assert_events(&w, i ? "" : "UPDATED UPDATED"); /* the finding and the score */
        assert_int_equal(ask(&w, THROUGH_SHOP), 1);
        assert_int_equal(ask(&w, NOTED), 1);
        assert_int_equal(ask(&w, SSH_SCORE), 98);
        assert_int_equal(ask(&w, SAYS("not all network paths to the resource could be read")), 1);
        drop_monitor(&w);
        w.m = monitor_of(&w);
    }
    /* Of what can be read again the targets are others. */
    shop(&w, BALANCERS, LISTENERS, TARGET_GROUPS,
         "{\"NotRead\":[\"LoadBalancerTargetHealth\",\"TargetGroupAttributes\"]}");
    assert_events(&w, "UPDATED");
    assert_int_equal(ask(&w, THROUGH_SHOP), 1);
    shop(&w, BALANCERS, LISTENERS, TARGET_GROUPS,
         "{\"LoadBalancerTargetHealth\":[{\"TargetGroupArn\":\"arn:tg\",\"TargetHealthDescriptions\":[]}]}",
         ATTRIBUTES, ALL_READ);
    assert_events(&w, "CLOSED UPDATED");
    assert_int_equal(ask(&w, SSH_SCORE), 84);
    shop(&w, refused); /* nothing was said but that */
    assert_int_equal(ask(&w, THROUGH_SHOP), 0);
    assert_int_equal(ask(&w, SSH_SCORE), 98);
    world_free(&w);
}

/* The same of a gateway: its connections are those that were told, and there may be others. */
static void test_refused_edges(void **state)
{
#define GATEWAY                                                                                              \
    "{\"VpnGateways\":[{\"VpnGatewayId\":\"vgw-1\",\"State\":\"available\",\"VpcAttachments\":[{\"VpcId\":"  \
    "\"vpc-1\",\"State\":\"attached\"}]}],\"RouteTables\":[{\"RouteTableId\":\"rtb-1\",\"VpcId\":\"vpc-1\"," \
    "\"Associations\":[{\"Main\":true}],\"Routes\":[{\"DestinationCidrBlock\":\"8.8.0.0/16\",\"GatewayId\":" \
    "\"vgw-1\"}]}]}"
#define VPN(cidr)                                                                                            \
    "{\"VpnConnections\":[{\"VpnConnectionId\":\"vpn-1\",\"VpnGatewayId\":\"vgw-1\",\"State\":"              \
    "\"available\","                                                                                         \
    "\"Options\":{\"StaticRoutesOnly\":true},\"Routes\":[{\"DestinationCidrBlock\":\"" cidr "\"}]}]}"
#define FROM_VGW "SELECT count(*) FROM finding WHERE status = 0 AND component_type = 'AWS::EC2::VPNGateway'"
    (void)state;
    struct world w = world_new();
    report(&w, 1, "deb/openssh-server/1.0-1/openssh");
    assert_events(&w, "CREATED");
    shop(&w, GATEWAY, VPN("8.8.8.0/24"), ALL_READ);
    assert_events(&w, "CREATED UPDATED");
    shop(&w, GATEWAY, "{\"NotRead\":[\"VpnConnections\"]}");
    assert_events(&w, "UPDATED UPDATED");
    assert_int_equal(ask(&w, FROM_VGW), 1);
    assert_int_equal(ask(&w, SSH_SCORE), 98);
    shop(&w, GATEWAY, VPN("8.8.9.0/24"), ALL_READ);
    assert_events(&w, "CLOSED UPDATED");

    /* Never told: any address may come, that routes lead back to. */
    assert_int_equal(monitor_network(w.m, mine, REGION, NULL, 0), 0);
    shop(&w, GATEWAY, "{\"NotRead\":[\"VpnConnections\"]}");
    assert_int_equal(ask(&w, FROM_VGW), 1);
    shop(&w, GATEWAY, VPN("8.8.9.0/24"), "{\"NotRead\":[\"VpnConnections\"]}"); /* not all of it */
    shop(&w, GATEWAY, "{\"NotRead\":[\"VpnConnections\"]}");
    assert_int_equal(ask(&w, FROM_VGW), 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_one_rule),
        cmocka_unit_test(test_groups_that_are_not_described),
        cmocka_unit_test(test_two_accounts),
        cmocka_unit_test(test_two_regions),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_died_before_it_was_applied),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_suppressed),
        cmocka_unit_test(test_not_covered),
        cmocka_unit_test(test_later),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_score_of_exploited),
        cmocka_unit_test(test_refused_calls),
        cmocka_unit_test(test_refused_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
