#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"

enum { LOOK_MS = 200, CHUNK = 65536 };

/* In the child: only calls that are safe after fork() of a process with threads. */
static _Noreturn void become(const struct child *c, int output, int errors, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    /* It does not outlive us, however we end. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY);
    if (getppid() != parent || nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 ||
        dup2(errors, 2) < 0)
        _exit(127);
    if (c->nice)
        setpriority(PRIO_PROCESS, 0, c->nice);
    execv(c->argv[0], (char *const *)c->argv);
    _exit(127);
}

/* False at the end of the stream. */
static bool drain(int fd, struct buf *to)
{
    char chunk[CHUNK];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    size_t room = to->cap - to->n;
    if (n > 0 && room)
        buf_add(to, chunk, (size_t)n < room ? (size_t)n : room);
    return n > 0;
}

/* Until both streams have ended. */
static int listen_to(const struct child *c, int output, int errors, struct buf *to, struct buf *to_errors)
{
    uint64_t end = time_monotonic_ns() + c->seconds * 1000000000ULL;
    struct pollfd fds[] = {{output, POLLIN, 0}, {errors, POLLIN, 0}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR)
            return err_errno("%s", c->argv[0]);
        if (fds[0].revents && !drain(output, to))
            fds[0].fd = -1;
        if (fds[1].revents && !drain(errors, to_errors))
            fds[1].fd = -1;
        if (c->seconds && time_monotonic_ns() > end)
            return err_set(ERR_LIMIT, "%s %s: more than %u seconds", c->argv[0], c->argv[1] ? c->argv[1] : "",
                           c->seconds);
        if (c->stop && c->stop(c->ctx))
            return err_set(ERR_IO, "%s: interrupted", c->argv[0]);
    }
    return 0;
}

int child_run(const struct child *c, struct buf *output, struct buf *errors, int *ret_status)
{
    int out[2], err[2], status;
    if (pipe2(out, O_CLOEXEC) < 0)
        return err_errno("pipe");
    if (pipe2(err, O_CLOEXEC) < 0) {
        close(out[0]);
        close(out[1]);
        return err_errno("pipe");
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(c, out[1], err[1], parent);
    close(out[1]);
    close(err[1]);
    int r = pid < 0 ? err_errno("fork") : listen_to(c, out[0], err[0], output, errors);
    close(out[0]);
    close(err[0]);
    if (pid < 0)
        return r;
    if (r < 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (r == 0)
        *ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return r;
}
