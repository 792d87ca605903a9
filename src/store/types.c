#include "store/types.h"

#include <stdio.h>

#include "base/hex.h"

#define NAME_ENTRY(name) #name,
#define NAMES(list, LIST)                                                                                    \
    static const char *const list##_at[] = {LIST(NAME_ENTRY)};                                               \
    const struct names list = {list##_at, sizeof list##_at / sizeof *list##_at};

NAMES(resource_type_names, RESOURCE_TYPES)
NAMES(scan_type_names, SCAN_TYPES)
NAMES(resource_scan_type_names, RESOURCE_SCAN_TYPES)
NAMES(account_status_names, ACCOUNT_STATUSES)
NAMES(scan_mode_names, SCAN_MODES)
NAMES(scan_status_names, SCAN_STATUSES)
NAMES(scan_reason_names, SCAN_REASONS)
NAMES(finding_type_names, FINDING_TYPES)
NAMES(finding_status_names, FINDING_STATUSES)
NAMES(grade_names, FINDING_SEVERITIES)
NAMES(fix_names, FIXES)
NAMES(answer_names, ANSWERS)
NAMES(protocol_names, PROTOCOLS)
NAMES(filter_action_names, FILTER_ACTIONS)
NAMES(role_names, ROLES)
NAMES(token_purpose_names, TOKEN_PURPOSES)
NAMES(report_format_names, REPORT_FORMATS)
NAMES(report_status_names, REPORT_STATUSES)
NAMES(report_error_names, REPORT_ERRORS)
NAMES(usage_type_names, USAGE_TYPES)
NAMES(event_kind_names, EVENT_KINDS)
NAMES(origin_kind_names, ORIGIN_KINDS)

const char *name_of(const struct names *names, int64_t number)
{
    return number >= 0 && (uint64_t)number < names->n ? names->at[number] : "UNKNOWN";
}

int number_of(const struct names *names, struct str name)
{
    for (size_t i = 0; i < names->n; i++)
        if (str_is(name, names->at[i]))
            return (int)i;
    return -1;
}

const char *account_text(account_id account, char ret_text[ACCOUNT_TEXT])
{
    snprintf(ret_text, ACCOUNT_TEXT, "%012llu", (unsigned long long)account % 1000000000000ULL);
    return ret_text;
}

bool account_parse(struct str text, account_id *ret_account)
{
    uint64_t number;
    if (text.n != ACCOUNT_TEXT - 1 || !str_u64(text, &number))
        return false;
    *ret_account = (account_id)number;
    return true;
}

struct str finding_arn(struct arena *a, const struct place *place, account_id account,
                       const unsigned char key[FINDING_KEY])
{
    char digits[ACCOUNT_TEXT], hex[2 * FINDING_KEY + 1];
    hex_write(key, FINDING_KEY, hex);
    return arena_printf(a, "arn:%s:inspector2:%s:%s:finding/%s", place->partition, place->region,
                        account_text(account, digits), hex);
}

/* What follows the beginning that ARNs of this account and place have; false when it begins otherwise. */
static bool cut_arn(const struct place *place, account_id account, struct str arn, struct str *ret_rest)
{
    char start[256], digits[ACCOUNT_TEXT];
    snprintf(start, sizeof start, "arn:%s:inspector2:%s:%s:", place->partition, place->region,
             account_text(account, digits));
    if (!str_starts(arn, str_from(start)))
        return false;
    *ret_rest = str_slice(arn, strlen(start), arn.n);
    return true;
}

bool finding_arn_parse(const struct place *place, account_id account, struct str arn,
                       unsigned char ret_key[FINDING_KEY])
{
    struct str rest;
    unsigned char key[FINDING_KEY];
    if (!cut_arn(place, account, arn, &rest) || !str_starts(rest, STR("finding/")))
        return false;
    rest = str_slice(rest, strlen("finding/"), rest.n);
    if (!hex_read(rest, key, sizeof key))
        return false;
    memcpy(ret_key, key, sizeof key);
    return true;
}

struct str filter_arn(struct arena *a, const struct place *place, account_id account, struct str id)
{
    char digits[ACCOUNT_TEXT];
    account_text(account, digits);
    return arena_printf(a, "arn:%s:inspector2:%s:%s:owner/%s/filter/%.*s", place->partition, place->region,
                        digits, digits, STR_ARG(id));
}

bool filter_arn_parse(const struct place *place, account_id account, struct str arn, struct str *ret_id)
{
    char digits[ACCOUNT_TEXT], start[64];
    struct str rest;
    snprintf(start, sizeof start, "owner/%s/filter/", account_text(account, digits));
    if (!cut_arn(place, account, arn, &rest) || !str_starts(rest, str_from(start)) ||
        rest.n != strlen(start) + FILTER_ID)
        return false;
    *ret_id = str_slice(rest, strlen(start), rest.n);
    return true;
}
