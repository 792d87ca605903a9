#include "monitor/aws_event.h"

#include "base/err.h"

enum { NAME_MAX_BYTES = 512 };

const struct aws_event_rule aws_event_rules[] = {
    {"assay-ec2", "{\"source\":[\"aws.ec2\"],\"detail-type\":[\"EC2 Instance State-change Notification\"]}"},
    {"assay-ecr", "{\"source\":[\"aws.ecr\"],\"detail-type\":[\"ECR Image Action\"]}"},
    {"assay-ecs", "{\"source\":[\"aws.ecs\"],\"detail-type\":[\"ECS Task State Change\"],"
                  "\"detail\":{\"lastStatus\":[\"RUNNING\",\"STOPPED\"]}}"},
    {"assay-tags",
     "{\"source\":[\"aws.tag\"],\"detail-type\":[\"Tag Change on Resource\"],"
     "\"detail\":{\"service\":[\"ec2\",\"lambda\"],\"resource-type\":[\"instance\",\"function\"]}}"},
    {"assay-ssm", "{\"source\":[\"aws.ssm\"],\"detail-type\":[\"Inventory Resource State Change\","
                  "\"EC2 State Manager Instance Association State Change\"]}"},
    {"assay-calls",
     "{\"detail-type\":[\"AWS API Call via CloudTrail\",\"AWS Service Event via CloudTrail\"],"
     "\"detail\":{\"eventSource\":[\"ec2.amazonaws.com\",\"ecr.amazonaws.com\",\"lambda.amazonaws.com\","
     "\"elasticloadbalancing.amazonaws.com\",\"ssm.amazonaws.com\",\"organizations.amazonaws.com\"],"
     "\"eventName\":[{\"prefix\":\"Create\"},{\"prefix\":\"Update\"},{\"prefix\":\"Delete\"},"
     "{\"prefix\":\"Modify\"},{\"prefix\":\"Replace\"},{\"prefix\":\"Authorize\"},{\"prefix\":\"Revoke\"},"
     "{\"prefix\":\"Attach\"},{\"prefix\":\"Detach\"},{\"prefix\":\"Associate\"},"
     "{\"prefix\":\"Disassociate\"},{\"prefix\":\"Accept\"},{\"prefix\":\"Assign\"},"
     "{\"prefix\":\"Unassign\"},{\"prefix\":\"Enable\"},{\"prefix\":\"Disable\"},{\"prefix\":\"Register\"},"
     "{\"prefix\":\"Deregister\"},{\"prefix\":\"Set\"},{\"prefix\":\"Put\"},{\"prefix\":\"Tag\"},"
     "{\"prefix\":\"Untag\"},{\"prefix\":\"Remove\"},{\"prefix\":\"Leave\"},{\"prefix\":\"Close\"}]}}"},
    {0},
};

/* What becomes a part of a job's subject, and is looked up by words. */
static bool is_word(struct str s)
{
    bool valid = s.n > 0 && s.n <= NAME_MAX_BYTES;
    for (size_t i = 0; valid && i < s.n; i++)
        valid = s.p[i] > ' ' && s.p[i] < 127;
    return valid;
}

static void add(struct aws_event *e, enum aws_change change, struct str what)
{
    bool named = change != CHANGE_NETWORK && change != CHANGE_REPOSITORIES && change != CHANGE_ORGANIZATION;
    if (e->n_changes < AWS_CHANGES_MAX && (!named || what.n))
        e->changes[e->n_changes++] = (struct aws_change_of){change, what};
}

static void add_word(struct aws_event *e, enum aws_change change, struct str what)
{
    if (is_word(what))
        add(e, change, what);
}

static const struct str none = {NULL, 0};

/* ---- events of the services themselves ---- */

static void read_instance(struct arena *a, json_val *detail, struct aws_event *e)
{
    (void)a;
    add_word(e, CHANGE_INSTANCE, json_get_str(detail, "instance-id"));
}

/* A push is of a digest that a tag leads to, perhaps; a deletion takes either. */
static void read_image(struct arena *a, json_val *detail, struct aws_event *e)
{
    struct str repository = json_get_str(detail, "repository-name");
    struct str digest = json_get_str(detail, "image-digest"), tag = json_get_str(detail, "image-tag");
    bool push = str_is(json_get_str(detail, "action-type"), "PUSH");
    if (!is_word(repository) || !is_word(digest) || !str_is(json_get_str(detail, "result"), "SUCCESS"))
        return;
    bool tagged = is_word(tag);
    if (push && tagged)
        add(e, CHANGE_IMAGE,
            arena_printf(a, "%.*s %.*s@%.*s", STR_ARG(repository), STR_ARG(tag), STR_ARG(digest)));
    else
        add(e, CHANGE_IMAGE, arena_printf(a, "%.*s %.*s", STR_ARG(repository), STR_ARG(digest)));
    if (!push && tagged)
        add(e, CHANGE_IMAGE, arena_printf(a, "%.*s %.*s", STR_ARG(repository), STR_ARG(tag)));
}

/* What runs is counted by family: revisions of it replace one another. */
static void read_task(struct arena *a, json_val *detail, struct aws_event *e)
{
    struct str cluster = json_get_str(detail, "clusterArn"), status = json_get_str(detail, "lastStatus");
    struct str definition = json_get_str(detail, "taskDefinitionArn");
    ptrdiff_t name = str_find_str(definition, STR(":task-definition/")),
              revision = str_rfind(definition, ':');
    bool counts = str_is(status, "RUNNING") || str_is(status, "STOPPED");
    if (counts && is_word(cluster) && is_word(definition) && name >= 0 && revision > name)
        add(e, CHANGE_TASKS,
            arena_printf(a, "%.*s %.*s", STR_ARG(cluster),
                         STR_ARG(str_slice(definition, 0, (size_t)revision))));
}

static void read_inventory(struct arena *a, json_val *detail, struct aws_event *e)
{
    (void)a;
    struct str id = json_get_str(detail, "instance-id");
    add_word(e, CHANGE_INVENTORY, id.n ? id : json_get_str(detail, "resource-id"));
}

/* "NAME", "ACCOUNT:function:NAME", or an ARN, a version behind them. */
static struct str function_name(struct str text)
{
    ptrdiff_t at = str_find_str(text, STR("function:"));
    struct str name = at < 0 ? text : str_slice(text, (size_t)at + strlen("function:"), text.n), head, tail;
    return str_cut(name, ':', &head, &tail) ? head : name;
}

static void read_tags(struct arena *a, json_val *root, struct aws_event *e)
{
    (void)a;
    for (json_each(arn, json_get(root, "resources"))) {
        struct str text = json_str(arn);
        ptrdiff_t instance = str_find_str(text, STR(":instance/"));
        if (instance >= 0)
            add_word(e, CHANGE_INSTANCE, str_slice(text, (size_t)instance + strlen(":instance/"), text.n));
        else if (str_find_str(text, STR(":function:")) >= 0)
            add_word(e, CHANGE_FUNCTION, function_name(text));
    }
}

/* ---- what CloudTrail tells ---- */

static bool starts(struct str s, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (str_starts(s, str_from(*prefixes)))
            return true;
    return false;
}

/* Lambda's names of events end with the version of the API. */
static void read_lambda_call(struct str name, json_val *in, struct aws_event *e)
{
    static const char *const changes[] = {"CreateFunction2", "UpdateFunctionCode",
                                          "UpdateFunctionConfiguration", "DeleteFunction2", NULL};
    static const char *const tags[] = {"TagResource", "UntagResource", NULL};
    if (starts(name, changes))
        add_word(e, CHANGE_FUNCTION, function_name(json_get_str(in, "functionName")));
    else if (starts(name, tags) && str_find_str(json_get_str(in, "resource"), STR(":function:")) >= 0)
        add_word(e, CHANGE_FUNCTION, function_name(json_get_str(in, "resource")));
}

static void read_tagged(json_val *in, struct aws_event *e)
{
    for (json_each(item, json_get(json_get(in, "resourcesSet"), "items"))) {
        struct str id = json_get_str(item, "resourceId");
        if (str_starts(id, STR("i-")))
            add_word(e, CHANGE_INSTANCE, id);
    }
}

static void read_ec2_call(struct str name, json_val *in, struct aws_event *e)
{
    static const char *const group[] = {"AuthorizeSecurityGroup", "RevokeSecurityGroup",
                                        "ModifySecurityGroupRules", NULL};
    static const char *const instance[] = {"ModifyInstanceAttribute", "AssociateIamInstanceProfile",
                                           "ReplaceIamInstanceProfile", "DisassociateIamInstanceProfile",
                                           NULL};
    static const char *const network[] = {"AcceptTransitGateway",
                                          "AcceptVpc",
                                          "AssignIpv6",
                                          "AssignPrivate",
                                          "AssociateAddress",
                                          "AssociateRouteTable",
                                          "AssociateSecurityGroupVpc",
                                          "AssociateSubnetCidr",
                                          "AssociateTransitGateway",
                                          "AssociateVpcCidr",
                                          "AttachInternetGateway",
                                          "AttachNetworkInterface",
                                          "AttachVpnGateway",
                                          "CreateEgressOnly",
                                          "CreateInternetGateway",
                                          "CreateManagedPrefix",
                                          "CreateNatGateway",
                                          "CreateNetworkAcl",
                                          "CreateNetworkInterface",
                                          "CreateRoute",
                                          "CreateSubnet",
                                          "CreateTransitGateway",
                                          "CreateVpc",
                                          "CreateVpn",
                                          "DeleteEgressOnly",
                                          "DeleteInternetGateway",
                                          "DeleteManagedPrefix",
                                          "DeleteNatGateway",
                                          "DeleteNetworkAcl",
                                          "DeleteNetworkInterface",
                                          "DeleteRoute",
                                          "DeleteSecurityGroup",
                                          "DeleteSubnet",
                                          "DeleteTransitGateway",
                                          "DeleteVpc",
                                          "DeleteVpn",
                                          "DetachInternetGateway",
                                          "DetachNetworkInterface",
                                          "DetachVpnGateway",
                                          "DisableTransitGateway",
                                          "DisableVgwRoute",
                                          "DisassociateAddress",
                                          "DisassociateRouteTable",
                                          "DisassociateSubnetCidr",
                                          "DisassociateTransitGateway",
                                          "DisassociateVpcCidr",
                                          "EnableTransitGateway",
                                          "EnableVgwRoute",
                                          "ModifyManagedPrefix",
                                          "ModifyNetworkInterface",
                                          "ModifySubnet",
                                          "ModifyTransitGateway",
                                          "ModifyVpc",
                                          "ModifyVpn",
                                          "ReplaceNetworkAcl",
                                          "ReplaceRoute",
                                          "ReplaceTransitGateway",
                                          "UnassignIpv6",
                                          "UnassignPrivate",
                                          NULL};
    if (str_is(name, "CreateTags") || str_is(name, "DeleteTags"))
        read_tagged(in, e);
    else if (starts(name, group) && json_get_str(in, "groupId").n)
        add_word(e, CHANGE_GROUP, json_get_str(in, "groupId"));
    else if (starts(name, group))
        add(e, CHANGE_NETWORK, none);
    else if (starts(name, instance) && json_get_str(in, "instanceId").n)
        add_word(e, CHANGE_INSTANCE, json_get_str(in, "instanceId"));
    else if (starts(name, network))
        add(e, CHANGE_NETWORK, none);
}

static void read_ecr_call(struct str name, json_val *in, struct aws_event *e)
{
    if (str_is(name, "CreateRepository") || str_is(name, "DeleteRepository"))
        add_word(e, CHANGE_REPOSITORY, json_get_str(in, "repositoryName"));
    else if (str_is(name, "PutRegistryScanningConfiguration"))
        add(e, CHANGE_REPOSITORIES, none);
}

static void read_balancer_call(struct str name, json_val *in, struct aws_event *e)
{
    (void)name, (void)in;
    add(e, CHANGE_NETWORK, none);
}

static void read_ssm_call(struct str name, json_val *in, struct aws_event *e)
{
    if (str_is(name, "PutInventory"))
        add_word(e, CHANGE_INVENTORY, json_get_str(in, "instanceId"));
}

static void read_organizations_call(struct str name, json_val *in, struct aws_event *e)
{
    (void)in;
    static const char *const changes[] = {"AcceptHandshake",
                                          "CloseAccount",
                                          "CreateAccount",
                                          "LeaveOrganization",
                                          "RemoveAccountFromOrganization",
                                          NULL};
    if (starts(name, changes))
        add(e, CHANGE_ORGANIZATION, none);
}

static void read_call(struct arena *a, json_val *detail, struct aws_event *e)
{
    (void)a;
    static const struct {
        const char *source;
        void (*read)(struct str name, json_val *in, struct aws_event *e);
    } sources[] = {
        {"ec2.amazonaws.com", read_ec2_call},
        {"ecr.amazonaws.com", read_ecr_call},
        {"lambda.amazonaws.com", read_lambda_call},
        {"elasticloadbalancing.amazonaws.com", read_balancer_call},
        {"ssm.amazonaws.com", read_ssm_call},
        {"organizations.amazonaws.com", read_organizations_call},
    };
    struct str source = json_get_str(detail, "eventSource");
    if (json_get_str(detail, "errorCode").n || json_get_bool(detail, "readOnly"))
        return;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (str_is(source, sources[i].source))
            sources[i].read(json_get_str(detail, "eventName"), json_get(detail, "requestParameters"), e);
}

/* ---- all of them ---- */

static bool region_valid(struct str region)
{
    bool valid = region.n > 0 && region.n <= 32;
    for (size_t i = 0; valid && i < region.n; i++)
        valid = is_lower(region.p[i]) || is_digit(region.p[i]) || region.p[i] == '-';
    return valid;
}

int aws_event_read(struct arena *a, struct str text, struct aws_event *ret_event)
{
    static const struct {
        const char *type;
        void (*read)(struct arena *a, json_val *detail, struct aws_event *e);
    } types[] = {
        {"EC2 Instance State-change Notification", read_instance},
        {"ECR Image Action", read_image},
        {"ECS Task State Change", read_task},
        {"Inventory Resource State Change", read_inventory},
        {"EC2 State Manager Instance Association State Change", read_inventory},
        {"AWS API Call via CloudTrail", read_call},
        {"AWS Service Event via CloudTrail", read_call},
    };
    struct aws_event e = {0};
    json_val *root;
    if (text.n > AWS_EVENT_MAX)
        return err_set(ERR_LIMIT, "an event of more than %d bytes", AWS_EVENT_MAX);
    int status = json_parse(a, text, &root);
    if (status < 0)
        return status;
    struct str type = json_get_str(root, "detail-type");
    e.region = json_get_str(root, "region");
    if (!type.n || !account_parse(json_get_str(root, "account"), &e.account) || !region_valid(e.region))
        return err_set(ERR_INVALID, "no event: it does not say of what kind, account and region");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_is(type, types[i].type))
            types[i].read(a, json_get(root, "detail"), &e);
    if (str_is(type, "Tag Change on Resource"))
        read_tags(a, root, &e);
    *ret_event = e;
    return 0;
}
