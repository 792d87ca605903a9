/* EC2 instances, as DescribeInstances tells of them. */
#include "aws/ec2.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_place.h"

enum {
    DETAILS_MAX = 1 << 20,
    ADDRESSES_MAX = 1000,
    GROUPS_MAX = 1000,
    ID_MAX = 64,
    AGAIN = 24 * 3600, /* an instance that nothing was heard of is looked into once a day */
};

static bool id_valid(struct str id)
{
    bool valid = str_starts(id, STR("i-")) && id.n > 2 && id.n <= ID_MAX;
    for (size_t i = 2; valid && i < id.n; i++)
        valid = is_digit(id.p[i]) || is_lower(id.p[i]);
    return valid;
}

static enum resource_state state_of(json_val *instance)
{
    struct str name = json_get_str(json_get(instance, "State"), "Name");
    if (str_is(name, "terminated") || str_is(name, "shutting-down"))
        return STATE_GONE;
    return str_is(name, "stopped") || str_is(name, "stopping") ? STATE_STOPPED : STATE_PRESENT;
}

/* ---- details ---- */

/* Once each, in the order in which they come. */
struct addresses {
    struct json_out *to;
    struct map seen;
    const char *name;
};

static void add_address(struct addresses *list, struct str address)
{
    if (!address.n || list->seen.n == ADDRESSES_MAX || map_get(&list->seen, address))
        return;
    if (!list->seen.n) {
        json_key(list->to, list->name);
        json_begin_array(list->to);
    }
    map_set(&list->seen, address, list);
    json_out_str(list->to, address);
}

static void end_addresses(struct addresses *list)
{
    if (list->seen.n)
        json_end_array(list->to);
    map_free(&list->seen);
}

static void out_addresses(struct json_out *o, json_val *instance)
{
    struct addresses v4 = {.to = o, .name = "ipV4Addresses"}, v6 = {.to = o, .name = "ipV6Addresses"};
    add_address(&v4, json_get_str(instance, "PrivateIpAddress"));
    add_address(&v4, json_get_str(instance, "PublicIpAddress"));
    for (json_each(nic, json_get(instance, "NetworkInterfaces")))
        for (json_each(one, json_get(nic, "PrivateIpAddresses"))) {
            add_address(&v4, json_get_str(one, "PrivateIpAddress"));
            add_address(&v4, json_get_str(json_get(one, "Association"), "PublicIp"));
        }
    end_addresses(&v4);
    add_address(&v6, json_get_str(instance, "Ipv6Address"));
    for (json_each(nic, json_get(instance, "NetworkInterfaces")))
        for (json_each(one, json_get(nic, "Ipv6Addresses")))
            add_address(&v6, json_get_str(one, "Ipv6Address"));
    end_addresses(&v6);
}

/* AwsEc2InstanceDetails. */
static struct str details(struct arena *a, json_val *instance)
{
    _cleanup_(buf_free) struct buf b = buf_new(DETAILS_MAX);
    struct json_out o = {.to = &b};
    int64_t launched = time_parse_or_none(json_get_str(instance, "LaunchTime"));
    json_begin_object(&o);
    json_key(&o, "awsEc2Instance");
    json_begin_object(&o);
    json_member_str(&o, "type", json_get_str(instance, "InstanceType"));
    json_member_str(&o, "imageId", json_get_str(instance, "ImageId"));
    out_addresses(&o, instance);
    json_member_str(&o, "keyName", json_get_str(instance, "KeyName"));
    json_member_str(&o, "iamInstanceProfileArn",
                    json_get_str(json_get(instance, "IamInstanceProfile"), "Arn"));
    json_member_str(&o, "vpcId", json_get_str(instance, "VpcId"));
    json_member_str(&o, "subnetId", json_get_str(instance, "SubnetId"));
    if (launched != TIME_NONE)
        json_member_int(&o, "launchedAt", launched);
    if (str_ieq(json_get_str(instance, "Platform"), STR("windows")))
        json_member_str(&o, "platform", STR("WINDOWS"));
    json_end_object(&o);
    json_end_object(&o);
    return buf_status(&b) < 0 ? (struct str){NULL, 0} : arena_str(a, buf_str(&b));
}

static void set_values(struct arena *a, json_val *instance, struct resource *r)
{
    json_val *groups = json_get(instance, "SecurityGroups");
    size_t max = yyjson_arr_size(groups) + 1;
    struct str *values = arena_new_array(a, struct str, max);
    int *kinds = arena_new_array(a, int, max);
    if (r->subnet.n) {
        values[r->n_values] = r->subnet;
        kinds[r->n_values++] = RESOURCE_VALUE_SUBNET;
    }
    for (json_each(group, groups)) {
        if (!json_get_str(group, "GroupId").n || r->n_values == GROUPS_MAX)
            continue;
        values[r->n_values] = json_get_str(group, "GroupId");
        kinds[r->n_values++] = RESOURCE_VALUE_SECURITY_GROUP;
    }
    r->values = values;
    r->kinds = kinds;
}

static struct str name_of_tags(json_val *tags)
{
    for (json_each(tag, tags))
        if (str_is(json_get_str(tag, "Key"), "Name"))
            return json_get_str(tag, "Value");
    return (struct str){NULL, 0};
}

static struct resource instance_resource(struct aws_place *p, struct arena *a, json_val *instance)
{
    struct resource r = {
        .account = p->account,
        .type = RESOURCE_AWS_EC2_INSTANCE,
        .resource_id = json_get_str(instance, "InstanceId"),
        .state = state_of(instance),
        .region = p->region,
        .origin = p->origin->origin.id,
        .details = details(a, instance),
        .tags = aws_tags(a, json_get(instance, "Tags")),
        .name = name_of_tags(json_get(instance, "Tags")),
        .ami = json_get_str(instance, "ImageId"),
        .vpc = json_get_str(instance, "VpcId"),
        .subnet = json_get_str(instance, "SubnetId"),
        .architecture = json_get_str(instance, "Architecture"),
        .role = json_get_str(json_get(instance, "IamInstanceProfile"), "Arn"),
        .pushed = TIME_NONE,
        .pulled = TIME_NONE,
        .last_in_use = TIME_NONE,
        .in_use_count = -1,
        .modified = TIME_NONE,
        .first_seen = TIME_NONE,
        .heard = TIME_NONE,
        .gone = TIME_NONE,
    };
    set_values(a, instance, &r);
    return r;
}

/* ---- what follows ---- */

/* What is known of it. */
struct before {
    bool known, differs, covered, due; /* due: it is to be looked into again */
    struct resource resource;
};

static int look_up(struct aws_place *p, struct arena *a, const struct resource *r, struct before *ret)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(p->m));
    struct coverage c;
    ret->known = resource_find(db, a, r->account, r->resource_id, &ret->resource) == 0;
    ret->differs = resource_differs(db, r);
    bool has = ret->known && coverage_get(db, a, r->account, ret->resource.id, SCAN_PACKAGE, &c);
    ret->covered = has && c.reason != REASON_EXCLUDED_BY_TAG && c.reason != REASON_PENDING_DISABLE;
    /* One that is being looked into need not be so again for having none of the results yet. */
    ret->due = (!has || c.last_scanned == TIME_NONE || time_now() - c.last_scanned >= AGAIN) &&
               !job_pending(db, p->account, JOB_SCAN_INSTANCE,
                            arena_printf(a, "%.*s %.*s %.*s", STR_ARG(p->origin->origin.id),
                                         STR_ARG(p->region), STR_ARG(r->resource_id)),
                            INT64_MAX);
    return sql_status(db);
}

static int take_in(struct aws_place *p, struct arena *a, json_val *instance)
{
    struct resource r = instance_resource(p, a, instance);
    struct before before;
    int status = look_up(p, a, &r, &before);
    if (status < 0)
        return status;
    if (r.state == STATE_GONE)
        return before.known && before.resource.state != STATE_GONE ? scan_gone(p->m, &before.resource) : 0;
    bool started = !before.known || before.resource.state != STATE_PRESENT, covered = before.covered;
    if (before.differs)
        status = scan_begin(p->m, &r, &covered);
    if (status < 0 || !covered || r.state != STATE_PRESENT || !(started || before.due))
        return status;
    return aws_ask(p, JOB_SCAN_INSTANCE, r.resource_id, (struct str){NULL, 0});
}

/* Pages of instances, and which came. */
struct listing {
    struct aws_place *place;
    struct arena *ids, *arena;
    struct map seen;
};

static int on_page(void *ctx, json_val *document)
{
    struct listing *l = ctx;
    for (json_each(reservation, json_get(document, "Reservations")))
        for (json_each(instance, json_get(reservation, "Instances"))) {
            struct str id = json_get_str(instance, "InstanceId");
            if (!id_valid(id)) {
                err_set(ERR_INVALID, "EC2 tells of an instance whose id is none");
                aws_trouble(l->place);
                continue;
            }
            arena_reset(l->arena);
            int status = take_in(l->place, l->arena, instance);
            if (status < 0)
                return status;
            map_set(&l->seen, arena_str(l->ids, id), l);
            if (monitor_stopping(l->place->m))
                return JOB_INTERRUPTED;
        }
    return 0;
}

static int list(struct aws_place *p, struct str form, struct listing *l)
{
    l->place = p;
    return ec2_describe(p->aws, "DescribeInstances", form, on_page, l);
}

static void listing_end(struct listing *l)
{
    map_free(&l->seen);
    arena_free(l->ids);
    arena_free(l->arena);
}

int aws_look_instances(struct aws_place *p)
{
    _cleanup_(listing_end) struct listing l = {.ids = arena_new(0), .arena = arena_new(0)};
    int64_t began = time_now();
    int status = list(p, (struct str){NULL, 0}, &l);
    return status ? status : aws_close_others(p, RESOURCE_AWS_EC2_INSTANCE, &l.seen, began);
}

static int close_one(struct aws_place *p, struct str id)
{
    struct resource known;
    struct sql *db = store_reader(monitor_store(p->m));
    int status = resource_find(db, p->arena, p->account, id, &known);
    store_release(db);
    bool ours = status == 0 && str_eq(known.origin, p->origin->origin.id);
    return ours && known.state != STATE_GONE ? scan_gone(p->m, &known) : 0;
}

int aws_look_instance(struct aws_place *p, struct str id)
{
    _cleanup_(listing_end) struct listing l = {.ids = arena_new(0), .arena = arena_new(0)};
    if (!id_valid(id))
        return 0;
    int status = list(p, arena_printf(p->arena, "InstanceId.1=%.*s", STR_ARG(id)), &l);
    if (status == ERR_MISSING || (status == 0 && !l.seen.n))
        status = close_one(p, id);
    return status ? status : aws_look_instance_network(p, id);
}
