#include "service/secret_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

extern char** environ;

namespace fairlead::service {
namespace {

using Clock = std::chrono::steady_clock;

/// The process and everything that it started, which may hold the pipe open.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    /// Its status once it has ended; -1 when it has not by then. Never waits longer.
    int ended_by(Clock::time_point deadline) {
        while (true) {
            int status = 0;
            const auto got = ::waitpid(pid_, &status, WNOHANG);
            if (got == pid_) {
                pid_ = -1;
                return status;
            }
            if (got < 0 && errno != EINTR) return -1;
            if (Clock::now() >= deadline) return -1;
            ::poll(nullptr, 0, 5);
        }
    }

  private:
    pid_t pid_;
};

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
}

struct Pipe {
    int read = -1, write = -1;
    ~Pipe() {
        if (read >= 0) ::close(read);
        if (write >= 0) ::close(write);
    }
};

std::vector<char*> inherited_environment() {
    std::vector<char*> variables;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view variable = *each;
        if (!variable.starts_with("FAIRLEAD_")) variables.push_back(*each);
    }
    variables.push_back(nullptr);
    return variables;
}

/// 0, or why it could not be started.
int start(const std::vector<std::string>& words, int output, pid_t& pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> arguments;
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    auto environment = inherited_environment();
    const int failed =
        ::posix_spawnp(&pid, arguments[0], &files, &attributes, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/// Reads until the end. False when the deadline comes first.
bool read_until(int file, Clock::time_point deadline, std::size_t longest, SecretAnswer& answer) {
    answer.output.reserve(longest + 1);
    std::array<char, 4096> piece{};
    bool in_time = true;
    while (answer.problem.empty()) {
        pollfd waiting{file, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, milliseconds_until(deadline));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            in_time = false;
            break;
        }
        const auto got = ::read(file, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (answer.output.size() + static_cast<std::size_t>(got) > longest)
            answer.problem = fmt::format("gave more than {} KiB", longest / 1024);
        else
            answer.output.append(piece.data(), static_cast<std::size_t>(got));
    }
    sodium_memzero(piece.data(), piece.size());
    return in_time;
}

}  // namespace

SecretAnswer run_secret_command(const std::vector<std::string>& words, std::chrono::milliseconds deadline,
                                std::size_t longest) {
    const auto until = Clock::now() + deadline;
    SecretAnswer answer;
    Pipe pipe;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        answer.problem = fmt::format("cannot be started: {}", std::strerror(errno));
        return answer;
    }
    pipe.read = ends[0];
    pipe.write = ends[1];
    pid_t pid = -1;
    if (const int failed = start(words, pipe.write, pid); failed != 0) {
        answer.problem = fmt::format("cannot be started: {}", std::strerror(failed));
        return answer;
    }
    Child child(pid);
    ::close(pipe.write);
    pipe.write = -1;
    const bool in_time = read_until(pipe.read, until, longest, answer);
    const int status = in_time && answer.problem.empty() ? child.ended_by(until) : -1;
    if (answer.problem.empty()) {
        if (status == -1) {
            answer.timed_out = true;
            answer.problem = fmt::format("did not answer within {} ms", deadline.count());
        } else if (WIFSIGNALED(status)) {
            answer.problem = fmt::format("was ended by signal {}", WTERMSIG(status));
        } else if (WEXITSTATUS(status) != 0) {
            answer.problem = fmt::format("ended with status {}", WEXITSTATUS(status));
        }
    }
    if (!answer.problem.empty()) {
        sodium_memzero(answer.output.data(), answer.output.size());
        answer.output.clear();
    }
    return answer;
}

}  // namespace fairlead::service
