/* Where the database is, when nobody says. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "advisory/db.h"
#include "base/err.h"

enum { PATH_BYTES = 4096 };

static int join(char *ret_path, size_t size, const char *folder, const char *rest)
{
    if ((size_t)snprintf(ret_path, size, "%s%s", folder, rest) >= size)
        return err_set(ERR_LIMIT, "%s%s: path too long", folder, rest);
    return 0;
}

int db_user_path(char *ret_path, size_t size)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (geteuid() == 0)
        return join(ret_path, size, "/var/lib/assay", "/advisories.db");
    if (data && *data == '/') /* others are to be ignored: XDG Base Directory Specification */
        return join(ret_path, size, data, "/assay/advisories.db");
    if (home && *home == '/')
        return join(ret_path, size, home, "/.local/share/assay/advisories.db");
    return err_set(ERR_MISSING, "neither XDG_DATA_HOME nor HOME is set");
}

/* Beside the program, where it lies when it was built and not installed. */
static int build_path(char *ret_path, size_t size)
{
    char program[PATH_BYTES];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n < 0)
        return err_errno("/proc/self/exe");
    program[n] = 0;
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = 0;
    return join(ret_path, size, program, "/data/advisories.db");
}

static int installed_path(char *ret_path, size_t size)
{
    return join(ret_path, size, ASSAY_DATADIR, "/advisories.db");
}

int db_open_default(const char *path, struct db **ret_db)
{
    static int (*const places[])(char *, size_t) = {db_user_path, build_path, installed_path};
    const char *given = path ? path : getenv("ASSAY_DB");
    if (given && *given) {
        int status = db_open(given, ret_db);
        return status == ERR_MISSING ? err_set(status, "%s: no such advisory database, which %s names", given,
                                               path ? "--db" : "ASSAY_DB")
                                     : status;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char at[PATH_BYTES];
        if (places[i](at, sizeof at) < 0)
            continue;
        /* One that is there but damaged is an error: an older one instead would hide what is new. */
        int status = db_open(at, ret_db);
        if (status != ERR_MISSING)
            return status;
    }
    return err_set(ERR_MISSING,
                   "no advisory database: 'assay db update' makes one; --db FILE or ASSAY_DB names another");
}
