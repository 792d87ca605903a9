/* assay token: what hosts enrol with, and registries notify with. */
#include "base/err.h"
#include "cmd/access.h"

extern const struct command command_token;

static const struct option options[] = {
    {"data", required_argument, NULL, ACCESS_DATA},
    {"account", required_argument, NULL, ACCESS_ACCOUNT},
    {"expires", required_argument, NULL, ACCESS_EXPIRES},
    {"uses", required_argument, NULL, ACCESS_USES},
    {"tag", required_argument, NULL, ACCESS_TAG},
    {"for", required_argument, NULL, ACCESS_FOR},
    {"format", required_argument, NULL, 'f'},
    {0},
};

enum { LIFETIME = 30 * 86400 };

static int create(struct access_call *c)
{
    struct str token = enrol_token_add(c->db, c->arena, c->account, c->purpose, access_operand(c, 0),
                                       c->expires, c->uses, c->tags);
    if (c->format == ACCESS_JSON) {
        json_begin_object(&c->json);
        json_member_str(&c->json, "token", token);
        access_member_time(&c->json, "expires", c->expires);
        json_end_object(&c->json);
    } else {
        page_print(&c->page, PLAIN, "%.*s\n", STR_ARG(token));
    }
    return sql_status(c->db);
}

static int remove_token(struct access_call *c)
{
    struct str id = access_operand(c, 0);
    return enrol_token_remove(c->db, c->account, id) ? 0
                                                     : err_set(ERR_MISSING, "no token '%.*s'", STR_ARG(id));
}

static const char *purpose(const struct enrol_token *t)
{
    return t->purpose == TOKEN_notify ? "registry" : "hosts";
}

static int list_json(struct access_call *c, const struct enrol_token *tokens, size_t n)
{
    json_begin_object(&c->json);
    json_key(&c->json, "tokens");
    json_begin_array(&c->json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&c->json);
        json_member_str(&c->json, "id", tokens[i].digest);
        json_member_str(&c->json, "for", str_from(purpose(&tokens[i])));
        json_member_str(&c->json, "label", tokens[i].label);
        access_member_time(&c->json, "created", tokens[i].created);
        access_member_time(&c->json, "expires", tokens[i].expires);
        if (tokens[i].uses_left)
            json_member_int(&c->json, "usesLeft", tokens[i].uses_left);
        json_end_object(&c->json);
    }
    json_end_array(&c->json);
    json_end_object(&c->json);
    return buf_status(c->json.to);
}

static int list(struct access_call *c)
{
    struct enrol_token *tokens;
    int64_t now = time_now();
    size_t n = enrol_token_list(c->db, c->arena, c->account, &tokens);
    if (c->format == ACCESS_JSON)
        return list_json(c, tokens, n);
    page_print(&c->page, BOLD, "%-18s%-10s%-27s%-12s%s\n", "TOKEN", "FOR", "LABEL", "USES LEFT", "EXPIRES");
    for (size_t i = 0; i < n; i++) {
        const struct enrol_token *t = &tokens[i];
        bool over = t->expires != TIME_NONE && t->expires <= now;
        struct str uses = t->uses_left ? text_count(c->arena, t->uses_left) : STR("any number");
        page_print(&c->page, PLAIN, "%-18.*s%-10s", STR_ARG(t->digest), purpose(t));
        page_cell(&c->page, PLAIN, t->label, 26);
        page_print(&c->page, PLAIN, " %-12.*s", STR_ARG(uses));
        page_print(&c->page, over ? YELLOW : PLAIN, "%s%s\n", access_time(c->arena, t->expires).p,
                   over ? " (over)" : "");
    }
    return 0;
}

static const struct access_verb verbs[] = {
    {.name = "create", .least = 0, .most = 1, .writes = true, .run = create},
    {.name = "list", .run = list},
    {.name = "remove", .least = 1, .most = 1, .writes = true, .run = remove_token},
    {0},
};

static int run(int argc, char **argv)
{
    return access_run(&command_token, options, verbs, LIFETIME, argc, argv);
}

const struct command command_token = {
    .name = "token",
    .summary = "create, list and remove tokens of hosts and registries",
    .usage = "assay token SUBCOMMAND [OPTION]... [LABEL|TOKEN]",
    .help = "subcommands:\n"
            "  create [LABEL]    a new token, which is shown this once\n"
            "  list              the tokens that can be used, by the beginnings of their\n"
            "                    digests\n"
            "  remove TOKEN      the token that 'list' names so; hosts that enrolled with\n"
            "                    it stay\n"
            "\n"
            "options:\n"
            "      --data DIR        the server's data; else /var/lib/assay for root,\n"
            "                        ~/.local/share/assay/server for others\n"
            "      --account ID      twelve digits; needed where a server has several\n"
            "      --expires TIME    create: 45m, 12h, 30d (default), 4w, a date, or never\n"
            "      --for WHOM        create: hosts (default), which enrol with it, or a\n"
            "                        registry, which notifies with it; replacement: hosts,\n"
            "                        also those that are enrolled already\n"
            "      --uses N          create: for so many hosts; else for any number\n"
            "      --tag KEY=VALUE   create: a tag of the hosts that enrol with it; may be\n"
            "                        given several times\n"
            "  -f, --format FORMAT   create, list: table (default) or json\n"
            "  -h, --help            print this\n"
            "\n"
            "This works on the server's data directly, also while it runs: it needs the\n"
            "rights of the server's own user.\n"
            "\n"
            "exit codes:\n"
            "  0  done\n"
            "  2  the command line is wrong\n"
            "  3  there is no such token, or the data cannot be read or written\n"
            "\n"
            "examples:\n"
            "  assay token create --expires 7d --uses 1\n"
            "  assay token create 'web servers' --tag env=production\n"
            "  assay token create --for registry --expires never\n",
    .run = run,
};
