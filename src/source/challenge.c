#include "source/challenge.h"

struct scan {
    struct str left;
};

static char peek(const struct scan *s)
{
    return s->left.n ? s->left.p[0] : 0;
}

static void skip(struct scan *s, const char *of)
{
    while (s->left.n && s->left.p[0] && strchr(of, s->left.p[0]))
        s->left = str_slice(s->left, 1, s->left.n);
}

/* token (RFC 9110, section 5.6.2), and the few more characters of token68 (11.2). */
static struct str word(struct scan *s)
{
    size_t n = 0;
    while (n < s->left.n &&
           (is_alnum(s->left.p[n]) || (s->left.p[n] && strchr("!#$%&'*+-.^_`|~/:", s->left.p[n]))))
        n++;
    struct str w = str_slice(s->left, 0, n);
    s->left = str_slice(s->left, n, s->left.n);
    return w;
}

/* quoted-string (5.6.4); one that does not end is empty. */
static struct str quoted(struct arena *a, struct scan *s)
{
    char *text = arena_alloc(a, s->left.n);
    size_t n = 0, i = 1;
    for (; i < s->left.n && s->left.p[i] != '"'; i++) {
        if (s->left.p[i] == '\\' && i + 1 < s->left.n)
            i++;
        text[n++] = s->left.p[i];
    }
    bool ended = i < s->left.n;
    s->left = str_slice(s->left, ended ? i + 1 : s->left.n, s->left.n);
    return (struct str){text, ended ? n : 0};
}

static void set_parameter(struct challenge *c, struct str name, struct str value)
{
    if (str_ieq(name, STR("realm")))
        c->realm = value;
    else if (str_ieq(name, STR("service")))
        c->service = value;
    else if (str_ieq(name, STR("scope")))
        c->scope = value;
}

/* name=value, up to what begins the next challenge: a word without '='. */
static void parameters(struct arena *a, struct scan *s, struct challenge *c)
{
    for (;;) {
        struct scan before = *s;
        skip(s, " \t,");
        struct str name = word(s);
        skip(s, " \t");
        if (!name.n || peek(s) != '=') {
            *s = before;
            return;
        }
        skip(s, "= \t");
        set_parameter(c, name, peek(s) == '"' ? quoted(a, s) : arena_str(a, word(s)));
    }
}

struct challenge challenge_parse(struct arena *a, struct str value)
{
    struct scan s = {value};
    struct challenge best = {CHALLENGE_NONE, {0}, {0}, {0}};
    while (s.left.n) {
        struct challenge c = {CHALLENGE_NONE, {0}, {0}, {0}};
        skip(&s, " \t,");
        struct str scheme = word(&s);
        if (!scheme.n)
            break;
        c.scheme = str_ieq(scheme, STR("bearer"))  ? CHALLENGE_BEARER
                   : str_ieq(scheme, STR("basic")) ? CHALLENGE_BASIC
                                                   : CHALLENGE_NONE;
        parameters(a, &s, &c);
        if (c.scheme > best.scheme && (c.scheme == CHALLENGE_BASIC || c.realm.n))
            best = c;
    }
    return best;
}
