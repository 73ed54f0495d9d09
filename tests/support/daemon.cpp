#include "support/daemon.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <stdexcept>

extern char** environ;

namespace fairlead::test {
namespace {

constexpr int kPatience = 60'000;  // milliseconds

/// The first line from a pipe; "" when it ends, or is silent for too long.
std::string first_line(int pipe) {
    std::string line;
    for (char c = 0;;) {
        pollfd wanted{pipe, POLLIN, 0};
        if (::poll(&wanted, 1, kPatience) <= 0 || ::read(pipe, &c, 1) != 1) return {};
        if (c == '\n') return line;
        line += c;
    }
}

}  // namespace

Daemon::Daemon(const Cli& cli, const std::vector<std::string>& arguments)
    : log_file_((cli.folder() / "serve.log").string()) {
    std::vector<std::string> words{"--json", "serve", "--listen", "127.0.0.1:0"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    words = cli.command(words);
    std::vector<char*> pointers;
    for (auto& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    ::posix_spawn_file_actions_addopen(&actions, 2, log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int failed = ::posix_spawnp(&process_, pointers[0], &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    const auto line = failed == 0 ? first_line(out[0]) : std::string();
    ::close(out[0]);
    if (line.empty()) {
        stop();
        throw std::runtime_error("serve did not start: " + log());
    }
    const auto said = boost::json::parse(line);
    const std::string url(said.at("url").as_string());
    port_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    try {
        token_ = read_file(cli.data() / "admin-token");
    } catch (...) {
        stop();
        throw;
    }
    if (token_.ends_with('\n')) token_.pop_back();
}

Daemon::~Daemon() {
    stop();
}

int Daemon::stop() {
    if (process_ <= 0) return -1;
    ::kill(process_, SIGTERM);
    ::kill(process_, SIGCONT);  // one that a test has stopped
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

RawAnswer Daemon::operator()(std::string_view method, std::string_view target, std::string_view body,
                             std::string_view headers) const {
    auto lines = fmt::format("Authorization: Bearer {}\r\n{}", token_, headers);
    if (!body.empty()) lines += "Content-Type: application/json\r\n";
    return http_request(port_, method, target, lines, body);
}

std::string Daemon::log() const {
    return read_file(log_file_);
}

}  // namespace fairlead::test
