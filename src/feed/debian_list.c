/* An entry is a header line and indented lines below it:
 *
 *   [29 Mar 2023] DSA-5380-1 xorg-server - security update        CVE-2026-27205 (Flask is ...)
 *           {CVE-2023-1393}                                               {DLA-3891-1}
 *           [bullseye] - xorg-server 2:1.20.11-1+deb11u6                  - flask 3.1.3-1 (bug #1128620)
 *                                                                         [trixie] - flask <no-dsa> (Minor
 * issue)
 *
 * A package line without a release speaks of unstable, and through it of every release that has no line of
 * its own. */
#include "feed/debian_list.h"

#include "base/err.h"
#include "feed/debian.h"

/* "29 Mar 2023"; TIME_NONE for anything else. */
static int64_t list_date(struct str s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str day, month, year;
    if (!str_cut(s, ' ', &day, &year) || !str_cut(year, ' ', &month, &year) || month.n != 3 || year.n != 4 ||
        day.n < 1 || day.n > 2)
        return TIME_NONE;
    for (int i = 0; i < 12; i++)
        if (!memcmp(months + 3 * i, month.p, 3)) {
            char text[11];
            for (int k = 0; k < 4; k++)
                text[k] = year.p[k];
            text[4] = text[7] = '-';
            text[5] = (char)('0' + (i + 1) / 10), text[6] = (char)('0' + (i + 1) % 10);
            text[8] = day.n == 2 ? day.p[0] : '0', text[9] = day.p[day.n - 1];
            return time_parse_or_none((struct str){text, 10});
        }
    return TIME_NONE;
}

struct line {
    struct str release;          /* codename; empty: unstable */
    struct str package, version; /* version or "<tag>" */
};

/* "[release] - package version ..." */
static bool parse_line(struct str text, struct line *ret)
{
    struct line l = {0};
    if (text.n && text.p[0] == '[') {
        if (!str_cut(str_slice(text, 1, text.n), ']', &l.release, &text))
            return false;
        text = str_trim(text);
    }
    if (!str_starts(text, STR("- ")))
        return false;
    text = str_trim(str_slice(text, 2, text.n));
    struct str rest;
    if (!str_cut(text, ' ', &l.package, &rest))
        return false;
    rest = str_trim(rest);
    if (!str_cut(rest, ' ', &l.version, &text))
        l.version = rest;
    *ret = l;
    return l.package.n && l.version.n;
}

/* What a line's version or tag says. False for tags that state nothing (itp, undetermined). */
static bool line_state(struct str version, enum fix_state *ret)
{
    static const struct {
        const char *tag;
        enum fix_state state;
    } tags[] = {
        {"<unfixed>", FIX_UNFIXED}, {"<no-dsa>", FIX_NO_DSA},           {"<postponed>", FIX_POSTPONED},
        {"<ignored>", FIX_IGNORED}, {"<end-of-life>", FIX_END_OF_LIFE}, {"<not-affected>", FIX_NOT_AFFECTED},
        {"<removed>", FIX_UNFIXED},
    };
    if (version.p[0] != '<') {
        *ret = FIX_FIXED;
        return true;
    }
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (str_is(version, tags[i].tag)) {
            *ret = tags[i].state;
            return true;
        }
    return false;
}

static void add_line(struct feed_batch *b, const char *ecosystem, const struct line *l)
{
    enum fix_state state;
    if (!ecosystem || !line_state(l->version, &state))
        return;
    affected_begin(b, str_from(ecosystem), l->package)->fix = state;
    if (state == FIX_FIXED)
        affected_range(b, (struct advisory_range){.introduced = STR("0"), .fixed = l->version});
    else if (state != FIX_NOT_AFFECTED)
        affected_range(b, (struct advisory_range){.introduced = STR("0")});
    affected_end(b);
}

static bool has_own_line(struct feed_batch *b, const char *ecosystem, struct str package)
{
    vec_each(a, &b->affected) if (str_is(a->ecosystem, ecosystem) && str_eq(a->name, package)) return true;
    return false;
}

/* The body of an entry, twice: first the lines with a release, then those without, for the releases not
 * spoken of. */
static void read_body(struct feed_batch *b, struct str body, bool cve_list)
{
    struct str rest = body, text;
    struct line l;
    while (str_next(&rest, '\n', &text)) {
        text = str_trim(text);
        if (text.n > 2 && text.p[0] == '{') {
            struct str ids = str_slice(text, 1, text.n - (text.p[text.n - 1] == '}')), id;
            while (str_next(&ids, ' ', &id))
                cve_list ? record_related(b, id) : record_upstream(b, id);
        } else if (str_starts(text, STR("NOTE: https://")) && cve_list) {
            struct str url = str_slice(text, 6, text.n), tail;
            str_cut(url, ' ', &url, &tail);
            record_reference(b, STR("WEB"), url);
        } else if (parse_line(text, &l) && l.release.n) {
            add_line(b, debian_release(l.release), &l);
        }
    }
    size_t stated = b->affected.n;
    rest = body;
    while (cve_list && str_next(&rest, '\n', &text))
        if (parse_line(str_trim(text), &l) && !l.release.n)
            for (const char *const *release = debian_followed; *release; release++) {
                size_t all = b->affected.n;
                b->affected.n = stated; /* look among the lines with a release only */
                bool own = has_own_line(b, *release, l.package);
                b->affected.n = all;
                if (!own)
                    add_line(b, *release, &l);
            }
}

static void read_advisory(struct feed_batch *b, struct str header, struct str body)
{
    struct str date, text, id;
    if (!str_cut(str_slice(header, 1, header.n), ']', &date, &text))
        return;
    text = str_trim(text);
    if (!str_cut(text, ' ', &id, &text))
        id = text, text = STR("");
    if (!str_starts(id, STR("DSA-")) && !str_starts(id, STR("DLA-"))) {
        batch_skip(b, "Debian list: no id in '%.*s'", STR_ARG(header));
        return;
    }
    record_begin(b, id);
    b->record.published = b->record.modified = list_date(date);
    b->record.source_url = batch_str(
        b, arena_printf(b->scratch, "https://security-tracker.debian.org/tracker/%.*s", STR_ARG(id)));
    record_prose(b, str_trim(text), STR(""));
    read_body(b, body, false);
    record_end(b);
}

static void read_cve(struct feed_batch *b, struct str header, struct str body)
{
    struct str cve = header, text;
    str_cut(header, ' ', &cve, &text);
    if (str_ends(cve, STR("-XXXX"))) /* no id yet: nothing to call it */
        return;
    record_begin(b, arena_printf(b->scratch, "DEBIAN-LIST:%.*s", STR_ARG(cve)));
    b->record.source_url = batch_str(
        b, arena_printf(b->scratch, "https://security-tracker.debian.org/tracker/%.*s", STR_ARG(cve)));
    record_upstream(b, cve);
    read_body(b, body, true);
    if (b->affected.n)
        record_end(b);
}

/* Takes one entry off the front of *rest. */
static bool next_entry(struct str *rest, struct str *ret_header, struct str *ret_body)
{
    struct str header;
    do
        if (!str_next(rest, '\n', &header))
            return false;
    while (!str_trim(header).n);
    size_t at = 0;
    while (at < rest->n && is_blank(rest->p[at])) {
        while (at < rest->n && rest->p[at] != '\n')
            at++;
        at += at < rest->n;
    }
    *ret_header = header;
    *ret_body = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at, rest->n);
    return true;
}

int debian_list_read(struct feed_batch *b, struct str content)
{
    struct str header, body;
    size_t n = 0, known = 0;
    while (next_entry(&content, &header, &body)) {
        n++;
        if (header.p[0] == '[')
            known++, read_advisory(b, header, body);
        else if (str_starts(header, STR("CVE-")))
            known++, read_cve(b, header, body);
        if (n % 1000 == 0)
            arena_reset(b->scratch);
    }
    if (known * 2 < n) /* an HTML error page, say */
        return err_set(ERR_INVALID, "Debian list: %zu of %zu entries begin with neither a date nor a CVE",
                       n - known, n);
    return 0;
}
