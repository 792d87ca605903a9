/* Options and output that the subcommands of `assay db` share. */
#include <getopt.h>
#include <stdlib.h>

#include "cmd/db.h"

enum { OPTION_DB = 256, OPTION_ALL };

static const struct option options[] = {
    {"format", required_argument, NULL, 'f'},
    {"db", required_argument, NULL, OPTION_DB},
    {"all", no_argument, NULL, OPTION_ALL},
    {0},
};

static int parse_format(const char *format, bool *ret_json)
{
    if (strcmp(format, "json") && strcmp(format, "table"))
        return usage_error(&command_db, "no format '%s': table or json", format);
    *ret_json = !strcmp(format, "json");
    return EXIT_OK;
}

int db_options_parse(int argc, char **argv, int least, int most, struct db_options *ret_options)
{
    struct db_options o = {0};
    int status = EXIT_OK;
    optind = 1;
    opterr = 0;
    for (int c; status == EXIT_OK && (c = getopt_long(argc, argv, ":f:", options, NULL)) != -1;) {
        switch (c) {
        case 'f':
            status = parse_format(optarg, &o.json);
            break;
        case OPTION_DB:
            o.db = optarg;
            break;
        case OPTION_ALL:
            o.all = true;
            break;
        default:
            return option_error(&command_db, c, argv);
        }
    }
    if (status != EXIT_OK)
        return status;
    o.operands = argv + optind;
    o.n_operands = argc - optind;
    if (o.n_operands < least || o.n_operands > most)
        return usage_error(&command_db, "'%s' takes %s%d argument%s, not %d", argv[0],
                           least < most ? "at most " : "", most, most == 1 ? "" : "s", o.n_operands);
    *ret_options = o;
    return EXIT_OK;
}

struct page db_page(struct arena *a)
{
    int columns = text_columns(stdout);
    return (struct page){.to = stdout,
                         .arena = a,
                         .colour = text_colour(stdout),
                         .utf8 = text_locale_is_utf8(),
                         .columns = columns > 120  ? 120
                                    : columns < 60 ? 60
                                                   : columns};
}

void db_wrap(struct page *p, struct str text, int indent)
{
    struct str rest = text_clean(p->arena, text, p->utf8), word;
    int at = indent;
    while (str_next(&rest, ' ', &word)) {
        if (!word.n)
            continue;
        int width = text_width(word);
        if (at > indent && at + 1 + width > p->columns) {
            fputc('\n', p->to);
            page_blank(p, indent);
            at = indent;
        }
        at += fprintf(p->to, "%s", at > indent ? " " : "") + width;
        fwrite(word.p, 1, word.n, p->to);
    }
    fputc('\n', p->to);
}

void db_cell_whole(struct page *p, struct str text, int width, int indent)
{
    struct str clean = text_clean(p->arena, text, p->utf8);
    int used = text_width(clean);
    page_cell(p, PLAIN, clean, -used);
    if (used > width) {
        fputc('\n', p->to);
        page_blank(p, indent);
        used = 0;
    }
    page_blank(p, width - used);
}

struct str db_date(struct arena *a, int64_t time)
{
    char text[TIME_TEXT];
    time_format(time, text);
    return *text ? arena_str(a, (struct str){text, 10}) : STR("-");
}

void db_flush(struct json_out *o)
{
    if (o->to->n)
        fwrite(o->to->p, 1, o->to->n, stdout);
    o->to->n = 0;
}
