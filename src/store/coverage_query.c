/* Coverage: what is scanned, how, and how often which. In the order in which resources came. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/condition.h"
#include "store/finding_query.h"
#include "store/page_token.h"
#include "store/rows.h"

static uint64_t digest_of(account_id account, const struct criteria *criteria)
{
    int64_t what[] = {account, criteria ? (int64_t)criteria->digest : 0};
    return hash64_with(1, (struct str){(const char *)what, sizeof what});
}

/* Resources that a condition on an indexed column names, so that not all have to be looked at. */
static void write_named(struct query_text *q, const struct condition *c)
{
    if (c->key->in != IN_COLUMN || c->key->type != ENTRY_STRING || c->key->find != FIND_RESOURCE)
        return;
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].comparison != IS_EQUAL)
            return;
    query_add(q, " AND c.resource IN (SELECT i.id FROM resource i WHERE i.account = ?1 AND i.%s IN (",
              c->key->column + 2);
    for (size_t i = 0; i < c->n; i++) {
        query_add(q, i ? ", " : "");
        query_str(q, c->at[i].value);
    }
    query_add(q, "))");
}

/* " AND ..."; false when nothing can match. */
static bool write_where(struct query_text *q, const struct criteria *criteria)
{
    for (size_t i = 0; criteria && i < criteria->n; i++) {
        if (condition_constant(q, &criteria->at[i]) == 0)
            return false;
        write_named(q, &criteria->at[i]);
        condition_write(q, &criteria->at[i]);
    }
    return true;
}

static bool needs_resource(const struct criteria *criteria)
{
    for (size_t i = 0; criteria && i < criteria->n; i++)
        if (condition_needs_resource(&criteria->at[i]))
            return true;
    return false;
}

#define WITH_RESOURCE " CROSS JOIN resource r WHERE r.id = c.resource AND c.account = ?1"

enum column {
    RESOURCE,
    SCAN_TYPE,
    STATUS,
    REASON,
    MODE,
    LAST_SCANNED,
    TYPE,
    RESOURCE_ID,
    REGION,
    TAGS,
    PLATFORM,
    NAME,
    AMI,
    PULLED,
    LAST_IN_USE,
    IN_USE_COUNT,
    RUNTIME
};
static const char columns[] =
    "SELECT c.resource, c.scan_type, c.status, c.reason, c.mode, " LAST_CHECKED ", r.type, r.resource_id, "
    "r.region, "
    "r.tags, r.platform, r.name, r.ami, r.pulled, r.last_in_use, r.in_use_count, r.runtime "
    "FROM coverage c" WITH_RESOURCE;

static const char *platform_shown(struct str platform)
{
    return !platform.n                            ? "UNKNOWN"
           : str_starts(platform, STR("WINDOWS")) ? "WINDOWS"
           : str_starts(platform, STR("MACOS"))   ? "MACOS"
                                                  : "LINUX";
}

/* A repository's rows say by their reason how often it is scanned. */
static const char *frequency_shown(int64_t reason)
{
    return reason == REASON_SCAN_FREQUENCY_MANUAL         ? "MANUAL"
           : reason == REASON_SCAN_FREQUENCY_SCAN_ON_PUSH ? "SCAN_ON_PUSH"
                                                          : "CONTINUOUS_SCAN";
}

struct covered {
    struct sql *db;
    account_id account;
    struct statement *s;
    struct json_out *to;
};

static void member_text(struct covered *c, const char *name, enum column column)
{
    json_member_str(c->to, name, sql_str(c->s, (int)column));
}

static void member_number(struct covered *c, const char *name, enum column column)
{
    if (!sql_is_null(c->s, (int)column))
        json_member_int(c->to, name, sql_int(c->s, (int)column));
}

static void member_tags(struct covered *c, const char *name)
{
    if (sql_str(c->s, TAGS).n > 2)
        json_member_raw(c->to, name, sql_str(c->s, TAGS));
}

static void member_values(struct covered *c, const char *name, int kind)
{
    struct statement *s = resource_values_of(c->db, c->account, sql_int(c->s, RESOURCE), kind);
    bool any = false;
    while (sql_next(s)) {
        if (!any) {
            json_key(c->to, name);
            json_begin_array(c->to);
            any = true;
        }
        json_out_str(c->to, sql_str(s, 0));
    }
    if (any)
        json_end_array(c->to);
}

static void begin(struct covered *c, const char *name)
{
    json_key(c->to, name);
    json_begin_object(c->to);
}

/* Each resource in AWS's own form, and in the one that all clouds share. */
static void write_metadata(struct covered *c)
{
    struct json_out *to = c->to;
    switch (sql_int(c->s, TYPE)) {
    case RESOURCE_AWS_EC2_INSTANCE:
        for (int other = 0; other < 2; other++) {
            begin(c, other ? "vmInstance" : "ec2");
            member_tags(c, "tags");
            member_text(c, other ? "vmImageReference" : "amiId", AMI);
            json_member_str(to, "platform", str_from(platform_shown(sql_str(c->s, PLATFORM))));
            json_end_object(to);
        }
        return;
    case RESOURCE_AWS_ECR_CONTAINER_IMAGE:
        for (int other = 0; other < 2; other++) {
            begin(c, other ? "containerImage" : "ecrImage");
            member_values(c, other ? "imageTags" : "tags", RESOURCE_VALUE_IMAGE_TAG);
            member_number(c, "imagePulledAt", PULLED);
            member_number(c, "lastInUseAt", LAST_IN_USE);
            member_number(c, "inUseCount", IN_USE_COUNT);
            json_end_object(to);
        }
        return;
    case RESOURCE_AWS_ECR_REPOSITORY:
        for (int other = 0; other < 2; other++) {
            begin(c, other ? "containerRepository" : "ecrRepository");
            member_text(c, "name", NAME);
            json_member_str(to, "scanFrequency", str_from(frequency_shown(sql_int(c->s, REASON))));
            json_end_object(to);
        }
        return;
    case RESOURCE_AWS_LAMBDA_FUNCTION:
        begin(c, "lambdaFunction");
        member_tags(c, "functionTags");
        member_values(c, "layers", RESOURCE_VALUE_LAYER);
        member_text(c, "functionName", NAME);
        member_text(c, "runtime", RUNTIME);
        json_end_object(to);
        begin(c, "serverlessFunction");
        member_text(c, "serverlessFunctionName", NAME);
        member_text(c, "runtime", RUNTIME);
        member_tags(c, "functionTags");
        json_end_object(to);
        return;
    default:
        return;
    }
}

static void write_covered(struct covered *c)
{
    char digits[ACCOUNT_TEXT];
    struct json_out *to = c->to;
    struct str account = str_from(account_text(c->account, digits));
    json_begin_object(to);
    json_member_str(to, "resourceType", str_from(name_of(&resource_type_names, sql_int(c->s, TYPE))));
    member_text(c, "resourceId", RESOURCE_ID);
    json_member_str(to, "accountId", account);
    json_member_str(to, "scanType", str_from(name_of(&scan_type_names, sql_int(c->s, SCAN_TYPE))));
    begin(c, "scanStatus");
    json_member_str(to, "statusCode", str_from(name_of(&scan_status_names, sql_int(c->s, STATUS))));
    json_member_str(to, "reason", str_from(name_of(&scan_reason_names, sql_int(c->s, REASON))));
    json_end_object(to);
    begin(c, "resourceMetadata");
    write_metadata(c);
    json_end_object(to);
    member_number(c, "lastScannedAt", LAST_SCANNED);
    if (sql_int(c->s, MODE) != MODE_NONE)
        json_member_str(to, "scanMode", str_from(name_of(&scan_mode_names, sql_int(c->s, MODE))));
    json_member_str(to, "provider", STR("AWS"));
    json_member_str(to, "providerAccountId", account);
    member_text(c, "providerRegion", REGION);
    json_member_str(to, "providerPartition", str_from(sql_place(c->db)->partition));
    json_end_object(to);
}

int coverage_query(struct sql *db, struct arena *a, const struct coverage_query *query, struct json_out *to,
                   struct str *ret_token)
{
    _cleanup_(query_text_free) struct query_text q = query_text_new(a, db, query->account, "c.resource");
    struct page_token after, last = {.id = 0};
    struct str token = {NULL, 0};
    uint64_t digest = digest_of(query->account, query->criteria);
    int r = query->token.n ? page_token_read(a, digest, query->token, &after) : 0;
    if (r < 0)
        return r;
    query_add(&q, "%s", columns);
    if (write_where(&q, query->criteria)) {
        if (query->token.n) {
            query_add(&q, " AND (c.resource, c.scan_type) > (");
            query_int(&q, after.id);
            query_add(&q, ", ");
            query_int(&q, after.number);
            query_add(&q, ")");
        }
        query_add(&q, " ORDER BY c.resource, c.scan_type LIMIT ");
        query_int(&q, (int64_t)query->max + 1);
        struct covered c = {db, query->account, query_prepare(&q, db), to};
        size_t n = 0;
        for (; n < query->max && sql_next(c.s); n++) {
            write_covered(&c);
            last = (struct page_token){.id = sql_int(c.s, RESOURCE), .number = sql_int(c.s, SCAN_TYPE)};
        }
        if (n == query->max && n && sql_next(c.s))
            token = page_token_write(a, digest, &last);
        sql_reset(c.s);
    }
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_token = token;
    return 0;
}

/* What coverage is counted by. */
static const struct group {
    const char *name, *sql; /* sql NULL: the same for all */
    const struct names *names;
    enum { SAME_PROVIDER = 1, SAME_ACCOUNT, SAME_NONE } same;
} groups[] = {
    {.name = "SCAN_STATUS_CODE", .sql = "c.status", .names = &scan_status_names},
    {.name = "SCAN_STATUS_REASON", .sql = "c.reason", .names = &scan_reason_names},
    {.name = "ACCOUNT_ID", .same = SAME_ACCOUNT},
    {.name = "RESOURCE_TYPE", .sql = "c.resource_type", .names = &resource_type_names},
    {.name = "ECR_REPOSITORY_NAME", .sql = "CASE WHEN r.type IN (1, 2) THEN r.name END"},
    {.name = "PROVIDER", .same = SAME_PROVIDER},
    {.name = "PROVIDER_ACCOUNT_ID", .same = SAME_ACCOUNT},
    {.name = "PROVIDER_REGION", .sql = "r.region"},
    {.name = "PROVIDER_ORG_ID", .same = SAME_NONE},
};

/* Of all rows; those without a value are counted and in no group. */
static int64_t count_groups(struct sql *db, struct arena *a, struct query_text *q, const struct group *group,
                            struct coverage_group **ret_groups, size_t *ret_n)
{
    VEC(struct coverage_group) found = {0};
    int64_t total = 0;
    struct statement *s = query_prepare(q, db);
    while (sql_next(s)) {
        int64_t n = sql_int(s, 1);
        total += n;
        if (!sql_is_null(s, 0))
            vec_add(&found,
                    (struct coverage_group){group->names ? str_from(name_of(group->names, sql_int(s, 0)))
                                                         : arena_str(a, sql_str(s, 0)),
                                            n});
    }
    *ret_n = rows_finish(a, &found, ret_groups);
    return total;
}

/* The one group that all are in. */
static void only_group(struct arena *a, account_id account, const struct group *group, int64_t total,
                       struct coverage_group **ret_groups, size_t *ret_n)
{
    char digits[ACCOUNT_TEXT];
    *ret_n = group && group->same != SAME_NONE && total;
    *ret_groups = arena_new_array(a, struct coverage_group, 1);
    if (*ret_n)
        **ret_groups = (struct coverage_group){
            group->same == SAME_PROVIDER ? STR("AWS") : arena_str(a, str_from(account_text(account, digits))),
            total};
}

int coverage_count(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria,
                   struct str group_name, struct coverage_group **ret_groups, size_t *ret_n,
                   int64_t *ret_total)
{
    _cleanup_(query_text_free) struct query_text q = query_text_new(a, db, account, "c.resource");
    const struct group *group = NULL;
    struct coverage_group *at = NULL;
    size_t n = 0;
    int64_t total = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (str_is(group_name, groups[i].name))
            group = &groups[i];
    if (group_name.n && !group)
        return err_set(ERR_INVALID, "groupBy: %.*s is not known", STR_ARG(group_name));
    const char *sql = group ? group->sql : NULL;
    query_add(&q, "SELECT %s, count(*) FROM coverage c%s", sql ? sql : "NULL",
              needs_resource(criteria) || (sql && strstr(sql, "r.")) ? WITH_RESOURCE
                                                                     : " WHERE c.account = ?1");
    if (write_where(&q, criteria)) {
        if (sql)
            query_add(&q, " GROUP BY 1 ORDER BY 2 DESC, 1");
        total = count_groups(db, a, &q, group, &at, &n);
    }
    if (!sql)
        only_group(a, account, group, total, &at, &n);
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_groups = at;
    *ret_n = n;
    *ret_total = total;
    return 0;
}
