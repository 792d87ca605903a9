/* The accounts of an organization. */
#ifndef ASSAY_AWS_ORGANIZATIONS_H
#define ASSAY_AWS_ORGANIZATIONS_H

#include "aws/aws.h"

enum { ORGANIZATION_ACCOUNTS_MAX = 100000 };

struct organization_account {
    struct str id, name;
};
/* Those that are active, in the arena. ERR_MISSING when the account belongs to no organization, ERR_DENIED
 * when it may not see its accounts. */
int organization_accounts(struct aws *aws, struct arena *a, struct organization_account **ret_accounts,
                          size_t *ret_n);

#endif
