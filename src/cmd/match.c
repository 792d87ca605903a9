/* assay match: inventories in, matches out; the matching engine for scripts. */
#include <getopt.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/command.h"
#include "report/report.h"
#include "source/inventory_json.h"

extern const struct command command_match;

/* As much as a target in a file may have (src/source). */
enum { INVENTORY_MAX = 256 << 20 };

static int match_line(const struct db *db, const struct report_format *json, struct str line)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    _cleanup_(findings_cleanup) struct findings *f = NULL;
    int status = inventory_from_json(inv, line);
    if (status < 0)
        return status;
    inventory_finish(inv);
    status = match_inventory(inv, db, &f);
    if (status < 0)
        return status;
    struct report r = {.inventory = inv, .db = db, .findings = f, .line = true};
    status = json->write(&r, stdout);
    /* Whoever asks through pipes waits for this answer before the next question. */
    if (status == 0 && fflush(stdout))
        status = err_errno("standard output");
    return status;
}

/* An inventory on one line, or as `assay inventory` prints it: from a line "{" to a line "}", which no line
 * within can be, being indented. */
static bool next_inventory(struct buf *b, struct str *ret_text)
{
    struct str line;
    b->n = 0;
    while (batch_line(&line)) {
        if (!b->n && !str_is(line, "{")) {
            *ret_text = line;
            return true;
        }
        buf_add_str(b, line);
        buf_add_c(b, '\n');
        if (str_is(line, "}"))
            break;
    }
    *ret_text = buf_str(b);
    return b->n > 0;
}

static int run_match(int argc, char **argv)
{
    static const struct option options[] = {{"db", required_argument, NULL, 'd'}, {0}};
    const char *path = NULL;
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (c != 'd')
            return option_error(&command_match, c, argv);
        path = optarg;
    }
    if (optind != argc)
        return usage_error(&command_match, "inventories come from standard input");
    _cleanup_(db_cleanup) struct db *db = NULL;
    if (db_open_default(path, &db) < 0)
        return command_failed();
    const struct report_format *json = report_format_find(STR("json"));
    bool failed = false;
    _cleanup_(buf_free) struct buf pretty = buf_new(INVENTORY_MAX);
    struct str text;
    while (next_inventory(&pretty, &text)) {
        int status = buf_status(&pretty);
        if (status == 0 && (!text.n || match_line(db, json, text) == 0))
            continue;
        failed = true;
        fflush(stdout);
        fprintf(stderr, "assay match: %s\n", err_text());
        puts("{\"error\":\"not an inventory\"}");
        if (status < 0) /* it is full: begin anew */
            buf_free(&pretty);
    }
    return failed ? EXIT_FAILED : EXIT_OK;
}

const struct command command_match = {
    .name = "match",
    .summary = "match inventories from standard input against the advisories",
    .usage = "assay match [--db FILE]",
    .help = "Reads inventories in JSON from standard input, one a line or as 'assay\n"
            "inventory --format json' prints them, and writes for each one line with its\n"
            "findings, as 'assay scan --format json' does.\n"
            "\n"
            "options:\n"
            "      --db FILE   advisory database; else $ASSAY_DB, else the one that\n"
            "                  'assay db update' made, else the one shipped\n"
            "  -h, --help      print this\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  a line was no inventory, or the database cannot be read\n"
            "\n"
            "example:\n"
            "  assay inventory / --format json | assay match\n",
    .run = run_match,
};
