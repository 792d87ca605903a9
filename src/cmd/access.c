#include "cmd/access.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/db.h"

enum {
    OUTPUT_MAX = 64 << 20,
    TAGS_TEXT_MAX = 64 << 10,
    MINUTE = 60,
    HOUR = 3600,
    DAY = 86400,
    WEEK = 604800
};

struct arguments {
    const char *data, *account;
    access_option *take;
    struct buf tags;
    struct json_out tags_json;
};

static void free_arguments(struct arguments *a)
{
    buf_free(&a->tags);
}

/* "30d", "12h", "45m", "2w", a date, or "never". */
static int parse_expires(const struct command *command, const char *text, int64_t *ret_expires)
{
    struct str s = str_from(text);
    uint64_t n;
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'m', MINUTE}, {'h', HOUR}, {'d', DAY}, {'w', WEEK}};
    if (str_is(s, "never")) {
        *ret_expires = TIME_NONE;
        return EXIT_OK;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units && s.n; i++)
        if (s.p[s.n - 1] == units[i].unit && str_u64(str_slice(s, 0, s.n - 1), &n) && n && n <= 100000) {
            *ret_expires = time_now() + (int64_t)n * units[i].seconds;
            return EXIT_OK;
        }
    if (time_parse(s, ret_expires) == 0)
        return EXIT_OK;
    return usage_error(command, "--expires takes a time such as 12h or 30d, a date or 'never', not '%s'",
                       text);
}

static int parse_format(struct access_call *c, const struct access_verb *verb, const char *text)
{
    if (!strcmp(text, "table"))
        c->format = ACCESS_TABLE;
    else if (!strcmp(text, "json"))
        c->format = ACCESS_JSON;
    else if (verb->credentials && !strcmp(text, "credentials"))
        c->format = ACCESS_CREDENTIALS;
    else
        return usage_error(c->command, "no format '%s': table%s", text,
                           verb->credentials ? ", json or credentials" : " or json");
    return EXIT_OK;
}

const char *access_role_name(enum role role)
{
    return role == ROLE_read_only ? "read-only" : name_of(&role_names, role);
}

static int parse_role(struct access_call *c, const char *text)
{
    c->role = -1;
    for (size_t i = 0; i < role_names.n; i++)
        if (!strcmp(text, access_role_name((enum role)i)))
            c->role = (int)i;
    return c->role < 0 ? usage_error(c->command, "no role '%s': admin or read-only", text) : EXIT_OK;
}

static int parse_uses(struct access_call *c, const char *text)
{
    uint64_t n;
    if (!str_u64(str_from(text), &n) || !n || n > 1000000000)
        return usage_error(c->command, "--uses takes a number from 1 on, not '%s'", text);
    c->uses = (unsigned)n;
    return EXIT_OK;
}

static int parse_purpose(struct access_call *c, const char *text)
{
    if (!strcmp(text, "hosts"))
        c->purpose = TOKEN_enrol;
    else if (!strcmp(text, "registry"))
        c->purpose = TOKEN_notify;
    else if (!strcmp(text, "replacement"))
        c->purpose = TOKEN_replace;
    else
        return usage_error(c->command, "--for takes hosts, registry or replacement, not '%s'", text);
    return EXIT_OK;
}

static int parse_tag(const struct command *command, struct arguments *a, const char *text)
{
    struct str key, value;
    if (!str_cut(str_from(text), '=', &key, &value) || !key.n)
        return usage_error(command, "--tag takes KEY=VALUE, not '%s'", text);
    if (!a->tags.n)
        json_begin_object(&a->tags_json);
    json_key_str(&a->tags_json, key);
    json_out_str(&a->tags_json, value);
    return EXIT_OK;
}

static int parse_account(struct access_call *c, const char *text)
{
    return account_parse(str_from(text), &c->account)
               ? EXIT_OK
               : usage_error(c->command, "an account is twelve digits, not '%s'", text);
}

static int parse_option(struct access_call *c, const struct access_verb *verb, struct arguments *a,
                        int option, char **argv)
{
    switch (option) {
    case 'f':
        return parse_format(c, verb, optarg);
    case ACCESS_DATA:
        a->data = optarg;
        return EXIT_OK;
    case ACCESS_ACCOUNT:
        a->account = optarg;
        return parse_account(c, optarg);
    case ACCESS_ROLE:
        return parse_role(c, optarg);
    case ACCESS_EXPIRES:
        return parse_expires(c->command, optarg, &c->expires);
    case ACCESS_USES:
        return parse_uses(c, optarg);
    case ACCESS_FOR:
        return parse_purpose(c, optarg);
    case ACCESS_TAG:
        return parse_tag(c->command, a, optarg);
    default:
        if (option >= ACCESS_OWN && a->take)
            return a->take(c, option, optarg);
        return option_error(c->command, option, argv);
    }
}

static int parse(struct access_call *c, const struct access_verb *verb, const struct option *options,
                 struct arguments *a, int argc, char **argv)
{
    int status = EXIT_OK;
    optind = 1;
    opterr = 0;
    for (int o; status == EXIT_OK && (o = getopt_long(argc, argv, ":f:", options, NULL)) != -1;)
        status = parse_option(c, verb, a, o, argv);
    if (status != EXIT_OK)
        return status;
    c->operands = argv + optind;
    c->n_operands = argc - optind;
    if (c->n_operands < verb->least || c->n_operands > verb->most)
        return usage_error(c->command, "'%s' takes %s%d argument%s, not %d", verb->name,
                           verb->least < verb->most ? "at most " : "", verb->most, verb->most == 1 ? "" : "s",
                           c->n_operands);
    if (verb->names && parse_account(c, c->operands[0]) != EXIT_OK)
        return EXIT_USAGE;
    if (a->tags.n) {
        json_end_object(&a->tags_json);
        c->tags = arena_str(c->arena, buf_str(&a->tags));
    }
    return buf_status(&a->tags) < 0 ? usage_error(c->command, "too many tags") : EXIT_OK;
}

/* The account that was named, which must be there; else the only one. */
static int find_account(struct access_call *c, const char *named)
{
    account_id first, second;
    char text[ACCOUNT_TEXT];
    if (named)
        return account_exists(c->db, c->account)
                   ? 0
                   : err_set(ERR_MISSING, "%s: no account %s", c->directory, account_text(c->account, text));
    if (!account_next(c->db, -1, &first))
        return err_set(ERR_MISSING, "%s: no account yet", c->directory);
    if (account_next(c->db, first, &second))
        return err_set(ERR_MISSING, "%s has several accounts: which one? (--account)", c->directory);
    c->account = first;
    return 0;
}

/* Within one transaction; what is printed comes into `out`. */
static int run_verb(struct access_call *c, const struct access_verb *verb, const char *account,
                    struct store *s)
{
    c->store = s;
    if (verb->alone)
        return verb->run(c);
    c->db = verb->writes ? store_writer(s) : store_reader(s);
    int status = sql_status(c->db);
    if (!status && !verb->anywhere)
        status = find_account(c, account);
    if (!status)
        status = verb->run(c);
    if (status < 0)
        sql_fail(c->db, status);
    return store_commit(c->db);
}

static int open_and_run(struct access_call *c, const struct access_verb *verb, const struct arguments *a)
{
    char directory[DATA_PATH_MAX];
    struct store *s = NULL;
    c->directory = directory;
    if (data_directory(a->data, directory) < 0 || data_open(directory, &s) < 0)
        return command_failed();

    char *table = NULL;
    size_t n = 0;
    _cleanup_(buf_free) struct buf json = buf_new(OUTPUT_MAX);
    c->page = db_page(c->arena);
    c->page.to = open_memstream(&table, &n);
    c->json = (struct json_out){.to = &json, .pretty = true};
    int status = run_verb(c, verb, a->account, s);
    fclose(c->page.to);
    if (!status) {
        fwrite(table, 1, n, stdout);
        fwrite(json.p ? json.p : "", 1, json.n, stdout);
        fputs(json.n ? "\n" : "", stdout);
    }
    explicit_bzero(table, n); /* it may have been a secret */
    free(table);
    if (json.p)
        explicit_bzero(json.p, json.n);
    store_close(s);
    return status < 0 ? command_failed() : EXIT_OK;
}

static const struct access_verb *find_verb(const struct access_verb *verbs, const char *name)
{
    for (; verbs->name; verbs++)
        if (!strcmp(verbs->name, name))
            return verbs;
    return NULL;
}

static int parse_and_run(struct access_call *c, const struct option *options, const struct access_verb *verbs,
                         access_option *take, int argc, char **argv)
{
    const struct access_verb *verb = argc > 1 ? find_verb(verbs, argv[1]) : NULL;
    if (!verb)
        return subcommand_error(c->command, argc, argv);
    _cleanup_(arena_cleanup) struct arena *arena = arena_new(0);
    _cleanup_(free_arguments) struct arguments a = {.take = take, .tags = buf_new(TAGS_TEXT_MAX)};
    a.tags_json.to = &a.tags;
    c->arena = arena;
    int status = parse(c, verb, options, &a, argc - 1, argv + 1);
    return status == EXIT_OK ? open_and_run(c, verb, &a) : status;
}

int access_run(const struct command *command, const struct option *options, const struct access_verb *verbs,
               int64_t expires, int argc, char **argv)
{
    struct access_call c = {
        .command = command, .role = -1, .expires = expires ? time_now() + expires : TIME_NONE};
    return parse_and_run(&c, options, verbs, NULL, argc, argv);
}

int access_run_own(const struct command *command, const struct option *options,
                   const struct access_verb *verbs, access_option *take, void *own, int argc, char **argv)
{
    struct access_call c = {.command = command, .role = -1, .expires = TIME_NONE, .own = own};
    return parse_and_run(&c, options, verbs, take, argc, argv);
}

struct str access_time(struct arena *a, int64_t time)
{
    char text[TIME_TEXT];
    time_format(time, text);
    return *text ? arena_str(a, str_from(text)) : STR("-");
}

void access_member_time(struct json_out *o, const char *name, int64_t time)
{
    char text[TIME_TEXT];
    json_member_str(o, name, str_from(time_format(time, text)));
}

struct str access_operand(const struct access_call *c, int i)
{
    return i < c->n_operands ? str_from(c->operands[i]) : (struct str){NULL, 0};
}
