#include "net/url.h"

#include <arpa/inet.h>

#include "base/err.h"

static struct str without_port(struct str host)
{
    ptrdiff_t colon = str_rfind(host, ':');
    if (colon < 0 || str_find(str_slice(host, (size_t)colon, host.n), ']') >= 0)
        return host;
    return str_slice(host, 0, (size_t)colon);
}

static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        if (!is_alnum(host.p[i]) && (!host.p[i] || !strchr("-._~%:[]", host.p[i])))
            return false;
    }
    return without_port(host).n > 0;
}

int url_parse(struct arena *a, struct str text, struct url *ret_url)
{
    struct url u = {0};
    struct str rest;
    size_t scheme = 7;
    if (text.n >= 8 && str_ieq(str_slice(text, 0, 8), STR("https://"))) {
        u.tls = true;
        scheme = 8;
    } else if (text.n < 7 || !str_ieq(str_slice(text, 0, 7), STR("http://"))) {
        return err_set(ERR_INVALID, "%.*s: not an http or https URL", STR_ARG(text));
    }
    rest = str_slice(text, scheme, text.n);
    str_cut(rest, '#', &rest, &(struct str){0});
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    u.host = arena_lower(a, str_slice(rest, 0, end));
    if (!is_host(u.host))
        return err_set(ERR_INVALID, "%.*s: not a host", STR_ARG(u.host));
    if (str_ends(u.host, u.tls ? STR(":443") : STR(":80")))
        u.host = without_port(u.host);
    u.path = str_slice(rest, end, rest.n);
    str_cut(u.path, '?', &u.path, &u.query);
    if (!u.path.n)
        u.path = STR("/");
    *ret_url = u;
    return 0;
}

bool url_is_loopback(const struct url *u)
{
    char text[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    struct str host = without_port(u->host);
    if (str_is(host, "localhost") || str_is(host, "[::1]"))
        return true;
    if (host.n >= sizeof text)
        return false;
    memcpy(text, host.p, host.n);
    return inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool url_same_host(const struct url *a, const struct url *b)
{
    return a->tls == b->tls && str_eq(a->host, b->host);
}
