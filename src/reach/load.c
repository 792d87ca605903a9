#include "reach/load.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "reach/describe.h"

enum { FILES_MAX = 20000, DEPTH_MAX = 8 };
enum { FILE_MAX = 1 << 30, WHOLE_MAX = 16 << 20, ITEM_MAX = 16 << 20 };

json_val *member(json_val *object, const char *name)
{
    json_val *v = json_get(object, name);
    if (v || !is_upper(*name))
        return v;
    char small[64];
    snprintf(small, sizeof small, "%c%s", to_lower(*name), name + 1);
    return json_get(object, small);
}

int member_int(json_val *object, const char *name, int otherwise)
{
    json_val *v = member(object, name);
    uint64_t n;
    if (yyjson_is_int(v)) {
        int64_t i = yyjson_get_sint(v);
        return i >= INT32_MIN && i <= INT32_MAX ? (int)i : otherwise;
    }
    return yyjson_is_str(v) && str_u64(json_str(v), &n) && n <= INT32_MAX ? (int)n : otherwise;
}

void add_prefixes(struct model *m, prefix_vec *p, json_val *list, const char *name)
{
    for (json_each(item, list)) {
        struct str text = name ? member_str(item, name) : json_str(item);
        struct prefix one;
        if (prefix_parse(text, &one))
            vec_add(p, one);
        else if (text.n)
            model_problem(m, "no address range: %.*s", STR_ARG(text));
    }
}

static const struct {
    const char *name;
    int number;
} protocols[] = {
    {"tcp", 6},  {"udp", 17}, {"icmp", 1}, {"icmpv6", 58}, {"all", -1}, {"-1", -1},   {"gre", 47},
    {"esp", 50}, {"ah", 51},  {"an", 107}, {"sctp", 132},  {"igmp", 2}, {"ospf", 89},
};

int protocol_number(struct str text)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (str_ieq(text, str_from(protocols[i].name)))
            return protocols[i].number;
    return str_u64(text, &number) && number < 256 ? (int)number : -2;
}

/* Direct Connect's lists begin with a small letter. */
static const struct description *find_list(struct str name)
{
    static const struct description *const tables[] = {describe_vpc, describe_edge, describe_balancer};
    for (size_t i = 0; name.n && i < sizeof tables / sizeof *tables; i++)
        for (const struct description *d = tables[i]; d->list; d++)
            if (name.n == strlen(d->list) && to_lower(name.p[0]) == to_lower(d->list[0]) &&
                !memcmp(name.p + 1, d->list + 1, name.n - 1))
                return d;
    return NULL;
}

/* What guests may tell, by the id of what is not known already. Attachments are told in halves: who owns the
 * gateway knows the tables. */
static const struct teller {
    const char *list, *id;
    enum kind kind;
} guests[] = {
    {"Vpcs", "VpcId", KIND_VPC},
    {"Subnets", "SubnetId", KIND_SUBNET},
    {"RouteTables", "RouteTableId", KIND_ROUTE_TABLE},
    {"PrefixLists", "PrefixListId", KIND_PREFIX_LIST},
    {"SecurityGroups", "GroupId", KIND_GROUP},
    {"NetworkInterfaces", "NetworkInterfaceId", KIND_INTERFACE},
    {"VpcEndpoints", "VpcEndpointId", KIND_ENDPOINT},
    {"TransitGateways", "TransitGatewayId", KIND_TRANSIT_GATEWAY},
    {"TransitGatewayRouteTables", "TransitGatewayRouteTableId", KIND_TRANSIT_TABLE},
    {"TransitGatewayAttachments", NULL, KIND_ATTACHMENT},
    {"TransitGatewayRoutes", NULL, KIND_TRANSIT_TABLE},
    {"TransitGatewayPropagations", NULL, KIND_TRANSIT_TABLE},
    {"TransitGatewayPolicyTables", NULL, KIND_POLICY_TABLE},
    {0},
};
/* The same of what was said earlier; of all other lists the readers see to it that what is said now counts.
 */
static const struct teller earlier[] = {
    {"PrefixLists", "PrefixListId", KIND_PREFIX_LIST},
    {"VpcEndpoints", "VpcEndpointId", KIND_ENDPOINT},
    {"VpcPeeringConnections", "VpcPeeringConnectionId", KIND_PEERING},
    {"TransitGateways", "TransitGatewayId", KIND_TRANSIT_GATEWAY},
    {"TransitGatewayRouteTables", "TransitGatewayRouteTableId", KIND_TRANSIT_TABLE},
    {"LoadBalancers", "LoadBalancerArn", KIND_BALANCER},
    {"LoadBalancerDescriptions", "LoadBalancerName", KIND_BALANCER},
    {"TargetGroups", "TargetGroupArn", KIND_TARGET_GROUP},
    {0},
};

static bool may_tell(const struct model *m, struct str list, json_val *item)
{
    if (!m->guest && !m->earlier)
        return true;
    for (const struct teller *t = m->guest ? guests : earlier; t->list; t++) {
        if (!str_is(list, t->list))
            continue;
        const struct node *n = t->id ? model_find(m, t->kind, member_str(item, t->id)) : NULL;
        return !n || !n->known;
    }
    return !m->guest;
}

static void read_cloud(struct model *m, json_val *list, const char *name)
{
    prefix_vec p = {0};
    add_prefixes(m, &p, list, name);
    vec_each(one, &p) spans_add(&m->cloud[one->family], one->lo, one->hi);
    vec_free(&p);
}

/* https://ip-ranges.amazonaws.com/ip-ranges.json */
static const char *cloud_member(struct str list)
{
    return str_is(list, "prefixes") ? "ip_prefix" : str_is(list, "ipv6_prefixes") ? "ipv6_prefix" : NULL;
}

static bool is_list(struct str name)
{
    return find_list(name) || cloud_member(name);
}

static const char *const tokens[] = {"NextToken", "NextMarker", "Marker"};

/* A page that is not the last. */
static bool goes_on(json_val *root)
{
    bool more = false;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        more |= member_str(root, tokens[i]).n > 0;
    return more;
}

/* Whether a guest describes all of a VPC, be it its own or one some of whose subnets were shared with us. */
static void note_owner(struct model *m, json_val *item)
{
    struct vpc *v = model_find(m, KIND_VPC, member_str(item, "VpcId"));
    if (v && str_eq(member_str(item, "OwnerId"), m->guest_account))
        v->told_by_owner = true;
}

static bool read_list(struct model *m, struct str name, json_val *list, bool all)
{
    const struct description *d = find_list(name);
    if (!yyjson_is_arr(list) || !is_list(name))
        return false;
    if (!d)
        read_cloud(m, list, cloud_member(name));
    told_list(m, list_of(name), all);
    for (json_each(item, d ? list : NULL))
        if (may_tell(m, name, item))
            d->read(m, item);
    for (json_each(item, m->guest && str_is(name, "Vpcs") ? list : NULL))
        note_owner(m, item);
    return true;
}

/* `all`: what was said was all of it. */
static bool read_earlier(struct model *m, json_val *lists, bool all)
{
    bool any = false;
    m->earlier = true;
    for (json_each_member(key, value, lists))
        any |= read_list(m, json_str(key), value, all);
    m->earlier = false;
    return any;
}

int load_document(struct model *m, json_val *root)
{
    bool any = false, all = !goes_on(root);
    for (json_each_member(key, value, root)) {
        struct str name = json_str(key);
        any |= read_list(m, name, value, all);
        if ((str_is(name, "Earlier") || str_is(name, "EarlierPart")) && yyjson_is_obj(value))
            any |= read_earlier(m, value, str_is(name, "Earlier"));
        if (!str_is(name, "NotRead") || !yyjson_is_arr(value))
            continue;
        told_refused(m, value);
        any = true;
    }
    return any ? 0 : err_set(ERR_MISSING, "holds no list of a describe call that is used here");
}

/* ── texts too large to be held as values ── */

/* The end of the JSON value that begins at `at`: only strings and nesting are looked at, for the pieces are
 * parsed anyway. */
static size_t value_end(struct str text, size_t at)
{
    size_t depth = 0;
    for (bool quoted = false; at < text.n; at++) {
        char c = text.p[at];
        if (quoted) {
            at += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}' || c == ',') {
            if (!depth)
                return at;
            depth -= c != ',';
        }
    }
    return text.n;
}

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.n && is_blank(text.p[at]))
        at++;
    return at;
}

/* One item, as the only one of a list of its name that goes on. */
static int load_item(struct model *m, struct arena *a, struct str name, struct str item)
{
    struct str wrapped = arena_printf(a, "{\"%.*s\":[", STR_ARG(name));
    struct buf text = buf_new(ITEM_MAX);
    json_val *root;
    buf_add_str(&text, wrapped);
    buf_add_str(&text, item);
    buf_add_str(&text, STR("],\"NextToken\":\"-\"}"));
    int status = buf_status(&text) < 0 ? err_set(ERR_LIMIT, "an item is larger than %d bytes", ITEM_MAX)
                                       : json_parse(a, buf_str(&text), &root);
    if (status == 0)
        status = load_document(m, root);
    buf_free(&text);
    return status;
}

static int load_items(struct model *m, struct str name, struct str list)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t at = skip_blanks(list, 1); at < list.n && list.p[at] != ']';) {
        size_t end = value_end(list, at);
        int status = load_item(m, a, name, str_slice(list, at, end));
        if (status < 0)
            return status;
        arena_reset(a);
        at = end < list.n && list.p[end] == ',' ? skip_blanks(list, end + 1) : end;
    }
    return 0;
}

static bool is_token(struct str name, struct str value)
{
    bool token = false;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        token |= str_is(name, tokens[i]);
    return token && str_starts(value, STR("\"")) && !str_starts(value, STR("\"\""));
}

static int load_large(struct model *m, struct str text, bool all);

static int load_large_earlier(struct model *m, struct str lists, bool all)
{
    m->earlier = true;
    int status = load_large(m, lists, all);
    m->earlier = false;
    return status;
}

/* An object whose members are taken one at a time, and of lists the items; `all`: what is said is all of it,
 * unless it goes on. */
static int load_large(struct model *m, struct str text, bool all)
{
    size_t at = skip_blanks(text, 0);
    bool any = false, seen[N_LISTS + 1] = {0};
    if (at == text.n || text.p[at] != '{')
        return err_set(ERR_INVALID, "not a JSON object");
    for (at = skip_blanks(text, at + 1); at < text.n && text.p[at] == '"';) {
        size_t end = value_end(text, at), colon = at + 1;
        while (colon < end && text.p[colon] != '"')
            colon++;
        struct str name = str_slice(text, at + 1, colon);
        size_t value = skip_blanks(text, skip_blanks(text, colon + 1) + 1);
        all &= !is_token(name, str_slice(text, value, end));
        if ((str_is(name, "Earlier") || str_is(name, "EarlierPart")) && !m->earlier) {
            int status = load_large_earlier(m, str_slice(text, value, end), str_is(name, "Earlier"));
            if (status < 0)
                return status;
            any = true;
        }
        if (value < end && text.p[value] == '[' && is_list(name)) {
            int status = load_items(m, name, str_slice(text, value, end));
            if (status < 0)
                return status;
            any = seen[list_of(name)] = true;
        }
        at = end < text.n && text.p[end] == ',' ? skip_blanks(text, end + 1) : text.n;
    }
    for (int l = 0; l < N_LISTS; l++)
        if (seen[l])
            told_list(m, (enum list)l, all);
    return any ? 0 : err_set(ERR_MISSING, "holds no list of a describe call that is used here");
}

int load_text(struct model *m, struct str text)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    if (text.n > WHOLE_MAX)
        return load_large(m, text, true);
    int status = json_parse(a, text, &root);
    return status < 0 ? status : load_document(m, root);
}

void load_guest_begin(struct model *m, struct str account)
{
    m->guest_account = account;
    told_guest(m);
}

int load_guest(struct model *m, struct str text)
{
    m->guest = true;
    int status = load_text(m, text);
    m->guest = false;
    return status;
}

static int load_file(struct model *m, const char *path)
{
    struct str text;
    int status = file_map(path, &text);
    if (status < 0)
        return status;
    if (text.n > FILE_MAX)
        status = err_set(ERR_LIMIT, "larger than %d bytes", FILE_MAX);
    else
        status = load_text(m, text);
    file_unmap(text);
    return status;
}

struct walk {
    struct model *model;
    struct told_place *place; /* the directory */
    int files, depth;
    bool any;
};

static int load_below(struct walk *w, const char *path);

static int load_entry(struct walk *w, const char *path, struct str name)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return load_below(w, path);
    if (!S_ISREG(st.st_mode) || !str_ends(name, STR(".json")))
        return 0;
    if (++w->files > FILES_MAX)
        return err_set(ERR_LIMIT, "%s: more than %d files", path, FILES_MAX);
    int status = load_file(w->model, path);
    if (status < 0 && status != ERR_MISSING) /* lists that are of no use here are no fault */
        model_problem(w->model, "%s: %s", path, err_text());
    w->any |= status == 0;
    return 0;
}

/* In the order of names, so that what is told twice is taken from the same file every time. */
static int load_below(struct walk *w, const char *path)
{
    if (w->depth == DEPTH_MAX)
        return err_set(ERR_LIMIT, "%s: directories nest deeper than %d", path, DEPTH_MAX);
    struct dirent **entries;
    struct told_place place, *above = w->place;
    int n = scandir(path, &entries, NULL, alphasort), status = 0;
    if (n < 0)
        return err_errno("%s", path);
    told_begin(w->model, &place);
    w->place = &place;
    w->depth++;
    for (int i = 0; i < n; i++) {
        char below[4096];
        const char *name = entries[i]->d_name;
        int length = snprintf(below, sizeof below, "%s/%s", path, name);
        if (status == 0 && name[0] != '.' && length > 0 && (size_t)length < sizeof below)
            status = load_entry(w, below, str_from(name));
        free(entries[i]);
    }
    w->depth--;
    w->place = above;
    told_end(w->model, &place, above);
    free(entries);
    return status;
}

int load_directory(struct model *m, const char *path)
{
    struct walk w = {.model = m};
    int status = load_below(&w, path);
    if (status < 0)
        return status;
    return w.any ? 0 : err_set(ERR_INVALID, "%s: no file holds a list of a describe call", path);
}
