/* Disks that cannot be read are not snapshotted for nothing every few hours. An instance without an agent is
 * looked into once a day (inspector/latest/user/scanning-ec2.html, "Agentless"); one that cannot be is after
 * one day, two, four, and then each week, unless it changes or somebody asks for it. So is one that fails
 * again and again for reasons that may pass. What only a permission stands in the way of stays with the day.
 */
#include "aws/ec2.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "monitor/instance.h"

enum { DAY = 86400, LONGEST = 7 * DAY, MARK = 16 };

static void add(struct sha256 *h, struct str text)
{
    sha256_update(h, &text.n, sizeof text.n);
    sha256_update(h, text.p, text.n);
}

/* What makes it another: its image, when it was started, its volumes. */
static int on_instance(void *ctx, json_val *document)
{
    struct sha256 *h = ctx;
    for (json_each(reservation, json_get(document, "Reservations")))
        for (json_each(instance, json_get(reservation, "Instances"))) {
            add(h, json_get_str(instance, "ImageId"));
            add(h, json_get_str(instance, "LaunchTime"));
            for (json_each(device, json_get(instance, "BlockDeviceMappings")))
                add(h, json_get_str(json_get(device, "Ebs"), "VolumeId"));
        }
    return 0;
}

static int find_mark(struct instance_scan *s, struct str *ret_mark)
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1];
    struct sha256 *h = sha256_new();
    int status = ec2_describe(
        s->aws, "DescribeInstances",
        arena_printf(s->arena, "InstanceId.1=%.*s", STR_ARG(http_encode(s->arena, s->id, false))),
        on_instance, h);
    sha256_finish(h, digest);
    sha256_hex(digest, hex);
    if (status == 0)
        *ret_mark = arena_str(s->arena, (struct str){hex, MARK});
    return status;
}

static bool read_wait(struct instance_scan *s, struct instance_wait *ret_wait, struct coverage *ret_coverage)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(s->m));
    return instance_wait_get(db, s->arena, s->account, s->resource.id, ret_wait) &&
           coverage_get(db, s->arena, s->account, s->resource.id, SCAN_PACKAGE, ret_coverage);
}

int instance_waits(struct instance_scan *s, bool *ret_waits)
{
    struct instance_wait w;
    struct coverage c;
    struct str mark;
    *ret_waits = false;
    /* Coverage that says something else meanwhile (it was excluded, or stopped) wants an answer. */
    if (!read_wait(s, &w, &c) || c.reason != w.reason || time_now() >= w.due)
        return 0;
    int status = find_mark(s, &mark);
    if (status == 0)
        *ret_waits = str_eq(mark, w.mark);
    return status;
}

int instance_wait_begin(struct instance_scan *s, enum scan_reason reason, struct str *text)
{
    struct instance_wait before, now = {.reason = reason, .seconds = DAY};
    struct coverage c;
    char until[TIME_TEXT];
    int status = find_mark(s, &now.mark);
    if (status < 0)
        return status;
    if (reason != REASON_ACCESS_DENIED && read_wait(s, &before, &c) && before.reason == reason &&
        str_eq(before.mark, now.mark))
        now.seconds = before.seconds * 2 < LONGEST ? before.seconds * 2 : LONGEST;
    now.due = time_now() + now.seconds;
    struct sql *db = store_writer(monitor_store(s->m));
    instance_wait_put(db, s->account, s->resource.id, &now);
    status = store_commit(db);
    *text = arena_printf(s->arena, "%.*s; it is tried again after %s, or when the instance changes",
                         STR_ARG(*text), time_format(now.due, until));
    return status;
}
