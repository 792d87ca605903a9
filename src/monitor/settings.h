/* Settings of an account that the engine obeys, as UpdateConfiguration wrote them: setting "ecr" is the
 * request's ecrConfiguration object, "ec2" its ec2Configuration. */
#ifndef ASSAY_MONITOR_SETTINGS_H
#define ASSAY_MONITOR_SETTINGS_H

#include "store/access.h"

#define SETTING_ECR "ecr"
#define SETTING_EC2 "ec2"

/* How long an image is scanned after its push, and after its last pull or use: either keeps it covered. */
enum { DAYS_LIFETIME = 0 };
struct settings {
    int push_days;                    /* rescanDuration; DAYS_LIFETIME: for ever */
    int pull_days;                    /* pullDateRescanDuration */
    bool pull_by_use;                 /* pullDateRescanMode LAST_IN_USE_AT rather than LAST_PULL_DATE */
    bool hybrid;                      /* scanMode EC2_HYBRID */
    bool vm_scanner;                  /* activateVMScanner */
    int64_t ecr_changed, ec2_changed; /* TIME_NONE: the defaults */
};
/* What was never set, or does not parse, is as after a reset: LIFETIME, 90 days by LAST_IN_USE_AT,
 * EC2_HYBRID, no VM scanner. The documented 14 days would drop images that run, where nothing tells of pulls
 * and use. */
struct settings settings_get(struct sql *db, struct arena *a, account_id account);
/* "DAYS_90" -> 90, "LIFETIME" -> DAYS_LIFETIME; -1 for what is none of the model's durations. */
int settings_days(struct str duration);
/* The other way; in the arena. */
struct str settings_duration(struct arena *a, int days);

#endif
