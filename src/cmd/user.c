/* assay user: who may use a server, and as what. */
#include "base/err.h"
#include "cmd/access.h"

extern const struct command command_user;

static const struct option options[] = {
    {"data", required_argument, NULL, ACCESS_DATA},
    {"account", required_argument, NULL, ACCESS_ACCOUNT},
    {"role", required_argument, NULL, ACCESS_ROLE},
    {"format", required_argument, NULL, 'f'},
    {0},
};

static int add(struct access_call *c)
{
    if (c->role == ROLE_collector)
        return err_set(ERR_INVALID, "a collector is no user: it enrols with a token, see 'assay token'");
    return user_add(c->db, c->account, access_operand(c, 0),
                    c->role < 0 ? ROLE_read_only : (enum role)c->role);
}

static int remove_user(struct access_call *c)
{
    struct str name = access_operand(c, 0);
    return user_remove(c->db, c->account, name) ? 0 : err_set(ERR_MISSING, "no user '%.*s'", STR_ARG(name));
}

static int list(struct access_call *c)
{
    struct user *users;
    size_t n = user_list(c->db, c->arena, c->account, &users);
    if (c->format == ACCESS_JSON) {
        json_begin_object(&c->json);
        json_key(&c->json, "users");
        json_begin_array(&c->json);
        for (size_t i = 0; i < n; i++) {
            json_begin_object(&c->json);
            json_member_str(&c->json, "name", users[i].name);
            json_member_str(&c->json, "role", str_from(access_role_name(users[i].role)));
            access_member_time(&c->json, "created", users[i].created);
            json_end_object(&c->json);
        }
        json_end_array(&c->json);
        json_end_object(&c->json);
        return buf_status(c->json.to);
    }
    page_print(&c->page, BOLD, "%-33s%-11s%s\n", "USER", "ROLE", "SINCE");
    for (size_t i = 0; i < n; i++) {
        page_cell(&c->page, PLAIN, users[i].name, 32);
        page_print(&c->page, PLAIN, " %-11s%s\n", access_role_name(users[i].role),
                   access_time(c->arena, users[i].created).p);
    }
    return 0;
}

static const struct access_verb verbs[] = {
    {.name = "add", .least = 1, .most = 1, .writes = true, .run = add},
    {.name = "list", .run = list},
    {.name = "remove", .least = 1, .most = 1, .writes = true, .run = remove_user},
    {0},
};

static int run(int argc, char **argv)
{
    return access_run(&command_user, options, verbs, 0, argc, argv);
}

const struct command command_user = {
    .name = "user",
    .summary = "who may use a server: add, list and remove users",
    .usage = "assay user SUBCOMMAND [OPTION]... [NAME]",
    .help = "subcommands:\n"
            "  add NAME          a new user; or another role for one who is there, which\n"
            "                    then is that of the keys, too\n"
            "  list              the users of the account\n"
            "  remove NAME       the user, with all keys\n"
            "\n"
            "options:\n"
            "      --data DIR        the server's data; else /var/lib/assay for root,\n"
            "                        ~/.local/share/assay/server for others\n"
            "      --account ID      twelve digits; needed where a server has several\n"
            "      --role ROLE       add: admin or read-only (default)\n"
            "  -f, --format FORMAT   list: table (default) or json\n"
            "  -h, --help            print this\n"
            "\n"
            "This works on the server's data directly, also while it runs: it needs the\n"
            "rights of the server's own user. A user signs requests with an access key;\n"
            "'assay key' makes them.\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  there is no such user, or the data cannot be read or written\n"
            "\n"
            "examples:\n"
            "  assay user add amy --role admin\n"
            "  assay user list\n",
    .run = run,
};
