// The daemon as a process: HTTPS with a certificate that changes, what it tells a service manager, a socket
// that is handed over, and how it ends.

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// What an independent TLS client sees and gets.
ProcessResult over_tls(std::uint16_t port, const std::string& more = {}) {
    ProcessOptions options;
    options.input = "GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    options.limit = 20s;
    std::vector<std::string> words{"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(port),
                                   "-ign_eof"};
    if (!more.empty()) words.push_back(more);
    return run_process(words, options);
}

TEST(Serve, speaks_HTTPS_and_reads_its_certificate_again) {
    const auto made = certificates();
    Cli cli;
    const auto certificate = cli.folder() / "tls.pem", key = cli.folder() / "tls.key";
    fs::copy_file(made / "server.pem", certificate);
    fs::copy_file(made / "server.key", key);
    Daemon daemon(cli, {"--tls-certificate", certificate.string(), "--tls-key", key.string()});
    const auto answer = over_tls(daemon.port());
    EXPECT_NE(answer.output.find("\"name\":\"fairlead\""), std::string::npos) << answer.output;
    EXPECT_NE(answer.output.find("CN = localhost"), std::string::npos);
    EXPECT_EQ(over_tls(daemon.port(), "-tls1_1").output.find("fairlead\""), std::string::npos);

    write_file(certificate, "rubbish");  // cannot be used: the old one stays
    ::kill(daemon.process(), SIGHUP);
    fs::copy_file(made / "wrong-name.pem", cli.folder() / "next.pem");
    EXPECT_NE(over_tls(daemon.port()).output.find("CN = localhost"), std::string::npos);
    fs::rename(cli.folder() / "next.pem", certificate);
    ::kill(daemon.process(), SIGHUP);
    bool changed = false;
    for (const auto until = std::chrono::steady_clock::now() + 30s;
         !changed && std::chrono::steady_clock::now() < until;)
        changed = over_tls(daemon.port()).output.find("CN = elsewhere.example") != std::string::npos;
    EXPECT_TRUE(changed) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(Serve, refuses_a_key_that_belongs_to_another_certificate) {
    const auto made = certificates();
    Cli cli;
    const auto result = cli({"serve", "--listen", "127.0.0.1:0", "--tls-certificate",
                             (made / "server.pem").string(), "--tls-key", (made / "ca.key").string()});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.errors.find("key"), std::string::npos);
}

TEST(Serve, tells_the_service_manager_when_it_is_ready_and_when_it_stops) {
    Cli cli;
    const auto path = (cli.folder() / "notify").string();
    const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    timeval patience{20, 0};
    ::setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const auto heard = [manager] {
        char text[512] = {};
        const auto got = ::recv(manager, text, sizeof text - 1, 0);
        return std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    };
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "100000", 1);
    {
        Daemon daemon(cli);
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
        EXPECT_TRUE(heard().starts_with("READY=1"));
        EXPECT_EQ(heard(), "WATCHDOG=1");
        EXPECT_EQ(daemon.stop(), 0);
    }
    std::string last;
    do
        last = heard();
    while (last == "WATCHDOG=1");
    EXPECT_EQ(last, "STOPPING=1");
    ::close(manager);
}

TEST(Serve, takes_a_socket_that_listens_already) {
    Cli cli;
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);  // not closed on exec: it is handed over
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening, 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    // The shell's process is the one that becomes the daemon, so its own number is the one that LISTEN_PID
    // must have.
    auto words = cli.command({"serve"});
    std::string line = "exec 3<&" + std::to_string(listening) + "; export LISTEN_PID=$$ LISTEN_FDS=1; exec";
    for (const auto& word : words)
        line += " '" + word + "'";
    const pid_t process = ::fork();
    if (process == 0) {
        ::execlp("sh", "sh", "-c", line.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(listening);
    EXPECT_EQ(http_request(ntohs(address.sin_port), "GET", "/healthz").status, 200);
    ::kill(process, SIGTERM);
    int status = 0;
    ::waitpid(process, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace fairlead::test
