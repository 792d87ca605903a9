#include "source/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/vec.h"
#include "source/artefact.h"
#include "source/confine.h"
#include "source/disk_feed.h"
#include "view/io.h"

/* Exit codes of the child: an error's own below, then */
enum { CHILD_LACKS = 64 /* is added when a part of the sandbox is missing */ };
enum { REQUEST_SECONDS = 10, SPOOL = 3, SOCKET = 4 /* descriptors of a child that reads disks */ };
enum { DISK_ARGUMENTS = 3, TEXT_MAX = 2000, FILES = 64, SECONDS = 600, PIECE = 1 << 16 };
#define SPOOL_MAX (16ull << 30) /* bytes of blocks that may be asked for */
static const uint64_t MEMORY = (uint64_t)3 << 30;

/* Child */

/* The block size, and of each disk its size and its names. */
static int read_disks(int argc, char **argv, struct buf *to)
{
    uint64_t block, sizes[SANDBOX_DISKS_MAX];
    struct disk *disks[SANDBOX_DISKS_MAX];
    size_t n = (size_t)argc / DISK_ARGUMENTS, opened = 0;
    bool valid = argc > 1 && n && n <= SANDBOX_DISKS_MAX && (size_t)argc == n * DISK_ARGUMENTS + 1 &&
                 str_u64(str_from(argv[0]), &block) && block;
    for (size_t i = 0; valid && i < n; i++)
        valid = str_u64(str_from(argv[i * DISK_ARGUMENTS + 1]), &sizes[i]);
    if (!valid)
        return err_set(ERR_INVALID, "this argument is for the program itself");
    _cleanup_(disk_cleanup) struct disk *all = feed_open(SPOOL, SOCKET, block, feed_blocks(sizes, n, block));
    int status = 0;
    for (; status == 0 && opened < n; opened += status == 0) {
        char **names = argv + opened * DISK_ARGUMENTS + 2;
        status = disk_part(all, feed_blocks(sizes, opened, block) * block, sizes[opened], &disks[opened]);
        if (status == 0)
            disks[opened]->names = (struct disk_names){str_from(names[0]), str_from(names[1])};
    }
    if (status == 0)
        return artefact_read_disks(disks, n, to);
    while (opened)
        disk_close(disks[--opened]);
    return status;
}

static int read_artefact(const char *kind, const char *folder, int argc, char **argv, struct buf *to)
{
    if (!strcmp(kind, "zip") && argc == 1) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        return artefact_read_zip(arena_printf(a, "%s/%s", folder, argv[0]).p, to);
    }
    if (!strcmp(kind, "disks"))
        return read_disks(argc, argv, to);
    struct image image = {mem_alloc((size_t)argc * sizeof *image.layers + 1), (size_t)argc / 3};
    for (size_t i = 0; i < image.n_layers; i++)
        image.layers[i] =
            (struct layer){str_from(argv[3 * i]), str_from(argv[3 * i + 1]), str_from(argv[3 * i + 2])};
    int status = ERR_INVALID;
    if (!strcmp(kind, "image"))
        status = artefact_read_image(folder, &image, to);
    else if (!strcmp(kind, "layer") && argc == 3)
        status = artefact_read_layer(folder, &image.layers[0], to);
    else
        err_set(ERR_INVALID, "this argument is for the program itself");
    free(image.layers);
    return status;
}

/* What libraries set up when first used, and would find no more. */
static void warm_up(void)
{
    unsigned char digest[SHA256_SIZE];
    sha256_finish(sha256_new(), digest);
}

/* argv: id of the parent, bytes, seconds, kind, folder, and what is to be read there. The text of an error
 * goes to standard error and its code is how the child exits. */
int sandbox_main(int argc, char **argv)
{
    _cleanup_(buf_free) struct buf b = buf_new(ARTEFACT_MAX);
    uint64_t parent, memory, seconds;
    bool lacks = false;
    if (argc < 5 || !str_u64(str_from(argv[0]), &parent) || !str_u64(str_from(argv[1]), &memory) ||
        !str_u64(str_from(argv[2]), &seconds))
        _exit(2);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if ((uint64_t)getppid() != parent) /* it died before it could be tied to */
        _exit(2);
    warm_up();
    int status = confine_limits(memory, (unsigned)seconds, FILES + (unsigned)argc);
    if (status == 0) {
        lacks = confine_files(argv[4]) < 0;
        lacks |= confine_calls() < 0;
        status = read_artefact(argv[3], argv[4], argc - 5, argv + 5, &b);
    }
    if (status == 0)
        status = io_write(STDOUT_FILENO, b.p, b.n);
    if (status < 0)
        (void)io_write(STDERR_FILENO, err_text(), strlen(err_text()));
    _exit(-status | (lacks ? CHILD_LACKS : 0));
}

/* Parent */

struct child {
    pid_t pid;
    int out, err;
    const struct sandbox_disks *disks; /* that it reads; or NULL */
    int spool, socket;
    uint64_t blocks, served;  /* that the disks have; that were asked for */
    struct buf text, brought; /* the second: why something could not be brought */
    int status;               /* and its code */
    bool late, large;
};

static void child_cleanup(struct child *c)
{
    cleanup_fd(&c->out);
    cleanup_fd(&c->err);
    cleanup_fd(&c->spool);
    cleanup_fd(&c->socket);
    buf_free(&c->text);
    buf_free(&c->brought);
}

/* The descriptors of the child that it has beside its output, at numbers above those that they will have. */
static int feed(const char *folder, struct child *c, int *ret_theirs)
{
    char path[4096];
    int ends[2];
    if ((size_t)snprintf(path, sizeof path, "%s/blocks-XXXXXX", folder) >= sizeof path)
        return err_set(ERR_LIMIT, "%s: a path too long", folder);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return err_errno("%s", path);
    (void)unlink(path);
    c->spool = fcntl(fd, F_DUPFD_CLOEXEC, SOCKET + 1);
    close(fd);
    if (c->spool < 0 || ftruncate(c->spool, (off_t)(c->blocks * c->disks->block)) < 0)
        return err_errno("the spool of blocks in %s", folder);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno("socketpair");
    c->socket = ends[0];
    /* A child that begins a request and does not end it holds nobody up. */
    (void)setsockopt(c->socket, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = REQUEST_SECONDS},
                     sizeof(struct timeval));
    *ret_theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, SOCKET + 1);
    close(ends[1]);
    return *ret_theirs < 0 ? err_errno("socketpair") : 0;
}

/* Not base/child.c: this child ties itself to us, gets no environment, and what it says too much is an error;
 * and the server, which may be large, is not forked for each layer. */
static int start(const struct sandbox *s, const char *folder, const char *const *args, struct child *c)
{
    _cleanup_fd_ int theirs = -1;
    int out[2], err[2];
    char temp[4096];
    if ((size_t)snprintf(temp, sizeof temp, "TMPDIR=%s", folder) >= sizeof temp)
        return err_set(ERR_LIMIT, "%s: a path too long", folder);
    char *const environment[] = {temp, NULL};
    int fed = c->disks ? feed(folder, c, &theirs) : 0;
    if (fed < 0)
        return fed;
    if (pipe2(out, O_CLOEXEC) < 0)
        return err_errno("pipe");
    if (pipe2(err, O_CLOEXEC) < 0) {
        int status = err_errno("pipe");
        close(out[0]), close(out[1]);
        return status;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    if (c->disks) {
        posix_spawn_file_actions_adddup2(&actions, c->spool, SPOOL);
        posix_spawn_file_actions_adddup2(&actions, theirs, SOCKET);
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int failed =
        posix_spawn(&c->pid, s->program, &actions, &attributes, (char *const *)(uintptr_t)args, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]), close(err[1]);
    c->out = out[0], c->err = err[0];
    c->text = buf_new(TEXT_MAX);
    if (!failed)
        return 0;
    errno = failed;
    return err_errno("%s", s->program);
}

/* Takes what there is; false at the end. */
static bool take(int fd, struct buf *to, char *piece)
{
    ssize_t n = read(fd, piece, PIECE);
    if (n > 0 && to->status == 0)
        buf_add(to, piece, (size_t)n);
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Brings what the child asks for next; false when it asks for nothing any more. */
static bool serve(struct child *c)
{
    uint64_t wanted[FEED_AT_ONCE];
    size_t n = 0;
    int status = feed_request(c->socket, c->blocks, wanted, &n);
    c->served += n;
    if (status == 0 && n && c->served > SPOOL_MAX / c->disks->block)
        status = err_set(ERR_LIMIT, "reading its disks takes more than %llu GiB", SPOOL_MAX >> 30);
    if (status == 0 && n)
        status = c->disks->bring(c->disks->ctx, wanted, n, c->spool);
    if (status < 0 && c->status == 0) {
        c->status = status;
        buf_add_str(&c->brought, str_from(err_text()));
    }
    return n && feed_answer(c->socket, status == 0) == 0 && status == 0;
}

/* Reads both pipes to their ends, or until the child has had its time or has said too much. */
static void listen_to(struct child *c, unsigned seconds, struct buf *to)
{
    _cleanup_free_ char *piece = mem_alloc(PIECE);
    uint64_t end = time_monotonic_ns() + seconds * (uint64_t)1000000000;
    struct pollfd fds[] = {{c->out, POLLIN, 0}, {c->err, POLLIN, 0}, {c->socket, POLLIN, 0}};
    while ((fds[0].fd >= 0 || fds[1].fd >= 0) && !c->late && !c->large) {
        uint64_t now = time_monotonic_ns();
        c->late = now >= end;
        if (c->late || poll(fds, 3, (int)((end - now) / 1000000) + 1) <= 0)
            continue;
        if (fds[0].revents && !take(c->out, to, piece))
            fds[0].fd = -1;
        if (fds[1].revents && !take(c->err, &c->text, piece))
            fds[1].fd = -1;
        if (fds[2].revents && !serve(c)) { /* a child that asks on is ended by that */
            close(c->socket);
            fds[2].fd = c->socket = -1;
        }
        c->large = to->status < 0;
    }
}

static void say_once(const struct sandbox *s)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool said;
    pthread_mutex_lock(&lock);
    bool first = !said;
    said = true;
    pthread_mutex_unlock(&lock);
    if (first && s->notice)
        s->notice(s->ctx, "this kernel lacks Landlock or seccomp: artefacts are read in a child process, but "
                          "without them");
}

static int verdict(const struct sandbox *s, struct child *c, unsigned seconds, int exit)
{
    struct str text = str_trim(buf_str(&c->text));
    if (c->status < 0)
        return err_set(c->status, "%.*s", STR_ARG(buf_str(&c->brought)));
    if (c->late || (WIFSIGNALED(exit) && WTERMSIG(exit) == SIGXCPU))
        return err_set(ERR_LIMIT, "reading it took longer than %u seconds", seconds);
    if (c->large)
        return err_set(ERR_LIMIT, "what is in it takes more than %d MiB", ARTEFACT_MAX >> 20);
    if (WIFSIGNALED(exit) && WTERMSIG(exit) == SIGXFSZ)
        return err_set(ERR_LIMIT, "reading it took a temporary file larger than 1 GiB");
    if (WIFSIGNALED(exit) && WTERMSIG(exit) == SIGKILL)
        return err_set(ERR_LIMIT, "the process that read it was killed: too little memory?");
    if (WIFSIGNALED(exit))
        return err_set(ERR_INVALID, "the process that read it crashed (signal %d)", WTERMSIG(exit));
    if (WEXITSTATUS(exit) & CHILD_LACKS)
        say_once(s);
    int code = WEXITSTATUS(exit) & ~CHILD_LACKS;
    if (code == EXIT_FAILURE && str_find_str(text, STR("out of memory")) >= 0)
        return err_set(ERR_LIMIT, "reading it took too much memory");
    if (code > -ERR_UNSUPPORTED)
        return err_set(ERR_IO, "the process that read it ended with %d: %.*s", code, STR_ARG(text));
    return code ? err_set(-code, "%.*s", STR_ARG(text)) : 0;
}

static int run_child(const struct sandbox *s, const char *folder, const char *kind, const char *const *what,
                     size_t n, const struct sandbox_disks *disks, struct buf *to)
{
    _cleanup_(child_cleanup) struct child c = {
        .out = -1, .err = -1, .disks = disks, .spool = -1, .socket = -1};
    _cleanup_free_ const char **args = mem_alloc((n + 8) * sizeof *args);
    unsigned seconds = s->seconds ? s->seconds : SECONDS;
    char parent[32], memory[32], time[32];
    size_t before = to->n;
    c.brought = buf_new(TEXT_MAX);
    c.blocks = disks ? feed_blocks(disks->sizes, disks->n, disks->block) : 0;
    snprintf(parent, sizeof parent, "%d", getpid());
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)(s->memory ? s->memory : MEMORY));
    snprintf(time, sizeof time, "%u", seconds);
    const char *const head[] = {s->program, SANDBOX_ARGUMENT, parent, memory, time, kind, folder};
    memcpy(args, head, sizeof head);
    memcpy(args + 7, what, n * sizeof *what);
    int exit = 0, status = start(s, folder, args, &c);
    if (status < 0)
        return status;
    listen_to(&c, seconds, to);
    if (c.late || c.large)
        kill(c.pid, SIGKILL);
    while (waitpid(c.pid, &exit, 0) < 0 && errno == EINTR)
        ;
    status = verdict(s, &c, seconds, exit);
    if (status < 0)
        to->n = before;
    return status;
}

static int run(const struct sandbox *s, const char *folder, const char *kind, const char *const *what,
               size_t n, struct buf *to)
{
    return run_child(s, folder, kind, what, n, NULL, to);
}

int sandbox_read_image(const struct sandbox *s, const char *folder, const struct image *image, struct buf *to)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const char **what = arena_new_array(a, const char *, 3 * image->n_layers);
    for (size_t i = 0; i < image->n_layers; i++) {
        what[3 * i] = arena_cstr(a, image->layers[i].name);
        what[3 * i + 1] = arena_cstr(a, image->layers[i].digest);
        what[3 * i + 2] = arena_cstr(a, image->layers[i].diff_id);
    }
    return run(s, folder, "image", what, 3 * image->n_layers, to);
}

int sandbox_read_layer(const struct sandbox *s, const char *folder, const struct layer *layer, struct buf *to)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const char *const what[] = {arena_cstr(a, layer->name), arena_cstr(a, layer->digest),
                                arena_cstr(a, layer->diff_id)};
    return run(s, folder, "layer", what, 3, to);
}

int sandbox_read_zip(const struct sandbox *s, const char *folder, const char *name, struct buf *to)
{
    return run(s, folder, "zip", &name, 1, to);
}

int sandbox_read_disks(const struct sandbox *s, const char *folder, const struct sandbox_disks *disks,
                       struct buf *to)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const char *what[SANDBOX_DISKS_MAX * DISK_ARGUMENTS + 1];
    if (!disks->n || disks->n > SANDBOX_DISKS_MAX || disks->block < FEED_BLOCK_MIN ||
        disks->block > FEED_BLOCK_MAX || feed_blocks(disks->sizes, disks->n, disks->block) > FEED_BLOCKS_MAX)
        return err_set(ERR_LIMIT, "%zu disks in blocks of %llu bytes", disks->n,
                       (unsigned long long)disks->block);
    what[0] = arena_printf(a, "%llu", (unsigned long long)disks->block).p;
    for (size_t i = 0; i < disks->n; i++) {
        const char **one = what + i * DISK_ARGUMENTS + 1;
        const struct disk_names none = {0}, *names = disks->names ? &disks->names[i] : &none;
        one[0] = arena_printf(a, "%llu", (unsigned long long)disks->sizes[i]).p;
        one[1] = arena_cstr(a, names->device);
        one[2] = arena_cstr(a, names->serial);
    }
    return run_child(s, folder, "disks", what, disks->n * DISK_ARGUMENTS + 1, disks, to);
}
