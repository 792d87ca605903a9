#include "aws/directconnect.h"

#include <stdio.h>

#include "aws/pages.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { PAGE_MAX = 16 << 20 };

static const struct member virtual_interface[] = {{"virtualInterfaceId"},
                                                  {"virtualInterfaceName"},
                                                  {"virtualInterfaceType"},
                                                  {"virtualInterfaceState"},
                                                  {"ownerAccount"},
                                                  {"connectionId"},
                                                  {"virtualGatewayId"},
                                                  {"directConnectGatewayId"},
                                                  {"region"},
                                                  {0}};
static const struct member virtual_interfaces[] = {
    {"virtualInterfaces", LIST, virtual_interface}, {"nextToken", TOKEN}, {0}};

static const struct member gateway[] = {{"directConnectGatewayId"},
                                        {"directConnectGatewayName"},
                                        {"ownerAccount"},
                                        {"directConnectGatewayState"},
                                        {0}};
static const struct member gateways[] = {{"directConnectGateways", LIST, gateway}, {"nextToken", TOKEN}, {0}};

static const struct member associated_gateway[] = {{"id"}, {"type"}, {"ownerAccount"}, {"region"}, {0}};
static const struct member association[] = {{"directConnectGatewayId"},
                                            {"associationState"},
                                            {"associatedGateway", MEMBERS, associated_gateway},
                                            {"associationId"},
                                            {"virtualGatewayId"},
                                            {"virtualGatewayRegion"},
                                            {0}};
static const struct member associations[] = {
    {"directConnectGatewayAssociations", LIST, association}, {"nextToken", TOKEN}, {0}};

const struct query_operation directconnect_operations[] = {
    {"DescribeVirtualInterfaces", virtual_interfaces, 0},
    {"DescribeDirectConnectGateways", gateways, 0},
    {"DescribeDirectConnectGatewayAssociations", associations, 0},
    {0},
};

/* ---- of an answer, what a table names ---- */

static void pick(struct json_out *o, const struct member *members, json_val *object);

static void pick_value(struct json_out *o, const struct member *m, json_val *value)
{
    if (m->kind == MEMBERS && yyjson_is_obj(value)) {
        json_key(o, m->name);
        pick(o, m->of, value);
    } else if (m->kind == LIST && yyjson_is_arr(value)) {
        json_key(o, m->name);
        json_begin_array(o);
        for (json_each(item, value))
            pick(o, m->of, item);
        json_end_array(o);
    } else if (m->kind == TEXT) {
        json_member_str(o, m->name, json_str(value));
    }
}

static void pick(struct json_out *o, const struct member *members, json_val *object)
{
    json_begin_object(o);
    for (const struct member *m = members; m->name; m++)
        pick_value(o, m, json_get(object, m->name));
    json_end_object(o);
}

/* ---- calls ---- */

struct visitor {
    const struct query_operation *operation;
    query_text *visit;
    void *ctx;
};

static int on_page(void *ctx, json_val *document)
{
    _cleanup_(buf_free) struct buf text = buf_new(PAGE_MAX);
    const struct visitor *v = ctx;
    pick(&(struct json_out){.to = &text}, v->operation->result, document);
    if (buf_status(&text) < 0)
        return err_set(ERR_LIMIT, "%s: a page of more than %d bytes", v->operation->name, PAGE_MAX);
    return v->visit(v->ctx, buf_str(&text));
}

int directconnect_describe(struct aws *aws, const char *operation, struct str body, query_text *visit,
                           void *ctx)
{
    const struct query_operation *o = directconnect_operations;
    while (o->name && strcmp(o->name, operation) != 0)
        o++;
    if (!o->name)
        return err_set(ERR_UNSUPPORTED, "directconnect %s is not among the known calls", operation);
    char target[128];
    snprintf(target, sizeof target, "OvertureService.%s", operation);
    struct aws_call call = {.service = "directconnect",
                            .protocol = AWS_JSON,
                            .operation = target,
                            .body = body,
                            .list = o->result->name};
    struct visitor v = {o, visit, ctx};
    return aws_pages(aws, &call, "nextToken", "nextToken", on_page, &v);
}
