/* Subcommands, one file each, with one const struct; src/cmd/meson.build lists them and generates the table.
 */
#ifndef ASSAY_CMD_COMMAND_H
#define ASSAY_CMD_COMMAND_H

#include "base/str.h"

/* Exit codes of every command. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_FOUND =
        1, /* scan --fail-on: findings at or above the severity; comparisons in batch: some were invalid */
    EXIT_USAGE = 2,   /* the command line is wrong */
    EXIT_FAILED = 3,  /* the work could not be done: the target or the database could not be read */
    EXIT_PARTIAL = 4, /* done, but parts of the target could not be read; they are listed */
};

struct command {
    const char *name;
    const char *summary;               /* one line for `assay --help` */
    const char *usage;                 /* "assay scan [OPTION]... TARGET" */
    const char *help;                  /* options and examples */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit code */
};

extern const struct command *const commands[];

/* "assay NAME: TEXT" on standard error, and where to get help; returns EXIT_USAGE. */
int usage_error(const struct command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what getopt_long() refused, `code` being its result: '?' or, for a missing value, ':'. */
int option_error(const struct command *c, int code, char **argv);
/* The same for argv[1], which names none of the subcommands, or is not there. */
int subcommand_error(const struct command *c, int argc, char **argv);
/* "; did you mean 'scan'?" on standard error when the best of the words offered is like the one that was
 * given. */
struct likeness {
    struct str given;
    struct str best;
    size_t letters; /* how many have to change */
};
void likeness_offer(struct likeness *l, struct str word);
void likeness_print(const struct likeness *l);
/* "assay: TEXT" of the present error; returns EXIT_FAILED. */
int command_failed(void);

/* Before `target` is read: a signal that ends the process removes first what a pull of an image keeps
 * meanwhile. */
void command_tidy(const char *target);

/* Reads standard input line by line for batch commands: each line without its end, of any length, valid
 * until the next call. False at the end. */
bool batch_line(struct str *ret_line);

#endif
