#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/page_buffer.hpp"
#include "fairlead/endpoint.hpp"
#include "fairlead/observer.hpp"
#include "ftp/control_channel.hpp"
#include "ftp/features.hpp"
#include "ftp/listing/list_parser.hpp"
#include "ftp/pwd.hpp"
#include "net/tls_context.hpp"

namespace fairlead::ftp {

/// A logged-in FTP session: its control channel, and what was learned about the server. Belongs to one
/// executor; one operation at a time. A broken session (see `usable`) is never mended, only replaced.
class Session {
  public:
    /// Resolve, connect, secure, identity, login, directory. Throws Error with the step that failed.
    static awaitable<std::shared_ptr<Session>> open(Endpoint endpoint, Observer* observer);

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Checks that a new operation may start; collects what an abandoned transfer still owes.
    /// Throws connection_lost when the session cannot be used any more.
    awaitable<void> ready(std::string_view step);
    /// One command and its final reply, whatever it says.
    awaitable<Reply> command(std::string_view verb, std::string_view argument, std::string_view step);
    /// Several commands that do not depend on each other, in one packet where the server can take that.
    awaitable<std::vector<Reply>> commands(std::vector<std::string> lines, std::string_view step);
    /// TYPE I or TYPE A, if it is not set already.
    awaitable<void> set_type(bool text);
    /// Asks for the address of the next data connection while the server still ends a transfer whose data
    /// have ended: that saves the next transfer a round trip. Only when transfers follow each other, and
    /// where the server is known to take it and has not refused it. Never throws for what the server does.
    void prepare_data();
    /// The answer, if there is a fresh one to that way of asking (EPSV, or else PASV); waits for it.
    awaitable<std::optional<Reply>> prepared_data(bool extended, std::string_view step);
    /// What SYST says, asked once.
    awaitable<ListDialect> system_dialect();
    /// QUIT within a short deadline; never throws.
    awaitable<void> quit();

    bool usable() const noexcept { return !control_->broken(); }
    /// Not usable, or about to turn out so: the server has hung up.
    bool has_ended() const noexcept { return control_->broken() || control_->hung_up(); }
    ControlChannel& control() noexcept { return *control_; }
    Features& features() noexcept { return features_; }
    const Features& features() const noexcept { return features_; }
    const Endpoint& endpoint() const noexcept { return endpoint_; }
    const PeerInfo& peer() const noexcept { return peer_; }
    /// Null without TLS.
    const std::shared_ptr<net::TlsContext>& tls() const noexcept { return tls_; }
    /// Data connections are under TLS.
    bool data_is_protected() const noexcept { return tls_ != nullptr && endpoint_.tls.protect_data; }
    /// The numeric address of the server, or its name when a proxy is in between.
    const std::string& data_host() const noexcept { return data_host_; }
    /// Our own address on the control connection.
    const std::string& local_address() const noexcept { return local_address_; }
    /// The directory after log-in as the server writes it; empty when it does not tell.
    const std::string& home() const noexcept { return home_; }
    /// The server takes several commands in one packet: known by its name, since trying may end the session.
    bool pipelines() const noexcept { return pipelines_; }
    /// The server reads no command before a transfer is over, so that one may be sent at any time.
    bool reads_commands_late() const noexcept { return reads_commands_late_; }
    /// Renaming onto an existing file is known to replace it in one step.
    bool replaces_on_rename() const noexcept { return replaces_on_rename_; }

    /// Ends a transfer before its end: reads a little on from `rest` (may be null), since a small rest costs
    /// less than the session, which some servers end when their data connection breaks; closes it; and
    /// collects the final reply. A server that has none is asked by NOOP whether it listens again. Nothing:
    /// no such reply; `usable` tells whether the session is in step. Throws cancelled only.
    awaitable<std::optional<Reply>> end_transfer(std::unique_ptr<net::Stream> rest, std::string_view step);
    /// The same, put off to the next operation.
    void abandon_transfer(std::unique_ptr<net::Stream> rest) noexcept {
        abandoned_ = true;
        abandoned_rest_ = std::move(rest);
    }
    /// A listing was dropped before its end. Pure-FTPd begins the next listing with what it could not send of
    /// this one: the session must go.
    void abandon_listing(std::unique_ptr<net::Stream> rest) noexcept;
    /// After a raw command: what is remembered of the server's state may be wrong.
    void forget_type() noexcept { type_ = Type::unknown; }

    /// How data connections are opened, learned as they succeed and fail.
    struct DataHabits {
        bool epsv = true;
        bool eprt = true;
        bool proven = false;   ///< one has worked
        bool ahead = true;     ///< the next one may be asked for before the last word on a transfer
        bool several = false;  ///< transfers follow each other
        Deadline ended;        ///< when the latest one did
        /// Whether a transfer that begins now would follow another.
        bool follows_another() const { return Clock::now() - ended < std::chrono::seconds(2); }
        void begin() { several = follows_another(); }
        bool rest_may_stick =
            false;  ///< the last REST was not REST 0; some servers keep it for the next transfer
    };
    DataHabits data;

    /// Room for what is read from a data connection, shared by the session's transfers (there is one at a
    /// time).
    std::span<std::byte> buffer();

  private:
    awaitable<void> read_on(net::Stream& rest);
    void ask_for_later();
    awaitable<void> send(std::vector<std::string> lines, std::string_view step);
    awaitable<std::vector<Reply>> receive(std::size_t count, std::string_view step);

    enum class Type { unknown, text, binary };
    /// A passive data connection that was asked for ahead.
    struct Prepared {
        bool extended;
        std::chrono::steady_clock::time_point asked;
        std::optional<Reply> reply;
    };

    Session(Endpoint endpoint, Observer* observer) : endpoint_(std::move(endpoint)), observer_(observer) {}

    awaitable<void> connect();
    awaitable<void> greet();
    awaitable<Reply> greeting_within_time_out(std::string_view step);
    awaitable<void> secure_control();
    awaitable<void> log_in();
    awaitable<void> set_up();
    awaitable<void> protect_data();
    void judge_protection(const Reply& reply) const;
    void take_home(const Reply& reply);
    void begin(std::string_view step) const;
    void done(std::string_view step, std::string_view detail) const;

    Endpoint endpoint_;
    Observer* observer_;
    std::shared_ptr<net::TlsContext> tls_;  // before control_: its stream refers to it
    std::unique_ptr<ControlChannel> control_;
    PeerInfo peer_;
    Features features_;
    std::string data_host_;
    std::string local_address_;
    std::string home_;
    Type type_ = Type::unknown;
    ListDialect system_ = ListDialect::unknown;
    bool asked_system_ = false;
    bool pipelines_ = false;
    bool reads_commands_late_ = false;
    bool replaces_on_rename_ = false;
    bool mixes_listings_ = false;
    bool abandoned_ = false;
    std::unique_ptr<net::Stream> abandoned_rest_;
    std::optional<Prepared> prepared_;
    PageBuffer buffer_;
};

}  // namespace fairlead::ftp
