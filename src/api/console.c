/* The web console: the files that console/ is built to, in the program itself (tools/embed_console). */
#include <isa-l/igzip_lib.h>

#include "api/api.h"
#include "base/err.h"

static const struct file {
    const char *path, *type, *etag;
    size_t plain, packed;
    const char *gzip;
} files[] = {
#include "console.inc"
    {0},
};

/* Nothing from elsewhere. Cloudscape sets style attributes through the DOM, which needs no leave, and draws
 * its own icons in SVG; both data: are pictures and fonts within its style sheet. */
#define CONTENT_POLICY                                                                                       \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; " \
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

bool api_has_console(void)
{
    return files[0].path;
}

static const struct file *find(struct str path)
{
    if (str_is(path, "/"))
        path = STR("/index.html");
    for (const struct file *f = files; f->path; f++)
        if (str_is(path, f->path))
            return f;
    return NULL;
}

/* RFC 9110, section 12.5.3: without the header any coding will do; programs that send none mostly expect
 * plain text all the same. */
static bool takes_gzip(const struct http_request *r)
{
    struct str rest = http_header(r, "Accept-Encoding"), one, coding, weight;
    while (str_next(&rest, ',', &one)) {
        bool refused = str_cut(one, ';', &coding, &weight) && str_eq(str_trim(weight), STR("q=0"));
        if (str_ieq(str_trim(refused ? coding : one), STR("gzip")) || str_starts(str_trim(one), STR("gzip;")))
            return !refused;
    }
    return false;
}

static int unpack(struct arena *a, const struct file *f, struct str *ret_plain)
{
    struct inflate_state state;
    unsigned char *plain = arena_alloc(a, f->plain + 1);
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = (unsigned char *)(uintptr_t)f->gzip;
    state.avail_in = (uint32_t)f->packed;
    state.next_out = plain;
    state.avail_out = (uint32_t)f->plain;
    if (isal_inflate_stateless(&state) != ISAL_DECOMP_OK)
        return err_set(ERR_INVALID, "%s: damaged", f->path);
    *ret_plain = (struct str){(const char *)plain, f->plain};
    return 0;
}

static void add_headers(struct http_reply *reply, struct str path)
{
    /* The names of what is under /assets/ change with the content. */
    http_reply_header(reply, "Cache-Control",
                      str_starts(path, STR("/assets/")) ? STR("public, max-age=31536000, immutable")
                                                        : STR("no-cache"));
    http_reply_header(reply, "Vary", STR("Accept-Encoding"));
    http_reply_header(reply, "Content-Security-Policy", STR(CONTENT_POLICY));
    http_reply_header(reply, "X-Content-Type-Options", STR("nosniff"));
    http_reply_header(reply, "Referrer-Policy", STR("no-referrer"));
    http_reply_header(reply, "Cross-Origin-Opener-Policy", STR("same-origin"));
}

static int reply_text(struct call *c, unsigned status, struct str text)
{
    c->reply->status = status;
    c->reply->body = text;
    http_reply_header(c->reply, "Content-Type", STR("text/plain; charset=utf-8"));
    return 0;
}

static int get_file(struct call *c)
{
    const struct file *f = find(c->http->path);
    if (!f)
        return api_has_console()
                   ? reply_text(c, 404, STR("There is no such file.\n"))
                   : reply_text(c, 404,
                                STR("This program was built without the console; its API is here.\n"));
    add_headers(c->reply, str_from(f->path));
    http_reply_header(c->reply, "ETag", str_from(f->etag));
    c->reply->status = 304;
    if (str_eq(http_header(c->http, "If-None-Match"), str_from(f->etag)))
        return 0;
    c->reply->status = 200;
    http_reply_header(c->reply, "Content-Type", str_from(f->type));
    if (!takes_gzip(c->http))
        return unpack(c->arena, f, &c->reply->body);
    http_reply_header(c->reply, "Content-Encoding", STR("gzip"));
    c->reply->body = (struct str){f->gzip, f->packed};
    return 0;
}

#define FILE_OPERATION(a_name, a_method, a_path)                                                             \
    {                                                                                                        \
        .name = (a_name), .method = (a_method), .path = (a_path), .roles = ROLE_BIT_NONE, .raw = get_file    \
    }
#define FILE_OPERATIONS(name, path)                                                                          \
    FILE_OPERATION("Get" name, "GET", path), FILE_OPERATION("Head" name, "HEAD", path)

/* clang-format off: one a line */
static const struct operation operations[] = {
    FILE_OPERATIONS("Console", "/"),
    FILE_OPERATIONS("ConsoleIndex", "/index.html"),
    FILE_OPERATIONS("ConsoleIcon", "/favicon.svg"),
    FILE_OPERATIONS("ConsoleAsset", "/assets/{name}"),
    {0},
};
/* clang-format on */
const struct operation_group operations_console = {"console", operations};
