/* assay inventory: what is in a target, unjudged. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"
#include "cmd/command.h"
#include "report/report.h"
#include "report/text.h"
#include "source/source.h"

extern const struct command command_inventory;

static int run_inventory(int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"platform", required_argument, NULL, 'p'},
                                            {"insecure", no_argument, NULL, 'i'},
                                            {0}};
    uint64_t started = time_monotonic_ns();
    const char *name = "table";
    struct source_options source = {0};
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":f:", options, NULL)) != -1;) {
        if (c == 'f')
            name = optarg;
        else if (c == 'p')
            source.platform = optarg;
        else if (c == 'i')
            source.insecure = true;
        else
            return option_error(&command_inventory, c, argv);
    }
    if (optind + 1 != argc)
        return usage_error(&command_inventory, optind == argc ? "which target?" : "one target at a time");
    const struct report_format *format = report_format_find(str_from(name));
    if (!format || !format->inventory)
        return usage_error(&command_inventory,
                           "no format '%s' of an inventory: table, json, cyclonedx or spdx", name);

    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    command_tidy(argv[optind]);
    if (source_inventory(argv[optind], &source, &inv) < 0)
        return command_failed();
    struct report r = {
        .inventory = inv,
        .all = true,
        .colour = text_colour(stdout),
        .columns = text_columns(stdout),
        .elapsed_ns = time_monotonic_ns() - started,
    };
    if (format->write(&r, stdout) < 0)
        return command_failed();
    return inv->problems.n ? EXIT_PARTIAL : EXIT_OK;
}

const struct command command_inventory = {
    .name = "inventory",
    .summary = "list what is in a target",
    .usage = "assay inventory [OPTION]... TARGET",
    .help = "Lists the operating system and the packages in TARGET, unjudged. TARGET is\n"
            "what 'assay scan' takes.\n"
            "\n"
            "options:\n"
            "  -f, --format FORMAT   table (default), json, cyclonedx, spdx\n"
            "      --platform OS/ARCH\n"
            "                        which image of a multi-platform index: linux/arm64\n"
            "      --insecure        plain HTTP, for a registry on this machine\n"
            "  -h, --help            print this\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  the target cannot be read\n"
            "  4  done, but parts of the target could not be read; they are listed\n"
            "\n"
            "examples:\n"
            "  assay inventory /srv/app\n"
            "  assay inventory --format cyclonedx image.tar > image.cdx.json\n",
    .run = run_inventory,
};
