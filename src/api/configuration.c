/* Group 8 of the reference: how hosts and images are scanned. What is set holds at once. */
#include "api/api.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/settings.h"

static const char *const modes_at[] = {"EC2_SSM_AGENT_BASED", "EC2_HYBRID"};
static const struct names modes = {modes_at, 2};
static const char *const pull_modes_at[] = {"LAST_PULL_DATE", "LAST_IN_USE_AT"};
static const struct names pull_modes = {pull_modes_at, 2};
static const char *const durations_at[] = {"DAYS_3",  "DAYS_7",  "DAYS_14",  "DAYS_30",
                                           "DAYS_60", "DAYS_90", "DAYS_180", "LIFETIME"};
static const struct names push_durations = {durations_at, 8}, pull_durations = {durations_at, 7};
static const char *const inheritance_at[] = {"INHERIT_FROM_ADMIN"};
static const struct names inheritance = {inheritance_at, 1};

struct configuration_request {
    struct str account;
    json_val *ecr, *ec2, *inherit;
};
#define ACCOUNT                                                                                              \
    {                                                                                                        \
        "accountId", MEMBER_STRING,                                                                          \
            MEMBER(struct configuration_request, account, .min = 12, .max = 12, .pattern = PATTERN_ACCOUNT)  \
    }
static const struct member get_members[] = {ACCOUNT, {0}};
static const struct member update_members[] = {
    ACCOUNT,
    {"ecrConfiguration", MEMBER_OBJECT, MEMBER(struct configuration_request, ecr)},
    {"ec2Configuration", MEMBER_OBJECT, MEMBER(struct configuration_request, ec2)},
    {"updateConfigurationInheritance", MEMBER_OBJECT, MEMBER(struct configuration_request, inherit)},
    {0}};

struct ecr_request {
    int push, pull, mode;
};
static const struct member ecr_members[] = {
    {"rescanDuration", MEMBER_ENUM,
     MEMBER(struct ecr_request, push, .required = true, .names = &push_durations)},
    {"pullDateRescanDuration", MEMBER_ENUM, MEMBER(struct ecr_request, pull, .names = &pull_durations)},
    {"pullDateRescanMode", MEMBER_ENUM, MEMBER(struct ecr_request, mode, .names = &pull_modes)},
    {0}};
struct ec2_request {
    int mode, scanner;
};
static const struct member ec2_members[] = {
    {"scanMode", MEMBER_ENUM, MEMBER(struct ec2_request, mode, .required = true, .names = &modes)},
    {"activateVMScanner", MEMBER_BOOL, MEMBER(struct ec2_request, scanner)},
    {0}};
struct inherit_request {
    int ec2, ecr;
};
static const struct member inherit_members[] = {
    {"ec2Configuration", MEMBER_ENUM, MEMBER(struct inherit_request, ec2, .names = &inheritance)},
    {"ecrConfiguration", MEMBER_ENUM, MEMBER(struct inherit_request, ecr, .names = &inheritance)},
    {0}};

/* A standalone account configures itself and nobody else. */
static int check_account(struct call *c, struct str account)
{
    char own[ACCOUNT_TEXT];
    if (!account.n || str_is(account, account_text(c->account, own)))
        return 0;
    return call_denied(c, "Account %.*s is not a member account of %s.", STR_ARG(account), own);
}

static int run_get(struct call *c, struct json_out *out)
{
    struct configuration_request q;
    int r = call_read(c, get_members, &q);
    if (r < 0 || (r = check_account(c, q.account)) < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    struct settings s = settings_get(db, c->arena, c->account);
    json_key(out, "ecrConfiguration");
    json_begin_object(out);
    json_key(out, "rescanDurationState");
    json_begin_object(out);
    json_member_str(out, "rescanDuration", settings_duration(c->arena, s.push_days));
    json_member_str(out, "status", STR("SUCCESS"));
    if (s.ecr_changed != TIME_NONE)
        json_member_int(out, "updatedAt", s.ecr_changed);
    json_member_str(out, "pullDateRescanDuration", settings_duration(c->arena, s.pull_days));
    json_member_str(out, "pullDateRescanMode", str_from(pull_modes_at[s.pull_by_use]));
    json_end_object(out);
    json_end_object(out);
    json_key(out, "ec2Configuration");
    json_begin_object(out);
    json_key(out, "scanModeState");
    json_begin_object(out);
    json_member_str(out, "scanMode", str_from(modes_at[s.hybrid]));
    json_member_str(out, "scanModeStatus", STR("SUCCESS"));
    json_end_object(out);
    json_key(out, "vmScannerState");
    json_begin_object(out);
    json_member_bool(out, "activated", s.vm_scanner);
    if (s.vm_scanner && s.ec2_changed != TIME_NONE)
        json_member_int(out, "activatedAt", s.ec2_changed);
    json_member_str(out, "status", STR("SUCCESS"));
    json_end_object(out);
    json_end_object(out);
    return sql_status(db);
}

/* Members that are not sent stay as they are. */
static struct str ecr_text(struct call *c, const struct ecr_request *q, const struct settings *now)
{
    struct str pull =
        q->pull >= 0 ? str_from(durations_at[q->pull]) : settings_duration(c->arena, now->pull_days);
    int mode = q->mode >= 0 ? q->mode : now->pull_by_use;
    return arena_printf(c->arena,
                        "{\"rescanDuration\":\"%s\",\"pullDateRescanDuration\":\"%.*s\","
                        "\"pullDateRescanMode\":\"%s\"}",
                        durations_at[q->push], STR_ARG(pull), pull_modes_at[mode]);
}

static struct str ec2_text(struct call *c, const struct ec2_request *q, const struct settings *now)
{
    bool scanner = q->scanner >= 0 ? q->scanner : now->vm_scanner;
    return arena_printf(c->arena, "{\"scanMode\":\"%s\",\"activateVMScanner\":%s}", modes_at[q->mode],
                        scanner ? "true" : "false");
}

static int run_update(struct call *c, struct json_out *out)
{
    (void)out;
    struct configuration_request q;
    struct ecr_request ecr;
    struct ec2_request ec2;
    struct inherit_request inherit;
    int r = call_read(c, update_members, &q);
    if (r < 0 || (r = check_account(c, q.account)) < 0)
        return r;
    if (q.ecr)
        request_read_at(c->arena, q.ecr, "ecrConfiguration", ecr_members, &ecr, &c->errors);
    if (q.ec2)
        request_read_at(c->arena, q.ec2, "ec2Configuration", ec2_members, &ec2, &c->errors);
    if (q.inherit)
        request_read_at(c->arena, q.inherit, "updateConfigurationInheritance", inherit_members, &inherit,
                        &c->errors);
    if (c->errors.n)
        return call_invalid_fields(c);
    if (q.inherit && (inherit.ec2 >= 0 || inherit.ecr >= 0))
        return call_invalid(c, "A standalone account has no administrator to inherit from.");
    struct sql *db = store_writer(c->store);
    struct settings now = settings_get(db, c->arena, c->account);
    if (q.ecr)
        setting_set(db, c->account, SETTING_ECR, ecr_text(c, &ecr, &now));
    if (q.ec2)
        setting_set(db, c->account, SETTING_EC2, ec2_text(c, &ec2, &now));
    r = store_commit(db);
    return r < 0 || (!q.ecr && !q.ec2) ? r : monitor_account_changed(c->monitor, c->account);
}

static const struct operation operations[] = {
    {"GetConfiguration", "POST", "/configuration/get", MAY_READ, "AD NF VA", run_get},
    {"UpdateConfiguration", "POST", "/configuration/update", MAY_WRITE, "AD VA", run_update},
    {0}};
const struct operation_group operations_configuration = {"configuration", operations};
