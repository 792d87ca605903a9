/* Saved filters and suppression rules, and the tags of such objects. */
#ifndef ASSAY_STORE_FILTER_H
#define ASSAY_STORE_FILTER_H

#include "store/store.h"

struct filter {
    struct str id, name, description, reason, criteria; /* criteria: JSON as it was sent */
    enum filter_action action;
    int64_t created, updated;
};
enum { SUPPRESSION_RULES_MAX = 500 };

/* `f` without id and dates, which are set. ERR_INVALID: another filter of the account has the name;
 * ERR_LIMIT: over SUPPRESSION_RULES_MAX. */
int filter_add(struct sql *db, struct arena *a, account_id account, struct filter *f);
int filter_get(struct sql *db, struct arena *a, account_id account, struct str id, struct filter *ret_filter);
/* Writes all of it but created. ERR_MISSING, ERR_INVALID as above. */
int filter_update(struct sql *db, account_id account, struct filter *f);
bool filter_remove(struct sql *db, account_id account, struct str id); /* with its tags */
/* By id from after `after` on, at most `max`; returns how many. `action` -1: any. */
size_t filter_list(struct sql *db, struct arena *a, account_id account, int action, struct str after,
                   size_t max, struct filter **ret_filters);

/* Tags by ARN: at most TAGS_MAX each, ERR_LIMIT over it. */
enum { TAGS_MAX = 50 };
int tag_set(struct sql *db, account_id account, struct str arn, struct str key, struct str value);
bool tag_remove(struct sql *db, account_id account, struct str arn, struct str key);
struct tag {
    struct str key, value;
};
size_t tag_list(struct sql *db, struct arena *a, account_id account, struct str arn, struct tag **ret_tags);

#endif
