/* Alpine, Wolfi and Chainguard packages: apk's database of what is installed.
 *
 * One letter, a colon and a value a line, a blank line after each package; the letters are those of
 * apk-package(5) and of the Alpine wiki, "Apk spec": P name, V version, A architecture, o origin, L license;
 * F a folder and R a file in the last folder.
 */
#include "base/err.h"
#include "ecosystem/ecosystem.h"

enum { APK_FILE_MAX = 256 << 20, APK_PATH_MAX = 4096 };

struct entry {
    struct str name, version, arch, origin, license, folder;
};

static void add_entry(struct inventory *inv, const struct view_file *file, const struct entry *e)
{
    if (!e->name.n)
        return;
    const struct package p = {
        .type = STR("apk"),
        .name = e->name,
        .version = e->version,
        .arch = e->arch,
        .source = str_eq(e->origin, e->name) ? (struct str){NULL, 0} : e->origin,
        .license = e->license,
        .path = file->path,
        .layer = file->layer,
        .manager = PM_OS,
    };
    inventory_add(inv, &p);
}

/* The name of a package stands before its files in every database apk writes. */
static void own_file(struct inventory *inv, const struct entry *e, struct str name)
{
    char path[APK_PATH_MAX];
    if (!e->name.n || e->folder.n + 1 + name.n > sizeof path)
        return;
    size_t n = 0;
    if (e->folder.n) {
        memcpy(path, e->folder.p, e->folder.n);
        n = e->folder.n;
        path[n++] = '/';
    }
    if (name.n)
        memcpy(path + n, name.p, name.n);
    inventory_own(inv, (struct str){path, n + name.n}, e->name);
}

static void read_line(struct inventory *inv, struct entry *e, char letter, struct str value)
{
    switch (letter) {
    case 'P':
        e->name = value;
        break;
    case 'V':
        e->version = value;
        break;
    case 'A':
        e->arch = value;
        break;
    case 'o':
        e->origin = value;
        break;
    case 'L':
        e->license = value;
        break;
    case 'F':
        e->folder = value;
        break;
    case 'R':
        own_file(inv, e, value);
        break;
    }
}

/* A line of another form spoils itself only: what can be read is taken, and the file is reported. */
static int apk_read(struct inventory *inv, struct view_file *file)
{
    struct str content, line;
    int status = view_file_content(file, APK_FILE_MAX, &content);
    if (status < 0)
        return status;
    struct entry e = {0};
    size_t line_number = 0, bad = 0;
    while (str_next(&content, '\n', &line)) {
        line_number++;
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!line.n) {
            add_entry(inv, file, &e);
            e = (struct entry){0};
        } else if (line.n < 2 || line.p[1] != ':') {
            bad = bad ? bad : line_number;
        } else {
            read_line(inv, &e, line.p[0], str_slice(line, 2, line.n));
        }
    }
    add_entry(inv, file, &e);
    return bad ? err_set(ERR_INVALID, "line %zu is not a letter, a colon and a value", bad) : 0;
}

const struct ecosystem ecosystem_apk = {
    .name = "apk",
    .help = "Alpine packages: apk's database of what is installed",
    .patterns = (const char *const[]){"lib/apk/db/installed", "usr/lib/apk/db/installed", NULL},
    .read = apk_read,
};
