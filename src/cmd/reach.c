/* assay reach: open network paths from saved describe calls. */
#include <getopt.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/command.h"
#include "cmd/reach.h"
#include "reach/load.h"

extern const struct command command_reach;

static int run_reach(int argc, char **argv)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    if (load_directory(m, argv[1]) < 0)
        return command_failed();
    model_link(m);
    (void)argc;
    return reach_trace(m);
}

const struct command command_reach = {
    .name = "reach",
    .summary = "which ports of instances can be reached from outside",
    .usage = "assay reach [OPTION]... DIRECTORY",
    .help = "",
    .run = run_reach,
};
