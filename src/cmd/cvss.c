/* assay cvss: scores of CVSS vectors. */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "cmd/command.h"
#include "score/cvss.h"

extern const struct command command_cvss;

static void print_score(const char *name, const struct cvss *c, double score)
{
    if (score >= 0)
        printf("  %-14s %4.1f  %s\n", name, score, cvss_severity(c->version, score));
}

static int print_one(struct str vector)
{
    struct cvss c;
    if (cvss_parse(vector, &c) < 0)
        return command_failed();
    printf("CVSS %.*s: %.1f %s\n", STR_ARG(c.version), c.score, c.severity);
    print_score("base", &c, c.base);
    print_score(str_is(c.version, "4.0") ? "threat" : "temporal", &c, c.temporal);
    print_score("environmental", &c, c.environmental);
    return EXIT_OK;
}

static void write_score(struct json_out *o, const char *name, const char *severity, const struct cvss *c,
                        double score)
{
    json_key(o, name);
    if (score >= 0)
        json_out_double(o, score, 1);
    else
        json_out_null(o);
    if (score >= 0)
        json_member_str(o, severity, str_from(cvss_severity(c->version, score)));
}

static int print_line(struct str vector)
{
    struct buf line = buf_new((size_t)8 << 20);
    struct json_out o = {.to = &line};
    struct cvss c;
    int status = cvss_parse(vector, &c);
    json_begin_object(&o);
    json_key(&o, "vector");
    json_out_str(&o, vector);
    if (status < 0) {
        json_member_str(&o, "error", str_from(err_text()));
    } else {
        json_member_str(&o, "version", c.version);
        write_score(&o, "score", "severity", &c, c.score);
        write_score(&o, "base", "base_severity", &c, c.base);
        write_score(&o, "temporal", "temporal_severity", &c, c.temporal);
        write_score(&o, "environmental", "environmental_severity", &c, c.environmental);
    }
    json_end_object(&o);
    printf("%s\n", line.p);
    buf_free(&line);
    return status;
}

static int run(int argc, char **argv)
{
    int first = argc > 1 && !strcmp(argv[1], "--") ? 2 : 1;
    if (argc > first + 1 || (argc > first && first == 1 && argv[first][0] == '-'))
        return usage_error(&command_cvss, "one VECTOR, or none to read them from standard input");
    if (argc > first)
        return print_one(str_from(argv[first]));
    struct str line;
    int status = EXIT_OK;
    while (batch_line(&line))
        if (print_line(line) < 0)
            status = EXIT_FOUND;
    return status;
}

const struct command command_cvss = {
    .name = "cvss",
    .summary = "compute the scores of a CVSS vector",
    .usage = "assay cvss [VECTOR]",
    .help = "Prints the scores of a CVSS 2, 3.0, 3.1 or 4.0 vector: base, temporal (4.0:\n"
            "threat) and environmental, as far as the vector has such metrics. Without an\n"
            "argument, reads one vector a line from standard input and prints one JSON\n"
            "object a line: the scores, or {\"error\": ...}.\n"
            "\n"
            "options:\n"
            "  -h, --help   print this\n"
            "\n"
            "exit codes:\n"
            "  0  all are valid\n"
            "  1  some line was not\n"
            "  2  the command line is wrong\n"
            "  3  VECTOR is not valid\n"
            "\n"
            "example:\n"
            "  assay cvss CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U\n",
    .run = run,
};
