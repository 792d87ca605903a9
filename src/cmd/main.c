/* assay: finds the subcommand and runs it. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"

static void print_help(FILE *to)
{
    fputs("assay finds the known vulnerabilities of hosts, container images and functions.\n"
          "\n"
          "usage: assay COMMAND [OPTION]... [ARGUMENT]...\n"
          "\n"
          "commands:\n",
          to);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->summary);
    fputs("\n"
          "'assay COMMAND --help' tells more of each.\n"
          "exit codes: 0 done, 1 found what --fail-on asks for, 2 usage, 3 failed, 4 done but partly "
          "unreadable\n",
          to);
}

static int run(const struct command *c, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            printf("usage: %s\n\n%s", c->usage, c->help);
            return EXIT_OK;
        }
    int status = c->run(argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        perror("assay: standard output");
        return EXIT_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("assay " ASSAY_VERSION);
        return EXIT_OK;
    }
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp(argv[1], (*c)->name))
            return run(*c, argc - 1, argv + 1);
    fprintf(stderr, "assay: no command '%s'\nSee 'assay --help'.\n", argv[1]);
    return EXIT_USAGE;
}
