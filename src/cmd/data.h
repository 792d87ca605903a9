/* The directory of a server's data, and the files in it: for `assay serve`, and for the commands that work on
 * its state directly. */
#ifndef ASSAY_CMD_DATA_H
#define ASSAY_CMD_DATA_H

#include "store/access.h"

#define DATA_STATE       "state.db"
#define DATA_MASTER      "master.key"
#define DATA_CREDENTIALS "credentials"

/* Where commands stand that need not know where the server does. */
extern const struct place data_place;
/* The account of a server that was not given another. */
enum { DATA_ACCOUNT = 0 };

enum { DATA_PATH_MAX = 4096 };
/* `option` (of --data), else /var/lib/assay for root, else $XDG_DATA_HOME/assay/server or
 * ~/.local/share/assay/server. */
int data_directory(const char *option, char ret_directory[DATA_PATH_MAX]);
/* DIRECTORY/NAME */
int data_path(const char *directory, const char *name, char ret_path[DATA_PATH_MAX]);
/* Makes the directory with mode 0700, and missing parents. */
int data_make(const char *directory);
/* Opens what is there. ERR_MISSING when no server has made its state there. */
int data_open(const char *directory, struct store **ret_store);

/* The text of an AWS shared-credentials file, in the arena. `profile` is its section, `region` may be NULL.
 */
struct str credentials_text(struct arena *a, const char *profile, const struct access_key *key,
                            const char *region);
/* Once, when a server starts for the first time: makes the account with the user "admin" and a key, and
 * writes the file at `path` (mode 0600, profile "assay"). A file that is there is left alone, and one that
 * was taken away afterwards does not come back. */
int credentials_make(struct store *s, const struct master_key *master, account_id account, const char *region,
                     const char *path);

#endif
