/* assay: finds the subcommand and runs it. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "source/sandbox.h"

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
          "options:\n"
          "  -h, --help    print this; 'assay COMMAND --help' tells of a command\n"
          "  -V, --version print the version\n"
          "\n"
          "exit codes:\n"
          "  0  done\n"
          "  1  found what scan --fail-on asks for; an invalid record in a batch\n"
          "  2  the command line is wrong\n"
          "  3  failed: a target or a database cannot be read\n"
          "  4  done, but parts could not be read; they are listed\n"
          "\n"
          "start with: assay scan /\n",
          to);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp(name, (*c)->name))
            return *c;
    return NULL;
}

static int no_command(const char *name)
{
    struct likeness l = {.given = str_from(name)};
    for (const struct command *const *c = commands; *c; c++)
        likeness_offer(&l, str_from((*c)->name));
    fprintf(stderr, "assay: no command '%s'", name);
    likeness_print(&l);
    fputc('\n', stderr);
    /* A name without the command before it, as other scanners take them. */
    if (name[0] != '-' && access(name, F_OK) == 0)
        fprintf(stderr, "To look into it: assay scan %s\n", name);
    fputs("See 'assay --help'.\n", stderr);
    return EXIT_USAGE;
}

static int print_usage(const struct command *c)
{
    printf("usage: %s\n\n%s", c->usage, c->help);
    return EXIT_OK;
}

static int run(const struct command *c, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return print_usage(c);
    int status = c->run(argc, argv);
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    if (status != EXIT_FAILED) /* which was told of */
        perror("assay: standard output");
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], SANDBOX_ARGUMENT))
        return sandbox_main(argc - 2, argv + 2);
    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    bool help = !strcmp(argv[1], "help");
    if (help && argc > 2) {
        const struct command *c = find_command(argv[2]);
        return c ? print_usage(c) : no_command(argv[2]);
    }
    if (help || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        puts("assay " ASSAY_VERSION);
        return EXIT_OK;
    }
    const struct command *c = find_command(argv[1]);
    return c ? run(c, argc - 1, argv + 1) : no_command(argv[1]);
}
