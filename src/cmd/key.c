/* assay key: the access keys of users, and of collectors. */
#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/access.h"

extern const struct command command_key;

static const struct option options[] = {
    {"data", required_argument, NULL, ACCESS_DATA},
    {"account", required_argument, NULL, ACCESS_ACCOUNT},
    {"format", required_argument, NULL, 'f'},
    {0},
};

static void json_key_object(struct json_out *o, const struct access_key *key)
{
    json_begin_object(o);
    json_member_str(o, "accessKeyId", str_from(key->id));
    json_member_str(o, "secretAccessKey", str_from(key->secret));
    json_member_str(o, "user", str_from(key->user));
    json_member_str(o, "role", str_from(access_role_name(key->role)));
    json_member_str(o, "resource", str_from(key->resource));
    access_member_time(o, "created", key->created);
    access_member_time(o, "expires", key->expires);
    json_member_bool(o, "disabled", key->disabled);
    json_end_object(o);
}

static void master_cleanup(struct master_key **k)
{
    master_key_close(*k);
}

static int make_key(struct access_call *c, const struct user *user, struct access_key *ret_key)
{
    char path[DATA_PATH_MAX];
    _cleanup_(master_cleanup) struct master_key *master = NULL;
    int status = data_path(c->directory, DATA_MASTER, path);
    if (!status)
        status = master_key_open(path, &master);
    if (!status)
        status =
            access_key_add(c->db, master, c->account, user->name, user->role, STR(""), TIME_NONE, ret_key);
    return status;
}

static int create(struct access_call *c)
{
    struct user user;
    struct access_key key;
    int status = user_get(c->db, c->arena, c->account, access_operand(c, 0), &user);
    if (!status)
        status = make_key(c, &user, &key);
    if (status < 0)
        return status;
    switch (c->format) {
    case ACCESS_JSON:
        json_key_object(&c->json, &key);
        break;
    case ACCESS_CREDENTIALS:
        fputs(credentials_text(c->arena, "assay", &key, NULL).p, c->page.to);
        break;
    default:
        page_print(&c->page, PLAIN, "access key  %s\nsecret      %s\n", key.id, key.secret);
        page_print(&c->page, DIM, "The secret is not shown again.\n");
    }
    explicit_bzero(key.secret, sizeof key.secret);
    return 0;
}

static int disable(struct access_call *c)
{
    struct str id = access_operand(c, 0);
    return access_key_disable(c->db, c->account, id)
               ? 0
               : err_set(ERR_MISSING, "no access key '%.*s'", STR_ARG(id));
}

static int remove_key(struct access_call *c)
{
    struct str id = access_operand(c, 0);
    return access_key_remove(c->db, c->account, id)
               ? 0
               : err_set(ERR_MISSING, "no access key '%.*s'", STR_ARG(id));
}

static int list_json(struct access_call *c, const struct access_key *keys, size_t n)
{
    json_begin_object(&c->json);
    json_key(&c->json, "keys");
    json_begin_array(&c->json);
    for (size_t i = 0; i < n; i++)
        json_key_object(&c->json, &keys[i]);
    json_end_array(&c->json);
    json_end_object(&c->json);
    return buf_status(c->json.to);
}

static int list(struct access_call *c)
{
    struct access_key *keys;
    size_t n = access_key_list(c->db, c->arena, c->account, &keys);
    if (c->format == ACCESS_JSON)
        return list_json(c, keys, n);
    page_print(&c->page, BOLD, "%-22s%-25s%-11s%s\n", "ACCESS KEY", "USER OR HOST", "ROLE", "STATE");
    for (size_t i = 0; i < n; i++) {
        const struct access_key *key = &keys[i];
        struct str until = access_time(c->arena, key->expires);
        page_print(&c->page, PLAIN, "%-22s", key->id);
        page_cell(&c->page, PLAIN, str_from(*key->resource ? key->resource : key->user), 24);
        page_print(&c->page, PLAIN, " %-11s", access_role_name(key->role));
        if (key->disabled)
            page_print(&c->page, YELLOW, "disabled\n");
        else if (key->expires != TIME_NONE)
            page_print(&c->page, PLAIN, "until %s\n", until.p);
        else
            page_print(&c->page, GREEN, "enabled\n");
    }
    return 0;
}

static const struct access_verb verbs[] = {
    {.name = "create", .least = 1, .most = 1, .writes = true, .credentials = true, .run = create},
    {.name = "disable", .least = 1, .most = 1, .writes = true, .run = disable},
    {.name = "list", .run = list},
    {.name = "remove", .least = 1, .most = 1, .writes = true, .run = remove_key},
    {0},
};

static int run(int argc, char **argv)
{
    return access_run(&command_key, options, verbs, 0, argc, argv);
}

const struct command command_key = {
    .name = "key",
    .summary = "access keys of a server: create, list, disable and remove them",
    .usage = "assay key SUBCOMMAND [OPTION]... [USER|ACCESS-KEY]",
    .help = "subcommands:\n"
            "  create USER       a new key for a user; its secret is shown this once\n"
            "  list              the keys of the account, those of hosts and sessions, too\n"
            "  disable KEY       requests signed with it are refused from now on\n"
            "  remove KEY        the key is forgotten\n"
            "\n"
            "options:\n"
            "      --data DIR        the server's data; else /var/lib/assay for root,\n"
            "                        ~/.local/share/assay/server for others\n"
            "      --account ID      twelve digits; needed where a server has several\n"
            "  -f, --format FORMAT   table (default) or json; create also credentials: a\n"
            "                        file as the AWS CLI and SDKs read them\n"
            "  -h, --help            print this\n"
            "\n"
            "This works on the server's data directly, also while it runs: it needs the\n"
            "rights of the server's own user. Secrets are kept sealed under the key in\n"
            "DIR/master.key.\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  there is no such user or key, or the data cannot be read or written\n"
            "\n"
            "examples:\n"
            "  assay key create amy --format credentials > credentials\n"
            "  assay key disable AKIAABCDEFGHIJKLMNOP\n",
    .run = run,
};
