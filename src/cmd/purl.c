/* assay purl: a package-url's parts and its canonical form. */
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "cmd/command.h"
#include "ecosystem/purl.h"

extern const struct command command_purl;

static void member_or_null(struct json_out *o, const char *name, struct str value)
{
    json_key(o, name);
    if (value.n)
        json_out_str(o, value);
    else
        json_out_null(o);
}

static void write_purl(struct arena *a, struct json_out *o, const struct purl *p)
{
    json_begin_object(o);
    json_member_str(o, "purl", purl_format(a, p));
    member_or_null(o, "type", p->type);
    member_or_null(o, "namespace", p->namespace);
    member_or_null(o, "name", p->name);
    member_or_null(o, "version", p->version);
    json_key(o, "qualifiers");
    if (p->n_qualifiers) {
        json_begin_object(o);
        for (size_t i = 0; i < p->n_qualifiers; i++) {
            json_key_str(o, p->qualifiers[i].key);
            json_out_str(o, p->qualifiers[i].value);
        }
        json_end_object(o);
    } else {
        json_out_null(o);
    }
    member_or_null(o, "subpath", p->subpath);
    json_end_object(o);
}

static void write_error(struct json_out *o)
{
    json_begin_object(o);
    json_member_str(o, "error", str_from(err_text()));
    json_end_object(o);
}

static int print_purl(struct arena *a, struct str text, bool batch)
{
    struct buf line = buf_new((size_t)1 << 20);
    struct json_out o = {.to = &line, .pretty = !batch};
    struct purl p;
    int status = purl_parse(a, text, &p);
    if (status == 0)
        write_purl(a, &o, &p);
    else if (batch)
        write_error(&o);
    if (line.n)
        printf("%s\n", line.p);
    buf_free(&line);
    return status;
}

static int run(int argc, char **argv)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int first = argc > 1 && !strcmp(argv[1], "--") ? 2 : 1;
    if (argc > first + 1 || (argc > first && first == 1 && argv[first][0] == '-'))
        return usage_error(&command_purl, "one PURL, or none to read them from standard input");
    if (argc > first)
        return print_purl(a, str_from(argv[first]), false) < 0 ? command_failed() : EXIT_OK;
    struct str line;
    int status = EXIT_OK;
    while (batch_line(&line)) {
        arena_reset(a);
        if (print_purl(a, line, true) < 0)
            status = EXIT_FOUND;
    }
    return status;
}

const struct command command_purl = {
    .name = "purl",
    .summary = "parse, check and normalise a package-url",
    .usage = "assay purl [PURL]",
    .help = "Prints the parts of PURL and its canonical form as JSON. Without an argument,\n"
            "reads one package-url a line from standard input and prints one JSON object a\n"
            "line: the parts, or {\"error\": ...}.\n"
            "\n"
            "options:\n"
            "  -h, --help   print this\n"
            "\n"
            "exit codes:\n"
            "  0  all are valid\n"
            "  1  some line was not\n"
            "  2  the command line is wrong\n"
            "  3  PURL is not valid\n"
            "\n"
            "example:\n"
            "  assay purl 'pkg:PYPI/Django_package@1.11?b=2&a=1'\n",
    .run = run,
};
