#include "aws/organizations.h"

#include "aws/pages.h"
#include "base/err.h"
#include "base/vec.h"

struct gathering {
    struct arena *arena;
    VEC(struct organization_account) accounts;
};

static bool is_account(struct str id)
{
    uint64_t number;
    return id.n == 12 && str_u64(id, &number);
}

/* "State" since 2025; "Status" will go. */
static bool is_active(json_val *account)
{
    struct str state = json_get_str(account, "State");
    return str_is(state.n ? state : json_get_str(account, "Status"), "ACTIVE");
}

static int on_page(void *ctx, json_val *document)
{
    struct gathering *g = ctx;
    for (json_each(account, json_get(document, "Accounts"))) {
        struct str id = json_get_str(account, "Id");
        if (!is_account(id))
            return err_set(ERR_INVALID, "organizations ListAccounts: an account without a number");
        if (g->accounts.n == ORGANIZATION_ACCOUNTS_MAX)
            return err_set(ERR_LIMIT, "an organization of more than %d accounts", ORGANIZATION_ACCOUNTS_MAX);
        if (is_active(account))
            vec_add(&g->accounts,
                    (struct organization_account){arena_str(g->arena, id),
                                                  arena_str(g->arena, json_get_str(account, "Name"))});
    }
    return 0;
}

int organization_accounts(struct aws *aws, struct arena *a, struct organization_account **ret_accounts,
                          size_t *ret_n)
{
    struct gathering g = {.arena = a};
    struct aws_call call = {.service = "organizations",
                            .list = "Accounts",
                            .protocol = AWS_JSON,
                            .operation = "AWSOrganizationsV20161128.ListAccounts"};
    int status = aws_pages(aws, &call, "NextToken", "NextToken", on_page, &g);
    if (status == 0) {
        *ret_accounts = arena_new_array(a, struct organization_account, g.accounts.n);
        *ret_n = g.accounts.n;
        if (g.accounts.n)
            memcpy(*ret_accounts, g.accounts.at, g.accounts.n * sizeof *g.accounts.at);
    }
    vec_free(&g.accounts);
    if (status < 0 && !strcmp(aws_error_code(), "AWSOrganizationsNotInUseException"))
        return err_set(ERR_MISSING, "the account belongs to no organization");
    return status;
}
