#include "cmd/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"

const struct place data_place = {"aws", "us-east-1"};

static int join(const char *directory, const char *name, char ret_path[DATA_PATH_MAX])
{
    if ((size_t)snprintf(ret_path, DATA_PATH_MAX, "%s%s", directory, name) >= DATA_PATH_MAX)
        return err_set(ERR_LIMIT, "%.100s...: path too long", directory);
    return 0;
}

int data_directory(const char *option, char ret_directory[DATA_PATH_MAX])
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (option)
        return join(option, "", ret_directory);
    if (geteuid() == 0)
        return join("/var/lib/assay", "", ret_directory);
    if (data && *data == '/') /* others are to be ignored: XDG Base Directory Specification */
        return join(data, "/assay/server", ret_directory);
    if (home && *home)
        return join(home, "/.local/share/assay/server", ret_directory);
    return err_set(ERR_MISSING, "neither --data is given, nor is XDG_DATA_HOME or HOME set");
}

int data_path(const char *directory, const char *name, char ret_path[DATA_PATH_MAX])
{
    char slashed[64];
    snprintf(slashed, sizeof slashed, "/%s", name);
    return join(directory, slashed, ret_path);
}

int data_make(const char *directory)
{
    char parent[DATA_PATH_MAX];
    struct stat st;
    if (stat(directory, &st) == 0)
        return S_ISDIR(st.st_mode) ? 0 : err_set(ERR_INVALID, "%s: not a directory", directory);
    struct str dirname = str_dirname(str_from(directory));
    if (dirname.n) {
        snprintf(parent, sizeof parent, "%.*s", STR_ARG(dirname));
        int status = dir_make(parent);
        if (status < 0)
            return status;
    }
    return mkdir(directory, 0700) < 0 && errno != EEXIST ? err_errno("%s", directory) : 0;
}

int data_open(const char *directory, struct store **ret_store)
{
    char path[DATA_PATH_MAX];
    int status = data_path(directory, DATA_STATE, path);
    if (status < 0)
        return status;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return err_set(ERR_MISSING, "%s: no server's data; 'assay serve --data %s' makes them", directory,
                       directory);
    return store_open(path, &data_place, ret_store);
}

struct str credentials_text(struct arena *a, const char *profile, const struct access_key *key,
                            const char *region)
{
    return arena_printf(a, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n%s%s%s", profile,
                        key->id, key->secret, region ? "region = " : "", region ? region : "",
                        region ? "\n" : "");
}

#define ADMIN STR("admin")

static int make_admin(struct store *s, const struct master_key *master, account_id account,
                      struct access_key *ret_key)
{
    struct sql *db = store_writer(s);
    account_add(db, account);
    int status = user_add(db, account, ADMIN, ROLE_admin);
    if (!status)
        status = access_key_add(db, master, account, ADMIN, ROLE_admin, STR(""), TIME_NONE, ret_key);
    if (status < 0)
        sql_fail(db, status);
    return store_commit(db);
}

/* The property that says that the file was written: it is only made until then. */
static const char written[] = "credentials";

static int note_written(struct store *s)
{
    struct sql *db = store_writer(s);
    property_set(db, written, STR("written"));
    return store_commit(db);
}

static int is_written(struct store *s, bool *ret_written)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct sql *db = store_reader(s);
    *ret_written = property_get(db, a, written).n;
    return store_commit(db);
}

int credentials_make(struct store *s, const struct master_key *master, account_id account, const char *region,
                     const char *path)
{
    bool done;
    int status = is_written(s, &done);
    if (status < 0 || done)
        return status;
    if (access(path, F_OK) == 0)
        return note_written(s);
    /* The key is there before the file that names it; who is interrupted between the two makes another. */
    struct access_key key;
    if ((status = make_admin(s, master, account, &key)) < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text = credentials_text(a, "assay", &key, region);
    status = file_replace(path, text, 0600);
    explicit_bzero(&key, sizeof key);
    explicit_bzero((char *)(uintptr_t)text.p, text.n);
    return status < 0 ? status : note_written(s);
}
