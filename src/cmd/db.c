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
    for (size_t i = 0; argc > 1 && i < sizeof subcommands / sizeof *subcommands; i++)
        if (!strcmp(argv[1], subcommands[i].name))
            return subcommands[i].run(argc - 1, argv + 1);
    return subcommand_error(&command_db, argc, argv);
}

const struct command command_db = {
    .name = "db",
    .summary = "the advisory database: update it, look into it, compare two",
    .usage = "assay db SUBCOMMAND [OPTION]... [ARGUMENT]...",
    .help = "subcommands:\n"
            "  update            fetch what changed from the publishers, and build the\n"
            "                    database anew\n"
            "  build --from DIR  a database from a directory laid out as a mirror\n"
            "  info [FILE]       what the database holds, from which feeds, and how old\n"
            "  show ID|PACKAGE   everything known of a CVE, GHSA, DSA, ...; or a package's\n"
            "                    advisories: lodash, npm/lodash, Debian:12/openssl,\n"
            "                    pkg:npm/lodash\n"
            "  diff OLD NEW      what changed between two databases\n"
            "  verify [FILE]     read all of it and check every checksum and number\n"
            "\n"
            "options of info, show, diff, verify:\n"
            "      --db FILE         the database; else $ASSAY_DB, else the one that\n"
            "                        'update' made, else the one shipped\n"
            "  -f, --format FORMAT   table (default) or json\n"
            "      --all             info, show: do not cut long lists\n"
            "\n"
            "options of update:\n"
            "      --db FILE         the database to write; else $ASSAY_DB, else\n"
            "                        ~/.local/share/assay/advisories.db, or\n"
            "                        /var/lib/assay/advisories.db for root\n"
            "      --from SOURCE     a directory, or the URL of a mirror (http, https, file)\n"
            "      --attempts N      how often to try each file (4)\n"
            "      --stall-seconds N\n"
            "                        give up an attempt that stands still so long (30)\n"
            "\n"
            "options of build:\n"
            "      --from DIR        where the files of the feeds are\n"
            "  -o, --output FILE     the database to write; else advisories.db\n"
            "      --max-references N\n"
            "                        at most N addresses a record; all those of exploits\n"
            "      --no-cpe          leave out the CPE names of NVD and the CVE list\n"
            "\n"
            "options of update and build:\n"
            "      --feed NAME       only this feed or file of it, as 'info' names them; may\n"
            "                        be given several times\n"
            "      --facts-only      leave out all prose\n"
            "      --quiet           say only what went wrong\n"
            "  -h, --help            print this\n"
            "\n"
            "'update' keeps what it fetched in FILE.cache beside the database. A file that\n"
            "cannot be fetched or read leaves its last good copy in use; 'info' says so.\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  nothing could be read, or the database cannot be read or written\n"
            "  4  update, build: done, but some files could not be had\n"
            "\n"
            "examples:\n"
            "  assay db update\n"
            "  assay db update --from https://mirror.example/feeds\n"
            "  assay db show CVE-2021-44228\n",
    .run = run,
};
