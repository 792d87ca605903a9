/* In which clusters an image runs. Only running units are counted, of Amazon ECS. */
#include "api/page.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "store/image_use.h"

enum { DETAILS_MAX = 100, PAGE = 100 };

struct request {
    json_val *filter;
    struct str resource;
    struct paging page;
};
static const struct member members[] = {
    {"filter", MEMBER_OBJECT, MEMBER(struct request, filter, .required = true)},
    PAGING_MEMBERS(struct request, page, PAGE),
    {0}};
/* The model's pattern. */
static const struct member filter_members[] = {
    {"resourceId", MEMBER_STRING,
     MEMBER(struct request, resource, .required = true,
            .pattern = "^arn:.*:ecr:.*:[0-9]{12}:repository/[a-zA-Z0-9._/-]+(/sha256:[a-z0-9]{64})?$")},
    {0}};

static void out_use(struct json_out *out, const struct image_use *u)
{
    json_begin_object(out);
    json_member_int(out, "lastInUse", u->last);
    json_member_int(out, "runningUnitCount", u->running);
    json_key(out, "clusterMetadata");
    json_begin_object(out);
    json_key(out, "awsEcsMetadataDetails");
    json_begin_object(out);
    json_member_str(out, "detailsGroup", u->group);
    json_member_str(out, "taskDefinitionArn", u->definition);
    json_end_object(out);
    json_end_object(out);
    json_end_object(out);
}

/* The uses of one cluster, from `u` up to `end`. */
static void out_cluster(struct json_out *out, const struct image_use *u, const struct image_use *end)
{
    json_begin_object(out);
    json_member_str(out, "clusterArn", u->cluster);
    json_key(out, "clusterDetails");
    json_begin_array(out);
    for (size_t n = 0; u < end && n < DETAILS_MAX; u++, n++)
        out_use(out, u);
    json_end_array(out);
    json_end_object(out);
}

/* Where each cluster begins, and behind the last one where it ends. */
static size_t clusters_of(struct arena *a, const struct image_use *uses, size_t n, size_t **ret_begin)
{
    size_t *begin = arena_new_array(a, size_t, n + 1), clusters = 0;
    for (size_t i = 0; i < n; i++)
        if (!i || !str_eq(uses[i - 1].cluster, uses[i].cluster))
            begin[clusters++] = i;
    begin[clusters] = n;
    *ret_begin = begin;
    return clusters;
}

static int run(struct call *c, struct json_out *out)
{
    struct request q;
    struct image_use *uses;
    struct page page;
    size_t *begin;
    int r = call_read(c, members, &q);
    if (r < 0)
        return r;
    if (request_read_at(c->arena, q.filter, "filter", filter_members, &q, &c->errors) < 0)
        return call_invalid_fields(c);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    size_t n = image_uses_list(db, c->arena, c->account, q.resource, &uses);
    n = clusters_of(c->arena, uses, n, &begin);
    if ((r = page_of(c, "clusters", q.page.token, q.page.max, n, &page)) < 0)
        return r;
    json_key(out, "cluster");
    json_begin_array(out);
    for (size_t i = page.from; i < page.to; i++)
        out_cluster(out, uses + begin[i], uses + begin[i + 1]);
    json_end_array(out);
    json_member_str(out, "nextToken", page.next);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"GetClustersForImage", "POST", "/cluster/get", MAY_READ, "AD VA", run}, {0}};
const struct operation_group operations_clusters = {"clusters", operations};
