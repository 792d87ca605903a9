/* Python packages and lock files. */
#include "inventory_cases.h"

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/python/wheelegg", "site-packages/x.dist-info/METADATA"},
    {"trivy", "python/packaging", "site-packages/x.egg-info/PKG-INFO"},
    {"osv-scalibr", "language/python/pdmlock", "pdm.lock"},
    {"osv-scalibr", "language/python/pipfilelock", "Pipfile.lock", true},
    {"osv-scalibr", "language/python/poetrylock", "poetry.lock"},
    {"osv-scalibr", "language/python/pylock", "pylock.toml"},
    {"osv-scalibr", "language/python/pyprojecttoml", "pyproject.toml"},
    {"osv-scalibr", "language/python/requirements", "requirements.txt", true},
    {"osv-scalibr", "language/python/setup", "setup.py"},
    {"osv-scalibr", "language/python/uvlock", "uv.lock"},
    {"trivy", "python/pip", "requirements.txt", true},
    {"trivy", "python/pipenv", "Pipfile.lock", true},
    {"trivy", "python/poetry", "poetry.lock"},
    {"trivy", "python/pylock", "pylock.toml"},
    {"trivy", "python/pyproject", "pyproject.toml"},
    {"trivy", "python/uv", "uv.lock"},
    {NULL},
};

static const struct case_exception exceptions[] = {
    {"g0188", "PEP 508: a version has no blanks in it; foo7 is reported as unresolved",
     "foo7 1.0 unexpected_text_before_options_stays_around"},
    {"g0357", "its third line, '>=1.0.0', is no requirement (PEP 508), and that is said"},
    {"g0365", "marked as an error, and lists the one package that the valid file has"},
    {"g0368", "the project itself, a \"virtual\" source: never a package", "normal 0.1.0"},
    {NULL},
};

static const struct inventory_row rows[] = {
    {"a.dist-info/METADATA", "Metadata-Version: 2.1\r\nName: Some_.Pkg\r\nVersion: 1.0\r\n\r\nVersion: 2\r\n",
     "some-pkg 1.0"},
    {"a.egg-info", "Name: a\nVersion: 1\n", "a 1"},
    {"a.egg-info/PKG-INFO", "version: 1\nNAME: a\n", "a 1"},
    {"EGG-INFO/PKG-INFO", "Summary: x\n Name: folded\nName: a\nVersion: 1\n", "a 1"},
    {"a.dist-info/METADATA", "Name: a\n\nVersion: 1\n", "!"},
    {"a.dist-info/METADATA", "Name: -\nVersion: 1\n", "!"},
    {"a.dist-info/METADATA", "", "!"},
    {"a.whl", "not a zip", "!"},
    {"requirements.txt", "Django==3.2.0", "django 3.2.0"},
    {"requirements-dev.txt", "a==1 # why\nb===2;python_version<'3'\nc[x,y] (==3)\nd == 4 , >=1",
     "a 1, b 2, c 3, d 4"},
    {"requirements/base.txt", "a>=1\nb~=1.0\nc==1.*\nd\ne!=1,<2\nf==${V}",
     "a  unresolved, b  unresolved, c  unresolved, d  unresolved, e  unresolved, f  unresolved"},
    {"requirements.txt", "-r other.txt\n--index-url https://host/\n-c c.txt\n./local\n../x\n# c\n\n", ""},
    {"requirements.txt", "a==1.0 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11\nb==2", "a 1.0, b 2"},
    {"requirements.txt", "a @ https://host/a-1.5-py3-none-any.whl#sha256=00\nb @ git+https://host/b.git@v1",
     "a 1.5, b  unresolved"},
    {"requirements.txt",
     "https://host/Some_Pkg-1.5-py3-none-any.whl\n-e git+https://host/r.git@v1#egg=e&x=y\n",
     "e  unresolved, some-pkg 1.5"},
    {"requirements.txt", "You need Python 3\na==1", "a 1, !"},
    {"poetry.lock",
     "[[package]]\nname='a'\nversion='1'\ngroups=['dev']\n[[package]]\nname='b'\nversion='1'\ngroups=['main',"
     "'dev']\n"
     "[[package]]\nname='c'\nversion='1'\ncategory='dev'\n[[package]]\nname='d'\nversion='1'\n"
     "source={type='directory',url='../d'}",
     "a 1 dev, b 1, c 1 dev"},
    {"poetry.lock", "package = 1", "!"},
    {"uv.lock",
     "[[package]]\nname='p'\nversion='0'\nsource={editable='.'}\ndependencies=[{name='a'}]\n"
     "[package.dev-dependencies]\ndev=[{name='d'}]\n[[package]]\nname='a'\nversion='1'\n"
     "[package.optional-dependencies]\nx=[{name='b'}]\n[[package]]\nname='b'\nversion='1'\n"
     "[[package]]\nname='b'\nversion='2'\n[[package]]\nname='d'\nversion='1'",
     "a 1, b 1, b 2, d 1 dev"},
    {"uv.lock", "[[package]]\nname='a'\nversion='1'", "a 1"},
    {"pdm.lock",
     "[[package]]\nname='a'\nversion='1'\ngroups=['socks']\n[[package]]\nname='b'\nversion='1'\ngroups=['"
     "test']\n"
     "[[package]]\nname='c'\nversion='1'\npath='./c'\neditable=true",
     "a 1, b 1 dev"},
    {"pylock.dev.toml",
     "[[packages]]\nname='a'\nversion='1'\n[[packages]]\nname='b'\ndirectory={path='b'}\n"
     "[[packages]]\nname='c'\nvcs={type='git'}",
     "a 1, c  unresolved"},
    {"Pipfile.lock",
     "{\"_meta\":{},\"default\":{\"a\":{\"version\":\"==1\"},\"g\":{\"git\":\"x\",\"ref\":\"y\"},\"p\":{"
     "\"path\":\".\"}},"
     "\"develop\":{\"d\":{\"version\":\"===2\"}}}",
     "a 1, d 2 dev, g  unresolved"},
    {"Pipfile.lock", "[]", "!"},
    {"setup.py", "setup(install_requires=['a==1', \"b>=2\", 'c==%s' % v, 'd=={}'.format(v), 'e\\n==1'])",
     "a 1, b  unresolved"},
    {"setup.py", "install_requires=read('requirements.txt')", ""},
    {"pyproject.toml", "[project]\ndependencies=['a==1']\n[project.optional-dependencies]\nx=['b']",
     "a 1, b  unresolved"},
    {"pyproject.toml", "[project]\ndependencies=['?']", "!"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        inventory_row_check(&rows[i]);
}

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
