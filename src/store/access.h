/* Accounts, users, access keys and enrolment tokens. */
#ifndef ASSAY_STORE_ACCESS_H
#define ASSAY_STORE_ACCESS_H

#include "store/store.h"

/* Makes the account if it is not there, with nothing enabled. */
void account_add(struct sql *db, account_id account);
bool account_exists(struct sql *db, account_id account);
/* The accounts in order: the first one above `after`; false at the end. */
bool account_next(struct sql *db, account_id after, account_id *ret_account);

struct account_scan {
    enum account_status status; /* DISABLED when never set */
    int64_t changed, first_enabled;
};
struct account_scan account_scan_get(struct sql *db, account_id account, enum resource_scan_type type);
/* Returns whether that changed anything. */
bool account_scan_set(struct sql *db, account_id account, enum resource_scan_type type,
                      enum account_status status);

/* Settings of an account: JSON by name; empty when it was never set. */
struct str setting_get(struct sql *db, struct arena *a, account_id account, const char *name,
                       int64_t *ret_changed);
void setting_set(struct sql *db, account_id account, const char *name, struct str json);

/* Names: 1 to 64 letters, digits and "._@-". ERR_INVALID otherwise. Adding a user again changes the role,
 * also of the user's keys, and ends the sessions. */
enum { USER_NAME_MAX = 64 };
int user_name_check(struct str name);
int user_add(struct sql *db, account_id account, struct str name, enum role role);
/* With all keys of the user; false when there is none. */
bool user_remove(struct sql *db, account_id account, struct str name);
struct user {
    struct str name;
    enum role role;
    int64_t created;
};
/* ERR_MISSING when there is none. */
int user_get(struct sql *db, struct arena *a, account_id account, struct str name, struct user *ret_user);
/* All users of the account, in the arena; returns how many. */
size_t user_list(struct sql *db, struct arena *a, account_id account, struct user **ret_users);

/* The master key: 32 bytes in a file of mode 0600, made when it is not there. ERR_INVALID when it is not 32
 * bytes, ERR_UNSUPPORTED when others may read it. Secrets are sealed with AES-256-GCM under it, bound to
 * their key id. */
struct master_key;
int master_key_open(const char *path, struct master_key **ret_key);
void master_key_close(struct master_key *k);
/* Both bind `name` to the content. Sealed text is larger by SEAL_OVERHEAD bytes. */
enum { SEAL_OVERHEAD = 28 };
struct str seal(struct arena *a, const struct master_key *k, struct str name, struct str secret);
int unseal(struct arena *a, const struct master_key *k, struct str name, struct str sealed,
           struct str *ret_secret);

enum { ACCESS_KEY_ID = 20, ACCESS_SECRET = 40 };
struct access_key {
    account_id account;
    enum role role;
    char id[ACCESS_KEY_ID + 1], secret[ACCESS_SECRET + 1];
    char user[USER_NAME_MAX + 1];
    char resource[128]; /* the host a collector's key speaks for; or empty */
    int64_t created, expires;
    bool disabled;
};
/* A new key for a user ("AKIA..."), or for a session when `expires` is not TIME_NONE ("ASIA..."). `resource`
 * may be empty. The only time that the secret is shown. */
int access_key_add(struct sql *db, const struct master_key *k, account_id account, struct str user,
                   enum role role, struct str resource, int64_t expires, struct access_key *ret_key);
/* A key for a session of the user of the key `with`, which ends when that is disabled or removed. ERR_MISSING
 * when it is already. */
int access_key_begin(struct sql *db, const struct master_key *k, struct str with, int64_t expires,
                     struct access_key *ret_key);
/* ERR_MISSING when there is no such key. */
int access_key_find(struct sql *db, const struct master_key *k, struct str id, struct access_key *ret_key);
/* Whether requests may be signed with it. */
bool access_key_holds(struct sql *db, struct str id, int64_t now);
bool access_key_disable(struct sql *db, account_id account, struct str id);
bool access_key_remove(struct sql *db, account_id account, struct str id);
/* Without secrets. */
size_t access_key_list(struct sql *db, struct arena *a, account_id account, struct access_key **ret_keys);
/* Drops the session keys that expired. */
void access_key_expire(struct sql *db, int64_t now);

/* Whether a user has any key, also one that is disabled. */
bool access_key_of_user(struct sql *db, account_id account, struct str user);

/* Enrolment tokens, "assay-" and 40 characters, each good for one purpose: hosts enrol with it, or a registry
 * notifies with it; with one to replace also hosts that are enrolled already do. `uses` 0: any number. `tags`
 * is a JSON object for the hosts that enrol with it. */
struct str enrol_token_add(struct sql *db, struct arena *a, account_id account, enum token_purpose purpose,
                           struct str label, int64_t expires, unsigned uses, struct str tags);
/* A host's: uses it up once. ERR_MISSING when unknown, expired, used up or for another purpose: which, nobody
 * is told. */
int enrol_token_use(struct sql *db, struct arena *a, struct str token, int64_t now, account_id *ret_account,
                    struct str *ret_tags, bool *ret_replaces);
/* A registry's: whether it is good. It is not used up. ERR_MISSING as above. */
int enrol_token_check(struct sql *db, struct str token, int64_t now, account_id *ret_account);
struct enrol_token {
    enum token_purpose purpose;
    struct str label, digest; /* digest: 16 hex digits that name it */
    int64_t created, expires;
    unsigned uses_left; /* 0: any number */
};
size_t enrol_token_list(struct sql *db, struct arena *a, account_id account, struct enrol_token **ret_tokens);
/* Drops those that have expired. */
void enrol_token_expire(struct sql *db, int64_t now);
bool enrol_token_remove(struct sql *db, account_id account, struct str digest);

#endif
