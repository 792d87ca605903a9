/* assay aws: the AWS accounts that a server watches. */
#include "aws/events.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "cmd/access.h"
#include "monitor/aws_event.h"
#include "monitor/aws_session.h"
#include "store/job.h"

extern const struct command command_aws;

enum {
    AWS_ROLE = ACCESS_OWN,
    AWS_EXTERNAL_ID,
    AWS_PROFILE,
    AWS_KEY,
    AWS_REGION,
    AWS_ENDPOINT,
    AWS_CA,
    AWS_ORGANIZATION,
    AWS_QUEUE
};
enum { OPTIONS_MAX = 256 << 10, SECRET_MAX = 4096, CA_MAX = 64 << 10 };
#define QUEUE_NAME "assay"

static const struct option options[] = {
    {"data", required_argument, NULL, ACCESS_DATA},
    {"role", required_argument, NULL, AWS_ROLE},
    {"external-id", required_argument, NULL, AWS_EXTERNAL_ID},
    {"profile", required_argument, NULL, AWS_PROFILE},
    {"access-key-id", required_argument, NULL, AWS_KEY},
    {"region", required_argument, NULL, AWS_REGION},
    {"endpoint", required_argument, NULL, AWS_ENDPOINT},
    {"ca", required_argument, NULL, AWS_CA},
    {"organization", required_argument, NULL, AWS_ORGANIZATION},
    {"queue", required_argument, NULL, AWS_QUEUE},
    {"format", required_argument, NULL, 'f'},
    {0},
};

/* What the command line says of an account. */
struct stated {
    const char *role, *external_id, *profile, *key, *ca, *organization, *queue;
    VEC(const char *) regions, endpoints;
};

static int take_option(struct access_call *c, int option, const char *value)
{
    struct stated *s = c->own;
    switch (option) {
    case AWS_ROLE:
        s->role = value;
        break;
    case AWS_EXTERNAL_ID:
        s->external_id = value;
        break;
    case AWS_PROFILE:
        s->profile = value;
        break;
    case AWS_KEY:
        s->key = value;
        break;
    case AWS_REGION:
        vec_add(&s->regions, value);
        break;
    case AWS_ENDPOINT:
        vec_add(&s->endpoints, value);
        break;
    case AWS_CA:
        s->ca = value;
        break;
    case AWS_ORGANIZATION:
        s->organization = value;
        break;
    default:
        s->queue = value;
    }
    return EXIT_OK;
}

static void stated_end(struct stated *s)
{
    vec_free(&s->regions);
    vec_free(&s->endpoints);
}

static void master_cleanup(struct master_key **k)
{
    master_key_close(*k);
}

static int open_master(struct access_call *c, struct master_key **ret_master)
{
    char path[DATA_PATH_MAX];
    int status = data_path(c->directory, DATA_MASTER, path);
    return status < 0 ? status : master_key_open(path, ret_master);
}

/* ---- add ---- */

/* "SERVICE=URL", or a URL for all. */
static void out_endpoints(struct json_out *o, const struct stated *s)
{
    json_key(o, "endpoints");
    json_begin_object(o);
    for (size_t i = 0; i < s->endpoints.n; i++) {
        struct str service = {NULL, 0}, url = str_from(s->endpoints.at[i]);
        if (!str_starts(url, STR("http")))
            str_cut(url, '=', &service, &url);
        json_key_str(o, service);
        json_out_str(o, url);
    }
    json_end_object(o);
}

/* `queues`: JSON of the queues that are known already; or empty. */
static int stated_options(struct access_call *c, const struct stated *s, struct str queues,
                          struct str *ret_options)
{
    _cleanup_(buf_free) struct buf b = buf_new(OPTIONS_MAX);
    struct json_out o = {.to = &b};
    struct str ca = {NULL, 0};
    int status = s->ca ? file_read(c->arena, s->ca, CA_MAX, &ca) : 0;
    if (status < 0)
        return status;
    json_begin_object(&o);
    json_member_str(&o, "profile", str_from(s->profile));
    json_member_str(&o, "accessKeyId", str_from(s->key));
    json_member_str(&o, "role", str_from(s->role));
    json_member_str(&o, "externalId", str_from(s->external_id));
    json_member_str(&o, "ca", ca);
    if (s->regions.n) {
        json_key(&o, "regions");
        json_begin_array(&o);
        for (size_t i = 0; i < s->regions.n; i++)
            json_out_str(&o, str_from(s->regions.at[i]));
        json_end_array(&o);
    }
    if (s->endpoints.n)
        out_endpoints(&o, s);
    if (s->organization) {
        json_member_bool(&o, "organization", true);
        json_member_str(&o, "organizationRole", str_from(s->organization));
    }
    if (queues.n)
        json_member_raw(&o, "queues", queues);
    json_end_object(&o);
    *ret_options = arena_str(c->arena, buf_str(&b));
    return buf_status(&b);
}

static struct str queues_of(struct access_call *c, struct str options_text)
{
    json_val *root;
    size_t n;
    if (!options_text.n || json_parse(c->arena, options_text, &root) < 0 || !json_get(root, "queues"))
        return (struct str){NULL, 0};
    _cleanup_free_ char *text = yyjson_val_write(json_get(root, "queues"), 0, &n);
    return arena_str(c->arena, (struct str){text, n});
}

/* One line of standard input: nothing secret stands on a command line. */
static int read_secret(struct access_call *c, struct str url, struct str *ret_sealed)
{
    _cleanup_(master_cleanup) struct master_key *master = NULL;
    char line[SECRET_MAX];
    if (!fgets(line, sizeof line, stdin))
        return err_set(ERR_INVALID, "the secret access key is wanted on standard input");
    int status = open_master(c, &master);
    if (status == 0)
        *ret_sealed = origin_secret_seal(c->arena, master, url, str_trim(str_from(line)));
    explicit_bzero(line, sizeof line);
    return status;
}

/* A new account is scanned for all that AWS has. */
static void add_account(struct sql *db, account_id account)
{
    static const enum resource_scan_type types[] = {SCAN_OF_EC2, SCAN_OF_ECR, SCAN_OF_LAMBDA};
    if (account_exists(db, account))
        return;
    account_add(db, account);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        account_scan_set(db, account, types[i], ACCOUNT_ENABLED);
}

static struct origin origin_of(struct access_call *c)
{
    char digits[ACCOUNT_TEXT];
    struct origin o = {.account = c->account,
                       .kind = ORIGIN_AWS_ACCOUNT,
                       .url = arena_printf(c->arena, "aws:%s", account_text(c->account, digits))};
    o.id = origin_id(c->arena, o.kind, o.url);
    return o;
}

/* An account without users is one that nobody can look at. */
static void say_who_sees_it(struct access_call *c, account_id account)
{
    char digits[ACCOUNT_TEXT];
    struct user *users;
    if (user_list(c->db, c->arena, account, &users))
        return;
    account_text(account, digits);
    page_print(&c->page, PLAIN,
               "The account %s has no users yet. To see what is found there:\n"
               "  assay user add NAME --role admin --account %s --data %s\n"
               "  assay key create NAME --format credentials --account %s --data %s\n",
               digits, digits, c->directory, digits, c->directory);
}

static int add(struct access_call *c)
{
    const struct stated *s = c->own;
    struct origin_options read;
    struct origin known = {0}, o = origin_of(c);
    if (origin_get(c->db, c->arena, c->account, o.id, &known) < 0)
        known.options = (struct str){NULL, 0};
    int status = stated_options(c, s, queues_of(c, known.options), &o.options);
    if (status == 0)
        status = origin_options_read(c->arena, o.kind, o.options, &read);
    if (status == 0 && s->key)
        status = read_secret(c, o.url, &o.secret);
    if (status < 0)
        return status;
    add_account(c->db, c->account);
    origin_put(c->db, c->arena, &o);
    job_add(c->db, c->account, JOB_POLL_ORIGIN, o.id, (struct str){NULL, 0}, time_now());
    say_who_sees_it(c, c->account);
    return sql_status(c->db);
}

/* ---- list, remove ---- */

static void out_problems(struct access_call *c, json_val *problems)
{
    size_t n;
    _cleanup_free_ char *text = problems ? yyjson_val_write(problems, 0, &n) : NULL;
    if (text)
        json_member_raw(&c->json, "problems", (struct str){text, n});
}

static void list_one(struct access_call *c, const struct origin *o)
{
    json_val *state = NULL;
    struct str text = origin_shown(c->db, c->arena, o);
    if (text.n && json_parse(c->arena, text, &state) < 0)
        state = NULL;
    struct str account = str_slice(o->url, strlen("aws:"), o->url.n), error = json_get_str(state, "error");
    json_val *problems = json_get(state, "problems");
    if (c->format == ACCESS_JSON) {
        json_begin_object(&c->json);
        json_member_str(&c->json, "account", account);
        json_member_raw(&c->json, "options", o->options);
        access_member_time(&c->json, "checked", o->checked);
        json_member_str(&c->json, "error", error);
        out_problems(c, problems);
        json_end_object(&c->json);
        return;
    }
    page_print(&c->page, PLAIN, "%-14.*s%-22s", STR_ARG(account), access_time(c->arena, o->checked).p);
    page_print(&c->page, error.n ? YELLOW : PLAIN, "%.*s\n", STR_ARG(error.n ? error : STR("-")));
    for (json_each(problem, problems))
        if (!str_eq(json_get_str(problem, "error"), error))
            page_print(&c->page, YELLOW, "%-36s%.*s\n", "", STR_ARG(json_get_str(problem, "error")));
}

static int list(struct access_call *c)
{
    if (c->format == ACCESS_JSON) {
        json_begin_object(&c->json);
        json_key(&c->json, "accounts");
        json_begin_array(&c->json);
    } else {
        page_print(&c->page, BOLD, "%-14s%-22s%s\n", "ACCOUNT", "LOOKED AT", "TROUBLE");
    }
    for (account_id account = -1; account_next(c->db, account, &account);) {
        struct origin *origins;
        size_t n = origin_list(c->db, c->arena, account, &origins);
        for (size_t i = 0; i < n; i++)
            if (origins[i].kind == ORIGIN_AWS_ACCOUNT)
                list_one(c, &origins[i]);
    }
    if (c->format == ACCESS_JSON) {
        json_end_array(&c->json);
        json_end_object(&c->json);
    }
    return buf_status(c->json.to);
}

static int remove_account(struct access_call *c)
{
    const struct origin o = origin_of(c);
    if (!origin_remove(c->db, c->account, o.id))
        return err_set(ERR_MISSING, "no AWS account '%.*s'", STR_ARG(access_operand(c, 0)));
    job_add(c->db, c->account, JOB_POLL_ORIGIN, o.id, (struct str){NULL, 0},
            time_now()); /* closes what is of it */
    return sql_status(c->db);
}

/* ---- setup ---- */

/* Those of the options, else those that the last look found. */
static int find_regions(struct access_call *c, const struct scan_origin *o, struct str **ret_regions,
                        size_t *ret_n)
{
    json_val *state;
    *ret_regions = o->options.aws.regions;
    *ret_n = o->options.aws.n_regions;
    if (*ret_n || !o->origin.state.n || json_parse(c->arena, o->origin.state, &state) < 0)
        return *ret_n ? 0
                      : err_set(ERR_MISSING, "which regions? The account was not looked at yet: the server "
                                             "does so within seconds (assay aws list); or give --region");
    json_val *regions = json_get(state, "regions");
    *ret_regions = arena_new_array(c->arena, struct str, yyjson_arr_size(regions));
    for (json_each(region, regions))
        (*ret_regions)[(*ret_n)++] = json_str(region);
    return *ret_n ? 0 : err_set(ERR_MISSING, "which regions? The account has none that is known (--region)");
}

static int set_up_region(struct access_call *c, const struct master_key *master, const struct scan_origin *o,
                         struct str region, struct str *ret_queue)
{
    const struct stated *s = c->own;
    _cleanup_(aws_cleanup) struct aws *aws = NULL;
    struct events_rule rules[16];
    size_t n = 0;
    for (const struct aws_event_rule *r = aws_event_rules; r->name && n < 16; r++)
        rules[n++] = (struct events_rule){str_from(r->name), str_from(r->pattern)};
    int status = aws_connect(c->store, master, o, region, &aws);
    return status < 0 ? status
                      : events_to_queue(aws, c->arena, s->queue ? str_from(s->queue) : STR(QUEUE_NAME), rules,
                                        n, ret_queue);
}

/* The origin's options with these queues. */
static int put_queues(struct access_call *c, struct origin o, const struct str *queues, size_t n)
{
    _cleanup_(buf_free) struct buf b = buf_new(OPTIONS_MAX);
    struct json_out out = {.to = &b};
    json_val *root;
    int status = json_parse(c->arena, o.options, &root);
    if (status < 0)
        return status;
    json_begin_object(&out);
    for (json_each_member(key, value, root)) {
        size_t length;
        _cleanup_free_ char *text = yyjson_val_write(value, 0, &length);
        if (str_is(json_str(key), "queues"))
            continue;
        json_key_str(&out, json_str(key));
        json_out_raw(&out, (struct str){text, length});
    }
    json_key(&out, "queues");
    json_begin_array(&out);
    for (size_t i = 0; i < n; i++)
        json_out_str(&out, queues[i]);
    json_end_array(&out);
    json_end_object(&out);
    o.options = buf_str(&b);
    struct sql *db = store_writer(c->store);
    origin_put(db, c->arena, &o);
    return store_commit(db);
}

/* AWS is asked outside of transactions. */
static int set_up(struct access_call *c)
{
    _cleanup_(master_cleanup) struct master_key *master = NULL;
    struct scan_origin o;
    struct str *regions;
    size_t n;
    int status = open_master(c, &master);
    if (status == 0)
        status = origin_read(c->store, master, c->arena, c->account, origin_of(c).id, &o);
    if (status == 0)
        status = find_regions(c, &o, &regions, &n);
    if (status < 0)
        return status;
    struct str *queues = arena_new_array(c->arena, struct str, n);
    for (size_t i = 0; i < n; i++) {
        if ((status = set_up_region(c, master, &o, regions[i], &queues[i])) < 0)
            return status;
        page_print(&c->page, PLAIN, "%.*s\n", STR_ARG(queues[i]));
    }
    return put_queues(c, o.origin, queues, n);
}

static const struct access_verb verbs[] = {
    {.name = "add", .least = 1, .most = 1, .writes = true, .anywhere = true, .names = true, .run = add},
    {.name = "list", .anywhere = true, .run = list},
    {.name = "remove",
     .least = 1,
     .most = 1,
     .writes = true,
     .anywhere = true,
     .names = true,
     .run = remove_account},
    {.name = "setup", .least = 1, .most = 1, .alone = true, .names = true, .run = set_up},
    {0},
};

static int run(int argc, char **argv)
{
    _cleanup_(stated_end) struct stated stated = {0};
    return access_run_own(&command_aws, options, verbs, take_option, &stated, argc, argv);
}

const struct command command_aws = {
    .name = "aws",
    .summary = "the AWS accounts that a server watches: add, list, remove, set up",
    .usage = "assay aws SUBCOMMAND [OPTION]... [ACCOUNT]",
    .help = "subcommands:\n"
            "  add ACCOUNT       watches the account, which becomes one of the server; or\n"
            "                    changes how it is read\n"
            "  list              the accounts, when they were looked at as a whole, and\n"
            "                    what is wrong with their services and queues now\n"
            "  remove ACCOUNT    no longer: what came from it is closed\n"
            "  setup ACCOUNT     makes a queue in each of its regions, and the rules of\n"
            "                    EventBridge that tell it what changes; the server then\n"
            "                    listens\n"
            "\n"
            "options:\n"
            "      --data DIR        the server's data; else /var/lib/assay for root,\n"
            "                        ~/.local/share/assay/server for others\n"
            "      --role ARN        add: a role to assume\n"
            "      --external-id ID  add: what the role asks for, and those of members\n"
            "      --profile NAME    add: a profile of the server's AWS configuration;\n"
            "                        without one, and without a key, the server's own\n"
            "                        credentials in AWS's order\n"
            "      --access-key-id ID\n"
            "                        add: a key; its secret is read from standard input\n"
            "      --region NAME     add: a region to look at; else all that the account\n"
            "                        has enabled. May be given several times\n"
            "      --organization ROLE\n"
            "                        add: the members of its organization, too, by the role\n"
            "                        of this name in each\n"
            "      --endpoint URL    add: who answers instead of AWS; SERVICE=URL for one\n"
            "                        service. May be given several times\n"
            "      --ca FILE         add: authorities that may vouch for endpoints\n"
            "      --queue NAME      setup: of the queues, instead of " QUEUE_NAME "\n"
            "  -f, --format FORMAT   list: table (default) or json\n"
            "  -h, --help            print this\n"
            "\n"
            "This works on the server's data directly, also while it runs: it needs the\n"
            "rights of the server's own user.\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  there is no such account, the data cannot be read or written, or AWS\n"
            "     refuses\n"
            "\n"
            "examples:\n"
            "  assay aws add 123456789012 --role arn:aws:iam::123456789012:role/assay\n"
            "  assay aws add 123456789012 --profile audit --organization assay\n"
            "  assay aws setup 123456789012\n"
            "  assay aws list\n",
    .run = run,
};
