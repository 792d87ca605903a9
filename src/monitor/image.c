#include "monitor/image.h"

#include "aws/ecr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "monitor/aws_session.h"
#include "monitor/engine.h"

enum { DETAILS_MAX = 1 << 20, TAGGED_MAX = 1000 };

int image_registry(struct monitor *m, const struct scan_origin *o, struct str region,
                   struct registry **ret_registry)
{
    char account[ACCOUNT_TEXT];
    struct aws *aws;
    if (o->origin.kind != ORIGIN_AWS_ACCOUNT) {
        *ret_registry = registry_new(&(struct registry_options){.url = o->origin.url,
                                                                .user = o->options.user,
                                                                .password = o->secret,
                                                                .ca = o->options.ca,
                                                                .insecure = o->options.insecure});
        return 0;
    }
    int status = aws_session(m, o, region, &aws);
    if (status == 0)
        *ret_registry = registry_ecr(aws, str_from(account_text(o->origin.account, account)));
    return status;
}

bool image_is_ecr(const struct image_facts *f)
{
    account_id account;
    return account_parse(f->registry, &account);
}

enum scan_frequency image_frequency_of(const struct scan_origin *o, json_val *scanning, struct str repository)
{
    enum scan_frequency frequency = o->options.frequency;
    struct str name = scanning ? ecr_frequency(scanning, repository) : (struct str){NULL, 0};
    for (int i = FREQUENCY_CONTINUOUS; i <= FREQUENCY_MANUAL && !o->options.frequency_stated; i++)
        if (str_is(name, scan_frequency_name((enum scan_frequency)i)))
            frequency = (enum scan_frequency)i;
    return frequency;
}

bool image_frequency_known(struct monitor *m, struct arena *a, const struct image_facts *f,
                           enum scan_frequency *ret_frequency)
{
    struct resource repository;
    struct coverage c;
    struct str arn = repository_arn(a, store_place(monitor_store(m)), f);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(m));
    if (resource_find(db, a, f->account, arn, &repository) < 0 || repository.state == STATE_GONE ||
        !coverage_get(db, a, f->account, repository.id, SCAN_PACKAGE, &c))
        return false;
    for (int i = FREQUENCY_CONTINUOUS; i <= FREQUENCY_MANUAL; i++)
        if (c.reason == repository_reason((enum scan_frequency)i)) {
            *ret_frequency = (enum scan_frequency)i;
            return true;
        }
    return false;
}

enum scan_frequency image_frequency(struct monitor *m, struct arena *a, const struct scan_origin *o,
                                    const struct image_facts *f)
{
    json_val *scanning = NULL;
    enum scan_frequency known;
    struct aws *aws;
    if (o->origin.kind == ORIGIN_AWS_ACCOUNT && !o->options.frequency_stated) {
        if (image_frequency_known(m, a, f, &known))
            return known;
        if (aws_session(m, o, f->region, &aws) < 0 || ecr_scanning(aws, a, &scanning) < 0)
            scanning = NULL; /* it is asked for as a courtesy */
    }
    return image_frequency_of(o, scanning, f->repository);
}

static void out_tags(struct json_out *o, const struct image_facts *f)
{
    if (!f->n_references)
        return;
    json_key(o, "imageTags");
    json_begin_array(o);
    for (size_t i = 0; i < f->n_references; i++)
        json_out_str(o, f->references[i].tag);
    json_end_array(o);
}

/* Inspector's newer form of the same, and the platform, are added where findings are shown. */
static struct str details(struct arena *a, const struct image_facts *f)
{
    _cleanup_(buf_free) struct buf b = buf_new(DETAILS_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_key(&o, "awsEcrContainerImage");
    json_begin_object(&o);
    json_member_str(&o, "repositoryName", f->repository);
    out_tags(&o, f);
    if (f->pushed != TIME_NONE)
        json_member_int(&o, "pushedAt", f->pushed);
    if (f->in_use_count >= 0)
        json_member_int(&o, "inUseCount", f->in_use_count);
    if (f->last_in_use != TIME_NONE)
        json_member_int(&o, "lastInUseAt", f->last_in_use);
    json_member_str(&o, "author", f->author);
    json_member_str(&o, "architecture", f->architecture);
    json_member_str(&o, "imageHash", f->digest);
    json_member_str(&o, "registry", f->registry);
    json_end_object(&o);
    json_end_object(&o);
    return arena_str(a, buf_str(&b));
}

/* ECR has one registry an account and region; of others one account may watch several, which hold
 * repositories of the same name: the registry's host is part of the id, as it is of the name that images are
 * pulled by. */
struct str repository_arn(struct arena *a, const struct place *place, const struct image_facts *f)
{
    char account[ACCOUNT_TEXT];
    if (image_is_ecr(f))
        return arena_printf(a, "arn:%s:ecr:%.*s:%s:repository/%.*s", place->partition, STR_ARG(f->region),
                            account_text(f->account, account), STR_ARG(f->repository));
    return arena_printf(a, "arn:%s:ecr:%s:%s:repository/%.*s/%.*s", place->partition, place->region,
                        account_text(f->account, account), STR_ARG(f->registry), STR_ARG(f->repository));
}

static struct resource any_resource(const struct image_facts *f)
{
    return (struct resource){.account = f->account,
                             .state = STATE_PRESENT,
                             .region = f->region,
                             .origin = f->origin,
                             .name = f->repository,
                             .registry = f->registry,
                             .pushed = TIME_NONE,
                             .pulled = TIME_NONE,
                             .last_in_use = TIME_NONE,
                             .in_use_count = -1,
                             .modified = TIME_NONE,
                             .first_seen = TIME_NONE,
                             .heard = TIME_NONE,
                             .gone = TIME_NONE};
}

struct resource image_resource(struct arena *a, const struct place *place, const struct image_facts *f)
{
    struct resource r = any_resource(f);
    struct str *values = arena_new_array(a, struct str, 2 * f->n_references + 1);
    int *kinds = arena_new_array(a, int, 2 * f->n_references + 1);
    r.type = RESOURCE_AWS_ECR_CONTAINER_IMAGE;
    r.resource_id = arena_printf(a, "%.*s/%.*s", STR_ARG(repository_arn(a, place, f)), STR_ARG(f->digest));
    r.details = details(a, f);
    r.architecture = f->architecture;
    r.hash = f->digest;
    r.pushed = f->pushed;
    r.pulled = f->pulled;
    r.last_in_use = f->last_in_use;
    r.in_use_count = f->in_use_count;
    if (f->archived)
        r.state = STATE_STOPPED;
    for (size_t i = 0; i < f->n_references; i++) {
        const struct image_reference *x = &f->references[i];
        values[r.n_values] = x->tag;
        kinds[r.n_values++] = RESOURCE_VALUE_IMAGE_TAG;
        values[r.n_values] =
            arena_printf(a, "%.*s:%.*s %.*s", STR_ARG(f->repository), STR_ARG(x->tag), STR_ARG(x->digest));
        kinds[r.n_values++] = RESOURCE_VALUE_REFERENCE;
    }
    r.values = values;
    r.kinds = kinds;
    return r;
}

int repository_put(struct monitor *m, const struct image_facts *f, enum scan_status status,
                   enum scan_reason reason, struct str error)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource r = any_resource(f);
    struct coverage before;
    bool is_new, changed;
    int64_t now = time_now();
    struct sql *db = store_writer(monitor_store(m));
    error = arena_str(
        a, error); /* it may be the text of an error, and there may be others before it is written */
    r.type = RESOURCE_AWS_ECR_REPOSITORY;
    r.resource_id = repository_arn(a, store_place(monitor_store(m)), f);
    resource_put(db, &r, &is_new, &changed);
    bool known = coverage_get(db, a, f->account, r.id, SCAN_PACKAGE, &before);
    if (!known || before.reason != reason || before.status != status || !str_eq(before.error, error))
        coverage_put(
            db, &r, SCAN_PACKAGE,
            &(struct coverage){.status = status, .reason = reason, .last_scanned = now, .error = error}, now);
    return store_commit(db);
}

/* "REPOSITORY:TAG DIGEST" */
static bool read_reference(struct str value, struct image_reference *ret_reference)
{
    struct str name;
    ptrdiff_t colon;
    if (!str_cut(value, ' ', &name, &ret_reference->digest) || (colon = str_rfind(name, ':')) < 0)
        return false;
    ret_reference->tag = str_slice(name, (size_t)colon + 1, name.n);
    return true;
}

void image_facts_of(struct arena *a, const struct resource *r, struct image_facts *ret_facts)
{
    json_val *root = NULL;
    struct image_facts f = {.account = r->account,
                            .origin = r->origin,
                            .repository = r->name,
                            .digest = r->hash,
                            .registry = r->registry,
                            .region = r->region,
                            .architecture = r->architecture,
                            .pushed = r->pushed,
                            .pulled = r->pulled,
                            .last_in_use = r->last_in_use,
                            .in_use_count = r->in_use_count,
                            .archived = r->state == STATE_STOPPED};
    struct image_reference *references = arena_new_array(a, struct image_reference, r->n_values + 1);
    if (r->details.n && json_parse(a, r->details, &root) == 0)
        f.author = json_get_str(json_get(root, "awsEcrContainerImage"), "author");
    for (size_t i = 0; i < r->n_values; i++)
        if (r->kinds[i] == RESOURCE_VALUE_REFERENCE &&
            read_reference(r->values[i], &references[f.n_references]))
            f.n_references++;
    f.references = references;
    *ret_facts = f;
}

static bool is_in(struct str s, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(s, list[i]))
            return true;
    return false;
}

static int drop_tag(struct monitor *m, struct sql *db, struct arena *a, const struct resource *before,
                    struct str tag)
{
    struct image_facts f;
    bool is_new, changed;
    image_facts_of(a, before, &f);
    struct image_reference *kept = arena_new_array(a, struct image_reference, f.n_references + 1);
    size_t n = 0;
    for (size_t i = 0; i < f.n_references; i++)
        if (!str_eq(f.references[i].tag, tag))
            kept[n++] = f.references[i];
    f.references = kept;
    f.n_references = n;
    struct resource r = image_resource(a, store_place(monitor_store(m)), &f);
    resource_put(db, &r, &is_new, &changed);
    return changed ? engine_resource_changed(db, before, &r, time_now()) : 0;
}

int image_untag(struct monitor *m, account_id account, struct str origin, struct str repository,
                struct str tag, const struct str *keep, size_t n_keep)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str prefix = arena_printf(a, "%.*s:%.*s ", STR_ARG(repository), STR_ARG(tag));
    int64_t *ids;
    int status = 0;
    struct sql *db = store_reader(monitor_store(m));
    size_t n = resource_with_value(db, a, account, RESOURCE_VALUE_REFERENCE, prefix, TAGGED_MAX, &ids);
    VEC(struct resource) moved = {0};
    for (size_t i = 0; i < n; i++) {
        struct resource r;
        if (resource_get(db, a, ids[i], &r) < 0 || !str_eq(r.origin, origin) || is_in(r.hash, keep, n_keep))
            continue;
        resource_values(db, a, &r);
        vec_add(&moved, r);
    }
    store_release(db);
    if (moved.n) {
        db = store_writer(monitor_store(m));
        for (size_t i = 0; status == 0 && i < moved.n; i++)
            status = drop_tag(m, db, a, &moved.at[i], tag);
        if (status == 0)
            status = store_commit(db);
        else
            store_release(db);
    }
    vec_free(&moved);
    return status;
}
