/* What `assay serve` is told: one table of options, which a file may give as well. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/toml.h"
#include "cmd/command.h"
#include "cmd/serve.h"

enum type { TEXT, FLAG, NUMBER, DAYS, PRICE };
/* An option and where it stands in the file. Secrets and what is rarely needed have no option. */
struct setting {
    const char *option;        /* NULL: only in the file */
    const char *section, *key; /* section NULL: at the top; key NULL: not in the file */
    enum type type;
    size_t offset;
    int64_t min, max;
};
#define AT(field)      offsetof(struct serve_config, field)
#define PRICE_OF(type) AT(prices.of[USAGE_##type])
enum { YEARS_100 = 36500, HOURS_MAX = 8760 };
static const struct setting settings[] = {
    {"config", NULL, NULL, TEXT, AT(file), 0, 0},
    {"data", NULL, "data", TEXT, AT(data), 0, 0},
    {"listen", NULL, "listen", TEXT, AT(listen), 0, 0},
    {"public-url", NULL, "public_url", TEXT, AT(public_url), 0, 0},
    {"account", NULL, "account", TEXT, AT(account), 0, 0},
    {"region", NULL, "region", TEXT, AT(region), 0, 0},
    {"tls-cert", "tls", "certificate", TEXT, AT(tls_certificate), 0, 0},
    {"tls-key", "tls", "key", TEXT, AT(tls_key), 0, 0},
    {"insecure", NULL, "insecure", FLAG, AT(insecure), 0, 0},
    {"db", "advisories", "db", TEXT, AT(db), 0, 0},
    {"mirror", "advisories", "mirror", TEXT, AT(mirror), 0, 0},
    {"update-hours", "advisories", "update_hours", NUMBER, AT(update_hours), 0, HOURS_MAX},
    {"no-self", NULL, "no_self", FLAG, AT(no_self), 0, 0},
    {"log-level", "log", "level", TEXT, AT(log_level), 0, 0},
    {"log-format", "log", "format", TEXT, AT(log_format), 0, 0},
    {NULL, NULL, "workers", NUMBER, AT(workers), 1, 256},
    {NULL, "limits", "requests_per_second", NUMBER, AT(requests_per_second), 1, 1000000},
    {NULL, "limits", "connections", NUMBER, AT(connections), 16, 1000000},
    {NULL, "days", "closed", DAYS, AT(days.closed), 1, YEARS_100},
    {NULL, "days", "gone", DAYS, AT(days.gone), 1, YEARS_100},
    {NULL, "days", "silent", DAYS, AT(days.silent), 1, YEARS_100},
    {NULL, "days", "feeds", DAYS, AT(days.feeds), 1, YEARS_100},
    {NULL, "days", "events", DAYS, AT(days.events), 1, YEARS_100},
    {NULL, "days", "reopen", DAYS, AT(days.reopen), 1, YEARS_100},
    {NULL, "days", "reports", DAYS, AT(days.reports), 1, YEARS_100},
    {NULL, "days", "artefact", DAYS, AT(days.artefact), 1, YEARS_100},
    {NULL, "prices", "ec2_instance_hour", PRICE, PRICE_OF(EC2_INSTANCE_HOURS), 0, 0},
    {NULL, "prices", "ec2_agentless_instance_hour", PRICE, PRICE_OF(EC2_AGENTLESS_INSTANCE_HOURS), 0, 0},
    {NULL, "prices", "ecr_initial_scan", PRICE, PRICE_OF(ECR_INITIAL_SCAN), 0, 0},
    {NULL, "prices", "ecr_rescan", PRICE, PRICE_OF(ECR_RESCAN), 0, 0},
    {NULL, "prices", "lambda_function_hour", PRICE, PRICE_OF(LAMBDA_FUNCTION_HOURS), 0, 0},
    {NULL, "prices", "lambda_function_code_hour", PRICE, PRICE_OF(LAMBDA_FUNCTION_CODE_HOURS), 0, 0},
    {NULL, "reports", "directory", TEXT, AT(reports), 0, 0},
    {NULL, "s3", "endpoint", TEXT, AT(s3_endpoint), 0, 0},
    {NULL, "s3", "region", TEXT, AT(s3_region), 0, 0},
    {NULL, "s3", "access_key", TEXT, AT(s3_access_key), 0, 0},
    {NULL, "s3", "secret_key", TEXT, AT(s3_secret_key), 0, 0},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

/* getopt's table; its order is that of `settings`, which have no other. */
static const struct option options[] = {
    {"config", required_argument, NULL, 256},     {"data", required_argument, NULL, 257},
    {"listen", required_argument, NULL, 258},     {"public-url", required_argument, NULL, 259},
    {"account", required_argument, NULL, 260},    {"region", required_argument, NULL, 261},
    {"tls-cert", required_argument, NULL, 262},   {"tls-key", required_argument, NULL, 263},
    {"insecure", no_argument, NULL, 264},         {"db", required_argument, NULL, 265},
    {"mirror", required_argument, NULL, 266},     {"update-hours", required_argument, NULL, 267},
    {"no-self", no_argument, NULL, 268},          {"log-level", required_argument, NULL, 269},
    {"log-format", required_argument, NULL, 270}, {0}};

void serve_config_init(struct serve_config *c)
{
    *c = (struct serve_config){
        .listen = "127.0.0.1:8440",
        .account = "000000000000",
        .region = "us-east-1",
        .update_hours = 6,
        .log_level = "info",
        .log_format = "text",
    };
    for (size_t i = 0; i < sizeof c->prices.of / sizeof *c->prices.of; i++)
        c->prices.of[i] = -1;
}

/* ---- one value ---- */

static int set_number(struct serve_config *c, const struct setting *s, int64_t value)
{
    if (value < s->min || value > s->max)
        return err_set(ERR_INVALID, "a number from %lld to %lld is wanted, not %lld", (long long)s->min,
                       (long long)s->max, (long long)value);
    void *at = (char *)c + s->offset;
    if (s->type == DAYS)
        *(unsigned *)at = (unsigned)value;
    else
        *(int64_t *)at = value;
    return 0;
}

static void set_text(struct serve_config *c, const struct setting *s, const char *value)
{
    *(const char **)((char *)c + s->offset) = value;
}

static int set_option(struct serve_config *c, const struct setting *s, const char *text)
{
    uint64_t value;
    switch (s->type) {
    case TEXT:
        set_text(c, s, text);
        return 0;
    case FLAG:
        *(bool *)((char *)c + s->offset) = true;
        return 0;
    default:
        if (!str_u64(str_from(text), &value) || value > INT32_MAX)
            return err_set(ERR_INVALID, "a number is wanted, not '%s'", text);
        return set_number(c, s, (int64_t)value);
    }
}

/* ---- the file ---- */

struct reading {
    struct arena *arena;
    struct serve_config *config;
    struct str text; /* of the file, for lines */
    const bool *given;
};

/* The line on which a value of the document stands: its key is a slice of the text wherever it is bare. */
static unsigned line_of(const struct reading *r, const struct toml *v)
{
    unsigned line = 1;
    const char *at = v->key.p;
    if (at < r->text.p || at >= r->text.p + r->text.n)
        return 0;
    for (const char *p = r->text.p; p < at; p++)
        line += *p == '\n';
    return line;
}

static int wrong(const struct reading *r, const struct toml *section, const struct toml *v, const char *what)
{
    unsigned line = line_of(r, v);
    char where[32] = "";
    if (line)
        snprintf(where, sizeof where, "line %u: ", line);
    return err_set(ERR_INVALID, "%s: %s%.*s%s%.*s: %s", r->config->file, where,
                   STR_ARG(section ? section->key : (struct str){0}), section ? "." : "", STR_ARG(v->key),
                   what);
}

static const struct setting *find(const struct toml *section, const struct toml *v)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const struct setting *s = &settings[i];
        bool here = section ? s->section && str_is(section->key, s->section) : !s->section;
        if (here && s->key && str_is(v->key, s->key))
            return s;
    }
    return NULL;
}

static int set_price(struct serve_config *c, const struct setting *s, const struct toml *v)
{
    char text[64], *end;
    double price = (double)v->integer;
    if (v->type == TOML_FLOAT) {
        snprintf(text, sizeof text, "%.*s", STR_ARG(v->text));
        price = strtod(text, &end);
        if (*end)
            return err_set(ERR_INVALID, "a number in plain digits is wanted");
    }
    if (!(price >= 0 && price <= 1e6))
        return err_set(ERR_INVALID, "a price from 0 to 1000000 is wanted");
    *(double *)((char *)c + s->offset) = price;
    return 0;
}

static int set_value(const struct reading *r, const struct toml *section, const struct toml *v)
{
    const struct setting *s = find(section, v);
    struct serve_config *c = r->config;
    if (!s)
        return wrong(r, section, v, "there is no such setting");
    if (s->option && r->given[s - settings])
        return 0; /* the command line wins */
    if (s->type == TEXT && v->type != TOML_STRING)
        return wrong(r, section, v, "a string is wanted");
    if (s->type == FLAG && v->type != TOML_BOOL)
        return wrong(r, section, v, "true or false is wanted");
    if (s->type == PRICE && v->type != TOML_INTEGER && v->type != TOML_FLOAT)
        return wrong(r, section, v, "a number is wanted");
    if ((s->type == NUMBER || s->type == DAYS) && v->type != TOML_INTEGER)
        return wrong(r, section, v, "a whole number is wanted");
    if (s->type == TEXT)
        set_text(c, s, arena_cstr(r->arena, v->text));
    else if (s->type == FLAG)
        *(bool *)((char *)c + s->offset) = v->boolean;
    else if ((s->type == PRICE ? set_price(c, s, v) : set_number(c, s, v->integer)) < 0)
        return wrong(r, section, v, err_text());
    return 0;
}

static bool is_section(const struct toml *v)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (settings[i].section && str_is(v->key, settings[i].section))
            return true;
    return false;
}

static int read_file(struct reading *r)
{
    enum { CONFIG_MAX = 1 << 20 };
    const struct toml *root;
    int status = file_read(r->arena, r->config->file, CONFIG_MAX, &r->text);
    if (status == 0) {
        status = toml_parse(r->arena, r->text, &root);
        if (status < 0)
            err_context(status, "%s", r->config->file);
    }
    if (status < 0)
        return status;
    toml_each(v, root)
    {
        if (v->type != TOML_TABLE)
            status = set_value(r, NULL, v);
        else if (!is_section(v))
            status = wrong(r, NULL, v, "there is no such section");
        else
            toml_each(member, v) if (status == 0) status = set_value(r, v, member);
        if (status < 0)
            return status;
    }
    return 0;
}

/* ---- all of it ---- */

/* What no single value shows. */
static int check(const struct serve_config *c)
{
    account_id account;
    if (!account_parse(str_from(c->account), &account))
        return err_set(ERR_INVALID, "account: twelve digits are wanted, not '%s'", c->account);
    if (log_level(c->log_level) < 0)
        return err_set(ERR_INVALID, "log level: error, warning, notice, info or debug, not '%s'",
                       c->log_level);
    if (!str_is(str_from(c->log_format), "text") && !str_is(str_from(c->log_format), "json"))
        return err_set(ERR_INVALID, "log format: text or json, not '%s'", c->log_format);
    if (!c->tls_certificate != !c->tls_key)
        return err_set(ERR_INVALID, "TLS takes a certificate and a key: --tls-cert and --tls-key");
    if (c->s3_endpoint && (!c->s3_access_key || !c->s3_secret_key))
        return err_set(ERR_INVALID, "s3: access_key and secret_key are missing");
    return 0;
}

int serve_config_read(struct arena *a, int argc, char **argv, const struct command *command,
                      struct serve_config *c)
{
    bool given[N_SETTINGS] = {0};
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (o < 256)
            return option_error(command, o, argv);
        const struct setting *s = &settings[o - 256];
        if (set_option(c, s, optarg) < 0)
            return usage_error(command, "--%s: %s", s->option, err_text());
        given[o - 256] = true;
    }
    if (optind < argc)
        return usage_error(command, "no argument is wanted, not '%s'", argv[optind]);
    struct reading r = {.arena = a, .config = c, .given = given};
    if (c->file && read_file(&r) < 0)
        return command_failed();
    return check(c) < 0 ? usage_error(command, "%s", err_text()) : EXIT_OK;
}
