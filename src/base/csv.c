#include "base/csv.h"

#include "base/err.h"

struct csv csv_new(struct str text, char separator)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.n);
    return (struct csv){.rest = text, .next_line = 1, .separator = separator, .arena = arena_new(0)};
}

void csv_free(struct csv *c)
{
    vec_free(&c->fields);
    arena_free(c->arena);
    c->arena = NULL;
}

static int invalid(struct csv *c, const char *what)
{
    c->rest = (struct str){NULL, 0};
    return err_set(ERR_INVALID, "CSV: line %u: %s", c->line, what);
}

/* "a ""quoted"" word" without the doubling. */
static struct str undouble(struct csv *c, struct str s)
{
    char *to = arena_alloc(c->arena, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        to[n++] = s.p[i];
        i += s.p[i] == '"';
    }
    return (struct str){to, n};
}

/* After the opening quote, up to behind the closing one. */
static int quoted(struct csv *c, struct str *ret_field)
{
    bool doubled = false;
    for (size_t i = 0; i < c->rest.n; i++) {
        char at = c->rest.p[i];
        c->next_line += at == '\n';
        if (at != '"')
            continue;
        if (i + 1 < c->rest.n && c->rest.p[i + 1] == '"') {
            doubled = true;
            i++;
            continue;
        }
        struct str field = str_slice(c->rest, 0, i);
        c->rest = str_slice(c->rest, i + 1, c->rest.n);
        *ret_field = doubled ? undouble(c, field) : field;
        return 0;
    }
    return invalid(c, "a quote is never closed");
}

static int plain(struct csv *c, struct str *ret_field)
{
    size_t n = 0;
    while (n < c->rest.n && c->rest.p[n] != c->separator && c->rest.p[n] != '\n' && c->rest.p[n] != '"')
        n++;
    if (n < c->rest.n && c->rest.p[n] == '"')
        return invalid(c, "a quote within a field");
    bool cr = n && c->rest.p[n - 1] == '\r' && (n == c->rest.n || c->rest.p[n] == '\n');
    *ret_field = str_slice(c->rest, 0, n - cr);
    c->rest = str_slice(c->rest, n, c->rest.n);
    return 0;
}

static int read_field(struct csv *c)
{
    struct str field;
    int status;
    if (c->fields.n == CSV_FIELDS_MAX) {
        c->rest = (struct str){NULL, 0};
        return err_set(ERR_LIMIT, "CSV: line %u: more than %d fields", c->line, CSV_FIELDS_MAX);
    }
    if (c->rest.n && c->rest.p[0] == '"') {
        c->rest = str_slice(c->rest, 1, c->rest.n);
        status = quoted(c, &field);
    } else {
        status = plain(c, &field);
    }
    if (status == 0)
        vec_add(&c->fields, field);
    return status;
}

static bool take(struct csv *c, struct str what)
{
    if (!str_starts(c->rest, what))
        return false;
    c->rest = str_slice(c->rest, what.n, c->rest.n);
    return true;
}

int csv_next(struct csv *c)
{
    c->fields.n = 0;
    c->line = c->next_line;
    arena_reset(c->arena);
    if (!c->rest.n)
        return 0;
    do {
        int status = read_field(c);
        if (status < 0)
            return status;
    } while (take(c, (struct str){&c->separator, 1}));
    if (c->rest.n && !take(c, STR("\n")) && !take(c, STR("\r\n")))
        return invalid(c, "more behind a closing quote");
    c->next_line++;
    return 1;
}

int csv_find(const struct csv *c, const char *name)
{
    for (size_t i = 0; i < c->fields.n; i++)
        if (str_is(c->fields.at[i], name))
            return (int)i;
    return -1;
}
