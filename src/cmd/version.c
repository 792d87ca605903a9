/* assay version: compares versions and tests ranges, one pair or a batch of records from standard input. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd/command.h"
#include "version/dialect.h"
#include "version/version.h"

extern const struct command command_version;

enum { FIELDS_MAX = 2 };

/* Whose versions: a scheme, or for ranges a dialect of one. */
struct subject {
    struct str name;
    const struct version_scheme *scheme;
    const struct version_dialect *dialect;
};

/* One thing to ask. The answer goes to standard output without its end of line; nothing does on an error. */
struct verb {
    const char *name, *arguments;
    int n_fields;
    int (*ask)(const struct subject *subject, const struct str *fields);
};

static void print_bool(bool value)
{
    fputs(value ? "true" : "false", stdout);
}

static int ask_compare(const struct subject *subject, const struct str *fields)
{
    int order, status = version_compare(subject->scheme, fields[0], fields[1], &order);
    if (status == 0)
        putchar_unlocked(order < 0 ? '<' : order > 0 ? '>' : '=');
    return status;
}

static int ask_satisfies(const struct subject *subject, const struct str *fields)
{
    bool satisfied;
    int status = subject->dialect ? subject->dialect->satisfies(fields[0], fields[1], &satisfied)
                                  : version_satisfies(subject->scheme, fields[0], fields[1], &satisfied);
    if (status == 0)
        print_bool(satisfied);
    return status;
}

static int ask_covers(const struct subject *subject, const struct str *fields)
{
    bool covered;
    int status = version_covers(subject->scheme, fields[0], fields[1], &covered);
    if (status == 0)
        print_bool(covered);
    return status;
}

static int ask_canonical(const struct subject *subject, const struct str *fields)
{
    char text[2 * VERSION_MAX + 64];
    int status = version_canonical(subject->scheme, fields[0], text, sizeof text);
    if (status == 0)
        fputs(text, stdout);
    return status;
}

static const struct verb verbs[] = {
    {"compare", "A B", 2, ask_compare},
    {"satisfies", "VERSION RANGE", 2, ask_satisfies},
    {"covers", "VERSION RANGE", 2, ask_covers},
    {"canonical", "VERSION", 1, ask_canonical},
};

/* Keeps what was found before when the name is the same, as it is in most batches. */
static int find_subject(const struct verb *verb, struct str name, struct subject *subject)
{
    if ((subject->scheme || subject->dialect) && str_eq(subject->name, name))
        return 0;
    const struct version_dialect *dialect = verb->ask == ask_satisfies ? version_dialect_find(name) : NULL;
    const struct version_scheme *scheme = dialect ? NULL : version_scheme_find(name);
    if (!dialect && !scheme)
        return err_set(ERR_UNSUPPORTED, "no version scheme '%.*s'", name.n > 100 ? 100 : (int)name.n, name.p);
    /* The name in the table outlives the line of input. */
    subject->name = str_from(dialect ? dialect->name : scheme->name);
    subject->scheme = scheme;
    subject->dialect = dialect;
    return 0;
}

/* "unknown", TAB and the reason, which stays on one line whatever the input had in it. */
static void print_unknown(void)
{
    fputs("unknown\t", stdout);
    for (const char *c = err_text(); *c; c++)
        putchar_unlocked((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c);
}

static bool answer(const struct verb *verb, struct str name, const struct str *fields,
                   struct subject *subject)
{
    int status = find_subject(verb, name, subject);
    if (status == 0)
        status = verb->ask(subject, fields);
    if (status < 0)
        print_unknown();
    putchar_unlocked('\n');
    return status == 0;
}

/* Takes exactly n fields of a line. */
static int read_fields(struct str line, size_t n, struct str *ret_fields)
{
    for (size_t i = 0; i < n; i++) {
        struct str rest = {line.p + line.n, 0};
        const char *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
        if (!tab != (i + 1 == n))
            return err_set(ERR_INVALID, "a record has %zu fields, with a TAB between them", n);
        if (tab)
            rest = (struct str){tab + 1, (size_t)(line.p + line.n - tab - 1)};
        ret_fields[i] = tab ? (struct str){line.p, (size_t)(tab - line.p)} : line;
        line = rest;
    }
    return 0;
}

/* `name` is the scheme of all records, or "-" when it is their first field. */
static int run_batch(const struct verb *verb, struct str name)
{
    struct subject subject = {0};
    bool named = !str_is(name, "-"), all = true;
    struct str line;
    if (named && find_subject(verb, name, &subject) < 0)
        return usage_error(&command_version, "%s", err_text());
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    while (batch_line(&line)) {
        struct str fields[1 + FIELDS_MAX];
        size_t first = named ? 1 : 0;
        fields[0] = name;
        if (read_fields(line, (size_t)verb->n_fields + 1 - first, fields + first) < 0) {
            print_unknown();
            putchar_unlocked('\n');
            all = false;
            continue;
        }
        all &= answer(verb, fields[0], fields + 1, &subject);
    }
    return all ? EXIT_OK : EXIT_FOUND;
}

static void list_schemes(void)
{
    for (const struct version_scheme *const *s = version_schemes; *s; s++)
        printf("%-18s %s\n", (*s)->name, (*s)->aliases ? (*s)->aliases : "");
    puts("\nfor 'satisfies' also:");
    for (const struct version_dialect *d = version_dialects; d->name; d++)
        printf("%-18s %s\n", d->name, d->summary);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    struct subject subject = {0};
    struct str fields[FIELDS_MAX];
    if (argc == 1)
        return run_batch(verb, str_from(argv[0]));
    if (argc != 1 + verb->n_fields)
        return usage_error(&command_version, "%s takes SCHEME %s, or SCHEME alone to read records",
                           verb->name, verb->arguments);
    for (int i = 0; i < verb->n_fields; i++)
        fields[i] = str_from(argv[1 + i]);
    if (find_subject(verb, str_from(argv[0]), &subject) < 0)
        return usage_error(&command_version, "%s; see 'assay version schemes'", err_text());
    return answer(verb, str_from(argv[0]), fields, &subject) ? EXIT_OK : EXIT_FOUND;
}

static int run(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--")) {
        argc--;
        argv++;
    }
    if (argc == 2 && !strcmp(argv[1], "schemes")) {
        list_schemes();
        return EXIT_OK;
    }
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[1], verbs[i].name))
            continue;
        argc -= 2;
        argv += 2;
        if (argc && !strcmp(argv[0], "--")) {
            argc--;
            argv++;
        }
        return run_verb(&verbs[i], argc, argv);
    }
    if (argc < 2)
        return usage_error(&command_version,
                           "which of its subcommands? assay's own version: assay --version");
    return subcommand_error(&command_version, argc, argv);
}

const struct command command_version = {
    .name = "version",
    .summary = "compare versions, test ranges",
    .usage = "assay version SUBCOMMAND [SCHEME [ARGUMENT]...]",
    .help = "subcommands:\n"
            "  compare SCHEME A B               prints <, = or >\n"
            "  satisfies SCHEME VERSION RANGE   prints true or false: RANGE as a requirement\n"
            "  covers SCHEME VERSION RANGE      prints true or false: RANGE as an\n"
            "                                   advisory's, in which pre-releases count\n"
            "                                   where the order puts them\n"
            "  canonical SCHEME VERSION         prints the normal form\n"
            "  schemes                          lists schemes, their other names, and range\n"
            "                                   dialects\n"
            "\n"
            "Without the arguments after SCHEME, records are read from standard input, one a\n"
            "line with TAB between the fields, and answered one a line. With '-' for SCHEME\n"
            "it is the first field. What does not parse is answered 'unknown', TAB, and why.\n"
            "RANGE may also be a vers: range.\n"
            "\n"
            "options:\n"
            "  -h, --help   print this\n"
            "\n"
            "exit codes:\n"
            "  0  all answered\n"
            "  1  some unknown\n"
            "  2  the command line is wrong\n"
            "  3  standard output failed\n"
            "\n"
            "examples:\n"
            "  assay version compare deb 1.0~rc1-1 1.0-1\n"
            "  assay version satisfies npm 1.9.0 '^1.2.3'\n"
            "  printf 'deb\\t1:1.0\\t2.0\\n' | assay version compare -\n",
    .run = run,
};
