#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern char** environ;

namespace fairlead::test {
namespace {

struct Pipe {
    std::array<int, 2> ends{-1, -1};
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    }
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    void close_end(std::size_t which) {
        if (ends[which] >= 0) ::close(ends[which]);
        ends[which] = -1;
    }
};

std::string proc_file(pid_t process, const char* name, char separator) {
    std::ifstream file("/proc/" + std::to_string(process) + "/" + name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    for (char& c : text)
        if (c == '\0') c = separator;
    return text;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!added.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
    }
    for (const auto& [name, value] : added)
        all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const auto& text : texts)
        result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

pid_t spawn(const std::vector<std::string>& arguments, const ProcessOptions& options, const Pipe& in,
            const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
    ::posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
    if (!options.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
    const auto environment = environment_with(options.environment);
    pid_t process = -1;
    const int failed = ::posix_spawnp(&process, arguments.at(0).c_str(), &actions, nullptr,
                                      pointers(arguments).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("cannot run " + arguments[0] + ": " + std::strerror(failed));
    return process;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
    ::signal(SIGPIPE, SIG_IGN);
    Pipe in, out, err;
    const auto deadline = std::chrono::steady_clock::now() + options.limit;
    const pid_t process = spawn(arguments, options, in, out, err);
    in.close_end(0);
    out.close_end(1);
    err.close_end(1);

    ProcessResult result;
    std::size_t given = 0;
    // Only one thread feeds and drains the three pipes, so that a program that fills one never stalls on
    // another.
    ::fcntl(in.ends[1], F_SETFL, O_NONBLOCK);
    while (out.ends[0] >= 0 || err.ends[0] >= 0) {
        if (result.command_line.empty()) {
            result.command_line = proc_file(process, "cmdline", ' ');
            result.environment = proc_file(process, "environ", '\n');
        }
        if (in.ends[1] >= 0 && given == options.input.size()) in.close_end(1);
        std::array<pollfd, 3> waits{
            {{in.ends[1], POLLOUT, 0}, {out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0 || ::poll(waits.data(), waits.size(), static_cast<int>(left.count())) == 0) {
            result.timed_out = true;
            ::kill(process, SIGKILL);
            break;
        }
        if ((waits[0].revents & (POLLOUT | POLLERR)) != 0) {
            const auto sent = ::write(in.ends[1], options.input.data() + given, options.input.size() - given);
            if (sent > 0) given += static_cast<std::size_t>(sent);
            if (sent < 0 && errno != EAGAIN) in.close_end(1);
        }
        const auto drain = [](Pipe& from, std::string& into) {
            std::array<char, 65536> piece;
            const auto got = ::read(from.ends[0], piece.data(), piece.size());
            if (got > 0) into.append(piece.data(), static_cast<std::size_t>(got));
            if (got <= 0) from.close_end(0);
        };
        if ((waits[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) drain(out, result.output);
        if ((waits[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0) drain(err, result.errors);
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace fairlead::test
