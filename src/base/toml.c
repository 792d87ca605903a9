/* Section titles in comments are those of the specification, version 1.0. */
#include "base/toml.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/* How a table or array came to be decides whether it may still grow ("Table", "Inline Table", "Array of
 * Tables"). */
enum {
    IMPLICIT = 0,   /* named on the way to a deeper [header]; may still get a header of its own */
    HEADER = 1,     /* has had its [header] */
    DOTTED = 2,     /* made by a dotted key; sub-tables may be added by header, members may not */
    CLOSED = 3,     /* written inline; nothing may be added */
    OF_TABLES = 4,  /* made by [[header]] */
    INDEX_FROM = 12 /* members from which on a table gets an index */
};

struct parser {
    struct arena *a;
    const char *at, *end;
    unsigned line;
    size_t values;
    VEC(struct map *) indexes;
};

static int invalid(const struct parser *p, const char *what)
{
    return err_set(ERR_INVALID, "TOML: line %u: %s", p->line, what);
}

static bool left(const struct parser *p, size_t n)
{
    return (size_t)(p->end - p->at) >= n;
}

/* The next byte, or 0 at the end; a NUL byte in the text is a control character and refused wherever it
 * stands. */
static char peek(const struct parser *p)
{
    return p->at < p->end ? *p->at : 0;
}

static bool looking_at(const struct parser *p, const char *what)
{
    size_t n = strlen(what);
    return left(p, n) && memcmp(p->at, what, n) == 0;
}

static bool take(struct parser *p, const char *what)
{
    if (!looking_at(p, what))
        return false;
    p->at += strlen(what);
    return true;
}

static void skip_blanks(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t')
        p->at++;
}

/* "Comment": control characters other than tab are not permitted. */
static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool take_newline(struct parser *p)
{
    if (!take(p, "\n") && !take(p, "\r\n"))
        return false;
    p->line++;
    return true;
}

static int skip_comment(struct parser *p)
{
    skip_blanks(p);
    if (peek(p) != '#')
        return 0;
    while (p->at < p->end && *p->at != '\n' && !looking_at(p, "\r\n")) {
        if (is_control(*p->at))
            return invalid(p, "control character in a comment");
        p->at++;
    }
    return 0;
}

/* Blanks, comments and line ends, as they may stand between the items of an array. */
static int skip_space(struct parser *p)
{
    do {
        int status = skip_comment(p);
        if (status < 0)
            return status;
    } while (take_newline(p));
    return 0;
}

static int end_of_line(struct parser *p)
{
    int status = skip_comment(p);
    if (status < 0)
        return status;
    return p->at == p->end || take_newline(p) ? 0 : invalid(p, "more behind the value");
}

static int new_value(struct parser *p, enum toml_type type, struct toml **ret_value)
{
    if (++p->values > TOML_VALUES_MAX)
        return err_set(ERR_LIMIT, "TOML: more than %d values", TOML_VALUES_MAX);
    *ret_value = arena_alloc(p->a, sizeof **ret_value);
    (*ret_value)->type = type;
    return 0;
}

static void append(struct toml *to, struct toml *value)
{
    if (to->last)
        to->last->next = value;
    else
        to->first = value;
    to->last = value;
    to->n++;
}

static struct toml *find(const struct toml *table, struct str key)
{
    if (table->index)
        return map_get(table->index, key);
    for (struct toml *v = table->first; v; v = v->next)
        if (str_eq(v->key, key))
            return v;
    return NULL;
}

static void add_member(struct parser *p, struct toml *table, struct str key, struct toml *value)
{
    value->key = key;
    append(table, value);
    if (table->index) {
        map_set(table->index, key, value);
    } else if (table->n == INDEX_FROM) {
        table->index = arena_alloc(p->a, sizeof *table->index);
        vec_add(&p->indexes, table->index);
        for (struct toml *v = table->first; v; v = v->next)
            map_set(table->index, v->key, v);
    }
}

/* ---- "String" ---- */

static int hex_digit(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int unicode_escape(struct parser *p, unsigned digits, struct buf *to)
{
    uint32_t c = 0;
    if (!left(p, digits))
        return invalid(p, "escape cut off");
    for (unsigned i = 0; i < digits; i++) {
        int value = hex_digit(*p->at++);
        if (value < 0)
            return invalid(p, "escape without hexadecimal digits");
        c = c << 4 | (uint32_t)value;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return invalid(p, "escape is no Unicode scalar value");
    if (c < 0x80)
        return buf_add_c(to, (char)c);
    char bytes[4];
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)((0xf00u >> n & 0xf0) | c);
    return buf_add(to, bytes, n);
}

/* "When the last non-whitespace character on a line is an unescaped \, it will be trimmed along with all
 * whitespace (including newlines) up to the next non-whitespace character or closing delimiter." */
static bool line_ending_backslash(struct parser *p)
{
    const char *start = p->at;
    skip_blanks(p);
    if (!take_newline(p)) {
        p->at = start;
        return false;
    }
    do
        skip_blanks(p);
    while (take_newline(p));
    return true;
}

static int escape(struct parser *p, bool multiline, struct buf *to)
{
    static const char from[] = "btnfr\"\\", into[] = "\b\t\n\f\r\"\\";
    if (multiline && line_ending_backslash(p))
        return 0;
    char c = peek(p);
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        p->at++;
        return buf_add_c(to, into[known - from]);
    }
    if (take(p, "u"))
        return unicode_escape(p, 4, to);
    if (take(p, "U"))
        return unicode_escape(p, 8, to);
    return invalid(p, "unknown escape");
}

/* One character of a string that is no delimiter, escape or line end. */
static int plain_character(struct parser *p, struct buf *to)
{
    size_t n = utf8_length((struct str){p->at, (size_t)(p->end - p->at)});
    if (is_control(*p->at))
        return invalid(p, "control character in a string");
    if (!n)
        return invalid(p, "not UTF-8");
    p->at += n;
    return buf_add(to, p->at - n, n);
}

/* The rest of a string whose opening is taken. A multi-line string may end in one or two quotes of its own.
 */
static int string_body(struct parser *p, char quote, bool multiline, struct buf *to)
{
    for (int status = 0; status == 0;) {
        size_t quotes = 0;
        while (quotes < (multiline ? 5u : 1u) && left(p, quotes + 1) && p->at[quotes] == quote)
            quotes++;
        if (quotes >= (multiline ? 3u : 1u)) {
            p->at += quotes;
            return multiline ? buf_add(to, quote == '"' ? "\"\"" : "''", quotes - 3) : 0;
        }
        const char *before = p->at;
        if (p->at == p->end)
            return invalid(p, "string without an end");
        if (quote == '"' && take(p, "\\"))
            status = escape(p, multiline, to);
        else if (multiline && take_newline(p))
            status = buf_add(to, before, (size_t)(p->at - before));
        else
            status = plain_character(p, to);
        if (status < 0)
            return status;
    }
    return 0;
}

/* The common case, a string of one line without escapes, is a slice of the text; false when it is another. */
static bool simple_string(struct parser *p, char quote, struct str *ret_text)
{
    const char *c = p->at;
    while (c < p->end && *c != quote && *c != '\\' && (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f)
        c++;
    if (c == p->end || *c != quote)
        return false;
    *ret_text = (struct str){p->at, (size_t)(c - p->at)};
    p->at = c + 1;
    return true;
}

static int read_string(struct parser *p, bool multiline_allowed, struct str *ret_text)
{
    char quote = *p->at++;
    bool multiline = multiline_allowed && left(p, 2) && p->at[0] == quote && p->at[1] == quote;
    if (!multiline && simple_string(p, quote, ret_text))
        return 0;
    if (multiline) {
        p->at += 2;
        take_newline(p); /* "A newline immediately following the opening delimiter will be trimmed." */
    }
    _cleanup_(buf_free) struct buf b = buf_new((size_t)(p->end - p->at) + 1);
    int status = string_body(p, quote, multiline, &b);
    if (status == 0)
        *ret_text = arena_str(p->a, buf_str(&b));
    return status;
}

/* ---- "Integer", "Float", "Boolean", "Offset Date-Time" and its kin ---- */

/* Digits of one base with single underscores between them. */
static bool digits_valid(struct str s, const char *digits)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '_' ? i == 0 || i + 1 == s.n || s.p[i - 1] == '_' : !s.p[i] || !strchr(digits, s.p[i]))
            return false;
    return s.n > 0;
}

static int integer_of(const struct parser *p, struct str digits, unsigned base, bool negative, struct toml *v)
{
    uint64_t value = 0, top = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] == '_')
            continue;
        uint64_t digit = (uint64_t)hex_digit(digits.p[i]);
        if (value > (top - digit) / base)
            return invalid(p, "integer out of range");
        value = value * base + digit;
    }
    v->type = TOML_INTEGER;
    v->integer = (int64_t)(negative ? 0 - value : value);
    return 0;
}

static bool has_leading_zero(struct str digits)
{
    return digits.n > 1 && digits.p[0] == '0';
}

static bool is_float(struct str s)
{
    static const char decimal[] = "0123456789";
    struct str mantissa = s, exponent, whole, fraction;
    if (str_is(s, "inf") || str_is(s, "nan"))
        return true;
    bool has_exponent = str_cut(s, 'e', &mantissa, &exponent) || str_cut(s, 'E', &mantissa, &exponent);
    if (has_exponent && exponent.n && (exponent.p[0] == '+' || exponent.p[0] == '-'))
        exponent = str_slice(exponent, 1, exponent.n);
    if (has_exponent && !digits_valid(exponent, decimal))
        return false;
    bool has_fraction = str_cut(mantissa, '.', &whole, &fraction);
    if (!has_fraction)
        whole = mantissa;
    return (has_exponent || has_fraction) && digits_valid(whole, decimal) && !has_leading_zero(whole) &&
           (!has_fraction || digits_valid(fraction, decimal));
}

/* Fits `s` against a form in which '0' stands for a digit; what follows is left in *s. */
static bool take_form(struct str *s, const char *form)
{
    size_t n = strlen(form);
    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (form[i] == '0'   ? !is_digit(s->p[i])
            : form[i] == 'T' ? !strchr("Tt ", s->p[i])
                             : s->p[i] != form[i])
            return false;
    *s = str_slice(*s, n, s->n);
    return true;
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static bool date_valid(const char *p)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = two_digits(p) * 100 + two_digits(p + 2), month = two_digits(p + 5),
             day = two_digits(p + 8);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool take_time(struct str *s)
{
    const char *p = s->p;
    if (!take_form(s, "00:00:00") || two_digits(p) > 23 || two_digits(p + 3) > 59 || two_digits(p + 6) > 60)
        return false;
    if (take_form(s, ".0"))
        while (s->n && is_digit(s->p[0]))
            *s = str_slice(*s, 1, s->n);
    return true;
}

static bool is_time(struct str s)
{
    const char *p = s.p;
    if (!take_form(&s, "0000-00-00"))
        return take_time(&s) && !s.n;
    if (!date_valid(p) || !s.n)
        return !s.n && date_valid(p);
    if (!take_form(&s, "T") || !take_time(&s))
        return false;
    if (!s.n || str_is(s, "Z") || str_is(s, "z"))
        return true;
    p = s.p;
    return (take_form(&s, "+00:00") || take_form(&s, "-00:00")) && !s.n && two_digits(p + 1) < 24 &&
           two_digits(p + 4) < 60;
}

static int read_number(struct parser *p, struct str text, struct toml *v)
{
    bool sign = text.p[0] == '+' || text.p[0] == '-', negative = text.p[0] == '-';
    struct str s = str_slice(text, sign ? 1 : 0, text.n);
    if (!sign && str_starts(s, STR("0x")) && digits_valid(str_slice(s, 2, s.n), "0123456789abcdefABCDEF"))
        return integer_of(p, str_slice(s, 2, s.n), 16, false, v);
    if (!sign && str_starts(s, STR("0o")) && digits_valid(str_slice(s, 2, s.n), "01234567"))
        return integer_of(p, str_slice(s, 2, s.n), 8, false, v);
    if (!sign && str_starts(s, STR("0b")) && digits_valid(str_slice(s, 2, s.n), "01"))
        return integer_of(p, str_slice(s, 2, s.n), 2, false, v);
    if (digits_valid(s, "0123456789") && !has_leading_zero(s))
        return integer_of(p, s, 10, negative, v);
    v->type = is_float(s) ? TOML_FLOAT : TOML_TIME;
    return v->type == TOML_FLOAT || (!sign && is_time(s)) ? 0 : invalid(p, "neither a number nor a time");
}

/* A value that is a word: up to where only a delimiter can stand. A date and its time may have a blank
 * between them. */
static int read_word(struct parser *p, struct toml *v)
{
    const char *start = p->at;
    while (p->at < p->end && (is_alnum(*p->at) || memchr("+-_.:", *p->at, 5)))
        p->at++;
    if (p->at - start == 10 && start[4] == '-' && peek(p) == ' ' && left(p, 2) && is_digit(p->at[1]))
        for (p->at++; p->at < p->end && (is_alnum(*p->at) || memchr("+-.:", *p->at, 4));)
            p->at++;
    v->text = (struct str){start, (size_t)(p->at - start)};
    if (!v->text.n)
        return invalid(p, "no value");
    v->boolean = str_is(v->text, "true");
    if (v->boolean || str_is(v->text, "false")) {
        v->type = TOML_BOOL;
        return 0;
    }
    return read_number(p, v->text, v);
}

/* ---- "Keys", "Array", "Inline Table" ---- */

static int read_value(struct parser *p, int depth, struct toml **ret_value);

static int read_array(struct parser *p, int depth, struct toml *v)
{
    v->state = CLOSED;
    for (bool comma = true;;) {
        int status = skip_space(p);
        if (status < 0)
            return status;
        if (take(p, "]"))
            return 0;
        if (!comma)
            return invalid(p, "array without ',' or ']'");
        struct toml *item;
        status = read_value(p, depth, &item);
        if (status == 0)
            status = skip_space(p);
        if (status < 0)
            return status;
        append(v, item);
        comma = take(p, ",");
    }
}

static int read_key(struct parser *p, struct str *ret_key)
{
    skip_blanks(p);
    if (peek(p) == '"' || peek(p) == '\'')
        return read_string(p, false, ret_key);
    const char *start = p->at;
    while (p->at < p->end && (is_alnum(*p->at) || *p->at == '-' || *p->at == '_'))
        p->at++;
    if (p->at == start)
        return invalid(p, "no key");
    *ret_key = (struct str){start, (size_t)(p->at - start)};
    return 0;
}

/* Reads the parts of a dotted key but the last, which is *ret_key, walking down from *table. By a header
 * every open table may be entered, by a key only those that keys made. */
static int descend(struct parser *p, bool header, struct toml **table, struct str *ret_key)
{
    for (int depth = 0;; depth++) {
        int status = read_key(p, ret_key);
        if (status < 0)
            return status;
        skip_blanks(p);
        if (!take(p, "."))
            return 0;
        if (depth == TOML_DEPTH_MAX)
            return err_set(ERR_LIMIT, "TOML: line %u: key of more than %d parts", p->line, TOML_DEPTH_MAX);
        struct toml *inner = find(*table, *ret_key);
        if (!inner) {
            status = new_value(p, TOML_TABLE, &inner);
            if (status < 0)
                return status;
            inner->state = header ? IMPLICIT : DOTTED;
            add_member(p, *table, *ret_key, inner);
        }
        if (header && inner->state == OF_TABLES)
            inner = inner->last;
        if (inner->type != TOML_TABLE || inner->state == CLOSED || (!header && inner->state != DOTTED))
            return invalid(p, "key goes through what is not an open table");
        *table = inner;
    }
}

static int read_member(struct parser *p, int depth, struct toml *table)
{
    struct str key;
    int status = descend(p, false, &table, &key);
    if (status < 0)
        return status;
    if (find(table, key))
        return invalid(p, "key given twice");
    if (!take(p, "="))
        return invalid(p, "key without '='");
    skip_blanks(p);
    struct toml *value;
    status = read_value(p, depth, &value);
    if (status < 0)
        return status;
    add_member(p, table, key, value);
    return 0;
}

/* What dotted keys made inside an inline table needs no closing: nothing reaches it but through the table. */
static int read_inline_table(struct parser *p, int depth, struct toml *v)
{
    skip_blanks(p);
    for (bool first = true; !first || !take(p, "}"); first = false) {
        int status = read_member(p, depth, v);
        if (status < 0)
            return status;
        skip_blanks(p);
        if (take(p, "}"))
            break;
        if (!take(p, ","))
            return invalid(p, "inline table without ',' or '}'");
    }
    v->state = CLOSED;
    return 0;
}

static int read_value(struct parser *p, int depth, struct toml **ret_value)
{
    char c = peek(p);
    if (depth == TOML_DEPTH_MAX)
        return err_set(ERR_LIMIT, "TOML: line %u: nested deeper than %d", p->line, TOML_DEPTH_MAX);
    enum toml_type type = c == '[' ? TOML_ARRAY : c == '{' ? TOML_TABLE : TOML_STRING;
    int status = new_value(p, type, ret_value);
    if (status < 0)
        return status;
    if (c == '"' || c == '\'')
        return read_string(p, true, &(*ret_value)->text);
    if (type == TOML_STRING)
        return read_word(p, *ret_value);
    p->at++;
    return type == TOML_ARRAY ? read_array(p, depth + 1, *ret_value)
                              : read_inline_table(p, depth + 1, *ret_value);
}

/* ---- "Table", "Array of Tables" ---- */

static int open_table(struct parser *p, struct toml *parent, struct str key, struct toml **ret_table)
{
    struct toml *table = find(parent, key);
    int status = 0;
    if (!table) {
        status = new_value(p, TOML_TABLE, &table);
        if (status < 0)
            return status;
        add_member(p, parent, key, table);
    } else if (table->type != TOML_TABLE || table->state != IMPLICIT) {
        return invalid(p, "table defined twice");
    }
    table->state = HEADER;
    *ret_table = table;
    return 0;
}

static int open_item(struct parser *p, struct toml *parent, struct str key, struct toml **ret_table)
{
    struct toml *array = find(parent, key), *item = NULL;
    int status = 0;
    if (!array) {
        status = new_value(p, TOML_ARRAY, &array);
        if (status < 0)
            return status;
        array->state = OF_TABLES;
        add_member(p, parent, key, array);
    } else if (array->state != OF_TABLES) {
        return invalid(p, "array of tables defined as something else");
    }
    status = new_value(p, TOML_TABLE, &item);
    if (status < 0)
        return status;
    item->state = HEADER;
    append(array, item);
    *ret_table = item;
    return 0;
}

static int read_header(struct parser *p, struct toml *root, struct toml **ret_table)
{
    bool array = take(p, "[[");
    if (!array)
        take(p, "[");
    struct str key;
    int status = descend(p, true, &root, &key);
    if (status < 0)
        return status;
    if (!take(p, array ? "]]" : "]"))
        return invalid(p, "header without its end");
    return array ? open_item(p, root, key, ret_table) : open_table(p, root, key, ret_table);
}

static int read_document(struct parser *p, struct toml *root)
{
    struct toml *table = root;
    for (;;) {
        int status = skip_space(p);
        if (status < 0 || p->at == p->end)
            return status;
        status = peek(p) == '[' ? read_header(p, root, &table) : read_member(p, 0, table);
        if (status == 0)
            status = end_of_line(p);
        if (status < 0)
            return status;
    }
}

int toml_parse(struct arena *a, struct str text, const struct toml **ret_root)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.n);
    struct parser p = {.a = a, .at = text.p, .end = text.p + text.n, .line = 1};
    struct toml *root;
    int status = new_value(&p, TOML_TABLE, &root);
    if (status == 0 && text.n)
        status = read_document(&p, root);
    vec_each(index, &p.indexes) map_free(*index);
    vec_free(&p.indexes);
    if (status == 0)
        *ret_root = root;
    return status;
}

const struct toml *toml_get(const struct toml *table, const char *key)
{
    if (table && table->type == TOML_TABLE)
        toml_each(v, table) if (str_is(v->key, key)) return v;
    return NULL;
}

struct str toml_str(const struct toml *v)
{
    return v && v->type == TOML_STRING ? v->text : (struct str){NULL, 0};
}

struct str toml_get_str(const struct toml *table, const char *key)
{
    return toml_str(toml_get(table, key));
}

bool toml_get_bool(const struct toml *table, const char *key)
{
    const struct toml *v = toml_get(table, key);
    return v && v->type == TOML_BOOL && v->boolean;
}
