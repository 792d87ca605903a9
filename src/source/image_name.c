#include "source/image_name.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "source/registry.h"

enum { CONFIG_SIZE_MAX = 1 << 20 };

/* A first part without any of these is a name at Docker's own registry. */
static bool is_host(struct str part)
{
    return str_find(part, '.') >= 0 || str_find(part, ':') >= 0 || str_is(part, "localhost");
}

int image_name_parse(struct arena *a, struct str text, struct image_name *ret_name)
{
    struct image_name r = {.host = STR("docker.io"), .reference = STR("latest")};
    struct str rest = text, host, path;
    if (str_cut(text, '/', &host, &path) && is_host(host)) {
        r.host = host;
        rest = path;
    }
    struct str digest = {NULL, 0};
    bool by_digest = str_cut(rest, '@', &rest, &digest);
    r.name = rest;
    str_cut(rest, ':', &r.name, &r.reference);
    if (by_digest) /* which says more than a tag beside it */
        r.reference = digest;
    if (str_is(r.host, "docker.io") && str_find(r.name, '/') < 0)
        r.name = arena_printf(a, "library/%.*s", STR_ARG(r.name));
    int status = repository_check(r.name);
    if (status == 0)
        status = reference_check(r.reference);
    if (status < 0)
        return err_context(status, "%.*s", STR_ARG(text));
    *ret_name = r;
    return 0;
}

struct str image_name_api(const struct image_name *r)
{
    return str_is(r->host, "docker.io") ? STR("registry-1.docker.io") : r->host;
}

/* ---- credentials ---- */

/* "https://index.docker.io/v1/", "registry.example:5000". */
static struct str host_of_key(struct str key)
{
    ptrdiff_t scheme = str_find_str(key, STR("://"));
    struct str host = scheme < 0 ? key : str_slice(key, (size_t)scheme + 3, key.n), path;
    str_cut(host, '/', &host, &path);
    return str_is(host, "index.docker.io") ? STR("docker.io") : host;
}

static bool decode(struct arena *a, struct str base64, struct str *ret_user, struct str *ret_password)
{
    size_t padding = str_ends(base64, STR("==")) ? 2 : str_ends(base64, STR("=")) ? 1 : 0;
    unsigned char *plain = arena_alloc(a, base64.n + 1);
    int n = base64.n ? EVP_DecodeBlock(plain, (const unsigned char *)base64.p, (int)base64.n) : -1;
    if (n < (int)padding)
        return false;
    struct str text = {(const char *)plain, (size_t)n - padding};
    return str_find(text, 0) < 0 && str_cut(text, ':', ret_user, ret_password);
}

int credentials_parse(struct arena *a, struct str text, struct str host, struct str *ret_user,
                      struct str *ret_password)
{
    json_val *root;
    int status = json_parse(a, text, &root);
    if (status < 0)
        return status;
    for (json_each_member(key, value, json_get(root, "auths"))) {
        struct str auth = json_get_str(value, "auth"), user, password;
        if (!str_ieq(host_of_key(json_str(key)), host) || !auth.n)
            continue;
        if (!decode(a, auth, &user, &password))
            return err_set(ERR_INVALID, "the credentials of %.*s are not in base64", STR_ARG(host));
        *ret_user = arena_str(a, user);
        *ret_password = arena_str(a, password);
        return 0;
    }
    return 0;
}

int credentials_find(struct arena *a, struct str host, struct str *ret_user, struct str *ret_password)
{
    const char *folder = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
    struct str text;
    if (!folder && !home)
        return 0;
    const char *path = folder ? arena_printf(a, "%s/config.json", folder).p
                              : arena_printf(a, "%s/.docker/config.json", home).p;
    int status = file_read(a, path, CONFIG_SIZE_MAX, &text);
    if (status == ERR_MISSING)
        return 0;
    if (status == 0)
        status = credentials_parse(a, text, host, ret_user, ret_password);
    return status < 0 ? err_context(status, "%s", path) : 0;
}
