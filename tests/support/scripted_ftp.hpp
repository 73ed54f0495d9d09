#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fairlead/endpoint.hpp"
#include "support/peer_socket.hpp"
#include "support/server.hpp"

namespace fairlead::test {

class ScriptedFtp;

/// One client's conversation with a ScriptedFtp, as a test's handler sees it. Runs on a thread of the server.
class FtpConversation {
  public:
    /// One reply line; CRLF is added. "-" lines are the caller's business.
    void reply(std::string_view line) { control.write(std::string(line) + "\r\n"); }
    /// What the well-behaved server does with this command; for handlers that only sometimes misbehave.
    void behave(const std::string& verb, const std::string& argument);
    /// Opens the data connection that the client asked for by EPSV, PASV, EPRT or PORT (TLS when PROT P was
    /// sent).
    PeerSocket open_data();
    /// Ends this conversation once the handler returns.
    void hang_up() { over = true; }

    ScriptedFtp& server;
    PeerSocket control;
    std::unique_ptr<PeerListener> passive;
    std::uint16_t active_port = 0;
    bool protect_data = false;
    bool over = false;
    std::uint64_t restart = 0;
    std::string rename_from;
    std::string directory = "/";

    FtpConversation(ScriptedFtp& its_server, PeerSocket socket)
        : server(its_server), control(std::move(socket)) {}
};

/// An FTP server in threads of the test program. As it is, it behaves well, over files in memory; a test
/// replaces what it answers to single commands by `on`, so that a landmine is only the lines that explode.
///
/// `on` is called before the first client comes; `commands` at any time.
class ScriptedFtp {
  public:
    using Handler = std::function<void(FtpConversation&, const std::string& argument)>;
    enum class Tls { none, explicit_, implicit };

    explicit ScriptedFtp(Tls tls = Tls::none, const std::string& certificate = "server", int tls_version = 0);
    ~ScriptedFtp();

    /// Replaces what a command (in capitals) does; "GREETING" is what happens on connecting.
    ScriptedFtp& on(const std::string& verb, Handler handler);
    /// Answers a command with these lines.
    ScriptedFtp& on(const std::string& verb, std::vector<std::string> lines);
    ScriptedFtp& on(const std::string& verb, const char* line) {
        return on(verb, std::vector<std::string>{line});
    }
    /// Says nothing to a command until the client goes away.
    ScriptedFtp& silent_on(const std::string& verb);

    ScriptedFtp& file(const std::string& path, std::string content);
    ScriptedFtp& folder(const std::string& path);
    /// What RNTO and DELE do, without a word.
    void rename_file(const std::string& from, const std::string& to);
    void remove_file(const std::string& path);
    std::optional<std::string> content(const std::string& path) const;

    /// How to log in here, with time-outs of 10 s; tests of time-outs shorten the one they are about.
    Endpoint endpoint() const;
    std::uint16_t port() const noexcept { return listener_.port(); }
    /// Every command line so far, of all conversations, in order.
    std::vector<std::string> commands() const;
    /// How many of them began with this verb.
    std::size_t count(std::string_view verb) const;
    std::size_t connections() const noexcept { return connections_; }
    /// Data connections that resumed the control connection's TLS session.
    std::size_t resumed_data_connections() const noexcept { return resumed_; }

    std::vector<std::string> features{"EPSV",        "MDTM", "MFMT", "MLST type*;size*;modify*;",
                                      "REST STREAM", "SIZE", "TVFS", "UTF8"};

  private:
    friend class FtpConversation;
    void serve(PeerSocket socket);
    void converse(FtpConversation& with);

    Tls tls_;
    std::unique_ptr<TlsIdentity> identity_;
    PeerListener listener_;
    std::map<std::string, Handler> handlers_;
    mutable std::mutex mutex_;  // guards the next four
    std::map<std::string, std::string> files_;
    std::set<std::string> folders_{"/"};
    std::vector<std::string> commands_;
    std::set<int> open_;  // control connections, so that the destructor can end them
    std::atomic<std::size_t> connections_{0};
    std::atomic<std::size_t> resumed_{0};
    bool stopping_ = false;
    std::vector<std::thread> conversations_;
    std::thread acceptor_;
};

}  // namespace fairlead::test
