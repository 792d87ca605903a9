/* assay scan: a target's findings. */
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "cmd/command.h"
#include "match/match.h"
#include "report/report.h"
#include "report/text.h"
#include "score/severity.h"
#include "source/source.h"

struct scan {
    const char *target, *format, *output, *db, *ignore, *why, *fail_on, *platform, *color;
    bool only_fixed, all, insecure;
};

extern const struct command command_scan;

enum {
    OPTION_DB = 256,
    OPTION_FAIL_ON,
    OPTION_ONLY_FIXED,
    OPTION_IGNORE,
    OPTION_WHY,
    OPTION_PLATFORM,
    OPTION_COLOR,
    OPTION_ALL,
    OPTION_INSECURE
};

static const struct option options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"db", required_argument, NULL, OPTION_DB},
    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},
    {"only-fixed", no_argument, NULL, OPTION_ONLY_FIXED},
    {"ignore", required_argument, NULL, OPTION_IGNORE},
    {"why", required_argument, NULL, OPTION_WHY},
    {"platform", required_argument, NULL, OPTION_PLATFORM},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"all", no_argument, NULL, OPTION_ALL},
    {"insecure", no_argument, NULL, OPTION_INSECURE},
    {0},
};

static int parse_options(struct scan *s, int argc, char **argv)
{
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":f:o:", options, NULL)) != -1;) {
        switch (c) {
        case 'f':
            s->format = optarg;
            break;
        case 'o':
            s->output = optarg;
            break;
        case OPTION_DB:
            s->db = optarg;
            break;
        case OPTION_FAIL_ON:
            s->fail_on = optarg;
            break;
        case OPTION_ONLY_FIXED:
            s->only_fixed = true;
            break;
        case OPTION_IGNORE:
            s->ignore = optarg;
            break;
        case OPTION_WHY:
            s->why = optarg;
            break;
        case OPTION_PLATFORM:
            s->platform = optarg;
            break;
        case OPTION_COLOR:
            s->color = optarg;
            break;
        case OPTION_ALL:
            s->all = true;
            break;
        case OPTION_INSECURE:
            s->insecure = true;
            break;
        default:
            return option_error(&command_scan, c, argv);
        }
    }
    if (optind + 1 != argc)
        return usage_error(&command_scan, optind == argc ? "which target?" : "one target at a time");
    s->target = argv[optind];
    return EXIT_OK;
}

/* Drops what has no fix, and says how many that were; ignored findings stay, marked, for the formats that
 * show them. */
static size_t keep_fixed(struct findings *f)
{
    size_t kept = 0, dropped = 0;
    for (size_t i = 0; i < f->findings.n; i++) {
        if (f->findings.at[i].fixed.n)
            f->findings.at[kept++] = f->findings.at[i];
        else
            dropped += !f->findings.at[i].ignored.n;
    }
    f->findings.n = kept;
    return dropped;
}

static bool reaches(const struct findings *f, enum severity least)
{
    vec_each(finding, &f->findings)
    {
        enum severity severity;
        if (!finding->ignored.n && severity_parse(finding->severity, &severity) &&
            severity_reaches(severity, least))
            return true;
    }
    return false;
}

static bool wants_colour(const struct scan *s, FILE *to)
{
    if (!strcmp(s->color, "always"))
        return true;
    return !strcmp(s->color, "auto") && text_colour(to);
}

static int write_report(const struct scan *s, const struct report_format *format, struct report *r)
{
    _cleanup_(draft_cleanup) struct draft draft = {0};
    int status = s->output ? draft_begin(s->output, 0666, &draft) : 0;
    if (status < 0)
        return status;
    FILE *to = s->output ? draft.file : stdout;
    r->colour = wants_colour(s, to);
    r->columns = text_columns(to);
    status = format->write(r, to);
    if (status < 0)
        return err_context(status, "%s", s->output ? s->output : "standard output");
    if (s->output)
        status = draft_finish(&draft, s->output);
    else if (fflush(to))
        status = err_errno("standard output");
    return status;
}

static int report_scan(const struct scan *s, const struct report_format *format, enum severity least,
                       const struct inventory *inv, const struct db *db, uint64_t started)
{
    _cleanup_(findings_cleanup) struct findings *f = NULL;
    size_t expired = 0;
    int status = match_inventory(inv, db, &f);
    if (status == 0 && s->ignore)
        status = match_ignore(f, inv, s->ignore, time_now(), &expired);
    if (status < 0)
        return command_failed();
    if (expired)
        fprintf(stderr, "assay: %s: %zu rule%s expired and no longer count%s\n", s->ignore, expired,
                expired == 1 ? " has" : "s have", expired == 1 ? "s" : "");
    size_t unfixed = s->only_fixed ? keep_fixed(f) : 0;
    if (strcmp(s->format, "table")) /* which reads the prose of what it shows */
        findings_describe(f, inv, db);
    struct report r = {.inventory = inv,
                       .db = db,
                       .findings = f,
                       .all = s->all,
                       .unfixed = unfixed,
                       .elapsed_ns = time_monotonic_ns() - started};
    if (write_report(s, format, &r) < 0)
        return command_failed();
    if (s->fail_on && reaches(f, least))
        return EXIT_FOUND;
    return inv->problems.n ? EXIT_PARTIAL : EXIT_OK;
}

static void *prefetch(void *db)
{
    db_prefetch(db);
    return NULL;
}

/* The database is fetched from disk while the target is read. */
static int read_target(const struct scan *s, struct db *db, struct inventory **ret_inventory)
{
    struct source_options source = {.platform = s->platform, .insecure = s->insecure};
    pthread_t thread;
    command_tidy(s->target);
    bool threaded = pthread_create(&thread, NULL, prefetch, db) == 0;
    int status = source_inventory(s->target, &source, ret_inventory);
    if (threaded)
        pthread_join(thread, NULL);
    return status;
}

static int run_scan(int argc, char **argv)
{
    uint64_t started = time_monotonic_ns();
    struct scan s = {.format = "table", .color = "auto"};
    int status = parse_options(&s, argc, argv);
    if (status != EXIT_OK)
        return status;
    const struct report_format *format = report_format_find(str_from(s.format));
    if (!format)
        return usage_error(&command_scan, "no format '%s': table, json, csv, sarif, cyclonedx or spdx",
                           s.format);
    if (strcmp(s.color, "auto") && strcmp(s.color, "always") && strcmp(s.color, "never"))
        return usage_error(&command_scan, "--color takes auto, always or never, not '%s'", s.color);
    enum severity least = SEVERITY_UNTRIAGED;
    if (s.fail_on && !severity_parse(str_from(s.fail_on), &least))
        return usage_error(
            &command_scan,
            "--fail-on takes critical, high, medium, low, informational or untriaged, not '%s'", s.fail_on);

    _cleanup_(db_cleanup) struct db *db = NULL;
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    if (db_open_default(s.db, &db) < 0 || read_target(&s, db, &inv) < 0)
        return command_failed();
    if (s.why)
        return report_why(inv, db, str_from(s.why), stdout) < 0 ? command_failed() : EXIT_OK;
    return report_scan(&s, format, least, inv, db, started);
}

const struct command command_scan = {
    .name = "scan",
    .summary = "find the known vulnerabilities of a target",
    .usage = "assay scan [OPTION]... TARGET",
    .help = "Finds the known vulnerabilities of TARGET, which is only read, never run or\n"
            "changed:\n"
            "  host, /               this machine\n"
            "  DIRECTORY             a root file system, or a folder with lock files or\n"
            "                        installed packages\n"
            "  IMAGE                 a container image: an OCI layout (folder or tar), or\n"
            "                        what 'docker save' wrote\n"
            "  DISK                  a raw disk image with ext2 to ext4 or XFS\n"
            "  registry:HOST/NAME[:TAG|@DIGEST]\n"
            "                        an image of a registry, as docker://HOST/NAME, too\n"
            "  FILE                  a zip, jar, war, wheel, lock file, package database,\n"
            "                        SBOM (CycloneDX, SPDX) or inventory in JSON\n"
            "\n"
            "options:\n"
            "  -f, --format FORMAT   table (default), json, csv, sarif, cyclonedx, spdx\n"
            "  -o, --output FILE     write the report there\n"
            "      --all             tell everything in the table: also what has no fix\n"
            "      --only-fixed      only findings for which there is a fix\n"
            "      --fail-on SEVERITY\n"
            "                        exit with 1 if a finding is at least critical, high,\n"
            "                        medium, low or informational; untriaged: at any\n"
            "      --ignore FILE     rules of findings to ignore, in TOML; assay-ignore(5)\n"
            "      --why ID          explain instead how each package was judged against\n"
            "                        this CVE, GHSA or other id\n"
            "      --platform OS/ARCH\n"
            "                        which image of a multi-platform index: linux/arm64\n"
            "      --insecure        plain HTTP, for a registry on this machine\n"
            "      --db FILE         advisory database; else $ASSAY_DB, else the one that\n"
            "                        'assay db update' made, else the one shipped\n"
            "      --color WHEN      auto (default), always, never\n"
            "  -h, --help            print this\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  1  a finding reaches --fail-on\n"
            "  2  the command line is wrong\n"
            "  3  the target or the database cannot be read\n"
            "  4  done, but parts of the target could not be read; they are listed\n"
            "\n"
            "examples:\n"
            "  assay scan /\n"
            "  assay scan --format sarif --output findings.sarif .\n"
            "  assay scan --fail-on high --only-fixed image.tar\n"
            "  assay scan --why CVE-2021-44228 app.jar\n",
    .run = run_scan,
};
