#include "monitor/settings.h"

#include "base/json.h"

static const int durations[] = {3, 7, 14, 30, 60, 90, 180}; /* EcrRescanDuration beside LIFETIME */

int settings_days(struct str duration)
{
    uint64_t days;
    if (str_is(duration, "LIFETIME"))
        return DAYS_LIFETIME;
    if (!str_starts(duration, STR("DAYS_")) || !str_u64(str_slice(duration, 5, duration.n), &days))
        return -1;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        if (days == (uint64_t)durations[i])
            return durations[i];
    return -1;
}

struct str settings_duration(struct arena *a, int days)
{
    return days == DAYS_LIFETIME ? STR("LIFETIME") : arena_printf(a, "DAYS_%d", days);
}

/* NULL when it was never set. */
static json_val *setting(struct sql *db, struct arena *a, account_id account, const char *name,
                         int64_t *ret_changed)
{
    json_val *v;
    int64_t changed = TIME_NONE;
    struct str text = setting_get(db, a, account, name, &changed);
    if (!text.n || json_parse(a, text, &v) < 0)
        return NULL;
    *ret_changed = changed;
    return v;
}

struct settings settings_get(struct sql *db, struct arena *a, account_id account)
{
    struct settings s = {
        .push_days = DAYS_LIFETIME,
        .pull_days = 90,
        .pull_by_use = true,
        .hybrid = true,
        .ecr_changed = TIME_NONE,
        .ec2_changed = TIME_NONE,
    };
    json_val *ecr = setting(db, a, account, SETTING_ECR, &s.ecr_changed);
    json_val *ec2 = setting(db, a, account, SETTING_EC2, &s.ec2_changed);
    int push = settings_days(json_get_str(ecr, "rescanDuration"));
    int pull = settings_days(json_get_str(ecr, "pullDateRescanDuration"));
    struct str mode = json_get_str(ec2, "scanMode");
    if (push >= 0)
        s.push_days = push;
    if (pull > 0)
        s.pull_days = pull;
    if (str_is(json_get_str(ecr, "pullDateRescanMode"), "LAST_PULL_DATE"))
        s.pull_by_use = false;
    if (mode.n)
        s.hybrid = str_is(mode, "EC2_HYBRID");
    s.vm_scanner = json_get_bool(ec2, "activateVMScanner");
    return s;
}
