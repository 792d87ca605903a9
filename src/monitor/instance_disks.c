/* Volumes of an instance, read through snapshots: nothing is started on it, and it is not stopped.
 *
 * What is under way is written nowhere but in the snapshots' tags, so that a server that died finds them,
 * goes on with them, and removes them.
 */
#include <syslog.h>

#include "aws/ebs.h"
#include "aws/ec2.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/random.h"
#include "base/vec.h"
#include "monitor/instance.h"
#include "source/disk_feed.h"
#include "source/sandbox.h"

enum {
    VOLUMES_MAX = 8, /* both as Inspector's: inspector/latest/user/scanning-ec2.html, "Agentless" */
    GIB_MAX = 1200,
    AGAIN_MIN = 2, /* seconds between looks at snapshots that are not complete: a quarter of their age */
    AGAIN_MAX = 60,
    GIVE_UP = 6 * 3600,
    SCAN_ID = 20,
};

/* A snapshot of ours. */
struct snapshot {
    struct str id, scan, instance, volume, state;
    int64_t started;
};
struct snapshots {
    struct instance_scan *scan;
    VEC(struct snapshot) list;
};

static int ended(struct instance_scan *s, struct instance_result *to, enum scan_reason reason,
                 const char *text)
{
    to->reason = reason;
    to->text = arena_str(s->arena, str_from(text));
    return 0;
}

static struct str tag(json_val *resource, const char *key)
{
    for (json_each(one, json_get(resource, "Tags")))
        if (str_is(json_get_str(one, "Key"), key))
            return json_get_str(one, "Value");
    return (struct str){NULL, 0};
}

static struct str kept(struct instance_scan *s, struct str text)
{
    return arena_str(s->arena, text);
}

static int on_snapshots(void *ctx, json_val *document)
{
    struct snapshots *found = ctx;
    struct instance_scan *s = found->scan;
    for (json_each(one, json_get(document, "Snapshots"))) {
        if (!str_eq(tag(one, "AssayOrigin"), s->origin.origin.id))
            continue;
        vec_add(&found->list,
                (struct snapshot){kept(s, json_get_str(one, "SnapshotId")),
                                  kept(s, tag(one, "InspectorScan")), kept(s, tag(one, "AssayInstance")),
                                  kept(s, json_get_str(one, "VolumeId")), kept(s, json_get_str(one, "State")),
                                  time_parse_or_none(json_get_str(one, "StartTime"))});
    }
    return 0;
}

static int find(struct instance_scan *s, struct snapshots *found)
{
    found->scan = s;
    return ec2_describe(s->aws, "DescribeSnapshots",
                        arena_printf(s->arena,
                                     "Owner.1=self&Filter.1.Name=tag%%3AAssayOrigin&Filter.1.Value.1=%.*s",
                                     STR_ARG(http_encode(s->arena, s->origin.origin.id, false))),
                        on_snapshots, found);
}

static int delete (struct instance_scan *s, const struct snapshot *snapshot)
{
    json_val *document;
    int status = ec2_call(
        s->aws, s->arena, "DeleteSnapshot",
        arena_printf(s->arena, "SnapshotId=%.*s", STR_ARG(http_encode(s->arena, snapshot->id, false))),
        &document);
    return status == ERR_MISSING ? 0 : status;
}

static bool is_old(const struct snapshot *snapshot)
{
    return snapshot->started != TIME_NONE && time_now() - snapshot->started > GIVE_UP;
}

/* Of this instance, but for the scan `but`; and of all those that are left over. The rest of the list is what
 * stays. */
static int clean(struct instance_scan *s, struct snapshots *found, struct str but)
{
    int status = 0;
    size_t left = 0;
    for (size_t i = 0; i < found->list.n; i++) {
        struct snapshot one = found->list.at[i];
        bool ours = str_eq(one.instance, s->id);
        if (ours && but.n && str_eq(one.scan, but)) {
            found->list.at[left++] = one;
            continue;
        }
        int deleted = ours || is_old(&one) ? delete (s, &one) : 0;
        status = status < 0 ? status : deleted;
    }
    found->list.n = left;
    return status;
}

/* What cannot be removed now is found by the next look. */
static void clean_or_say(struct instance_scan *s, struct snapshots *found, struct str but)
{
    if (clean(s, found, but) < 0)
        monitor_log(s->m, LOG_WARNING, "%.*s: snapshots are left over: %s", STR_ARG(s->id), err_text());
}

static void snapshots_free(struct snapshots *found)
{
    vec_free(&found->list);
}

int instance_disks_clean(struct instance_scan *s)
{
    _cleanup_(snapshots_free) struct snapshots found = {0};
    int status = find(s, &found);
    if (status == 0)
        clean_or_say(s, &found, (struct str){NULL, 0});
    return status == ERR_DENIED ? 0 : status; /* then there are none of ours */
}

/* ---- taking them ---- */

/* A volume of an instance, and what that calls it. */
struct volume {
    struct str id, device;
};
struct volumes {
    struct instance_scan *scan;
    VEC(struct volume) list;
    struct str root; /* device */
    int64_t gib;
    bool windows;
};

static void volumes_free(struct volumes *v)
{
    vec_free(&v->list);
}

static int on_instance(void *ctx, json_val *document)
{
    struct volumes *v = ctx;
    for (json_each(reservation, json_get(document, "Reservations")))
        for (json_each(instance, json_get(reservation, "Instances"))) {
            v->windows = str_ieq(json_get_str(instance, "Platform"), STR("windows"));
            v->root = kept(v->scan, json_get_str(instance, "RootDeviceName"));
            for (json_each(device, json_get(instance, "BlockDeviceMappings"))) {
                struct str id = json_get_str(json_get(device, "Ebs"), "VolumeId");
                if (id.n)
                    vec_add(&v->list, (struct volume){kept(v->scan, id),
                                                      kept(v->scan, json_get_str(device, "DeviceName"))});
            }
        }
    return 0;
}

static int find_volumes(struct instance_scan *s, struct volumes *v)
{
    v->scan = s;
    return ec2_describe(
        s->aws, "DescribeInstances",
        arena_printf(s->arena, "InstanceId.1=%.*s", STR_ARG(http_encode(s->arena, s->id, false))),
        on_instance, v);
}

static int on_volumes(void *ctx, json_val *document)
{
    struct volumes *v = ctx;
    for (json_each(volume, json_get(document, "Volumes")))
        v->gib += yyjson_get_sint(json_get(volume, "Size"));
    return 0;
}

static int add_sizes(struct volumes *v)
{
    enum { FORM_MAX = 4096 };
    _cleanup_(buf_free) struct buf form = buf_new(FORM_MAX);
    struct arena *a = v->scan->arena;
    for (size_t i = 0; i < v->list.n; i++)
        buf_add_str(&form, arena_printf(a, "%sVolumeId.%zu=%.*s", i ? "&" : "", i + 1,
                                        STR_ARG(http_encode(a, v->list.at[i].id, false))));
    int status = buf_status(&form);
    return status < 0 ? status : ec2_describe(v->scan->aws, "DescribeVolumes", buf_str(&form), on_volumes, v);
}

/* Whether its disks can be read at all; if not, *to says why. */
static int look_at_volumes(struct instance_scan *s, struct instance_result *to)
{
    _cleanup_(volumes_free) struct volumes v = {0};
    int status = find_volumes(s, &v);
    if (status == 0 && v.list.n && v.list.n <= VOLUMES_MAX)
        status = add_sizes(&v);
    if (status < 0)
        return status;
    if (v.windows)
        return ended(s, to, REASON_UNSUPPORTED_OS, "Windows");
    if (!v.list.n)
        return ended(s, to, REASON_UNSUPPORTED_OS, "it has no EBS volume");
    if (v.list.n > VOLUMES_MAX)
        return ended(s, to, REASON_AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED,
                     arena_printf(s->arena, "%zu volumes; up to %d are read", v.list.n, VOLUMES_MAX).p);
    if (v.gib > GIB_MAX)
        return ended(
            s, to, REASON_AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED,
            arena_printf(s->arena, "volumes of %lld GiB; up to %d are read", (long long)v.gib, GIB_MAX).p);
    return 0;
}

static int create(struct instance_scan *s, struct instance_result *to)
{
    char scan[SCAN_ID + 1];
    json_val *document;
    int status = look_at_volumes(s, to);
    if (status < 0 || to->reason != REASON_SUCCESSFUL)
        return status;
    random_text(scan, SCAN_ID, random_hex);
    struct str id = http_encode(s->arena, s->id, false);
    status = ec2_call(
        s->aws, s->arena, "CreateSnapshots",
        arena_printf(s->arena,
                     "InstanceSpecification.InstanceId=%.*s&InstanceSpecification.ExcludeBootVolume=false"
                     "&Description=assay%%20reads%%20%.*s&TagSpecification.1.ResourceType=snapshot"
                     "&TagSpecification.1.Tag.1.Key=InspectorScan&TagSpecification.1.Tag.1.Value=%s"
                     "&TagSpecification.1.Tag.2.Key=AssayOrigin&TagSpecification.1.Tag.2.Value=%.*s"
                     "&TagSpecification.1.Tag.3.Key=AssayInstance&TagSpecification.1.Tag.3.Value=%.*s",
                     STR_ARG(id), STR_ARG(id), scan,
                     STR_ARG(http_encode(s->arena, s->origin.origin.id, false)), STR_ARG(id)),
        &document);
    if (status == 0)
        to->later = AGAIN_MIN;
    return status;
}

/* ---- reading them ---- */

struct disks {
    struct instance_scan *scan;
    struct ebs *open[VOLUMES_MAX];
    uint64_t sizes[VOLUMES_MAX];
    struct disk_names names[VOLUMES_MAX];
    size_t n;
};

static void disks_free(struct disks *d)
{
    for (size_t i = 0; i < d->n; i++)
        ebs_free(d->open[i]);
}

static int bring(void *ctx, const uint64_t *blocks, size_t n, int spool)
{
    struct disks *d = ctx;
    struct ebs_wanted wanted[FEED_AT_ONCE];
    uint64_t block = ebs_block(d->open[0]);
    for (size_t i = 0; i < n; i++) {
        size_t disk = d->n - 1;
        while (disk && feed_blocks(d->sizes, disk, block) > blocks[i])
            disk--;
        wanted[i] = (struct ebs_wanted){d->open[disk], blocks[i] - feed_blocks(d->sizes, disk, block),
                                        blocks[i] * block};
    }
    if (monitor_stopping(d->scan->m))
        return err_set(ERR_IO, "the server stops");
    return ebs_bring(wanted, n, spool);
}

/* Volumes of which there is no snapshot: attached since, or somebody took it away. */
static void name_missing(const struct volumes *v, const struct snapshots *found, struct inventory *inv)
{
    vec_each(volume, &v->list)
    {
        bool has = false;
        vec_each(one, &found->list) has = has || str_eq(one->volume, volume->id);
        if (!has)
            inventory_problem(inv, volume->id, err_set(ERR_MISSING, "not read: no snapshot of this volume"));
    }
}

/* As the instance has them now; one that is gone does not tell, and is read as far as that goes. */
static int name_all(struct instance_scan *s, struct snapshots *found, struct disks *d, struct inventory *inv)
{
    _cleanup_(volumes_free) struct volumes v = {0};
    size_t first = 0;
    int status = find_volumes(s, &v);
    if (status < 0 && status != ERR_MISSING)
        return status;
    name_missing(&v, found, inv);
    for (size_t i = 0; i < found->list.n; i++) {
        d->names[i].serial = found->list.at[i].volume;
        vec_each(one, &v.list) if (str_eq(one->id, found->list.at[i].volume)) d->names[i].device =
            one->device;
        if (v.root.n && str_eq(d->names[i].device, v.root))
            first = i;
    }
    /* The root before all others, which may have an operating system, too. */
    const struct snapshot root = found->list.at[first];
    const struct disk_names names = d->names[first];
    for (size_t i = first; i; i--) {
        found->list.at[i] = found->list.at[i - 1];
        d->names[i] = d->names[i - 1];
    }
    found->list.at[0] = root;
    d->names[0] = names;
    return 0;
}

static int open_all(struct instance_scan *s, struct snapshots *found, struct disks *d, struct inventory *inv)
{
    if (found->list.n > VOLUMES_MAX)
        return err_set(ERR_LIMIT, "%zu snapshots", found->list.n);
    int status = name_all(s, found, d, inv);
    for (size_t i = 0; status == 0 && i < found->list.n; i++) {
        status = ebs_open(s->aws, found->list.at[i].id, &d->open[i]);
        if (status < 0)
            break;
        d->sizes[i] = ebs_size(d->open[i]);
        d->n++;
        if (ebs_block(d->open[i]) != ebs_block(d->open[0]))
            status = err_set(ERR_INVALID, "snapshots in blocks of different sizes");
    }
    return status;
}

static int read_all(struct instance_scan *s, struct snapshots *found, struct inventory *inv)
{
    _cleanup_(disks_free) struct disks d = {.scan = s};
    _cleanup_(scan_folder_remove) struct scan_folder folder = {0};
    _cleanup_(buf_free) struct buf b = buf_new(ARTEFACT_MAX);
    struct artefact artefact;
    struct sandbox sandbox = scan_sandbox(s->m);
    int status = open_all(s, found, &d, inv);
    if (status == 0)
        status = scan_folder_new(s->m, &folder);
    if (status < 0)
        return status;
    sandbox.seconds = s->origin.options.aws.read_seconds;
    const struct sandbox_disks disks = {d.sizes, d.n, ebs_block(d.open[0]), bring, &d, d.names};
    status = sandbox_read_disks(&sandbox, folder.path, &disks, &b);
    monitor_count_artefacts(s->m, 1);
    if (status == 0)
        status = artefact_open(s->arena, buf_str(&b), &artefact);
    return status < 0 ? status : artefact_add(inv, &artefact, NO_LAYER);
}

/* Of an encrypted volume AWS says that a key may not be used, in several ways. */
static bool is_key(struct str text)
{
    static const char *const words[] = {"kms", "KMS", "DEPENDENCY_ACCESS_DENIED", "encrypt", "CMK"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_find_str(text, str_from(words[i])) >= 0)
            return true;
    return false;
}

/* What stays as it is until the instance changes; the rest is the queue's. */
static int failed(struct instance_scan *s, int code, struct instance_result *to)
{
    struct str text = arena_str(s->arena, str_from(err_text()));
    switch (code) {
    case ERR_DENIED:
        return ended(s, to, is_key(text) ? REASON_ACCESS_DENIED_TO_ENCRYPTION_KEY : REASON_ACCESS_DENIED,
                     text.p);
    case ERR_LIMIT:
        return ended(s, to, REASON_AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED, text.p);
    case ERR_UNSUPPORTED:
    case ERR_MISSING:
        return ended(s, to, REASON_UNSUPPORTED_OS, text.p);
    case ERR_INVALID:
        return ended(s, to, REASON_INTERNAL_ERROR, text.p);
    default:
        return code;
    }
}

static int read_complete(struct instance_scan *s, struct snapshots *found, struct instance_result *to)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    int status = read_all(s, found, inv);
    if (status == ERR_IO) /* the next attempt finds them */
        return status;
    if (status < 0) {
        status = failed(s, status, to);
    } else {
        inv->target_kind = STR("host");
        inventory_finish(inv);
        to->inventory = inv;
        inv = NULL;
    }
    if (status == 0)
        clean_or_say(s, found, (struct str){NULL, 0});
    return status;
}

/* ---- one look ---- */

/* The scan of this instance that began last, or empty. */
static struct str newest(struct instance_scan *s, const struct snapshots *found)
{
    const struct snapshot *last = NULL;
    vec_each(one, &found->list) if (str_eq(one->instance, s->id) && !is_old(one) &&
                                    (!last || one->started > last->started)) last = one;
    return last ? last->scan : (struct str){NULL, 0};
}

static bool any_too_slow(struct instance_scan *s, const struct snapshots *found)
{
    vec_each(one, &found->list) if (str_eq(one->instance, s->id) && is_old(one) &&
                                    str_is(one->state, "pending")) return true;
    return false;
}

static int later(const struct snapshot *one)
{
    int64_t age = one->started != TIME_NONE ? time_now() - one->started : 0, wait = AGAIN_MIN + age / 4;
    return age < 0 ? AGAIN_MIN : wait > AGAIN_MAX ? AGAIN_MAX : (int)wait;
}

static int proceed(struct instance_scan *s, struct snapshots *found, struct instance_result *to)
{
    bool slow = any_too_slow(s, found);
    struct str scan = newest(s, found);
    clean_or_say(s, found, scan);
    if (slow)
        return ended(s, to, REASON_AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED,
                     "a snapshot was not complete after six hours");
    if (!found->list.n)
        return create(s, to);
    vec_each(one, &found->list)
    {
        if (str_is(one->state, "pending"))
            to->later = later(one);
        else if (!str_is(one->state, "completed"))
            return err_set(ERR_IO, "snapshot %.*s is in state %.*s", STR_ARG(one->id), STR_ARG(one->state));
    }
    return to->later ? 0 : read_complete(s, found, to);
}

int instance_disks(struct instance_scan *s, struct instance_result *ret_result)
{
    _cleanup_(snapshots_free) struct snapshots found = {0};
    struct instance_result result = {.reason = REASON_SUCCESSFUL};
    int status = find(s, &found);
    if (status == 0)
        status = proceed(s, &found, &result);
    if (status == ERR_DENIED)
        status = failed(s, status, &result);
    if (status == 0)
        *ret_result = result;
    return status;
}
