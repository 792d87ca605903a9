#include "cmd/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int usage_error(const struct command *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "assay %s: ", c->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nusage: %s\nSee 'assay %s --help'.\n", c->usage, c->name);
    va_end(args);
    return EXIT_USAGE;
}

int option_error(const struct command *c, int code, char **argv)
{
    /* optopt is the letter; for an unknown long option 0, for a known one the value in its table. */
    const char *last = argv[optind - 1], letter[] = {'-', (char)optopt, 0};
    const char *option = optopt <= 0 || optopt > '~' || !strncmp(last, "--", 2) ? last : letter;
    return usage_error(c, code == ':' ? "option '%s' needs a value" : "no option '%s'", option);
}

int command_failed(void)
{
    fprintf(stderr, "assay: %s\n", err_text());
    return EXIT_FAILED;
}

bool batch_line(struct str *ret_line)
{
    static char *line;
    static size_t size;
    ssize_t n = getline(&line, &size, stdin);
    if (n < 0)
        return false;
    while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    *ret_line = (struct str){line, (size_t)n};
    return true;
}
