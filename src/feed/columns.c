#include "feed/columns.h"

#include <stdarg.h>

#include "base/err.h"

/* Takes one field; *ret_last when a line end or the end follows. A quote that never ends takes all there is.
 */
static struct str take_field(struct str *rest, bool *ret_quoted, bool *ret_last)
{
    size_t at = 0;
    struct str field;
    *ret_quoted = rest->n && rest->p[0] == '"';
    if (*ret_quoted) {
        for (at = 1; at < rest->n; at++)
            if (rest->p[at] == '"') {
                if (at + 1 < rest->n && rest->p[at + 1] == '"')
                    at++;
                else
                    break;
            }
        field = str_slice(*rest, 1, at < rest->n ? at : rest->n);
    }
    size_t from = at;
    while (at < rest->n && rest->p[at] != ',' && rest->p[at] != '\n')
        at++;
    if (!*ret_quoted) {
        field = str_slice(*rest, from, at);
        if (field.n && field.p[field.n - 1] == '\r')
            field.n--;
    }
    *ret_last = at >= rest->n || rest->p[at] == '\n';
    *rest = str_slice(*rest, at < rest->n ? at + 1 : at, rest->n);
    return field;
}

int columns_open(struct columns *csv, struct str content, ...)
{
    const char *names[COLUMNS_WANTED];
    bool found[COLUMNS_WANTED] = {false}, quoted, last = false;
    *csv = (struct columns){.rest = content};
    va_list args;
    va_start(args, content);
    for (const char *name; csv->n_wanted < COLUMNS_WANTED && (name = va_arg(args, const char *));)
        names[csv->n_wanted++] = name;
    va_end(args);
    for (size_t column = 0; !last; column++) {
        struct str field = take_field(&csv->rest, &quoted, &last);
        for (size_t i = 0; i < csv->n_wanted; i++)
            if (str_is(str_trim(field), names[i]) && !found[i])
                csv->column[i] = column, found[i] = true;
    }
    for (size_t i = 0; i < csv->n_wanted; i++)
        if (!found[i])
            return err_set(ERR_INVALID, "CSV: no column '%s'", names[i]);
    return 0;
}

bool columns_next(struct columns *csv)
{
    while (csv->rest.n) {
        bool last = false, empty = true;
        memset(csv->field, 0, sizeof csv->field);
        for (size_t column = 0; !last; column++) {
            bool quoted;
            struct str field = take_field(&csv->rest, &quoted, &last);
            empty = empty && !field.n;
            for (size_t i = 0; i < csv->n_wanted; i++)
                if (csv->column[i] == column)
                    csv->field[i] = field, csv->quoted[i] = quoted;
        }
        if (!empty)
            return true;
    }
    return false;
}

struct str columns_field(const struct columns *csv, struct arena *a, size_t i)
{
    struct str field = csv->field[i];
    if (!field.n || !csv->quoted[i] || str_find(field, '"') < 0)
        return field;
    char *to = arena_alloc(a, field.n + 1);
    size_t n = 0;
    for (size_t k = 0; k < field.n; k++) {
        to[n++] = field.p[k];
        k += field.p[k] == '"';
    }
    return (struct str){to, n};
}
