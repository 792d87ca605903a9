/* What a collector keeps between reports. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/host_report.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "cmd/collect.h"

enum { TEXT_MAX = 1 << 20 };

static const char *path_of(const struct collect *c, struct arena *a, const char *name)
{
    return arena_printf(a, "%s/%s", c->state, name).p;
}

int state_open(const struct collect *c)
{
    int status = 0;
    if (mkdir(c->state, 0700) < 0 && errno == ENOENT) {
        status = dir_make(c->state);
        if (status == 0 && chmod(c->state, 0700) < 0)
            status = err_errno("%s", c->state);
    }
    if (status == 0 && access(c->state, W_OK | X_OK) < 0)
        status = err_errno("%s, which --state names or is the default", c->state);
    return status;
}

struct str state_text(const struct collect *c, struct arena *a, const char *name)
{
    struct str text;
    return file_read(a, path_of(c, a, name), TEXT_MAX, &text) < 0 ? (struct str){NULL, 0} : text;
}

int state_set_text(const struct collect *c, struct arena *a, const char *name, struct str text)
{
    return file_replace(path_of(c, a, name), text, 0600);
}

int state_key(const struct collect *c, struct arena *a, struct collect_key *ret_key)
{
    struct str text;
    json_val *root;
    int status = file_read(a, path_of(c, a, "key.json"), TEXT_MAX, &text);
    if (status == 0)
        status = json_parse(a, text, &root);
    if (status < 0)
        return status;
    json_val *tags = json_get(root, "tags");
    _cleanup_free_ char *written = tags ? yyjson_val_write(tags, 0, NULL) : NULL;
    struct collect_key key = {
        .server = json_get_str(root, "server"),
        .resource = json_get_str(root, "resourceId"),
        .region = json_get_str(root, "region"),
        .id = json_get_str(root, "accessKeyId"),
        .secret = json_get_str(root, "secretAccessKey"),
        .tags = arena_str(a, str_from(written)),
    };
    if (!key.resource.n || !key.id.n || !key.secret.n)
        return err_set(ERR_INVALID, "%s/key.json is damaged: remove it, and enrol again", c->state);
    if (!str_is(key.server, c->server))
        return err_set(ERR_MISSING, "not enrolled with %s, but with %.*s", c->server, STR_ARG(key.server));
    *ret_key = key;
    return 0;
}

int state_set_key(const struct collect *c, struct arena *a, struct str answer)
{
    _cleanup_(buf_free) struct buf text = buf_new(TEXT_MAX);
    struct json_out o = {.to = &text, .pretty = true};
    json_val *root;
    int status = json_parse(a, answer, &root);
    if (status == 0 && (!json_get_str(root, "accessKeyId").n || !json_get_str(root, "resourceId").n))
        status = err_set(ERR_INVALID, "%s does not answer as an assay server does", c->server);
    if (status < 0)
        return status;
    json_begin_object(&o);
    json_member_str(&o, "server", str_from(c->server));
    for (json_each_member(key, value, root))
        if (yyjson_is_str(value))
            json_member_str(&o, json_str(key).p, json_str(value));
    json_val *tags = json_get(root, "tags");
    _cleanup_free_ char *written = tags ? yyjson_val_write(tags, 0, NULL) : NULL;
    json_member_raw(&o, "tags", str_from(written));
    json_end_object(&o);
    buf_add_c(&text, '\n');
    return state_set_text(c, a, "key.json", buf_str(&text));
}

int state_report(const struct collect *c, struct arena *a, struct buf *text, char ret_digest[65])
{
    struct stat st;
    const char *path = path_of(c, a, "report.zst");
    _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return errno == ENOENT ? err_set(ERR_MISSING, "nothing was reported yet") : err_errno("%s", path);
    return host_report_unpack(fd, (uint64_t)st.st_size, text, ret_digest);
}

int state_set_report(const struct collect *c, struct arena *a, struct str packed)
{
    return state_set_text(c, a, "report.zst", packed);
}
