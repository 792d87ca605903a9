/* What is known of each type of aggregation: where it counts, what it may be filtered and sorted by, and what
 * its answer has. Private to aggregation.c, which makes SQL and JSON of it, and aggregation_type.c, the
 * table. */
#ifndef ASSAY_STORE_AGGREGATION_TYPE_H
#define ASSAY_STORE_AGGREGATION_TYPE_H

#include "store/aggregation.h"
#include "store/condition.h"

/* What a member of the answer shows; the columns of the statement are in this order. */
enum shown {
    SHOW_ID,
    SHOW_KEY,
    SHOW_KEY2,
    SHOW_CRITICAL,
    SHOW_HIGH,
    SHOW_MEDIUM,
    SHOW_TOTAL,
    SHOW_EXPLOITABLE,
    SHOW_FIXABLE,
    SHOW_NETWORK,
    SHOW_AFFECTED,
    SHOW_RESOURCE_ID,
    SHOW_AMI,
    SHOW_PLATFORM,
    SHOW_TAGS,
    SHOW_HASH,
    SHOW_NAME,
    SHOW_ARCHITECTURE,
    SHOW_LAST_IN_USE,
    SHOW_IN_USE_COUNT,
    SHOW_RUNTIME,
    SHOW_MODIFIED,
    SHOW_REGISTRY,
    SHOW_COLUMNS,
    SHOW_COUNTS,
    SHOW_ACCOUNT,
    SHOW_PROVIDER,
    SHOW_REGION,
    SHOW_PARTITION,
    SHOW_IMAGE_TAGS,
};

enum source { FROM_NOTHING, FROM_GROUPS, FROM_LAYERS, FROM_RESOURCES };

enum { MEMBERS_MAX = 20, FILTERS_MAX = 14 };
struct aggregation {
    const char *type, *member;
    enum source from;
    enum dimension dimension;
    enum resource_type resource; /* of resources and layers; whose resources are affected */
    bool by_types;               /* takes findingType and resourceType */
    const char *affected;        /* sortBy of SHOW_AFFECTED */
    bool network;                /* sortBy NETWORK_FINDINGS */
    struct {
        const char *name;
        enum shown what;
    } members[MEMBERS_MAX];
    struct criteria_key filters[FILTERS_MAX];
};

/* The type with this name, or NULL. */
const struct aggregation *aggregation_named(struct str type);

#endif
