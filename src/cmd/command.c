#include "cmd/command.h"

#include <getopt.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "source/pull.h"

enum { WORD_MAX = 32 };

/* Letters to insert, remove, replace or swap with the next, to make one of the other (optimal string
 * alignment). */
static size_t letters_between(struct str a, struct str b)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a.n; i++) {
        for (size_t j = 0; j <= b.n; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            size_t least = d[i - 1][j - 1] + (a.p[i - 1] != b.p[j - 1]);
            least = d[i - 1][j] + 1 < least ? d[i - 1][j] + 1 : least;
            least = d[i][j - 1] + 1 < least ? d[i][j - 1] + 1 : least;
            bool swapped = i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
            d[i][j] = swapped && d[i - 2][j - 2] + 1 < least ? d[i - 2][j - 2] + 1 : least;
        }
    }
    return d[a.n][b.n];
}

void likeness_offer(struct likeness *l, struct str word)
{
    if (l->given.n < 3 || l->given.n > WORD_MAX || word.n > WORD_MAX)
        return;
    size_t letters = letters_between(l->given, word);
    if (letters <= 2 && letters < word.n / 2 && (!l->best.n || letters < l->letters)) {
        l->best = word;
        l->letters = letters;
    }
}

void likeness_print(const struct likeness *l)
{
    if (l->best.n)
        fprintf(stderr, "; did you mean '%.*s'?", STR_ARG(l->best));
}

static int end_usage(const struct command *c)
{
    fprintf(stderr, "\nusage: %s\nSee 'assay %s --help'.\n", c->usage, c->name);
    return EXIT_USAGE;
}

int usage_error(const struct command *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "assay %s: ", c->name);
    vfprintf(stderr, format, args);
    va_end(args);
    return end_usage(c);
}

/* Offers what the help names: of each line the first word with two blanks before it, which subcommands are,
 * or every word that begins with "--". */
static void offer_help(struct likeness *l, const struct command *c)
{
    bool options = str_starts(l->given, STR("-"));
    struct str rest = str_from(c->help), line, word;
    while (str_next(&rest, '\n', &line)) {
        if (!options && (!str_starts(line, STR("  ")) || str_starts(line, STR("   "))))
            continue;
        for (line = str_trim(line); str_next(&line, ' ', &word);) {
            if (options ? str_starts(word, STR("--")) : word.n > 0)
                likeness_offer(l, word);
            if (!options)
                break;
        }
    }
}

/* "no option '--formt'", and which one is like it. */
static int unknown(const struct command *c, const char *what, const char *given)
{
    struct str rest;
    struct likeness l = {.given = str_from(given)};
    str_cut(l.given, '=', &l.given, &rest);
    offer_help(&l, c);
    fprintf(stderr, "assay %s: no %s '%s'", c->name, what, given);
    likeness_print(&l);
    return end_usage(c);
}

int subcommand_error(const struct command *c, int argc, char **argv)
{
    return argc > 1 ? unknown(c, "subcommand", argv[1]) : usage_error(c, "which of its subcommands?");
}

int option_error(const struct command *c, int code, char **argv)
{
    /* optopt is the letter; for an unknown long option 0, for a known one the value in its table. */
    const char *last = argv[optind - 1], letter[] = {'-', (char)optopt, 0};
    const char *option = optopt <= 0 || optopt > '~' || !strncmp(last, "--", 2) ? last : letter;
    return code == ':' ? usage_error(c, "option '%s' needs a value", option) : unknown(c, "option", option);
}

int command_failed(void)
{
    fprintf(stderr, "assay: %s\n", err_text());
    return EXIT_FAILED;
}

static sem_t asked_to_end;
static volatile sig_atomic_t asked_by;

static void on_signal(int number)
{
    asked_by = number;
    sem_post(&asked_to_end);
}

static void *end_tidily(void *unused)
{
    while (sem_wait(&asked_to_end) < 0)
        ;
    pull_abandon();
    signal(asked_by, SIG_DFL);
    raise(asked_by);
    return unused;
}

void command_tidy(const char *target)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct str image;
    pthread_t thread;
    if (!pull_target(target, &image) || sem_init(&asked_to_end, 0, 0) < 0 ||
        pthread_create(&thread, NULL, end_tidily, NULL))
        return;
    pthread_detach(thread);
    for (size_t i = 0; i < 3; i++)
        if (signal(signals[i], on_signal) == SIG_IGN) /* as nohup(1) wants it */
            signal(signals[i], SIG_IGN);
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
