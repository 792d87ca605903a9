/* assay db: the advisory database. */
#include "cmd/db.h"

#include "base/cleanup.h"
#include "base/err.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} subcommands[] = {
    {"diff", db_diff_command},
    {"info", db_info_command},
    {"show", db_show_command},
    {"verify", db_verify_command},
};

int db_verify_command(int argc, char **argv)
{
    struct db_options o;
    int status = db_options_parse(argc, argv, 0, 1, &o);
    if (status != EXIT_OK)
        return status;
    _cleanup_(db_cleanup) struct db *db = NULL;
    if (db_open_default(o.n_operands ? o.operands[0] : o.db, &db) < 0 || db_verify(db) < 0)
        return command_failed();
    printf("whole: generation %.*s\n", STR_ARG(db_generation(db)));
    return EXIT_OK;
}

static int run(int argc, char **argv)
{
    if (argc < 2)
        return usage_error(&command_db, "which of its subcommands?");
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        if (!strcmp(argv[1], subcommands[i].name))
            return subcommands[i].run(argc - 1, argv + 1);
    return usage_error(&command_db, "no subcommand '%s'", argv[1]);
}

const struct command command_db = {
    .name = "db",
    .summary = "the advisory database: update it, look into it, compare two",
    .usage = "assay db SUBCOMMAND [OPTION]... [ARGUMENT]...",
    .help =
        "subcommands:\n"
        "  info                what the database holds, from which feeds, and how old it is\n"
        "  show ID|PACKAGE     everything known of a CVE, GHSA, DSA, ...; or the advisories of a package:\n"
        "                      lodash, npm/lodash, Debian:12/openssl, pkg:npm/lodash\n"
        "  diff OLD NEW        what changed between two databases\n"
        "  verify [FILE]       read all of it and check every checksum and number\n"
        "\n"
        "options:\n"
        "      --db FILE       use this database; else $ASSAY_DB, else the user's, else the installed one\n"
        "  -f, --format FORMAT table (default) or json\n"
        "      --all           show: do not cut long lists\n",
    .run = run,
};
