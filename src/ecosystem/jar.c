/* Java archives, also inside one another. Best evidence first:
 *   META-INF/maven/GROUP/ARTIFACT/pom.properties
 * (https://maven.apache.org/shared/maven-archiver/#pom-properties-content); a shaded jar carries those of all
 * that was put into it; pom.xml in the same place, where there is no pom.properties; the manifest and the
 * file's name, when none of those describes the archive itself (manifest.c). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/maven.h"

enum { PROPERTIES_CAP = 64 << 10, MANIFEST_CAP = 1 << 20, POM_CAP = 8 << 20, ENTRIES_MAX = 100000 };

static const char *const suffixes[] = {".jar", ".war", ".ear",  ".par", ".sar", ".kar", ".har",
                                       ".hpi", ".jpi", ".lpkg", ".nar", ".rar", ".aar", NULL};

struct entry {
    struct maven_id id;
    bool from_pom; /* from pom.xml, which pom.properties outranks */
};

struct jar {
    struct inventory *inv;
    struct arena *arena;
    struct str manifest;
    VEC(struct entry) entries;
};

static void jar_free(struct jar *jar)
{
    vec_free(&jar->entries);
}

static int read_jar(struct inventory *inv, struct view_file *file);

/* The part of a path that lies in the innermost archive. */
static struct str inner_path(struct str path)
{
    for (size_t i = path.n; i >= 2; i--)
        if (path.p[i - 1] == '/' && path.p[i - 2] == '!')
            return str_slice(path, i, path.n);
    return path;
}

static bool is_archive(struct str path)
{
    for (const char *const *s = suffixes; *s; s++)
        if (path.n > strlen(*s) && str_ieq(str_slice(path, path.n - strlen(*s), path.n), str_from(*s)))
            return true;
    return false;
}

/* Also below WEB-INF/classes and BOOT-INF/classes, where wars keep what was compiled into them. */
static bool is_maven_file(struct str path, const char *name)
{
    return str_is(str_basename(path), name) &&
           (str_starts(path, STR("META-INF/maven/")) || str_find_str(path, STR("/META-INF/maven/")) >= 0);
}

static bool is_manifest(struct str path)
{
    return str_ieq(path, STR("META-INF/MANIFEST.MF"));
}

/* ── pom.properties ── */

/* Java's properties as far as Maven writes them: "key=value", also ':' or blanks between; '#' and '!' begin
 * comments. */
static bool property(struct str line, struct str *ret_key, struct str *ret_value)
{
    size_t end = 0;
    line = str_trim(line);
    while (end < line.n && line.p[end] != '=' && line.p[end] != ':' && !is_blank(line.p[end]))
        end++;
    if (!end || end == line.n || line.p[0] == '#' || line.p[0] == '!')
        return false;
    *ret_key = str_slice(line, 0, end);
    while (end < line.n && (line.p[end] == '=' || line.p[end] == ':' || is_blank(line.p[end])))
        end++;
    *ret_value = str_slice(line, end, line.n);
    return true;
}

static struct maven_id parse_properties(struct str text)
{
    struct maven_id id = {0};
    struct str line, key, value;
    while (str_next(&text, '\n', &line)) {
        if (!property(line, &key, &value))
            continue;
        if (str_is(key, "groupId"))
            id.group = value;
        else if (str_is(key, "artifactId"))
            id.artifact = value;
        else if (str_is(key, "version"))
            id.version = value;
    }
    return id;
}

/* What the file does not say its folder does: .../maven/GROUP/ARTIFACT/pom.xml. */
static void complete_from_path(struct maven_id *id, struct str path)
{
    struct str folder = str_dirname(inner_path(path)), group = str_dirname(folder);
    if (!id->artifact.n)
        id->artifact = str_basename(folder);
    if (!id->group.n)
        id->group = str_basename(group);
}

static int read_coordinates(struct jar *jar, struct view_file *file, bool from_pom)
{
    struct maven_id id = {0};
    struct str text;
    int status = view_file_content(file, from_pom ? POM_CAP : PROPERTIES_CAP, &text);
    if (status == 0 && from_pom)
        status = pom_coordinates(jar->arena, text, file->path, &id);
    else if (status == 0)
        id = parse_properties(text);
    if (status < 0)
        return status;
    if (jar->entries.n == ENTRIES_MAX)
        return err_set(ERR_LIMIT, "more than %d pom.properties in one archive", ENTRIES_MAX);
    complete_from_path(&id, file->path);
    struct arena *a = jar->arena;
    id = (struct maven_id){arena_str(a, id.group), arena_str(a, id.artifact), arena_str(a, id.version)};
    vec_add(&jar->entries, (struct entry){id, from_pom});
    return 0;
}

/* ── the walk through one archive ── */

static bool wants(void *ctx, struct str path, uint64_t size)
{
    (void)ctx;
    (void)size;
    path = inner_path(path);
    return is_manifest(path) || is_archive(path) || is_maven_file(path, "pom.properties") ||
           is_maven_file(path, "pom.xml");
}

static void visit(void *ctx, struct view_file *file)
{
    struct jar *jar = ctx;
    struct str path = inner_path(file->path), text;
    int status;
    if (is_manifest(path)) {
        status = view_file_content(file, MANIFEST_CAP, &text);
        if (status == 0)
            jar->manifest = arena_str(jar->arena, text);
    } else if (is_archive(path)) {
        status = read_jar(jar->inv, file);
    } else {
        status = read_coordinates(jar, file, str_is(str_basename(path), "pom.xml"));
    }
    if (status < 0)
        inventory_problem(jar->inv, file->path, status);
}

static void problem(void *ctx, struct str path, int code)
{
    struct jar *jar = ctx;
    inventory_problem(jar->inv, path, code);
}

/* ── what it adds up to ── */

static bool has_properties(const struct jar *jar, const struct maven_id *id)
{
    vec_each(e, &jar->entries) if (!e->from_pom && str_eq(e->id.group, id->group) &&
                                   str_eq(e->id.artifact, id->artifact)) return true;
    return false;
}

/* Whether the entry is the archive's own and not something shaded into it: "artifact-version.jar",
 * "artifact.jar", or with the group before it, "group.artifact-version.jar". */
static bool describes(struct arena *a, const struct maven_id *id, struct str file_name)
{
    struct str artifact, version;
    maven_split_file_name(file_name, &artifact, &version);
    if (!id->artifact.n)
        return false;
    /* An artifact id may have a digit behind a hyphen itself. */
    struct str whole = arena_printf(a, "%.*s-%.*s", STR_ARG(id->artifact), STR_ARG(id->version));
    return str_eq(artifact, id->artifact) || str_starts(file_name, whole) ||
           str_ends(artifact, arena_printf(a, ".%.*s", STR_ARG(id->artifact)));
}

/* "-sources" and "-javadoc" jars hold no code that runs. */
static bool is_without_code(struct str file_name)
{
    return str_ends(file_name, STR("-sources.jar")) || str_ends(file_name, STR("-javadoc.jar"));
}

/* Names the file for whoever wants to look it up in a repository by hand. */
static struct str sha1_of(struct arena *a, struct view_file *file)
{
    char block[64 << 10], hex[SHA1_HEX + 1];
    struct sha1 *h = sha1_new();
    size_t n = 0;
    int status = 0;
    for (uint64_t at = 0; at < file->size && status == 0; at += n) {
        status = view_file_read_at(file, at, block, sizeof block, &n);
        if (status < 0 || !n)
            break;
        sha1_update(h, block, n);
    }
    sha1_finish(h, hex);
    return status < 0 ? (struct str){NULL, 0} : arena_printf(a, "sha1:%s", hex);
}

static void add_by_name(struct jar *jar, struct view_file *file)
{
    struct package p = {.manager = PM_JAR};
    struct maven_id id = manifest_identify(jar->arena, jar->manifest, str_basename(file->path), &p.license);
    if (is_without_code(file->path))
        return;
    p.digest = sha1_of(jar->arena, file);
    maven_add(jar->inv, file, id, p);
}

/* Without a description of its own the archive is still said to be there, if only by its name; a single
 * description in a file whose name has no version is taken for the file's own: somebody renamed it. */
static void add_all(struct jar *jar, struct view_file *file)
{
    bool own = false;
    vec_each(e, &jar->entries)
    {
        if (e->from_pom && has_properties(jar, &e->id))
            continue;
        own = own || describes(jar->arena, &e->id, str_basename(file->path));
        maven_add(jar->inv, file, e->id, (struct package){.manager = PM_JAR});
    }
    struct str artifact, version;
    maven_split_file_name(file->path, &artifact, &version);
    if (!own && (jar->entries.n != 1 || version.n))
        add_by_name(jar, file);
}

static int read_jar(struct inventory *inv, struct view_file *file)
{
    _cleanup_(view_cleanup) struct view *view = NULL;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(jar_free) struct jar jar = {.inv = inv, .arena = a};
    int status = view_open_zip_file(file, &view);
    if (status < 0)
        return status;
    status = view_walk(view, &(struct view_visitor){wants, visit, problem, &jar});
    add_all(&jar, file);
    return status;
}

/* An application server's unpacked war keeps the same files in a folder. */
static int read_unpacked(struct inventory *inv, struct view_file *file)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(jar_free) struct jar jar = {.inv = inv, .arena = a};
    int status = read_coordinates(&jar, file, false);
    vec_each(e, &jar.entries) maven_add(inv, file, e->id, (struct package){.manager = PM_JAR});
    return status;
}

static int jar_read(struct inventory *inv, struct view_file *file)
{
    return str_is(str_basename(file->path), "pom.properties") ? read_unpacked(inv, file)
                                                              : read_jar(inv, file);
}

const struct ecosystem ecosystem_jar = {
    .name = "jar",
    .help = "Java archives, nested and shaded ones too: pom.properties, pom.xml, manifest, file name",
    .patterns = (const char *const[]){"**/*.jar", "**/*.war", "**/*.ear", "**/*.par", "**/*.sar", "**/*.kar",
                                      "**/*.hpi", "**/*.jpi", "**/*.lpkg", "**/*.nar",
                                      "**/META-INF/maven/*/*/pom.properties", NULL},
    .read = jar_read,
};
