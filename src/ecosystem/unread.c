/* Lock files of ecosystems that nothing here reads yet. They are told of as problems, so that a project of
 * such packages is not taken for one without flaws. The lock files that installed packages bring along are
 * passed over: they tell what their authors had, not what is here. */
#include "base/err.h"
#include "ecosystem/ecosystem.h"

static const struct {
    struct str end; /* of the path */
    const char *whose;
} unread[] = {
    {STR("go.mod"), "Go"},
    {STR("Gemfile.lock"), "Ruby"},
    {STR("packages.lock.json"), ".NET"},
    {STR(".deps.json"), ".NET"},
    {STR("pubspec.lock"), "Dart"},
    {STR("mix.lock"), "Elixir"},
    {STR("Package.resolved"), "Swift"},
    {STR("Podfile.lock"), "CocoaPods"},
    {STR("conan.lock"), "Conan"},
};

static bool is_installed(struct str path)
{
    static const struct str folders[] = {STR("node_modules/"), STR("site-packages/"),   STR("dist-packages/"),
                                         STR("gems/"),         STR(".cargo/registry/"), STR("pkg/mod/")};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (str_find_str(path, folders[i]) >= 0)
            return true;
    return false;
}

static int unread_read(struct inventory *inv, struct view_file *file)
{
    (void)inv;
    if (is_installed(file->path))
        return 0;
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
        if (str_ends(file->path, unread[i].end))
            return err_set(ERR_UNSUPPORTED, "packages of %s are read from SBOMs only", unread[i].whose);
    return 0;
}

const struct ecosystem ecosystem_unread = {
    .name = "unread",
    .help = "names what is not read yet: go.mod, Gemfile.lock, packages.lock.json, *.deps.json, "
            "pubspec.lock, mix.lock, "
            "Package.resolved, Podfile.lock, conan.lock",
    .patterns = (const char *const[]){"**/go.mod", "**/Gemfile.lock", "**/packages.lock.json",
                                      "**/*.deps.json", "**/pubspec.lock", "**/mix.lock",
                                      "**/Package.resolved", "**/Podfile.lock", "**/conan.lock", NULL},
    .read = unread_read,
};
