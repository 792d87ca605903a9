/* Every list against the plainest evaluation of the same criteria over the same findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "finding_util.h"
#include "store/engine.h"

/* ---- what a finding has, by key ---- */

enum kind { TEXT, NUMBER, DATE, TAGS, PORTS, PACKAGES };

static enum kind kind_of(const char *key)
{
    static const struct {
        const char *end;
        enum kind kind;
    } kinds[] = {{"At", DATE},           {"Score", NUMBER},    {"InUseCount", NUMBER},
                 {"resourceTags", TAGS}, {"portRange", PORTS}, {"vulnerablePackages", PACKAGES}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_ends(str_from(key), str_from(kinds[i].end)))
            return kinds[i].kind;
    return TEXT;
}

static char *text_at(char out[][160], size_t *n)
{
    return out[(*n)++];
}

/* Nothing when it is empty. */
static void give(char out[][160], size_t *n, const char *text)
{
    if (*text)
        snprintf(text_at(out, n), 160, "%s", text);
}

#define IS(name)   (!strcmp(key, name))
#define GIVE(...)  snprintf(text_at(out, &n), 160, __VA_ARGS__)
#define GIVE_OF(t) give(out, &n, t)
#define ENDS(name) str_ends(str_from(key), str_from(name))

/* All values of a key whose entries are strings. */
static size_t texts_of(const struct model *m, const struct model_finding *f, const char *key, char out[][160])
{
    const struct model_resource *r = &m->resources[f->resource];
    bool host = r->type == RESOURCE_AWS_EC2_INSTANCE, image = r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE,
         function = r->type == RESOURCE_AWS_LAMBDA_FUNCTION;
    size_t n = 0;
    if (IS("findingArn"))
        GIVE("%s", finding_arn(m->t.arena, &test_place, TEST_ACCOUNT, f->key).p);
    else if (IS("awsAccountId") || IS("cloudProviderAccountId"))
        GIVE("123456789012");
    else if (IS("findingType"))
        GIVE("%s", name_of(&finding_type_names, f->type));
    else if (IS("severity"))
        GIVE("%s", name_of(&grade_names, f->severity));
    else if (IS("findingStatus"))
        GIVE("%s", name_of(&finding_status_names, f->status));
    else if (IS("title"))
        GIVE("%s", f->title);
    else if (IS("resourceType"))
        GIVE("%s", name_of(&resource_type_names, r->type));
    else if (IS("resourceId"))
        GIVE("%s", r->resource_id);
    else if (IS("cloudProvider"))
        GIVE("AWS");
    else if (IS("cloudProviderRegion"))
        GIVE("%s", r->region);
    else if (host && (IS("ec2InstanceImageId") || IS("cloudVmImageReference")))
        GIVE_OF(r->ami);
    else if (host && (IS("ec2InstanceVpcId") || IS("cloudVmNetworkId")))
        GIVE_OF(r->vpc);
    else if (host && (IS("ec2InstanceSubnetId") || IS("cloudVmSubnetIds")))
        GIVE_OF(r->subnet);
    else if (image && (ENDS("ImageArchitecture")))
        GIVE_OF(r->architecture);
    else if (image && ENDS("ImageRegistry"))
        GIVE_OF(r->registry);
    else if (image && ENDS("ImageRepositoryName"))
        GIVE_OF(r->name);
    else if (image && (IS("ecrImageHash") || IS("cloudImageDigest")))
        GIVE_OF(r->hash);
    else if ((image && ENDS("ImageTags")) || (function && IS("lambdaFunctionLayers")))
        for (int i = 0; i < r->n_values; i++)
            GIVE("%s", r->values[i]);
    else if (function && (IS("lambdaFunctionName") || IS("cloudServerlessFunctionName")))
        GIVE_OF(r->name);
    else if (function && ENDS("FunctionRuntime"))
        GIVE_OF(r->runtime);
    else if (function && (ENDS("ExecutionRoleArn") || ENDS("ExecutionRole")))
        GIVE_OF(r->role);
    else if (IS("networkProtocol") && f->protocol >= 0)
        GIVE("%s", name_of(&protocol_names, f->protocol));
    else if (IS("componentId") || IS("componentType"))
        for (int i = 0; i < f->n_steps; i++)
            GIVE("%s", f->steps[i][IS("componentType")]);
    else if (IS("vulnerabilityId"))
        GIVE_OF(f->vulnerability_id);
    else if (IS("vulnerabilitySource"))
        GIVE_OF(f->source);
    else if (IS("vendorSeverity"))
        GIVE_OF(f->vendor_severity);
    else if (IS("relatedVulnerabilities") && f->vulnerability >= 0)
        for (int k = 0; k < f->vulnerability % 3; k++)
            GIVE("USN-%d-%d", f->vulnerability / 2, k);
    else if (IS("fixAvailable") && f->fix >= 0)
        GIVE("%s", name_of(&fix_names, f->fix));
    else if (IS("exploitAvailable") && f->type == FINDING_PACKAGE_VULNERABILITY)
        GIVE("%s", name_of(&answer_names, f->exploit));
    return n;
}

/* The number or date of a key; false when there is none. */
static bool number_of_key(const struct model *m, const struct model_finding *f, const char *key, double *ret)
{
    const struct model_resource *r = &m->resources[f->resource];
    int64_t time = IS("firstObservedAt")            ? f->first
                   : IS("lastObservedAt")           ? f->last
                   : IS("updatedAt")                ? f->updated
                   : ENDS("ImagePushedAt")          ? r->pushed
                   : ENDS("ImageLastInUseAt")       ? r->last_in_use
                   : ENDS("FunctionLastModifiedAt") ? r->modified
                                                    : TIME_NONE;
    if (kind_of(key) == DATE)
        return *ret = (double)time, time != TIME_NONE;
    *ret = IS("inspectorScore") ? f->score : IS("epssScore") ? f->epss : r->in_use_count;
    return *ret >= 0;
}

static const char *part_names[] = {
    "name", "version", "release", "architecture", "sourceLayerHash", "sourceLambdaLayerArn", "filePath"};

static const char *part_of(const struct model_held *h, int part, char out[160])
{
    const struct model_package *p = &model_packages[h->package];
    bool os = p->epoch >= 0;
    out[0] = 0;
    if (part == 0)
        snprintf(out, 160, "%s%s%s", os ? "" : p->namespace,
                 os || !*p->namespace        ? ""
                 : !strcmp(p->type, "maven") ? ":"
                                             : "/",
                 p->name);
    else if (part == 1)
        snprintf(out, 160, "%s", p->upstream);
    else if (part == 2)
        snprintf(out, 160, "%s", p->release);
    else if (part == 3)
        snprintf(out, 160, "%s",
                 !strcmp(p->arch, "amd64") || !strcmp(p->arch, "x86_64") ? "X86_64"
                 : !strcmp(p->arch, "arm64")                             ? "ARM64"
                 : !strcmp(p->arch, "noarch")                            ? "NOARCH"
                                                                         : "");
    else if (part == 4)
        snprintf(out, 160, "%s", h->layer[0] == 's' ? h->layer : "");
    else if (part == 5)
        snprintf(out, 160, "%s", h->layer[0] == 'a' ? h->layer : "");
    else
        snprintf(out, 160, "%s", os ? "" : h->path);
    return out;
}

/* ---- criteria, at random and evaluated ---- */

struct test_entry {
    int comparison; /* 0 EQUALS, 1 PREFIX, 2 NOT_EQUALS */
    char value[160], key[24];
    double from, to;
    bool has_from, has_to;
    int part, part2; /* of packages; -1 */
    char value2[160];
    int comparison2;
};
struct test_condition {
    const char *key;
    struct test_entry at[4];
    int n;
};
struct test_criteria {
    struct test_condition at[3];
    int n;
};

static const char *const comparisons[] = {"EQUALS", "PREFIX", "NOT_EQUALS"};

static void random_value(struct model *m, const struct test_condition *c, struct test_entry *e)
{
    char texts[TEXTS][160];
    size_t n = 0;
    for (int i = 0; i < 50 && !n; i++)
        n = texts_of(m, &m->findings[chance(m, (uint64_t)m->n)], c->key, texts);
    snprintf(e->value, sizeof e->value, "%s", n && chance(m, 12) ? texts[chance(m, n)] : "nothing");
    if (e->comparison == 1)
        e->value[1 + chance(m, strlen(e->value))] = 0;
}

static void random_part(struct model *m, int *ret_part, int *ret_comparison, char value[160])
{
    const struct model_finding *f;
    do
        f = &m->findings[chance(m, (uint64_t)m->n)];
    while (!f->n_held);
    *ret_part = (int)chance(m, 7);
    *ret_comparison = (int)chance(m, 3);
    if (!*part_of(&f->held[chance(m, (uint64_t)f->n_held)], *ret_part, value))
        strcpy(value, "nothing");
}

static void random_entry(struct model *m, const struct test_condition *c, struct test_entry *e)
{
    *e = (struct test_entry){.comparison = (int)chance(m, 3), .part = -1, .part2 = -1};
    double value = 0;
    switch (kind_of(c->key)) {
    case TEXT:
        random_value(m, c, e);
        return;
    case TAGS:
        e->comparison = 0;
        FORMAT(e->key, "key%d", (int)chance(m, 4));
        e->has_to = chance(m, 4); /* has a value */
        FORMAT(e->value, "%s", PICK(m, "", "a", "b", "c"));
        return;
    case PACKAGES:
        random_part(m, &e->part, &e->comparison, e->value);
        if (chance(m, 2))
            random_part(m, &e->part2, &e->comparison2, e->value2);
        return;
    default:
        break;
    }
    for (int i = 0; i < 50 && kind_of(c->key) != PORTS; i++)
        if (number_of_key(m, &m->findings[chance(m, (uint64_t)m->n)], c->key, &value))
            break;
    if (kind_of(c->key) == PORTS)
        value = (double)chance(m, 250);
    e->has_from = chance(m, 3);
    e->has_to = chance(m, 3);
    e->from = value - (kind_of(c->key) == DATE && chance(m, 2) ? 0.5 : 0);
    e->to = value + (double)chance(m, 3) * (kind_of(c->key) == NUMBER  ? 0.4
                                            : kind_of(c->key) == PORTS ? 20
                                                                       : 1500.5);
}

static void random_criteria(struct model *m, struct test_criteria *c, const char *first)
{
    static const char *const *keys;
    keys = criteria_keys(CRITERIA_FINDINGS);
    size_t n_keys = 0;
    while (keys[n_keys])
        n_keys++;
    c->n = 1 + (int)chance(m, 3);
    for (int i = 0; i < c->n; i++) {
        const char *key = i ? keys[chance(m, n_keys)] : first;
        for (int k = 0; k < i; k++)
            if (!strcmp(key, c->at[k].key)) {
                c->n = i;
                return;
            }
        c->at[i].key = key;
        c->at[i].n = 1 + (int)chance(m, 3);
        for (int k = 0; k < c->at[i].n; k++)
            random_entry(m, &c->at[i], &c->at[i].at[k]);
    }
}

static void write_bounds(struct json_out *o, const struct test_entry *e, const char *from, const char *to,
                         int decimals)
{
    if (e->has_from)
        json_key(o, from), json_out_double(o, e->from, decimals);
    if (e->has_to)
        json_key(o, to), json_out_double(o, e->to, decimals);
}

static void write_part(struct json_out *o, int part, int comparison, const char *value)
{
    json_key(o, part_names[part]);
    json_begin_object(o);
    json_member_str(o, "comparison", str_from(comparisons[comparison]));
    json_member_str(o, "value", str_from(value));
    json_end_object(o);
}

static void write_entry(struct json_out *o, enum kind kind, struct test_entry *e)
{
    json_begin_object(o);
    if (kind == TEXT || kind == TAGS)
        json_member_str(o, "comparison", str_from(comparisons[e->comparison]));
    if (kind == TEXT)
        json_member_str(o, "value", str_from(e->value));
    if (kind == TAGS) {
        json_member_str(o, "key", str_from(e->key));
        if (e->has_to)
            json_key(o, "value"), json_out_str(o, str_from(e->value));
    }
    if (kind == NUMBER)
        write_bounds(o, e, "lowerInclusive", "upperInclusive", 6);
    if (kind == DATE)
        write_bounds(o, e, "startInclusive", "endInclusive", 6);
    if (kind == PORTS)
        write_bounds(o, e, "beginInclusive", "endInclusive", 0);
    if (kind == PACKAGES) {
        if (e->part2 == e->part)
            e->part2 = -1;
        write_part(o, e->part, e->comparison, e->value);
        if (e->part2 >= 0)
            write_part(o, e->part2, e->comparison2, e->value2);
    }
    json_end_object(o);
}

static struct criteria *read_criteria(struct arena *a, struct test_criteria *c, struct str *ret_json)
{
    _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
    struct json_out o = {.to = &text};
    struct criteria *criteria;
    json_begin_object(&o);
    for (int i = 0; i < c->n; i++) {
        json_key(&o, c->at[i].key);
        json_begin_array(&o);
        for (int k = 0; k < c->at[i].n; k++)
            write_entry(&o, kind_of(c->at[i].key), &c->at[i].at[k]);
        json_end_array(&o);
    }
    json_end_object(&o);
    *ret_json = arena_str(a, buf_str(&text));
    if (criteria_parse(a, CRITERIA_FINDINGS, *ret_json, &criteria) < 0)
        fail_msg("%s: %s", ret_json->p, err_text());
    return criteria;
}

static bool takes(const char *value, int comparison, const char *wanted)
{
    return comparison == 1 ? !strncmp(value, wanted, strlen(wanted)) : !strcmp(value, wanted);
}

static bool texts_match(const struct model *m, const struct model_finding *f, const struct test_condition *c)
{
    char texts[TEXTS][160];
    size_t n = texts_of(m, f, c->key, texts);
    bool positive = false, met = false;
    for (int i = 0; i < c->n; i++) {
        bool any = false;
        for (size_t k = 0; k < n; k++)
            any |= takes(texts[k], c->at[i].comparison, c->at[i].value);
        if (c->at[i].comparison == 2 && any)
            return false;
        positive |= c->at[i].comparison != 2;
        met |= c->at[i].comparison != 2 && any;
    }
    return met || !positive;
}

static bool part_holds(const struct model_held *h, int part, int comparison, const char *value)
{
    char text[160];
    part_of(h, part, text);
    if (comparison == 2)
        return !*text || strcmp(text, value) != 0;
    return *text && takes(text, comparison, value);
}

static bool packages_match(const struct model_finding *f, const struct test_condition *c)
{
    bool positive = false, met = false;
    for (int i = 0; i < c->n; i++) {
        const struct test_entry *e = &c->at[i];
        bool negative = e->comparison == 2 && (e->part2 < 0 || e->comparison2 == 2), any = false;
        for (int k = 0; k < f->n_held; k++) {
            bool first = part_holds(&f->held[k], e->part, e->comparison, e->value);
            bool second = e->part2 < 0 || part_holds(&f->held[k], e->part2, e->comparison2, e->value2);
            if (negative && !(first && second))
                return false;
            any |= first && second;
        }
        positive |= !negative;
        met |= !negative && any;
    }
    return met || !positive;
}

static bool in_range(const struct test_entry *e, double value)
{
    return (!e->has_from || value >= e->from) && (!e->has_to || value <= e->to);
}

static bool condition_matches(const struct model *m, const struct model_finding *f,
                              const struct test_condition *c)
{
    const struct model_resource *r = &m->resources[f->resource];
    enum kind kind = kind_of(c->key);
    double value;
    if (kind == TEXT)
        return texts_match(m, f, c);
    if (kind == PACKAGES)
        return packages_match(f, c);
    for (int i = 0; i < c->n; i++) {
        const struct test_entry *e = &c->at[i];
        if (kind == PORTS && f->port_begin >= 0 && (!e->has_from || f->port_end >= e->from) &&
            (!e->has_to || f->port_begin <= e->to))
            return true;
        for (int k = 0; kind == TAGS && k < r->n_tags; k++)
            if (!strcmp(r->tags[k][0], e->key) && (!e->has_to || !strcmp(r->tags[k][1], e->value)))
                return true;
        if ((kind == NUMBER || kind == DATE) && number_of_key(m, f, c->key, &value) && in_range(e, value))
            return true;
    }
    return false;
}

static bool matches(const struct model *m, const struct model_finding *f, const struct test_criteria *c)
{
    for (int i = 0; i < c->n; i++)
        if (!condition_matches(m, f, &c->at[i]))
            return false;
    return !f->gone;
}

/* ---- order ---- */

static const struct model *sorted_model;
static const struct finding_query *sorted_query;

/* Numbers sort as numbers, texts as texts; the absent come first. */
static void sort_value(const struct model_finding *f, double *number, const char **text)
{
    const struct model_resource *r = &sorted_model->resources[f->resource];
    *number = 0;
    *text = "";
    switch (sorted_query->sort) {
    case SORT_AWS_ACCOUNT_ID:
        return;
    case SORT_FINDING_TYPE:
        *text = name_of(&finding_type_names, f->type);
        return;
    case SORT_SEVERITY:
        *number = f->severity;
        return;
    case SORT_FIRST_OBSERVED_AT:
        *number = (double)f->first;
        return;
    case SORT_LAST_OBSERVED_AT:
        *number = (double)f->last;
        return;
    case SORT_FINDING_STATUS:
        *text = name_of(&finding_status_names, f->status);
        return;
    case SORT_RESOURCE_TYPE:
        *text = name_of(&resource_type_names, r->type);
        return;
    case SORT_ECR_IMAGE_PUSHED_AT:
        *number = (double)r->pushed;
        return;
    case SORT_ECR_IMAGE_REPOSITORY_NAME:
        *text = r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE ? r->name : "";
        return;
    case SORT_ECR_IMAGE_REGISTRY:
        *text = r->registry;
        return;
    case SORT_NETWORK_PROTOCOL:
        *number = f->protocol;
        return;
    case SORT_COMPONENT_TYPE:
        *text = f->component_type;
        return;
    case SORT_VULNERABILITY_ID:
        *text = f->vulnerability_id;
        return;
    case SORT_VULNERABILITY_SOURCE:
        *text = f->source;
        return;
    case SORT_INSPECTOR_SCORE:
        *number = f->score;
        return;
    case SORT_VENDOR_SEVERITY:
        *text = f->vendor_severity;
        return;
    case SORT_EPSS_SCORE:
        *number = f->epss;
    }
}

static int by_order(const void *left, const void *right)
{
    const struct model_finding *a = *(const struct model_finding *const *)left,
                               *b = *(const struct model_finding *const *)right;
    double x = 0, y = 0;
    const char *s = "", *t = "";
    if (sorted_query->sorted)
        sort_value(a, &x, &s), sort_value(b, &y, &t);
    int c = x < y ? -1 : x > y ? 1 : strcmp(s, t);
    if (!c)
        c = a->id < b->id ? -1 : a->id > b->id;
    return !sorted_query->sorted || sorted_query->descending ? -c : c;
}

static size_t expected(const struct model *m, const struct test_criteria *c, const struct finding_query *q,
                       const struct model_finding **to)
{
    size_t n = 0;
    for (int i = 0; i < m->n; i++)
        if (matches(m, &m->findings[i], c))
            to[n++] = &m->findings[i];
    sorted_model = m;
    sorted_query = q;
    qsort(to, n, sizeof *to, by_order);
    return n;
}

/* ---- the tests ---- */

static void check_pages(struct model *m, struct sql *db, struct finding_query *q,
                        const struct model_finding **want, size_t n_want, struct str json)
{
    size_t at = 0;
    q->token = STR("");
    do {
        int64_t *ids;
        size_t n;
        if (finding_query(db, m->t.arena, q, &ids, &n, &q->token) < 0)
            fail_msg("%s: %s", json.p, err_text());
        if (at + n > n_want || (q->token.n && !n))
            fail_msg("%s: more than the %zu that match", json.p, n_want);
        for (size_t i = 0; i < n; i++, at++)
            if (ids[i] != want[at]->id)
                fail_msg("%s by %s %d: %zu of %zu is %lld, not %lld", json.p,
                         q->sorted ? sort_field_names.at[q->sort] : "-", q->descending, at, n_want,
                         (long long)ids[i], (long long)want[at]->id);
    } while (q->token.n);
    if (at != n_want)
        fail_msg("%s: %zu of the %zu that match", json.p, at, n_want);
}

static void check_count(struct model *m, struct sql *db, const struct criteria *criteria,
                        const struct test_criteria *c, size_t n_want, struct str json)
{
    int64_t n, some[700], *left;
    size_t n_left, at = 0;
    assert_int_equal(finding_count(db, m->t.arena, TEST_ACCOUNT, criteria, 1000000, &n), 0);
    if ((size_t)n != n_want)
        fail_msg("%s: counts %lld, not %zu", json.p, (long long)n, n_want);
    assert_int_equal(finding_count(db, m->t.arena, TEST_ACCOUNT, criteria, 10, &n), 0);
    assert_int_equal(n, n_want < 10 ? n_want : 10);
    for (int i = 0; i < 700; i++)
        some[i] = m->findings[i * 3].id;
    assert_int_equal(finding_matching(db, m->t.arena, TEST_ACCOUNT, criteria, some, 700, &left, &n_left), 0);
    for (int i = 0; i < 700; i++)
        if (matches(m, &m->findings[i * 3], c))
            assert_true(at < n_left && left[at++] == some[i]);
    assert_int_equal(at, n_left);
}

/* Whether a search takes thousands of findings for few. */
static void be_impatient(bool impatient)
{
    static struct finding_search_limits usual;
    if (!usual.few)
        usual = finding_search_limits;
    finding_search_limits = impatient ? (struct finding_search_limits){.few = 20,
                                                                       .many = 300,
                                                                       .patience = 150,
                                                                       .resources_quick = 40,
                                                                       .resources_few = 3,
                                                                       .resources_many = 60}
                                      : usual;
}

/* Each key in turn, with others, in every order. */
static void all_keys_and_sorts(void **state)
{
    (void)state;
    struct model m = model_new(300, 6000);
    const struct model_finding **want = calloc((size_t)m.n, sizeof *want);
    int round = 0;
    for (int again = 0; again < 2; again++)
        for (const char *const *key = criteria_keys(CRITERIA_FINDINGS); *key; key++, round++) {
            struct test_criteria c;
            struct str json;
            be_impatient(again);
            random_criteria(&m, &c, *key);
            struct criteria *criteria = read_criteria(m.t.arena, &c, &json);
            struct finding_query q = {.account = TEST_ACCOUNT,
                                      .criteria = criteria,
                                      .sorted = round % 18 != 17,
                                      .sort = (enum sort_field)(round % 18 % 17),
                                      .descending = chance(&m, 2),
                                      .max = chance(&m, 4) ? 1000 : 100};
            size_t n = expected(&m, &c, &q, want);
            struct sql *db = store_reader(m.t.store);
            check_pages(&m, db, &q, want, n, json);
            check_count(&m, db, criteria, &c, n, json);
            store_release(db);
        }
    free(want);
    model_free(&m);
}

/* What goes by facet reads no row of a finding: the plans of the present transaction. Returns how many. */
static size_t check_plans(struct arena *a, struct sql *db)
{
    size_t checked = 0;
    for (size_t i = 0, n = db->statements.n; i < n; i++) {
        const struct statement *s = db->statements.entries[i].value;
        if (s->used != db->transaction || !strstr(s->text, "f.facet = ") || !strncmp(s->text, "EXPLAIN", 7))
            continue;
        struct statement *plan = sql_prepare(db, arena_printf(a, "EXPLAIN QUERY PLAN %s", s->text).p);
        checked++;
        while (sql_next(plan))
            if (str_starts(sql_str(plan, 3), STR("S")) && /* SEARCH or SCAN */
                !memmem(sql_str(plan, 3).p, sql_str(plan, 3).n, "COVERING INDEX", 14))
                fail_msg("%s: %.*s", s->text, STR_ARG(sql_str(plan, 3)));
    }
    return checked;
}

static void walks_read_indexes_alone(void **state)
{
    (void)state;
    struct model m = model_new(50, 1000);
    for (int sort = 0; sort <= SORT_EPSS_SCORE; sort++)
        for (int descending = 0; descending < 2; descending++) {
            struct finding_query q = {.account = TEST_ACCOUNT,
                                      .sorted = true,
                                      .sort = (enum sort_field)sort,
                                      .descending = descending,
                                      .max = 400};
            struct sql *db = store_reader(m.t.store);
            do {
                int64_t *ids, count;
                size_t n;
                assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &q.token), 0);
                assert_int_equal(finding_count(db, m.t.arena, TEST_ACCOUNT, NULL, INT64_MAX, &count), 0);
            } while (q.token.n);
            assert_true(check_plans(m.t.arena, db) > 1); /* the walk and the count */
            store_release(db);
        }
    model_free(&m);
}

/* The key alone with one entry, so that each way to find candidates is taken. */
static void single_entries(void **state)
{
    (void)state;
    struct model m = model_new(300, 6000);
    const struct model_finding **want = calloc((size_t)m.n, sizeof *want);
    int round = 0;
    for (int again = 0; again < 3; again++)
        for (const char *const *key = criteria_keys(CRITERIA_FINDINGS); *key; key++, round++) {
            struct test_criteria c;
            struct str json;
            be_impatient(chance(&m, 2));
            random_criteria(&m, &c, *key);
            c.n = c.at[0].n = 1;
            if (kind_of(*key) == TEXT && again < 3)
                c.at[0].at[0].comparison = again;
            struct criteria *criteria = read_criteria(m.t.arena, &c, &json);
            struct finding_query q = {.account = TEST_ACCOUNT,
                                      .criteria = criteria,
                                      .sorted = true,
                                      .sort = (enum sort_field)(round % 17),
                                      .descending = chance(&m, 2),
                                      .max = 700};
            size_t n = expected(&m, &c, &q, want);
            struct sql *db = store_reader(m.t.store);
            check_pages(&m, db, &q, want, n, json);
            check_plans(m.t.arena, db);
            store_release(db);
        }
    free(want);
    model_free(&m);
}

/* Rows come and go between the pages: those that stay are each seen once. */
static void pages_under_changes(void **state)
{
    (void)state;
    struct model m = model_new(200, 5000);
    for (int sort = 0; sort <= SORT_EPSS_SCORE; sort += 3) {
        struct finding_query q = {.account = TEST_ACCOUNT,
                                  .sorted = true,
                                  .sort = (enum sort_field)sort,
                                  .descending = sort % 2,
                                  .max = 300};
        int before = m.n;
        char *seen = calloc((size_t)m.size + 1, 1);
        do {
            int64_t *ids;
            size_t n;
            struct sql *db = store_reader(m.t.store);
            assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &q.token), 0);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(seen[ids[i]]++, 0);
            store_release(db);
            db = store_writer(m.t.store);
            for (int i = 0; i < 20; i++) {
                struct model_finding *f = &m.findings[chance(&m, (uint64_t)m.n)];
                struct statement *s = sql_prepare(db, "DELETE FROM finding WHERE id = ?1");
                sql_bind_int(s, 1, f->id);
                sql_run(s);
                f->gone = true;
            }
            for (int i = 0; i < 10 && m.n < m.size; i++) {
                model_finding(&m, &m.findings[m.n], m.n + 1);
                insert_finding(db, &m, &m.findings[m.n++]);
            }
            test_commit(db);
        } while (q.token.n);
        for (int i = 0; i < before; i++)
            if (!m.findings[i].gone)
                assert_int_equal(seen[m.findings[i].id], 1);
        free(seen);
    }
    model_free(&m);
}

static void tokens_are_checked(void **state)
{
    (void)state;
    struct model m = model_new(50, 500);
    struct sql *db = store_reader(m.t.store);
    struct finding_query q = {.account = TEST_ACCOUNT, .max = 10};
    int64_t *ids;
    size_t n;
    struct str token;
    assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &q.token), 0);
    assert_int_equal(n, 10);
    assert_true(q.token.n > 0 && q.token.n < 1024);
    assert_int_equal(ids[0], 500); /* the newest first */
    q.sorted = true;
    assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &token), ERR_INVALID);
    q.sorted = false;
    q.account++;
    assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &token), ERR_INVALID);
    q.account--;
    static const char *const garbage[] = {"x", "????", "AAAA", "aGVsbG8"};
    struct str good = q.token;
    for (size_t i = 0; i < 4; i++) {
        q.token = str_from(garbage[i]);
        assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &token), ERR_INVALID);
    }
    for (size_t i = 0; i < good.n; i++) {
        struct str bad = arena_str(m.t.arena, good);
        ((char *)(uintptr_t)bad.p)[i] = bad.p[i] == 'A' ? 'Q' : 'A';
        q.token = bad;
        assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &token), ERR_INVALID);
    }
    q.token = STR("");
    q.max = 500;
    assert_int_equal(finding_query(db, m.t.arena, &q, &ids, &n, &token), 0);
    assert_int_equal(n, 500);
    assert_int_equal(token.n, 0);
    store_release(db);
    model_free(&m);
}

static void arns_are_found(void **state)
{
    (void)state;
    struct model m = model_new(50, 100);
    struct sql *db = store_reader(m.t.store);
    int64_t id;
    struct str arn = finding_arn(m.t.arena, &test_place, TEST_ACCOUNT, m.findings[42].key);
    assert_int_equal(finding_by_arn(db, TEST_ACCOUNT, arn, &id), 0);
    assert_int_equal(id, 43);
    assert_int_equal(finding_by_arn(db, TEST_ACCOUNT + 1, arn, &id), ERR_MISSING);
    assert_int_equal(finding_by_arn(db, TEST_ACCOUNT, STR("arn:aws:x"), &id), ERR_MISSING);
    store_release(db);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_and_sorts),  cmocka_unit_test(single_entries),
        cmocka_unit_test(pages_under_changes), cmocka_unit_test(tokens_are_checked),
        cmocka_unit_test(arns_are_found),      cmocka_unit_test(walks_read_indexes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
