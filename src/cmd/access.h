/* assay user, key, token, aws: what they share. They work on the state of a server directly, also while it
 * runs.
 */
#ifndef ASSAY_CMD_ACCESS_H
#define ASSAY_CMD_ACCESS_H

#include <getopt.h>

#include "base/json.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "report/text.h"

/* The values in the option tables of the three, beside 'f' of --format. */
enum {
    ACCESS_DATA = 256,
    ACCESS_ACCOUNT,
    ACCESS_ROLE,
    ACCESS_EXPIRES,
    ACCESS_USES,
    ACCESS_TAG,
    ACCESS_FOR,
    ACCESS_OWN, /* and on: the command's own, which its `option` takes */
};

enum access_format { ACCESS_TABLE, ACCESS_JSON, ACCESS_CREDENTIALS };

struct access_call {
    const struct command *command;
    struct arena *arena;
    struct store *store;
    struct sql *db;
    const char *directory;
    account_id account;
    char **operands;
    int n_operands;

    enum access_format format;
    int role;                   /* --role; -1 */
    int64_t expires;            /* --expires; TIME_NONE: never */
    unsigned uses;              /* --uses; 0: any number */
    struct str tags;            /* --tag, as a JSON object; or empty */
    enum token_purpose purpose; /* --for */
    void *own;                  /* of the command */

    /* What is printed once everything is written. */
    struct page page;
    struct json_out json;
};

/* A subcommand: 0, or an error. */
struct access_verb {
    const char *name;
    int least, most; /* operands */
    bool writes;
    bool credentials; /* --format credentials is one of its formats */
    bool anywhere;    /* it is not about one account that is there */
    bool names;       /* its first operand names the account */
    bool alone;       /* it has no transaction, and begins its own */
    int (*run)(struct access_call *c);
};

/* Reads the command line, opens the state and runs the subcommand in one transaction; an exit code. `verbs`
 * are ended by one without a name. `expires`: where --expires is not given; seconds from now, 0: never. */
int access_run(const struct command *command, const struct option *options, const struct access_verb *verbs,
               int64_t expires, int argc, char **argv);
/* Before it, `own` and who takes the options from ACCESS_OWN on: an exit code. */
typedef int access_option(struct access_call *c, int option, const char *value);
int access_run_own(const struct command *command, const struct option *options,
                   const struct access_verb *verbs, access_option *take, void *own, int argc, char **argv);

/* "2026-11-21T10:00:00Z"; "-" for TIME_NONE. */
struct str access_time(struct arena *a, int64_t time);
/* A member with such a time; left out when there is none. */
void access_member_time(struct json_out *o, const char *name, int64_t time);
/* As --role takes it. */
const char *access_role_name(enum role role);
/* Operand `i` as a slice; empty when it was not given. */
struct str access_operand(const struct access_call *c, int i);

#endif
