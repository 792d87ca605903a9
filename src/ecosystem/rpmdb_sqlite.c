/* SQLite, the default since rpm 4.16 (rpmdb.sqlite): table Packages with a number and a header as blob.
 *
 * SQLite reads through a file system of ours that has that one file, read-only, unchanging, without journal
 * and log. A log (-wal) that rpm has not merged yet is therefore not seen; rpm.c reports one that is there.
 * The schema of a hostile database may hold anything, so views, triggers and functions are refused, and the
 * work is counted.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/rpmdb.h"

enum {
    BLOB_MAX = 300 << 20,
    STEP_OPERATIONS = 10000, /* of SQLite's machine between two looks at the count */
    STEPS_MAX = 2000,        /* 20 million operations: some million packages */
};

struct view_sqlite_file {
    sqlite3_file base;
    struct view_file *file;
};

/* SQLite opens by name only; the file to open is passed aside, to the same thread. */
static _Thread_local struct view_file *opening;

static int file_close(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

/* SQLite wants what lies past the end filled with zeros. */
static int file_read_at(sqlite3_file *f, void *to, int n, sqlite3_int64 offset)
{
    size_t got;
    if (view_file_read_at(((struct view_sqlite_file *)f)->file, (uint64_t)offset, to, (size_t)n, &got) < 0)
        return SQLITE_IOERR_READ;
    if (got == (size_t)n)
        return SQLITE_OK;
    memset((char *)to + got, 0, (size_t)n - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 offset)
{
    (void)f, (void)from, (void)n, (void)offset;
    return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    (void)f, (void)size;
    return SQLITE_READONLY;
}

static int file_with_flags(sqlite3_file *f, int flags)
{
    (void)f, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
    *ret_size = (sqlite3_int64)((struct view_sqlite_file *)f)->file->size;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *f, int *ret_reserved)
{
    (void)f;
    *ret_reserved = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int operation, void *arg)
{
    (void)f, (void)operation, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *f)
{
    (void)f;
    return 512;
}

/* Unchanging: SQLite takes no locks and looks for no journal. */
static int file_characteristics(sqlite3_file *f)
{
    (void)f;
    return SQLITE_IOCAP_IMMUTABLE;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        1,
        file_close,
        file_read_at,
        file_write,
        file_truncate,
        file_with_flags,
        file_size,
        file_with_flags,
        file_with_flags,
        file_is_reserved,
        file_control,
        file_sector_size,
        file_characteristics,
    };
    (void)vfs, (void)name;
    f->pMethods = NULL;
    if (!(flags & SQLITE_OPEN_MAIN_DB) || !opening)
        return SQLITE_CANTOPEN;
    ((struct view_sqlite_file *)f)->file = opening;
    f->pMethods = &methods;
    if (ret_flags)
        *ret_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_READONLY;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    (void)vfs, (void)name, (void)flags;
    *ret_there = 0;
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret_name)
{
    (void)vfs;
    sqlite3_snprintf(size, ret_name, "%s", name);
    return SQLITE_OK;
}

static void register_vfs(void)
{
    static sqlite3_vfs vfs;
    const sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (!system)
        return;
    vfs = *system; /* for its clock and random numbers */
    vfs.iVersion = 1;
    vfs.szOsFile = sizeof(struct view_sqlite_file);
    vfs.zName = "assay-view";
    vfs.pNext = NULL;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_name;
    sqlite3_vfs_register(&vfs, 0);
}

/* One plain query on one table is all that may be prepared. */
static int authorize(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)ctx, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

static int count_step(void *ctx)
{
    return ++*(int *)ctx > STEPS_MAX;
}

static void close_db(sqlite3 **db)
{
    sqlite3_close_v2(*db);
}

static void finalize(sqlite3_stmt **query)
{
    sqlite3_finalize(*query);
}

static int open_db(struct view_file *file, sqlite3 **ret_db)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_vfs);
    opening = file;
    int code =
        sqlite3_open_v2("rpmdb.sqlite", ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, "assay-view");
    opening = NULL;
    if (code != SQLITE_OK)
        return err_set(ERR_INVALID, "rpm database: %s", sqlite3_errstr(code));
    sqlite3_limit(*ret_db, SQLITE_LIMIT_LENGTH, file->size < BLOB_MAX ? (int)file->size : BLOB_MAX);
    sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    return 0;
}

static int read_rows(struct view_file *file, sqlite3 *db, sqlite3_stmt *query,
                     const struct rpmdb_visitor *visitor)
{
    uint64_t handed_out = 0;
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        struct str blob = {sqlite3_column_blob(query, 0), (size_t)sqlite3_column_bytes(query, 0)};
        handed_out += blob.n;
        if (handed_out > file->size)
            return err_set(ERR_LIMIT, "rpm database of %" PRIu64 " bytes states more bytes of packages",
                           file->size);
        visitor->header(visitor->ctx, blob);
    }
    if (code == SQLITE_INTERRUPT)
        return err_set(ERR_LIMIT, "rpm database needs more than %d million steps to read",
                       STEP_OPERATIONS / 1000 * STEPS_MAX / 1000);
    return code == SQLITE_DONE ? 0 : err_set(ERR_INVALID, "rpm database: %s", sqlite3_errmsg(db));
}

int rpmdb_read_sqlite(struct view_file *file, const struct rpmdb_visitor *visitor)
{
    _cleanup_(close_db) sqlite3 *db = NULL;
    _cleanup_(finalize) sqlite3_stmt *query = NULL;
    int steps = 0, status = open_db(file, &db);
    if (status < 0)
        return status;
    sqlite3_progress_handler(db, STEP_OPERATIONS, count_step, &steps);
    sqlite3_exec(db, "PRAGMA cell_size_check = 1", NULL, NULL, NULL); /* damage is found sooner */
    sqlite3_set_authorizer(db, authorize, NULL);
    if (sqlite3_prepare_v2(db, "SELECT blob FROM Packages", -1, &query, NULL) != SQLITE_OK)
        return err_set(ERR_INVALID, "rpm database: %s", sqlite3_errmsg(db));
    return read_rows(file, db, query, visitor);
}
