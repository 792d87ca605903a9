#include "api/notification.h"

#include "base/err.h"

enum { NAME_MAX_BYTES = 512 };

static bool is_manifest(struct str type)
{
    static const struct str types[] = {
        STR("application/vnd.docker.distribution.manifest."), /* v1, v2, list.v2 */
        STR("application/vnd.oci.image.manifest."),
        STR("application/vnd.oci.image.index."),
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_starts(type, types[i]))
            return true;
    return false;
}

/* Only what may stand in a reference: it goes into URLs and keys. */
static bool plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !memchr("._-/:+@", s.p[i], 7))
            return false;
    return s.n <= NAME_MAX_BYTES;
}

static bool read_action(struct str name, enum notification_action *ret_action)
{
    static const struct str names[] = {STR("push"), STR("pull"), STR("delete")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, names[i])) {
            *ret_action = (enum notification_action)i;
            return true;
        }
    return false;
}

static bool read_event(json_val *event, struct notification *to)
{
    json_val *target = json_get(event, "target");
    *to = (struct notification){
        .host = json_get_str(json_get(event, "request"), "host"),
        .repository = json_get_str(target, "repository"),
        .digest = json_get_str(target, "digest"),
        .tag = json_get_str(target, "tag"),
    };
    if (!read_action(json_get_str(event, "action"), &to->action) || !to->repository.n)
        return false;
    /* What we fetch ourselves is no use that anybody makes of the image. */
    if (to->action == NOTIFICATION_PULL &&
        str_starts(json_get_str(json_get(event, "request"), "useragent"), STR("assay")))
        return false;
    /* A deletion names no type. */
    if (to->action != NOTIFICATION_DELETE &&
        (!is_manifest(json_get_str(target, "mediaType")) || (!to->digest.n && !to->tag.n)))
        return false;
    return plain(to->repository) && plain(to->digest) && plain(to->tag) && plain(to->host);
}

int notifications_read(struct arena *a, json_val *envelope, struct notification **ret_list, size_t *ret_n)
{
    json_val *events = json_get(envelope, "events");
    if (!yyjson_is_arr(events))
        return err_set(ERR_INVALID, "no list of events");
    if (yyjson_arr_size(events) > NOTIFICATIONS_MAX)
        return err_set(ERR_LIMIT, "more than %d events at once", NOTIFICATIONS_MAX);
    struct notification *list = arena_new_array(a, struct notification, yyjson_arr_size(events) + 1);
    size_t n = 0;
    for (json_each(event, events))
        n += read_event(event, &list[n]);
    *ret_list = list;
    *ret_n = n;
    return 0;
}

/* "host:port" with the port that the scheme stands for left out. */
static struct str authority(struct str s, struct str port)
{
    if (str_ends(s, port))
        s.n -= port.n;
    return s;
}

bool registry_has_host(struct str url, struct str host)
{
    struct str port = STR(":443"), rest = url;
    if (str_starts(url, STR("http://"))) {
        port = STR(":80");
        rest = str_slice(url, 7, url.n);
    } else if (str_starts(url, STR("https://"))) {
        rest = str_slice(url, 8, url.n);
    }
    ptrdiff_t end = str_find(rest, '/');
    if (end >= 0)
        rest.n = (size_t)end;
    return host.n && str_ieq(authority(rest, port), authority(host, port));
}
