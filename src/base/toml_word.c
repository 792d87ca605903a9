/* TOML values that are one word: "Integer", "Float", "Boolean", "Offset Date-Time" and its kin. */
#include "base/toml_parser.h"

/* Digits of one base with single underscores between them. */
static bool digits_valid(struct str s, const char *digits)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '_' ? i == 0 || i + 1 == s.n || s.p[i - 1] == '_' : !s.p[i] || !strchr(digits, s.p[i]))
            return false;
    return s.n > 0;
}

static int integer_of(const struct toml_parser *p, struct str digits, unsigned base, bool negative,
                      struct toml *v)
{
    uint64_t value = 0, top = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] == '_')
            continue;
        uint64_t digit = (uint64_t)toml_hex_digit(digits.p[i]);
        if (value > (top - digit) / base)
            return toml_invalid(p, "integer out of range");
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

static int read_number(struct toml_parser *p, struct str text, struct toml *v)
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
    return v->type == TOML_FLOAT || (!sign && is_time(s)) ? 0
                                                          : toml_invalid(p, "neither a number nor a time");
}

/* A value that is a word: up to where only a delimiter can stand. A date and its time may have a blank
 * between them. */
int toml_read_word(struct toml_parser *p, struct toml *v)
{
    const char *start = p->at;
    while (p->at < p->end && (is_alnum(*p->at) || memchr("+-_.:", *p->at, 5)))
        p->at++;
    if (p->at - start == 10 && start[4] == '-' && toml_peek(p) == ' ' && toml_left(p, 2) &&
        is_digit(p->at[1]))
        for (p->at++; p->at < p->end && (is_alnum(*p->at) || memchr("+-.:", *p->at, 4));)
            p->at++;
    v->text = (struct str){start, (size_t)(p->at - start)};
    if (!v->text.n)
        return toml_invalid(p, "no value");
    v->boolean = str_is(v->text, "true");
    if (v->boolean || str_is(v->text, "false")) {
        v->type = TOML_BOOL;
        return 0;
    }
    return read_number(p, v->text, v);
}
