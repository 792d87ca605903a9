#include "aws/process.h"

#include <stdlib.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"

enum { SECONDS = 60, OUTPUT_MAX = 64 << 10 };

/* One word from *at on, written to `to`. */
static bool take_word(struct str s, size_t *at, char *to)
{
    char quote = 0;
    for (; *at < s.n && (quote || !is_blank(s.p[*at])); ++*at) {
        char c = s.p[*at];
        bool escape = c == '\\' && quote != '\'' && *at + 1 < s.n &&
                      (!quote || s.p[*at + 1] == '"' || s.p[*at + 1] == '\\');
        if (escape)
            *to++ = s.p[++*at];
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else
            *to++ = c;
    }
    *to = 0;
    return !quote;
}

int process_words(struct arena *a, struct str command, const char ***ret_words)
{
    const char **words = arena_new_array(a, const char *, command.n / 2 + 2);
    size_t n = 0;
    for (size_t at = 0;;) {
        while (at < command.n && is_blank(command.p[at]))
            at++;
        if (at == command.n)
            break;
        char *word = arena_alloc(a, command.n - at + 1);
        if (!take_word(command, &at, word))
            return err_set(ERR_INVALID, "credential_process: a quote without an end");
        words[n++] = word;
    }
    if (!n)
        return err_set(ERR_INVALID, "credential_process: no program");
    *ret_words = words;
    return 0;
}

/* As execvp() looks for programs. */
static const char *find_program(struct arena *a, const char *name)
{
    const char *path = getenv("PATH");
    struct str rest = str_from(path ? path : "/usr/bin:/bin"), folder;
    if (strchr(name, '/'))
        return name;
    while (str_next(&rest, ':', &folder)) {
        const char *program = arena_printf(a, "%.*s/%s", STR_ARG(folder), name).p;
        if (folder.n && access(program, X_OK) == 0)
            return program;
    }
    return NULL;
}

int process_credentials(struct arena *a, struct str command, struct credentials *ret_credentials)
{
    _cleanup_(buf_free) struct buf output = buf_new(OUTPUT_MAX), errors = buf_new(OUTPUT_MAX);
    const char **words;
    int exit_code = 0, status = process_words(a, command, &words);
    if (status < 0)
        return status;
    const char *program = find_program(a, words[0]);
    if (!program)
        return err_set(ERR_DENIED, "credential_process: there is no program %s", words[0]);
    words[0] = program;
    status = child_run(&(struct child){.argv = words, .seconds = SECONDS}, &output, &errors, &exit_code);
    if (status < 0) /* the text would name an argument, which may be a secret */
        return err_set(status, "credential_process: %s does not answer", program);
    if (exit_code)
        return err_set(ERR_DENIED, "credential_process: %s ended with %d", program, exit_code);
    return credentials_from_json(a, "credential_process", arena_str(a, buf_str(&output)), "SessionToken",
                                 ret_credentials);
}
