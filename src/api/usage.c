/* Group 6 of the reference: what was scanned in the last 30 days, what that costs by a price list, and when
 * the trial of a scan type ran. Nobody is billed: the figures are for those who compare. */
#include "store/usage.h"
#include "api/page.h"
#include "base/cleanup.h"

enum { DAY = 86400, WINDOW = 30 * DAY, TRIAL = 15 * DAY };

/* Amazon's list prices in USD (us-west-2); hours are 720 a month. The configuration replaces any of them. */
static const struct {
    enum usage_type type;
    enum resource_scan_type scan;
    bool hours;
    double price;
} usages[] = {
    {USAGE_EC2_INSTANCE_HOURS, SCAN_OF_EC2, true, 1.25 / 720},
    {USAGE_EC2_AGENTLESS_INSTANCE_HOURS, SCAN_OF_EC2, true, 1.75 / 720},
    {USAGE_ECR_INITIAL_SCAN, SCAN_OF_ECR, false, 0.09},
    {USAGE_ECR_RESCAN, SCAN_OF_ECR, false, 0.01},
    {USAGE_LAMBDA_FUNCTION_HOURS, SCAN_OF_LAMBDA, true, 0.30 / 720},
    {USAGE_LAMBDA_FUNCTION_CODE_HOURS, SCAN_OF_LAMBDA_CODE, true, 0.60 / 720},
};
enum { USAGES = sizeof usages / sizeof *usages };

struct totals_request {
    struct str_list accounts;
    struct paging page;
};
static const struct member totals_members[] = {
    {"accountIds", MEMBER_STRINGS,
     MEMBER(struct totals_request, accounts, .min = 1, .max = 7000, .pattern = PATTERN_ACCOUNT)},
    PAGING_MEMBERS(struct totals_request, page, 500),
    {0}};

/* Of hours, the rest of a month that is not over since the scan type was enabled is added: what is counted
 * now is taken to run on until then. */
static double projected(struct call *c, struct sql *db, size_t u, double total)
{
    if (!usages[u].hours)
        return total;
    struct account_scan scan = account_scan_get(db, c->account, usages[u].scan);
    if (scan.status != ACCOUNT_ENABLED || scan.first_enabled == TIME_NONE ||
        scan.first_enabled + WINDOW <= c->now)
        return total;
    return usage_total(db, c->account, usages[u].type, c->now - WINDOW, scan.first_enabled + WINDOW);
}

static double price_of(struct call *c, size_t u)
{
    const struct usage_prices *set = api_options(c->api)->prices;
    return set && set->of[usages[u].type] >= 0 ? set->of[usages[u].type] : usages[u].price;
}

static void write_usage(struct call *c, struct sql *db, struct json_out *out, size_t u)
{
    double total = usage_total(db, c->account, usages[u].type, c->now - WINDOW, c->now);
    json_begin_object(out);
    json_member_str(out, "type", str_from(name_of(&usage_type_names, usages[u].type)));
    json_key(out, "total");
    json_out_double(out, total, 6);
    json_key(out, "estimatedMonthlyCost");
    json_out_double(out, projected(c, db, u, total) * price_of(c, u), 8);
    json_member_str(out, "currency", STR("USD"));
    json_member_str(out, "cloudProvider", STR("AWS"));
    json_end_object(out);
}

static int run_totals(struct call *c, struct json_out *out)
{
    struct totals_request q;
    struct page page;
    int r = call_read(c, totals_members, &q);
    if (r < 0)
        return r;
    bool own = call_names_own(c, &q.accounts);
    if ((r = page_of(c, "usage", q.page.token, q.page.max, own, &page)) < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    json_key(out, "totals");
    json_begin_array(out);
    for (size_t i = page.from; i < page.to; i++) {
        char account[ACCOUNT_TEXT];
        json_begin_object(out);
        json_member_str(out, "accountId", str_from(account_text(c->account, account)));
        json_key(out, "usage");
        json_begin_array(out);
        for (size_t u = 0; u < USAGES; u++)
            write_usage(c, db, out, u);
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
    return sql_status(db);
}

struct trial_request {
    struct str_list accounts;
};
static const struct member trial_members[] = {{"accountIds", MEMBER_STRINGS,
                                               MEMBER(struct trial_request, accounts, .required = true,
                                                      .min = 1, .max = 100, .pattern = PATTERN_ACCOUNT)},
                                              {0}};

/* The trial begins when a type is first enabled and runs on when it is disabled. */
static void write_trials(struct call *c, struct sql *db, struct json_out *out)
{
    for (int type = 0; type < (int)resource_scan_type_names.n; type++) {
        int64_t start = account_scan_get(db, c->account, type).first_enabled;
        if (start == TIME_NONE)
            continue;
        json_begin_object(out);
        json_member_str(out, "type", str_from(name_of(&resource_scan_type_names, type)));
        json_member_int(out, "start", start);
        json_member_int(out, "end", start + TRIAL);
        json_member_str(out, "status", c->now < start + TRIAL ? STR("ACTIVE") : STR("INACTIVE"));
        json_member_str(out, "cloudProvider", STR("AWS"));
        json_end_object(out);
    }
}

static int run_trial(struct call *c, struct json_out *out)
{
    struct trial_request q;
    char own[ACCOUNT_TEXT];
    int r = call_read(c, trial_members, &q);
    if (r < 0)
        return r;
    account_text(c->account, own);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    json_key(out, "accounts");
    json_begin_array(out);
    if (call_names_own(c, &q.accounts)) {
        json_begin_object(out);
        json_member_str(out, "accountId", str_from(own));
        json_key(out, "freeTrialInfo");
        json_begin_array(out);
        write_trials(c, db, out);
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
    json_key(out, "failedAccounts");
    json_begin_array(out);
    for (size_t i = 0; i < q.accounts.n; i++)
        if (!str_is(q.accounts.at[i], own)) {
            json_begin_object(out);
            json_member_str(out, "accountId", q.accounts.at[i]);
            json_member_str(out, "code", STR("ACCESS_DENIED"));
            json_member_str(out, "message",
                            arena_printf(c->arena, "Account %.*s is not a member account of %s.",
                                         STR_ARG(q.accounts.at[i]), own));
            json_end_object(out);
        }
    json_end_array(out);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"ListUsageTotals", "POST", "/usage/list", MAY_READ, "AD VA", run_totals},
    {"BatchGetFreeTrialInfo", "POST", "/freetrialinfo/batchget", MAY_READ, "AD VA", run_trial},
    {0}};
const struct operation_group operations_usage = {"usage", operations};
