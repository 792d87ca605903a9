/* Group 5 of the reference, as a standalone account has it: no organization, no administrator, no members.
 * What asks gets that answer; what would make an organization is refused; what takes one apart finds nothing
 * to do, so that Terraform can destroy what it never got. */
#include "api/page.h"

struct account_request {
    struct str account, client_token;
    struct paging page;
    int associated;
};
#define ACCOUNT(name)                                                                                        \
    {                                                                                                        \
        name, MEMBER_STRING,                                                                                 \
            MEMBER(struct account_request, account, .required = true, .min = 12, .max = 12,                  \
                   .pattern = PATTERN_ACCOUNT)                                                               \
    }
static const struct member admin_members[] = {
    ACCOUNT("delegatedAdminAccountId"),
    {"clientToken", MEMBER_STRING, MEMBER(struct account_request, client_token, .min = 1, .max = 64)},
    {0}};
static const struct member member_members[] = {ACCOUNT("accountId"), {0}};

static int standalone(struct call *c)
{
    char own[ACCOUNT_TEXT];
    return call_denied(c,
                       "Account %s is standalone: it does not belong to an organization, which this server "
                       "does not manage.",
                       account_text(c->account, own));
}

static int run_enable_admin(struct call *c, struct json_out *out)
{
    (void)out;
    struct account_request q;
    int r = call_read(c, admin_members, &q);
    return r < 0 ? r : standalone(c);
}

static int run_disable_admin(struct call *c, struct json_out *out)
{
    (void)out;
    struct account_request q;
    int r = call_read(c, admin_members, &q);
    return r < 0 ? r : call_missing(c, "Account %.*s is not a delegated administrator.", STR_ARG(q.account));
}

static int run_get_admin(struct call *c, struct json_out *out)
{
    (void)out;
    return call_missing(c, "There is no delegated administrator.");
}

/* An empty list, once its paging is valid. */
static int none(struct call *c, struct json_out *out, const struct member *members, const char *name)
{
    struct account_request q;
    struct page page;
    int r = call_read(c, members, &q);
    if (r < 0 || (r = page_of(c, name, q.page.token, q.page.max, 0, &page)) < 0)
        return r;
    json_key(out, name);
    json_begin_array(out);
    json_end_array(out);
    return 0;
}

static const struct member list_admins_members[] = {PAGING_MEMBERS(struct account_request, page, 5), {0}};
static int run_list_admins(struct call *c, struct json_out *out)
{
    return none(c, out, list_admins_members, "delegatedAdminAccounts");
}

static const struct member list_members[] = {
    {"onlyAssociated", MEMBER_BOOL, MEMBER(struct account_request, associated)},
    PAGING_MEMBERS(struct account_request, page, 50),
    {0}};
static int run_list_members(struct call *c, struct json_out *out)
{
    return none(c, out, list_members, "members");
}

struct auto_enable {
    int ec2, ecr, lambda, lambda_code, code_repository;
};
static const struct member auto_enable_members[] = {
    {"ec2", MEMBER_BOOL, MEMBER(struct auto_enable, ec2, .required = true)},
    {"ecr", MEMBER_BOOL, MEMBER(struct auto_enable, ecr, .required = true)},
    {"lambda", MEMBER_BOOL, MEMBER(struct auto_enable, lambda)},
    {"lambdaCode", MEMBER_BOOL, MEMBER(struct auto_enable, lambda_code)},
    {"codeRepository", MEMBER_BOOL, MEMBER(struct auto_enable, code_repository)},
    {0}};

static void write_auto_enable(struct json_out *out)
{
    json_key(out, "autoEnable");
    json_begin_object(out);
    for (const struct member *m = auto_enable_members; m->name; m++)
        json_member_bool(out, m->name, false);
    json_end_object(out);
}

static int run_describe(struct call *c, struct json_out *out)
{
    (void)c;
    write_auto_enable(out);
    json_member_bool(out, "maxAccountLimitReached", false);
    return 0;
}

struct update_request {
    json_val *auto_enable;
};
static const struct member update_members[] = {
    {"autoEnable", MEMBER_OBJECT, MEMBER(struct update_request, auto_enable, .required = true)}, {0}};

/* All off is how it is already. */
static int run_update(struct call *c, struct json_out *out)
{
    struct update_request q;
    struct auto_enable a;
    int r = call_read(c, update_members, &q);
    if (r < 0)
        return r;
    if (request_read_at(c->arena, q.auto_enable, "autoEnable", auto_enable_members, &a, &c->errors) < 0)
        return call_invalid_fields(c);
    if (a.ec2 == 1 || a.ecr == 1 || a.lambda == 1 || a.lambda_code == 1 || a.code_repository == 1)
        return standalone(c);
    write_auto_enable(out);
    return 0;
}

static int run_associate(struct call *c, struct json_out *out)
{
    (void)out;
    struct account_request q;
    int r = call_read(c, member_members, &q);
    return r < 0 ? r : standalone(c);
}

/* Terraform takes these words for "it is gone". */
static int run_disassociate(struct call *c, struct json_out *out)
{
    (void)out;
    struct account_request q;
    char own[ACCOUNT_TEXT];
    int r = call_read(c, member_members, &q);
    return r < 0
               ? r
               : call_invalid(c,
                              "Account %.*s cannot be disassociated from %s: it is not yet associated to it.",
                              STR_ARG(q.account), account_text(c->account, own));
}

static int run_get_member(struct call *c, struct json_out *out)
{
    (void)out;
    struct account_request q;
    int r = call_read(c, member_members, &q);
    return r < 0 ? r : call_missing(c, "Account %.*s is not a member account.", STR_ARG(q.account));
}

static const struct operation operations[] = {
    {"EnableDelegatedAdminAccount", "POST", "/delegatedadminaccounts/enable", MAY_WRITE, "AD CF NF VA",
     run_enable_admin},
    {"DisableDelegatedAdminAccount", "POST", "/delegatedadminaccounts/disable", MAY_WRITE, "AD CF NF VA",
     run_disable_admin},
    {"GetDelegatedAdminAccount", "POST", "/delegatedadminaccounts/get", MAY_READ, "AD NF VA", run_get_admin},
    {"ListDelegatedAdminAccounts", "POST", "/delegatedadminaccounts/list", MAY_READ, "AD VA",
     run_list_admins},
    {"DescribeOrganizationConfiguration", "POST", "/organizationconfiguration/describe", MAY_READ, "AD VA",
     run_describe},
    {"UpdateOrganizationConfiguration", "POST", "/organizationconfiguration/update", MAY_WRITE, "AD VA",
     run_update},
    {"AssociateMember", "POST", "/members/associate", MAY_WRITE, "AD SQ VA", run_associate},
    {"DisassociateMember", "POST", "/members/disassociate", MAY_WRITE, "AD VA", run_disassociate},
    {"GetMember", "POST", "/members/get", MAY_READ, "AD NF VA", run_get_member},
    {"ListMembers", "POST", "/members/list", MAY_READ, "AD VA", run_list_members},
    {0}};
const struct operation_group operations_organization = {"organization", operations};
