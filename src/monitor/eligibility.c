#include "monitor/eligibility.h"

#include "base/json.h"

enum { FUNCTION_DAYS = 90, DAY = 86400 };

enum resource_scan_type eligibility_scan_type(enum resource_type type)
{
    switch (type) {
    case RESOURCE_AWS_EC2_INSTANCE:
        return SCAN_OF_EC2;
    case RESOURCE_AWS_LAMBDA_FUNCTION:
        return SCAN_OF_LAMBDA;
    case RESOURCE_CODE_REPOSITORY:
        return SCAN_OF_CODE_REPOSITORY;
    default:
        return SCAN_OF_ECR;
    }
}

/* Instances by the key InspectorEc2Exclusion in any case and with any value; functions by the key
 * InspectorExclusion with the scan type as its value. */
static bool excluded_by_tag(struct arena *a, const struct resource *r)
{
    json_val *tags;
    if (!r->tags.n || json_parse(a, r->tags, &tags) < 0)
        return false;
    if (r->type == RESOURCE_AWS_LAMBDA_FUNCTION)
        return str_is(json_get_str(tags, "InspectorExclusion"), "LambdaStandardScanning");
    if (r->type != RESOURCE_AWS_EC2_INSTANCE)
        return false;
    json_val *key;
    yyjson_obj_iter keys = yyjson_obj_iter_with(tags);
    while ((key = yyjson_obj_iter_next(&keys)))
        if (str_ieq(json_str(key), STR("InspectorEc2Exclusion")))
            return true;
    return false;
}

static bool within(int64_t time, int days, int64_t now)
{
    return time != TIME_NONE && now - time <= (int64_t)days * DAY;
}

/* Either clock keeps an image covered: that of its push, or that of its last pull or use. */
static bool image_is_in_window(const struct resource *r, const struct settings *s, int64_t now)
{
    if (s->push_days == DAYS_LIFETIME)
        return true;
    int64_t pushed = r->pushed != TIME_NONE ? r->pushed : r->first_seen;
    return within(pushed, s->push_days, now) || within(r->pulled, s->pull_days, now) ||
           (s->pull_by_use && within(r->last_in_use, s->pull_days, now));
}

/* A function that was updated or called. Where nothing tells of calls, when it was first seen counts, too: an
 * old one is not passed over before it was ever looked at. */
static bool function_is_in_window(const struct resource *r, int64_t now)
{
    return within(r->modified, FUNCTION_DAYS, now) || within(r->last_in_use, FUNCTION_DAYS, now) ||
           within(r->first_seen, FUNCTION_DAYS, now);
}

static struct eligibility not_covered(enum covered covered, enum scan_reason reason)
{
    return (struct eligibility){covered, SCAN_STATUS_INACTIVE, reason};
}

static bool host_rules(const struct resource *r, const struct monitor_days *days, int64_t now,
                       struct eligibility *ret)
{
    if (r->state == STATE_STOPPED) {
        *ret = not_covered(NOT_COVERED, REASON_EC2_INSTANCE_STOPPED);
        return true;
    }
    /* Of an instance that is looked into from outside, the scan itself says so. */
    if (!r->origin.n && r->heard != TIME_NONE && now - r->heard > (int64_t)days->silent * DAY) {
        *ret = not_covered(NOT_COVERED, r->inventory ? REASON_STALE_INVENTORY : REASON_NO_INVENTORY);
        return true;
    }
    return false;
}

/* Reasons that are given here: when none of them holds any more, the resource is covered again. */
static bool is_ours(const struct resource *r, enum scan_reason reason)
{
    switch (reason) {
    case REASON_RESOURCE_TERMINATED:
    case REASON_PENDING_DISABLE:
    case REASON_EXCLUDED_BY_TAG:
    case REASON_EC2_INSTANCE_STOPPED:
    case REASON_SCAN_ELIGIBILITY_EXPIRED:
    case REASON_IMAGE_ARCHIVED:
        return true;
    case REASON_STALE_INVENTORY:
    case REASON_NO_INVENTORY:
        return !r->origin.n;
    default:
        return false;
    }
}

static struct eligibility covered(const struct resource *r, const struct coverage *present)
{
    if (present && !is_ours(r, present->reason))
        return (struct eligibility){COVERED, present->status, present->reason};
    bool was_left = present && (present->reason == REASON_SCAN_ELIGIBILITY_EXPIRED ||
                                present->reason == REASON_IMAGE_ARCHIVED);
    if (was_left && r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE)
        return (struct eligibility){COVERED_REVIVED, SCAN_STATUS_ACTIVE, REASON_PENDING_REVIVAL_SCAN};
    /* A repository is covered by being known; there is nothing in it to be read. */
    bool scanned = r->inventory || r->type == RESOURCE_AWS_ECR_REPOSITORY;
    return (struct eligibility){COVERED_AGAIN, SCAN_STATUS_ACTIVE,
                                scanned ? REASON_SUCCESSFUL : REASON_PENDING_INITIAL_SCAN};
}

struct eligibility eligibility(struct arena *a, const struct resource *r, const struct coverage *present,
                               enum account_status scan, const struct settings *settings,
                               const struct monitor_days *days, int64_t now)
{
    struct eligibility e;
    if (r->state == STATE_GONE)
        return not_covered(NOT_COVERED_CLOSED, REASON_RESOURCE_TERMINATED);
    if (scan == ACCOUNT_DISABLING)
        return not_covered(NOT_COVERED, REASON_PENDING_DISABLE);
    if (scan == ACCOUNT_DISABLED)
        return not_covered(NOT_COVERED_REMOVED, REASON_PENDING_DISABLE);
    if (excluded_by_tag(a, r))
        return not_covered(NOT_COVERED_CLOSED, REASON_EXCLUDED_BY_TAG);
    switch (r->type) {
    case RESOURCE_AWS_EC2_INSTANCE:
        if (host_rules(r, days, now, &e))
            return e;
        break;
    case RESOURCE_AWS_ECR_CONTAINER_IMAGE:
        if (r->state == STATE_STOPPED)
            return not_covered(NOT_COVERED_CLOSED, REASON_IMAGE_ARCHIVED);
        if (!image_is_in_window(r, settings, now))
            return not_covered(NOT_COVERED_CLOSED, REASON_SCAN_ELIGIBILITY_EXPIRED);
        break;
    case RESOURCE_AWS_LAMBDA_FUNCTION:
        if (!function_is_in_window(r, now))
            return not_covered(NOT_COVERED_CLOSED, REASON_SCAN_ELIGIBILITY_EXPIRED);
        break;
    default:
        break;
    }
    return covered(r, present);
}

struct eligibility eligibility_network(struct arena *a, const struct resource *r,
                                       const struct coverage *present, enum account_status scan, bool known)
{
    if (r->state == STATE_GONE && present)
        return not_covered(NOT_COVERED_CLOSED, REASON_RESOURCE_TERMINATED);
    if (scan == ACCOUNT_DISABLING && present)
        return not_covered(NOT_COVERED, REASON_PENDING_DISABLE);
    if (r->state == STATE_GONE || scan == ACCOUNT_DISABLING || scan == ACCOUNT_DISABLED || !known)
        return not_covered(NOT_COVERED_REMOVED, REASON_PENDING_DISABLE);
    if (excluded_by_tag(a, r))
        return not_covered(NOT_COVERED_CLOSED, REASON_EXCLUDED_BY_TAG);
    if (r->state == STATE_STOPPED)
        return not_covered(NOT_COVERED, REASON_EC2_INSTANCE_STOPPED);
    if (present && present->status == SCAN_STATUS_ACTIVE)
        return (struct eligibility){COVERED, present->status, present->reason};
    return (struct eligibility){COVERED_AGAIN, SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL};
}
