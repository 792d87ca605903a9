/* assay db: the advisory database. */
#include "cmd/db.h"

#include "base/cleanup.h"
#include "base/err.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} subcommands[] = {
    {"build", db_build_command}, {"diff", db_diff_command},     {"info", db_info_command},
    {"show", db_show_command},   {"update", db_update_command}, {"verify", db_verify_command},
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
        "  update              fetch what changed from the publishers, and build the database anew\n"
        "  build --from DIR    a database from a directory laid out as a mirror of the feeds\n"
        "  info                what the database holds, from which feeds, and how old it is\n"
        "  show ID|PACKAGE     everything known of a CVE, GHSA, DSA, ...; or the advisories of a package:\n"
        "                      lodash, npm/lodash, Debian:12/openssl, pkg:npm/lodash\n"
        "  diff OLD NEW        what changed between two databases\n"
        "  verify [FILE]       read all of it and check every checksum and number\n"
        "\n"
        "options:\n"
        "      --db FILE       use this database; else $ASSAY_DB, else the user's, else the installed one\n"
        "  -f, --format FORMAT table (default) or json\n"
        "      --all           show: do not cut long lists\n"
        "      --from SOURCE   update, build: a directory, or the URL of a mirror (http, https, file)\n"
        "  -o, --output FILE   build: the database to write; else advisories.db\n"
        "      --feed NAME     update, build: only this feed or file of it; may be given several times\n"
        "      --facts-only    update, build: leave out all prose\n"
        "      --max-references N  build: at most N addresses a record; those of exploits are all kept\n"
        "      --no-cpe        build: leave out the CPE names of NVD and the CVE list\n"
        "      --attempts N    update: how often to try each file (4)\n"
        "      --stall-seconds N  update: give up an attempt that stands still for so long (30)\n"
        "      --quiet         update, build: say only what went wrong\n"
        "\n"
        "'update' keeps what it fetched in FILE.cache beside the database; a file that cannot be fetched or "
        "read\n"
        "leaves its last good copy in use, and 'info' says so.\n"
        "exit codes of update and build: 0 done, 3 nothing could be read, 4 done, but some files could not "
        "be had\n",
    .run = run,
};
