#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "reach/load.h"
#include "reach/open.h"
#include "reach/port.h"
#include "reach/route.h"
#include "reach/trace.h"
#include "reach/why.h"

/* ── sets ── */

enum { UNIVERSE = 64 };

static struct spans of_bits(uint64_t bits, unsigned seed)
{
    struct spans s = {0};
    for (unsigned i = 0; i < UNIVERSE; i++) { /* in an order of no pattern */
        unsigned k = (i * 37 + seed) % UNIVERSE;
        if (bits >> k & 1)
            spans_add(&s, k, k);
    }
    return s;
}

static uint64_t to_bits(const struct spans *s)
{
    uint64_t bits = 0;
    vec_each(span, s)
    {
        assert_true(span->lo <= span->hi);
        assert_true(span == s->at || span[-1].hi + 1 < span->lo); /* apart, not only in order */
        for (word x = span->lo; x <= span->hi; x++)
            bits |= (uint64_t)1 << x;
    }
    return bits;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 11 ^ *state << 31;
}

static void test_spans(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (unsigned n = 0; n < 2000; n++) {
        uint64_t x = next_random(&seed), y = next_random(&seed) & next_random(&seed);
        struct spans a = of_bits(x, n), b = of_bits(y, n * 3);
        struct spans both = spans_intersection(&a, &b), rest = spans_difference(&a, &b), all = spans_copy(&a);
        spans_add_all(&all, &b);
        assert_true(to_bits(&a) == x && to_bits(&b) == y);
        assert_true(to_bits(&both) == (x & y));
        assert_true(to_bits(&rest) == (x & ~y));
        assert_true(to_bits(&all) == (x | y));
        assert_true(spans_overlap(&a, &b) == ((x & y) != 0));
        assert_true(spans_has(&a, n % UNIVERSE) == (x >> n % UNIVERSE & 1));
        spans_free(&a);
        spans_free(&b);
        spans_free(&both);
        spans_free(&rest);
        spans_free(&all);
    }
}

static void test_spans_at_the_ends(void **state)
{
    struct spans all = {0}, some = {0};
    (void)state;
    spans_add(&all, 1, ~(word)0);
    spans_add(&all, 0, 0);
    assert_int_equal(all.n, 1);
    spans_add(&some, 5, ~(word)0);
    struct spans rest = spans_difference(&all, &some);
    assert_true(rest.n == 1 && rest.at[0].lo == 0 && rest.at[0].hi == 4);
    spans_free(&all);
    spans_free(&some);
    spans_free(&rest);
}

static void test_prefixes(void **state)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    static const char *const bad[] = {"",       "10.0.0.0",     "10.0.0.0/33", "10.0.0/8",
                                      "::/129", "x/1",          "1.2.3.4/",    "1.2.3.4/-1",
                                      "/8",     "1.2.3.4/0008", "::1/"};
    struct prefix p;
    (void)state;
    assert_true(prefix_parse(STR("10.1.2.3/16"), &p));
    assert_string_equal(prefix_format(a, &p).p, "10.1.0.0/16");
    assert_true(p.lo == 0x0a010000 && p.hi == 0x0a01ffff);
    assert_true(prefix_parse(STR("0.0.0.0/0"), &p) && p.lo == 0 && p.hi == 0xffffffff);
    assert_true(prefix_parse(STR("::/0"), &p) && p.hi == ~(word)0);
    assert_true(prefix_parse(STR("2001:db8::1/128"), &p) && p.lo == p.hi);
    assert_string_equal(prefix_format(a, &p).p, "2001:db8::1/128");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(prefix_parse(str_from(bad[i]), &p));
}

/* ── routes ── */

static const struct route *longest(const struct route *routes, size_t n, word x)
{
    const struct route *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (prefix_has(&routes[i].to, (struct address){x, IPV4}) &&
            (!best || routes[i].to.length > best->to.length ||
             (routes[i].to.length == best->to.length && routes[i].rank < best->rank)))
            best = &routes[i];
    return best;
}

static void test_longest_prefix(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct route routes[12];
        size_t n = next_random(&seed) % 13;
        for (size_t i = 0; i < n; i++) {
            unsigned length = next_random(&seed) % 6 ? 26 + next_random(&seed) % 7 : 0;
            word host = length ? ((word)1 << (32 - length)) - 1 : 0xffffffff;
            word at = 0xffffffc0 + next_random(&seed) % 64;
            routes[i] =
                (struct route){.to = {at & ~host, at | host, IPV4, (unsigned char)length}, .rank = (int)i};
        }
        struct cells cells = cells_build(routes, n, IPV4);
        for (word x = 0xffffff80; x <= 0xffffffff; x++)
            assert_ptr_equal(cells_find(&cells, x), longest(routes, n, x));
        assert_ptr_equal(cells_find(&cells, 5), longest(routes, n, 5));
        cells_free(&cells);
    }
}

/* ── severities ── */

static void test_severities(void **state)
{
    static const struct {
        int protocol, begin, end;
        enum severity internet, elsewhere;
    } cases[] = {
        {6, 22, 22, SEVERITY_MEDIUM, SEVERITY_LOW},
        {17, 22, 22, SEVERITY_MEDIUM, SEVERITY_LOW},
        {6, 23, 23, SEVERITY_HIGH, SEVERITY_MEDIUM},
        {6, 80, 80, SEVERITY_LOW, SEVERITY_INFORMATIONAL},
        {6, 81, 87, SEVERITY_INFORMATIONAL, SEVERITY_INFORMATIONAL},
        {6, 3306, 3306, SEVERITY_MEDIUM, SEVERITY_INFORMATIONAL},
        {17, 3306, 3306, SEVERITY_INFORMATIONAL, SEVERITY_INFORMATIONAL},
        {6, 515, 515, SEVERITY_HIGH, SEVERITY_MEDIUM},
        {17, 515, 515, SEVERITY_INFORMATIONAL, SEVERITY_INFORMATIONAL},
        {6, 1434, 1434, SEVERITY_INFORMATIONAL, SEVERITY_INFORMATIONAL},
        {17, 1434, 1434, SEVERITY_MEDIUM, SEVERITY_INFORMATIONAL},
        {6, 750, 750, SEVERITY_INFORMATIONAL, SEVERITY_INFORMATIONAL},
        {17, 750, 750, SEVERITY_MEDIUM, SEVERITY_INFORMATIONAL},
        {6, 0, 65535, SEVERITY_HIGH, SEVERITY_MEDIUM},
        {6, 24, 3389, SEVERITY_HIGH, SEVERITY_MEDIUM},
        {6, 1000, 4000, SEVERITY_MEDIUM, SEVERITY_LOW},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(port_severity(cases[i].protocol, cases[i].begin, cases[i].end, true),
                         cases[i].internet);
        assert_int_equal(port_severity(cases[i].protocol, cases[i].begin, cases[i].end, false),
                         cases[i].elsewhere);
    }
}

/* ── a small layout ── */

#define GROUP(id, permissions)                                                                               \
    "{\"GroupId\":\"" id "\",\"VpcId\":\"vpc-1\",\"IpPermissions\":[" permissions "]}"
#define TCP(from, to, cidr)                                                                                  \
    "{\"IpProtocol\":\"tcp\",\"FromPort\":" #from ",\"ToPort\":" #to ",\"IpRanges\":[{\"CidrIp\":\"" cidr    \
    "\"}]}"

static const char layout[] =
    "{\"Vpcs\":[{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\"}],"
    "\"Subnets\":[{\"SubnetId\":\"subnet-1\",\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/24\"}],"
    "\"InternetGateways\":[{\"InternetGatewayId\":\"igw-1\",\"Attachments\":[{\"VpcId\":\"vpc-1\","
    "\"State\":\"available\"}]}],"
    "\"RouteTables\":[{\"RouteTableId\":\"rtb-1\",\"VpcId\":\"vpc-1\",\"Associations\":[{\"Main\":true}],"
    "\"Routes\":[{\"DestinationCidrBlock\":\"10.0.0.0/16\",\"GatewayId\":\"local\"},"
    "{\"DestinationCidrBlock\":\"0.0.0.0/0\",\"GatewayId\":\"igw-1\"}]}],"
    "\"NetworkAcls\":[{\"NetworkAclId\":\"acl-1\",\"VpcId\":\"vpc-1\",\"Associations\":[{\"SubnetId\":"
    "\"subnet-1\"}],"
    "\"Entries\":[{\"Egress\":true,\"RuleNumber\":100,\"RuleAction\":\"allow\",\"Protocol\":\"-1\","
    "\"CidrBlock\":\"0.0.0.0/0\"},"
    "{\"Egress\":false,\"RuleNumber\":90,\"RuleAction\":\"deny\",\"Protocol\":\"6\",\"CidrBlock\":\"0.0.0.0/"
    "0\","
    "\"PortRange\":{\"From\":25,\"To\":25}},"
    "{\"Egress\":false,\"RuleNumber\":100,\"RuleAction\":\"allow\",\"Protocol\":\"-1\","
    "\"CidrBlock\":\"0.0.0.0/0\"}]}],"
    "\"SecurityGroups\":[" GROUP("sg-1", TCP(22, 25, "0.0.0.0/0")) "," GROUP(
        "sg-2",
        TCP(26, 30, "8.8.0.0/16") "," TCP(
            80, 80,
            "10.0.0.0/8")) "],"
                           "\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-1\",\"VpcId\":\"vpc-1\","
                           "\"SubnetId\":\"subnet-1\","
                           "\"Groups\":[{\"GroupId\":\"sg-1\"},{\"GroupId\":\"sg-2\"}],"
                           "\"PrivateIpAddresses\":[{\"PrivateIpAddress\":\"10.0.0.5\",\"Association\":{"
                           "\"PublicIp\":\"3.0.0.5\"}}],"
                           "\"Attachment\":{\"InstanceId\":\"i-1\",\"DeviceIndex\":0}}],"
                           "\"Reservations\":[{\"OwnerId\":\"1\",\"Instances\":[{\"InstanceId\":\"i-1\","
                           "\"State\":{\"Name\":\"running\"}}]}]}";

static struct model *small_layout(void)
{
    struct model *m = model_new();
    assert_int_equal(load_text(m, str_from(layout)), 0);
    model_link(m);
    assert_int_equal(m->problems.n, 0);
    return m;
}

static int note(const struct reach_open *o, void *data)
{
    buf_printf(data, "%d %d-%d %s:", o->protocol, o->begin, o->end, severity_name(o->severity));
    for (size_t i = 0; i < o->n_steps; i++)
        buf_printf(data, " %.*s", STR_ARG(o->steps[i]->id));
    return buf_add_c(data, '\n');
}

static void assert_open(struct reach *r, const char *expected)
{
    _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
    buf_add_str(&text, STR(""));
    assert_int_equal(reach_each(r, note, &text), 0);
    assert_string_equal(text.p ? text.p : "", expected);
}

/* The network ACL cuts 25 out; 26 goes on where one group ends and another begins; 10.0.0.0/8 is not outside.
 */
static const char opened[] = "6 22-24 HIGH: igw-1 acl-1 sg-1 eni-1 i-1\n"
                             "6 26-30 INFORMATIONAL: igw-1 acl-1 sg-2 eni-1 i-1\n";

static void test_open(void **state)
{
    _cleanup_(model_cleanup) struct model *m = small_layout();
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    (void)state;
    assert_open(r, opened);
}

static void update(struct reach *r, const char *text)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    assert_int_equal(json_parse(a, str_from(text), &root), 0);
    assert_int_equal(reach_update(r, root, NULL, NULL), 0);
}

static void test_update(void **state)
{
    _cleanup_(model_cleanup) struct model *m = small_layout();
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    (void)state;
    update(r, "{\"SecurityGroups\":[" GROUP("sg-1", TCP(31, 40, "0.0.0.0/0")) "]}");
    assert_open(r, "6 26-40 INFORMATIONAL: igw-1 acl-1 sg-1 sg-2 eni-1 i-1\n"); /* touching: one range */
    update(r, "{\"SecurityGroups\":[" GROUP("sg-1", "") "]}");
    assert_open(r, "6 26-30 INFORMATIONAL: igw-1 acl-1 sg-2 eni-1 i-1\n");
    update(r, "{\"SecurityGroups\":[" GROUP("sg-1", TCP(22, 25, "0.0.0.0/0")) "]}");
    assert_open(r, opened);
    update(r, "{\"RouteTables\":[{\"RouteTableId\":\"rtb-1\",\"VpcId\":\"vpc-1\",\"Routes\":[]}]}");
    assert_open(r, "");
}

static void note_reason(const struct reason *why, void *data)
{
    buf_printf(data, "%s", why->open ? "open" : "closed");
    for (size_t i = 0; i < why->n_steps; i++)
        buf_printf(data, "; %.*s %.*s", STR_ARG(why->steps[i].component->id), STR_ARG(why->steps[i].text));
}

static void test_why(void **state)
{
    static const struct {
        int port;
        const char *text;
    } cases[] = {
        {22, ("open; acl-1 rule 100 allows packets from 1.0.0.0; sg-1 allows tcp 22-25 from 0.0.0.0/0; rtb-1 "
              "0.0.0.0/0 leads answers to igw-1; acl-1 rule 100 allows answers to 1.0.0.0")},
        {25, "closed; acl-1 rule 90 denies packets from 1.0.0.0"},
        {80, "closed; eni-1 none of its 2 security groups admits tcp 80 from there"},
    };
    _cleanup_(model_cleanup) struct model *m = small_layout();
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
        reach_why(r, model_find(m, KIND_INSTANCE, STR("i-1")), 6, cases[i].port, note_reason, &text);
        assert_string_equal(text.p, cases[i].text);
    }
}

static void test_trace_refuses(void **state)
{
    _cleanup_(model_cleanup) struct model *m = small_layout();
    struct trace t;
    struct trace_query q = {STR("internet"), STR("8.8.8.8"), STR("3.0.0.5"), STR("tcp"), -1, 22};
    (void)state;
    assert_int_equal(trace_flow(m, &q, &t), 0);
    assert_int_equal(t.disposition, ACCEPTED);
    assert_int_equal(t.n_path, 6);
    assert_int_equal(t.reverse_disposition, EXITS_NETWORK);
    q.ingress = STR("i-2");
    assert_int_equal(trace_flow(m, &q, &t), ERR_MISSING);
    q.ingress = STR("i-1");
    q.dst = STR("3.0.0");
    assert_int_equal(trace_flow(m, &q, &t), ERR_INVALID);
}

/* Two NAT gateways that send to each other: the path ends. */
static void test_circles_end(void **state)
{
    _cleanup_(model_cleanup) struct model *m = small_layout();
    struct trace t;
    struct trace_query q = {STR("i-1"), STR("10.0.0.5"), STR("9.9.9.9"), STR("tcp"), -1, 80};
    (void)state;
    assert_int_equal(
        load_text(m, STR("{\"NatGateways\":[{\"NatGatewayId\":\"nat-1\",\"SubnetId\":\"subnet-1\",\"State\":"
                         "\"available\",\"NatGatewayAddresses\":[{\"NetworkInterfaceId\":\"eni-9\","
                         "\"PrivateIp\":\"10.0.0.9\"}]}],\"RouteTables\":[{\"RouteTableId\":\"rtb-1\","
                         "\"VpcId\":\"vpc-1\",\"Routes\":[{\"DestinationCidrBlock\":\"0.0.0.0/0\","
                         "\"NatGatewayId\":\"nat-1\"}]}],\"SecurityGroups\":[{\"GroupId\":\"sg-1\","
                         "\"IpPermissionsEgress\":[{\"IpProtocol\":\"-1\",\"IpRanges\":[{\"CidrIp\":"
                         "\"0.0.0.0/0\"}]}]}]}")),
        0);
    model_link(m);
    assert_int_equal(trace_flow(m, &q, &t), 0);
    assert_int_equal(t.disposition, DENIED_IN);
    assert_true(t.n_path < HOPS_MAX);
}

static void test_hostile(void **state)
{
    static const char *const documents[] = {
        "{\"Vpcs\":[null,1,{},[],{\"VpcId\":7}]}",
        "{\"Subnets\":[{\"SubnetId\":\"\",\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/99\"}]}",
        "{\"RouteTables\":[{\"RouteTableId\":\"r\",\"Routes\":[{},{\"GatewayId\":\"local\"},3]}]}",
        "{\"NetworkAcls\":[{\"NetworkAclId\":\"a\",\"Entries\":[{\"Protocol\":\"x\"},null]}]}",
        ("{\"SecurityGroups\":[{\"GroupId\":\"s\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":-5,"
         "\"ToPort\":99999999999,\"UserIdGroupPairs\":[{\"GroupId\":\"s\"}]}]}]}"),
    };
    _cleanup_(model_cleanup) struct model *m = model_new();
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        assert_int_equal(load_text(m, str_from(documents[i])), 0);
    assert_int_equal(load_text(m, STR("{\"Nothing\":[]}")), ERR_MISSING);
    assert_int_equal(load_text(m, STR("{")), ERR_INVALID);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    assert_open(r, "");
}

/* ── changes, one at a time, against all of it worked out anew ── */

enum { HOSTS = 8, ROOMS = 6 }; /* instances; security groups, one half in each of two peered VPCs */

struct street {
    uint64_t seed;
    struct {
        int group[2], address;
        bool there, public, gone;
    } hosts[HOSTS];
    struct {
        int port, names; /* the group that a rule names, or -1 */
        bool world;
    } rooms[ROOMS];
};

static void write_host(struct buf *to, const struct street *s, int i)
{
    int vpc = i % 2;
    buf_printf(to, "{\"OwnerId\":\"1\",\"Instances\":[{\"InstanceId\":\"i-%d\",\"State\":{\"Name\":\"%s\"},",
               i, s->hosts[i].gone ? "terminated" : "running");
    buf_printf(to, "\"NetworkInterfaces\":[");
    if (!s->hosts[i].gone) {
        buf_printf(to,
                   "{\"NetworkInterfaceId\":\"eni-%d\",\"SubnetId\":\"subnet-%d\",\"Attachment\":{"
                   "\"DeviceIndex\":0},\"Groups\":[{\"GroupId\":\"sg-%d\"},{\"GroupId\":\"sg-%d\"}],"
                   "\"PrivateIpAddresses\":[{\"PrivateIpAddress\":\"10.%d.0.%d\"",
                   i, vpc, s->hosts[i].group[0], s->hosts[i].group[1], vpc, 10 + s->hosts[i].address);
        if (s->hosts[i].public)
            buf_printf(to, ",\"Association\":{\"PublicIp\":\"3.0.0.%d\"}", i + 1);
        buf_printf(to, "}]}");
    }
    buf_printf(to, "]}]}");
}

static void write_room(struct buf *to, const struct street *s, int g)
{
    buf_printf(to,
               "{\"GroupId\":\"sg-%d\",\"VpcId\":\"vpc-%d\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\","
               "\"FromPort\":%d,\"ToPort\":%d,",
               g, g % 2, s->rooms[g].port, s->rooms[g].port + 1);
    if (s->rooms[g].names >= 0)
        buf_printf(to, "\"UserIdGroupPairs\":[{\"GroupId\":\"sg-%d\"}],", s->rooms[g].names);
    buf_printf(to, "\"IpRanges\":[{\"CidrIp\":\"%s\"}]}]}", s->rooms[g].world ? "0.0.0.0/0" : "10.9.0.0/16");
}

static void write_places(struct buf *to)
{
    static const char acl[] = "\"Entries\":[{\"Egress\":true,\"RuleNumber\":1,\"RuleAction\":\"allow\","
                              "\"Protocol\":\"-1\",\"CidrBlock\":\"0.0.0.0/0\"},{\"Egress\":false,"
                              "\"RuleNumber\":1,\"RuleAction\":\"allow\",\"Protocol\":\"-1\",\"CidrBlock\":"
                              "\"0.0.0.0/0\"}]";
    static const char *const lists[] = {"Vpcs", "Subnets", "InternetGateways", "NetworkAcls", "RouteTables"};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        buf_printf(to, "\"%s\":[", lists[l]);
        for (int v = 0; v < 2; v++) {
            buf_printf(to,
                       "%s{\"VpcId\":\"vpc-%d\",\"SubnetId\":\"subnet-%d\",\"CidrBlock\":\"10.%d.0.0/16\","
                       "\"InternetGatewayId\":\"igw-%d\",\"Attachments\":[{\"VpcId\":\"vpc-%d\",\"State\":"
                       "\"available\"}],\"NetworkAclId\":\"acl-%d\",\"RouteTableId\":\"rtb-%d\","
                       "\"Associations\":[{\"Main\":true,\"SubnetId\":\"subnet-%d\"}],%s,",
                       v ? "," : "", v, v, v, v, v, v, v, v, acl);
            buf_printf(to,
                       "\"Routes\":[{\"DestinationCidrBlock\":\"10.%d.0.0/16\",\"GatewayId\":\"local\"},{"
                       "\"DestinationCidrBlock\":\"10.%d.0.0/16\",\"VpcPeeringConnectionId\":\"pcx-1\"},{"
                       "\"DestinationCidrBlock\":\"0.0.0.0/0\",\"GatewayId\":\"igw-%d\"}]}",
                       v, !v, v);
        }
        buf_printf(to, "],");
    }
    buf_printf(to, "\"VpcPeeringConnections\":[{\"VpcPeeringConnectionId\":\"pcx-1\",\"Status\":{\"Code\":"
                   "\"active\"},\"RequesterVpcInfo\":{\"VpcId\":\"vpc-0\",\"CidrBlock\":\"10.0.0.0/16\"},"
                   "\"AccepterVpcInfo\":{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.1.0.0/16\"}}],"
                   "\"LoadBalancerDescriptions\":[{\"LoadBalancerName\":\"b\",\"Scheme\":\"internet-facing\","
                   "\"VPCId\":\"vpc-0\",\"Subnets\":[\"subnet-0\"],\"SecurityGroups\":[\"sg-0\"],"
                   "\"ListenerDescriptions\":[{\"Listener\":{\"Protocol\":\"TCP\",\"LoadBalancerPort\":20,"
                   "\"InstancePort\":20}}],\"Instances\":[{\"InstanceId\":\"i-0\"},{\"InstanceId\":\"i-2\"}]"
                   "}],");
}

static void write_street(struct buf *to, const struct street *s)
{
    buf_printf(to, "{");
    write_places(to);
    buf_printf(to, "\"SecurityGroups\":[");
    for (int g = 0; g < ROOMS; g++, buf_printf(to, g < ROOMS ? "," : ""))
        write_room(to, s, g);
    buf_printf(to, "],\"Reservations\":[");
    for (int i = 0, n = 0; i < HOSTS; i++)
        if (s->hosts[i].there) {
            buf_printf(to, n++ ? "," : "");
            write_host(to, s, i);
        }
    buf_printf(to, "]}");
}

static void move_in(struct street *s, int i)
{
    s->hosts[i].there = true;
    s->hosts[i].gone = next_random(&s->seed) % 4 == 0;
    s->hosts[i].public = next_random(&s->seed) % 2;
    s->hosts[i].address = (int)(next_random(&s->seed) % 2) * HOSTS + i;
    for (int k = 0; k < 2; k++)
        s->hosts[i].group[k] = (int)(next_random(&s->seed) % (ROOMS / 2)) * 2 + i % 2;
}

static void furnish(struct street *s, int g)
{
    s->rooms[g].port = 20 + (int)(next_random(&s->seed) % 6);
    s->rooms[g].world = next_random(&s->seed) % 2;
    s->rooms[g].names = (int)(next_random(&s->seed) % (ROOMS + 1)) - 1;
}

/* Somebody moves in, out or elsewhere, or a group has another rule. */
static void write_change(struct buf *to, struct street *s)
{
    int n = (int)(next_random(&s->seed) % 3), i = (int)(next_random(&s->seed) % HOSTS);
    if (n == 0) {
        furnish(s, i % ROOMS);
        buf_printf(to, "{\"SecurityGroups\":[");
        write_room(to, s, i % ROOMS);
    } else {
        move_in(s, i);
        buf_printf(to, "{\"Reservations\":[");
        write_host(to, s, i);
    }
    buf_printf(to, "]}");
}

static void note_instance(const struct instance *i, void *data)
{
    struct map *told = data;
    map_set(told, i->node.id, told);
}

/* What is open on an instance, as text. */
static struct str of_instance(struct arena *a, struct reach *r, const struct model *m, int number)
{
    _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
    const struct instance *i = model_find(m, KIND_INSTANCE, arena_printf(a, "i-%d", number));
    if (i)
        reach_of_instance(r, i, note, &text);
    return arena_str(a, buf_str(&text));
}

static void test_changes(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct street s = {.seed = 11};
    for (int g = 0; g < ROOMS; g++)
        furnish(&s, g);
    for (int i = 0; i < HOSTS / 2; i++)
        move_in(&s, i);
    _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
    write_street(&text, &s);
    _cleanup_(model_cleanup) struct model *m = model_new();
    assert_int_equal(load_text(m, buf_str(&text)), 0);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    size_t open = 0;
    for (int n = 0; n < 400; n++) {
        _cleanup_(buf_free) struct buf change = buf_new(1 << 20), all = buf_new(1 << 20);
        struct map told = {0};
        struct str before[HOSTS];
        json_val *root;
        for (int i = 0; i < HOSTS; i++)
            before[i] = of_instance(a, r, m, i);
        write_change(&change, &s);
        write_street(&all, &s);
        assert_int_equal(json_parse(a, buf_str(&change), &root), 0);
        assert_int_equal(reach_update(r, root, note_instance, &told), 0);

        _cleanup_(model_cleanup) struct model *fresh = model_new();
        assert_int_equal(load_text(fresh, buf_str(&all)), 0);
        model_link(fresh);
        _cleanup_(reach_cleanup) struct reach *anew = reach_compute(fresh);
        for (int i = 0; i < HOSTS; i++) {
            struct str is = of_instance(a, r, m, i), wanted = of_instance(a, anew, fresh, i);
            open += wanted.n > 0;
            if (!str_eq(is, wanted))
                fail_msg("change %d: %s\ni-%d:\n%.*s\nnot:\n%.*s", n, change.p, i, STR_ARG(is),
                         STR_ARG(wanted));
            if (!str_eq(is, before[i]) && !map_get(&told, arena_printf(a, "i-%d", i)))
                fail_msg("change %d: i-%d was not told of: %s", n, i, change.p);
        }
        assert_int_equal(reach_size(r).instances, reach_size(anew).instances);
        map_free(&told);
    }
    assert_true(open > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans),         cmocka_unit_test(test_spans_at_the_ends),
        cmocka_unit_test(test_prefixes),      cmocka_unit_test(test_longest_prefix),
        cmocka_unit_test(test_severities),    cmocka_unit_test(test_open),
        cmocka_unit_test(test_update),        cmocka_unit_test(test_why),
        cmocka_unit_test(test_trace_refuses), cmocka_unit_test(test_circles_end),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
