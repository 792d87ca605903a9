/* assay reach: open network paths from saved describe calls. */
#include "cmd/reach.h"

#include <getopt.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/command.h"
#include "reach/filter.h"
#include "reach/load.h"
#include "report/text.h"

extern const struct command command_reach;

struct choice {
    const char *directory;
    struct str instance, why;
    bool json, trace;
};

static bool parse_port(struct str text, int *ret_protocol, int *ret_port)
{
    struct str head = text, tail = STR("tcp");
    uint64_t port;
    str_cut(text, '/', &head, &tail);
    if (!str_u64(head, &port) || port > PORT_LAST || (!str_is(tail, "tcp") && !str_is(tail, "udp")))
        return false;
    *ret_port = (int)port;
    *ret_protocol = str_is(tail, "tcp") ? PROTOCOL_TCP : PROTOCOL_UDP;
    return true;
}

static int answer(const struct choice *c, struct model *m)
{
    int protocol = 0, port = 0;
    if (c->why.n && !parse_port(c->why, &protocol, &port))
        return usage_error(&command_reach, "--why takes PORT, PORT/tcp or PORT/udp, not '%.*s'",
                           STR_ARG(c->why));
    if (load_directory(m, c->directory) < 0)
        return command_failed();
    model_link(m);
    if (c->trace)
        return reach_trace(m);
    model_report_unknown(m);
    const struct instance *only = NULL;
    if (c->instance.n && (!(only = model_find(m, KIND_INSTANCE, c->instance)))) {
        err_set(ERR_MISSING, "%s: no instance '%.*s'", c->directory, STR_ARG(c->instance));
        return command_failed();
    }
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    if (c->why.n)
        return reach_print_why(r, m, only, protocol, port, c->json);
    return c->json ? reach_print_json(r, m, only) : reach_print_table(r, m, only, text_colour(stdout));
}

static int parse_options(int argc, char **argv, struct choice *c)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"instance", required_argument, NULL, 'i'},
                                            {"why", required_argument, NULL, 'w'},
                                            {"trace", no_argument, NULL, 't'},
                                            {0}};
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, ":f:", options, NULL)) != -1;) {
        if (o == 'f' && strcmp(optarg, "table") && strcmp(optarg, "json"))
            return usage_error(&command_reach, "no format '%s': table or json", optarg);
        if (o == 'f')
            c->json = !strcmp(optarg, "json");
        else if (o == 'i')
            c->instance = str_from(optarg);
        else if (o == 'w')
            c->why = str_from(optarg);
        else if (o == 't')
            c->trace = true;
        else
            return option_error(&command_reach, o, argv);
    }
    if (optind + 1 != argc)
        return usage_error(&command_reach, optind == argc ? "which directory?" : "one directory at a time");
    if (c->why.n && !c->instance.n)
        return usage_error(&command_reach, "--why needs --instance ID");
    c->directory = argv[optind];
    return EXIT_OK;
}

static int run_reach(int argc, char **argv)
{
    struct choice c = {0};
    _cleanup_(model_cleanup) struct model *m = model_new();
    int status = parse_options(argc, argv, &c);
    return status == EXIT_OK ? answer(&c, m) : status;
}

const struct command command_reach = {
    .name = "reach",
    .summary = "which ports of EC2 instances are open to outside",
    .usage = "assay reach [OPTION]... DIRECTORY",
    .help = "Reads what 'aws ec2 describe-*' and 'aws elbv2 describe-*' printed, saved as\n"
            "JSON files in DIRECTORY and below it, and tells which TCP and UDP ports of\n"
            "each instance can be reached from the internet, peered networks, VPNs and\n"
            "transit gateways, and by which path. No packet is sent.\n"
            "\n"
            "options:\n"
            "  -f, --format FORMAT   table (default) or json\n"
            "      --instance ID     this instance alone\n"
            "      --why PORT        with --instance: which rules open PORT, or which\n"
            "                        component closes it; PORT/udp for UDP\n"
            "      --trace           answer flows from standard input, one JSON object a\n"
            "                        line: {\"ingress\", \"src\", \"dst\", \"proto\", \"dport\"}\n"
            "  -h, --help            print this\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  1  --trace: a line was not understood\n"
            "  2  the command line is wrong\n"
            "  3  DIRECTORY cannot be read, or has no such instance\n"
            "  4  done, but something is not described or was not understood; it is listed\n"
            "\n"
            "examples:\n"
            "  aws ec2 describe-security-groups > vpc/groups.json\n"
            "  assay reach vpc\n"
            "  assay reach --why 22 --instance i-0123456789abcdef0 vpc\n",
    .run = run_reach,
};
