/* Identification of last resort: META-INF/MANIFEST.MF (JAR File Specification) and the file's name. Both say
 * the artifact and its version, neither says the Maven group for certain. A wrong group would be a wrong
 * verdict, so it is only given where a rule of the tool that wrote the manifest, or two facts together, leave
 * one answer. */
#include "ecosystem/maven.h"

#include "base/buf.h"

enum attribute {
    GROUP_ID, /* Jenkins plugins: maven-hpi-plugin */
    SHORT_NAME,
    EXTENSION_NAME,
    PLUGIN_VERSION,
    PLUGIN_LICENSE,
    IMPLEMENTATION_TITLE,
    IMPLEMENTATION_VERSION,
    IMPLEMENTATION_VENDOR,
    IMPLEMENTATION_VENDOR_ID,
    SPECIFICATION_TITLE,
    SPECIFICATION_VERSION,
    BUNDLE_SYMBOLIC_NAME, /* OSGi Core, 3.2.1 */
    BUNDLE_VERSION,
    AUTOMATIC_MODULE_NAME,
    N_ATTRIBUTES,
};

static const char *const attribute_names[N_ATTRIBUTES] = {
    [GROUP_ID] = "Group-Id",
    [SHORT_NAME] = "Short-Name",
    [EXTENSION_NAME] = "Extension-Name",
    [PLUGIN_VERSION] = "Plugin-Version",
    [PLUGIN_LICENSE] = "Plugin-License-Name",
    [IMPLEMENTATION_TITLE] = "Implementation-Title",
    [IMPLEMENTATION_VERSION] = "Implementation-Version",
    [IMPLEMENTATION_VENDOR] = "Implementation-Vendor",
    [IMPLEMENTATION_VENDOR_ID] = "Implementation-Vendor-Id",
    [SPECIFICATION_TITLE] = "Specification-Title",
    [SPECIFICATION_VERSION] = "Specification-Version",
    [BUNDLE_SYMBOLIC_NAME] = "Bundle-SymbolicName",
    [BUNDLE_VERSION] = "Bundle-Version",
    [AUTOMATIC_MODULE_NAME] = "Automatic-Module-Name",
};

struct manifest {
    struct str at[N_ATTRIBUTES];
};

static void set_attribute(struct manifest *m, struct str line)
{
    struct str name, value;
    if (!str_cut(line, ':', &name, &value))
        return;
    for (enum attribute i = 0; i < N_ATTRIBUTES; i++)
        if (str_ieq(name, str_from(attribute_names[i])) && !m->at[i].n)
            m->at[i] = str_trim(value);
}

/* The main section: up to the first empty line. A line that begins with a blank continues the one before. */
static struct manifest parse(struct arena *a, struct str text)
{
    struct manifest m = {0};
    struct str line, whole = {NULL, 0};
    while (str_next(&text, '\n', &line)) {
        while (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!line.n)
            break;
        if (line.p[0] == ' ' && whole.n < 4096) {
            whole = arena_printf(a, "%.*s%.*s", STR_ARG(whole), STR_ARG(str_slice(line, 1, line.n)));
            continue;
        }
        set_attribute(&m, whole);
        whole = line;
    }
    set_attribute(&m, whole);
    /* Directives follow the name: "org.x;singleton:=true". */
    str_cut(m.at[BUNDLE_SYMBOLIC_NAME], ';', &m.at[BUNDLE_SYMBOLIC_NAME], &line);
    m.at[BUNDLE_SYMBOLIC_NAME] = str_trim(m.at[BUNDLE_SYMBOLIC_NAME]);
    return m;
}

void maven_split_file_name(struct str file_name, struct str *ret_artifact, struct str *ret_version)
{
    struct str stem = str_basename(file_name);
    ptrdiff_t dot = str_rfind(stem, '.');
    if (dot > 0)
        stem = str_slice(stem, 0, (size_t)dot);
    *ret_artifact = stem;
    *ret_version = (struct str){NULL, 0};
    for (size_t i = 1; i + 1 < stem.n; i++)
        if (stem.p[i] == '-' && is_digit(stem.p[i + 1])) {
            *ret_artifact = str_slice(stem, 0, i);
            *ret_version = str_slice(stem, i + 1, stem.n);
            return;
        }
}

static bool is_coordinate(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !memchr("._-+", s.p[i], 4))
            return false;
    return s.n != 0;
}

/* "org.apache.commons", not "Apache Software Foundation" nor "ASF". */
static bool is_group(struct str s)
{
    ptrdiff_t dot = str_find(s, '.');
    return dot > 0 && (size_t)dot + 1 < s.n && is_coordinate(s) && is_lower(s.p[0]);
}

/* maven-bundle-plugin makes the symbolic name of group and artifact: joined by a dot, without the beginning
 * of the artifact that repeats the end of the group (its documentation, "Bundle-SymbolicName"). Undone here
 * with the artifact's name known; a name that has several explanations gives none. */
static struct str group_of_bundle(struct str symbolic, struct str artifact)
{
    const struct str none = {NULL, 0};
    if (!is_group(symbolic) || !artifact.n)
        return none;
    if (symbolic.n > artifact.n + 1 && str_ends(symbolic, artifact) &&
        symbolic.p[symbolic.n - artifact.n - 1] == '.') {
        struct str group = str_slice(symbolic, 0, symbolic.n - artifact.n - 1);
        /* "com.google.guava" is com.google + guava, or com.google.guava + guava. */
        return str_find(artifact, '-') >= 0 && is_group(group) ? group : none;
    }
    ptrdiff_t dot = str_rfind(symbolic, '.');
    struct str group = str_slice(symbolic, 0, (size_t)dot),
               rest = str_slice(symbolic, (size_t)dot + 1, symbolic.n);
    ptrdiff_t inner = str_rfind(group, '.');
    struct str last = str_slice(group, (size_t)(inner + 1), group.n);
    bool repeats = artifact.n == last.n + 1 + rest.n && str_starts(artifact, last) &&
                   str_ends(artifact, rest) && artifact.p[last.n] == '-';
    return repeats && is_group(group) ? group : none;
}

/* Well-known libraries whose builds (Gradle, Ant) leave no pom.properties: artifact and one attribute
 * together are proof. A '*' stands for the rest of the artifact's name, with dots in module names. */
static const struct {
    const char *artifact;
    enum attribute attribute;
    const char *value, *group;
} known[] = {
    {"spring-boot*", AUTOMATIC_MODULE_NAME, "spring.boot*", "org.springframework.boot"},
    {"spring-security-*", AUTOMATIC_MODULE_NAME, "spring.security.*", "org.springframework.security"},
    {"spring-security-*", IMPLEMENTATION_TITLE, "spring-security-*", "org.springframework.security"},
    {"spring-aop", IMPLEMENTATION_TITLE, "spring-aop", "org.springframework"},
    {"spring-aspects", IMPLEMENTATION_TITLE, "spring-aspects", "org.springframework"},
    {"spring-beans", IMPLEMENTATION_TITLE, "spring-beans", "org.springframework"},
    {"spring-context", IMPLEMENTATION_TITLE, "spring-context", "org.springframework"},
    {"spring-context-support", IMPLEMENTATION_TITLE, "spring-context-support", "org.springframework"},
    {"spring-core", IMPLEMENTATION_TITLE, "spring-core", "org.springframework"},
    {"spring-expression", IMPLEMENTATION_TITLE, "spring-expression", "org.springframework"},
    {"spring-jdbc", IMPLEMENTATION_TITLE, "spring-jdbc", "org.springframework"},
    {"spring-jms", IMPLEMENTATION_TITLE, "spring-jms", "org.springframework"},
    {"spring-messaging", IMPLEMENTATION_TITLE, "spring-messaging", "org.springframework"},
    {"spring-orm", IMPLEMENTATION_TITLE, "spring-orm", "org.springframework"},
    {"spring-oxm", IMPLEMENTATION_TITLE, "spring-oxm", "org.springframework"},
    {"spring-tx", IMPLEMENTATION_TITLE, "spring-tx", "org.springframework"},
    {"spring-web", IMPLEMENTATION_TITLE, "spring-web", "org.springframework"},
    {"spring-webflux", IMPLEMENTATION_TITLE, "spring-webflux", "org.springframework"},
    {"spring-webmvc", IMPLEMENTATION_TITLE, "spring-webmvc", "org.springframework"},
    {"spring-websocket", IMPLEMENTATION_TITLE, "spring-websocket", "org.springframework"},
    {"tomcat-embed-*", BUNDLE_SYMBOLIC_NAME, "org.apache.tomcat-embed-*", "org.apache.tomcat.embed"},
    {"kotlin-stdlib*", IMPLEMENTATION_VENDOR, "JetBrains", "org.jetbrains.kotlin"},
    {"okhttp", AUTOMATIC_MODULE_NAME, "okhttp3", "com.squareup.okhttp3"},
    {"bcprov-*", AUTOMATIC_MODULE_NAME, "org.bouncycastle.provider", "org.bouncycastle"},
    {"bcpkix-*", AUTOMATIC_MODULE_NAME, "org.bouncycastle.pkix", "org.bouncycastle"},
    {"postgresql", BUNDLE_SYMBOLIC_NAME, "org.postgresql.jdbc*", "org.postgresql"},
    {"h2", BUNDLE_SYMBOLIC_NAME, "com.h2database", "com.h2database"},
    {"lucene-*", EXTENSION_NAME, "org.apache.lucene", "org.apache.lucene"},
};

static struct str group_of(const struct manifest *m, struct str artifact)
{
    if (is_group(m->at[GROUP_ID]))
        return m->at[GROUP_ID];
    /* Maven's archiver writes the group id there (addDefaultImplementationEntries). */
    if (is_group(m->at[IMPLEMENTATION_VENDOR_ID]))
        return m->at[IMPLEMENTATION_VENDOR_ID];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_glob(str_from(known[i].artifact), artifact) &&
            str_glob(str_from(known[i].value), m->at[known[i].attribute]))
            return str_from(known[i].group);
    return group_of_bundle(m->at[BUNDLE_SYMBOLIC_NAME], artifact);
}

static struct str first_coordinate(const struct manifest *m, const enum attribute *attributes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_coordinate(m->at[attributes[i]]))
            return m->at[attributes[i]];
    return (struct str){NULL, 0};
}

/* A name with a version in it is how Maven and everybody after it names jars; without one, whoever renamed
 * the file may have called it anything, and the manifest is asked first. */
static struct maven_id identify(const struct manifest *m, struct str file_name)
{
    static const enum attribute titles[] = {SHORT_NAME, IMPLEMENTATION_TITLE, SPECIFICATION_TITLE};
    static const enum attribute versions[] = {PLUGIN_VERSION, IMPLEMENTATION_VERSION, BUNDLE_VERSION,
                                              SPECIFICATION_VERSION};
    struct str artifact, version, title = first_coordinate(m, titles, 3);
    maven_split_file_name(file_name, &artifact, &version);
    if (m->at[PLUGIN_VERSION].n || (!version.n && title.n))
        artifact = title.n ? title : artifact;
    if (m->at[PLUGIN_VERSION].n || !version.n)
        version = first_coordinate(m, versions, 4);
    return (struct maven_id){group_of(m, artifact), artifact, version};
}

struct maven_id manifest_identify(struct arena *a, struct str manifest, struct str file_name,
                                  struct str *ret_license)
{
    struct manifest m = parse(a, manifest);
    *ret_license = m.at[PLUGIN_LICENSE];
    return identify(&m, file_name);
}
