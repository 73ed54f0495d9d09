#include "ftp/session.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "ftp/command.hpp"
#include "ftp/login.hpp"
#include "ftp/reply_error.hpp"
#include "net/tcp.hpp"

namespace fairlead::ftp {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kBufferSize = 256 * 1024;  // more brings nothing, and leaves the CPU's cache
constexpr auto kFarewell = 2s;
constexpr auto kTransferEnd = 2s;  // for the last word on a transfer whose data connection is closed
constexpr auto kAnswer = 10s;
constexpr auto kPreparedLasts = 10s;  // firewalls forget a port that nobody connects to
constexpr auto kRest = 500ms;         // for what is read on from a transfer that nobody wants
constexpr std::size_t kRestBytes = 2 * 1024 * 1024;

bool names_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](auto name) { return text.find(name) != std::string_view::npos; });
}

}  // namespace

awaitable<std::shared_ptr<Session>> Session::open(Endpoint endpoint, Observer* observer) {
    std::shared_ptr<Session> session(new Session(std::move(endpoint), observer));
    co_await session->connect();
    co_await session->greet();
    co_await session->log_in();
    co_await session->set_up();
    co_return session;
}

void Session::begin(std::string_view step) const {
    if (observer_ != nullptr) observer_->step_began(step);
}

void Session::done(std::string_view step, std::string_view detail) const {
    if (observer_ != nullptr) observer_->step_done(step, detail);
}

awaitable<void> Session::connect() {
    if (endpoint_.protocol == Protocol::ftps)
        tls_ = std::make_shared<net::TlsContext>(endpoint_.tls, endpoint_.host);
    auto socket = co_await net::connect(endpoint_, observer_, peer_);
    boost::system::error_code error;
    data_host_ = endpoint_.host;
    if (const auto remote = socket.remote_endpoint(error); !error && endpoint_.proxy.empty())
        data_host_ = remote.address().to_string();
    if (const auto local = socket.local_endpoint(error); !error) local_address_ = local.address().to_string();
    control_ = std::make_unique<ControlChannel>(
        std::make_unique<net::TimedSocket>(std::move(socket), net::to_text(endpoint_.host, endpoint_.port)),
        observer_, endpoint_.timeouts.command);
}

awaitable<void> Session::greet() {
    const bool implicit = tls_ && endpoint_.tls.mode == TlsOptions::Mode::implicit;
    if (implicit) co_await secure_control();

    const std::string_view step = tls_ && !implicit ? "secure" : "login";
    if (!implicit) begin(step);
    auto greeting = co_await greeting_within_time_out(step);
    while (greeting.is_preliminary()) {  // 120: ready in some minutes
        control_->note("The server asks for patience before its greeting.");
        greeting = co_await control_->receive(step);
    }
    if (!greeting.is_success()) {
        auto error = error_for(greeting, step);
        error.session_usable = false;
        if (greeting.code == 421) error.code = ErrorCode::server_busy;
        throw error;
    }
    peer_.server = greeting.text();
    pipelines_ = names_one_of(peer_.server, {"vsFTPd", "ProFTPD", "Pure-FTPd", "FileZilla Server"});
    reads_commands_late_ = names_one_of(peer_.server, {"vsFTPd"});
    mixes_listings_ = names_one_of(peer_.server, {"Pure-FTPd"});
    replaces_on_rename_ = names_one_of(peer_.server, {"vsFTPd", "ProFTPD", "Pure-FTPd"});
    if (!tls_ || implicit) co_return;

    const auto reply = co_await control_->exchange(command_line("AUTH", "TLS"), step);
    if (!reply.is_success())
        throw Error(ErrorCode::tls_failed,
                    fmt::format("{} refuses to secure the connection (AUTH TLS). Nothing was sent "
                                "in clear.",
                                net::to_text(endpoint_.host, endpoint_.port)))
            .at(std::string(step))
            .replied(reply.raw())
            .hinting(
                "If the server offers TLS on its own port (usually 990), use --tls implicit; only the "
                "protocol ftp "
                "goes without TLS.")
            .ends_session();
    co_await secure_control();
    begin("login");
}

awaitable<Reply> Session::greeting_within_time_out(std::string_view step) {
    try {
        co_return co_await control_->receive(step);
    } catch (Error& error) {
        if (error.code == ErrorCode::timeout) {
            error.message = fmt::format("{} accepted the connection but sent no greeting within {}.",
                                        net::to_text(endpoint_.host, endpoint_.port),
                                        net::to_text(endpoint_.timeouts.command));
            error.hint =
                "A server that expects TLS from the first byte (usually on port 990) keeps silent like this: "
                "use --protocol ftps --tls implicit then.";
        }
        throw;
    }
}

awaitable<void> Session::secure_control() {
    if (endpoint_.tls.mode == TlsOptions::Mode::implicit) begin("secure");
    try {
        co_await control_->secure(*tls_, endpoint_.timeouts.connect);
    } catch (const Error& error) {
        if (error.step == "identity") {  // the handshake itself went well, so far
            done("secure", "the server showed a certificate");
            begin("identity");
        }
        throw;
    }
    peer_.security = control_->tls()->security();
    peer_.identity = control_->tls()->identity();
    done("secure", peer_.security);
    begin("identity");
    done("identity", endpoint_.tls.verify || !endpoint_.tls.pin.empty() ? peer_.identity
                                                                        : peer_.identity + " (not verified)");
    if (endpoint_.tls.mode == TlsOptions::Mode::implicit) begin("login");
}

awaitable<void> Session::log_in() {
    LoginMachine machine({.username = endpoint_.username,
                          .password = endpoint_.password,
                          .account = Secret(endpoint_.ftp.account),
                          .secured = tls_ != nullptr});
    auto action = machine.start();
    while (!action.done) {
        auto line = command_line(action.verb, action.argument.reveal());
        co_await control_->send(line, "login");
        OPENSSL_cleanse(line.data(), line.size());
        auto reply = co_await control_->receive("login");
        while (reply.is_preliminary())
            reply = co_await control_->receive("login");
        action = machine.resume(reply);
    }
    done("login", machine.username());
}

awaitable<void> Session::set_up() {
    begin("directory");
    if (pipelines_) {
        // One round trip for all of it.
        std::vector<std::string> lines{command_line("FEAT"), command_line("PWD")};
        if (tls_) {
            lines.push_back(command_line("PBSZ", "0"));
            lines.push_back(command_line("PROT", endpoint_.tls.protect_data ? "P" : "C"));
        }
        const auto count = lines.size();
        co_await send(std::move(lines), "directory");
        ask_for_later();
        const auto replies = co_await receive(count, "directory");
        features_ = Features::from(replies[0]);
        take_home(replies[1]);
        if (tls_) judge_protection(replies.back());
    } else {
        co_await protect_data();
        const auto feat = co_await command("FEAT", {}, "directory");
        features_ = Features::from(feat);
        if (features_.announced("UTF8") && endpoint_.ftp.charset == "UTF-8")
            co_await command("OPTS", "UTF8 ON", "directory");
        const auto pwd = co_await command("PWD", {}, "directory");
        take_home(pwd);
    }
    if (const auto facts = features_.wanted_mlst_facts(); !facts.empty() && endpoint_.ftp.use_mlsd)
        co_await command("OPTS", "MLST " + facts, "directory");
    for (const auto& line : endpoint_.ftp.login_commands) {
        const auto reply = co_await control_->exchange(raw_command_line(line), "login");
        if (reply.is_failure()) throw error_for(reply, "login");
        forget_type();
    }
    if (!usable())
        throw Error(ErrorCode::connection_lost, "The server ended the session.")
            .at("directory")
            .ends_session();
}

/// What is wanted only with the first transfer.
void Session::ask_for_later() {
    asked_system_ = true;
    std::function<void(Reply)> system = [this](Reply reply) {
        if (reply.is_success()) system_ = dialect_for_system(reply.text());
    };
    control_->send_ahead(command_line("SYST"), std::move(system));
    std::function<void(Reply)> type = [this](Reply reply) {
        if (reply.is_success() && type_ == Type::unknown) type_ = Type::binary;
    };
    control_->send_ahead(command_line("TYPE", "I"), std::move(type));
    if (endpoint_.ftp.charset == "UTF-8") control_->send_ahead(command_line("OPTS", "UTF8 ON"), [](Reply) {});
}

awaitable<void> Session::protect_data() {
    if (!tls_) co_return;
    co_await command("PBSZ", "0",
                     "secure");  // RFC 4217, 8: must come before PROT; its answer does not matter
    const auto reply = co_await command("PROT", endpoint_.tls.protect_data ? "P" : "C", "secure");
    judge_protection(reply);
}

void Session::judge_protection(const Reply& reply) const {
    if (reply.is_success()) return;
    throw Error(ErrorCode::tls_failed, endpoint_.tls.protect_data
                                           ? "The server refuses to protect the data connections (PROT P)."
                                           : "The server refuses data connections in clear (PROT C).")
        .at("secure")
        .replied(reply.raw())
        .ends_session();
}

void Session::take_home(const Reply& reply) {
    if (const auto directory = parse_directory_reply(reply)) home_ = *directory;
}

awaitable<void> Session::read_on(net::Stream& rest) {
    const auto deadline = Clock::now() + kRest;
    for (std::size_t taken = 0; taken < kRestBytes;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) co_return;
        const auto got = co_await rest.read_within(buffer(), left);
        if (!got || *got == 0) co_return;
        taken += *got;
    }
}

namespace {

/// Whether it refuses NOOP itself: no transfer ends like that.
bool is_of_the_question(const Reply& reply) {
    return reply.code >= 500 && reply.code <= 504;
}

}  // namespace

awaitable<std::optional<Reply>> Session::end_transfer(std::unique_ptr<net::Stream> rest,
                                                      std::string_view step) {
    if (rest) {
        try {
            co_await read_on(*rest);
        } catch (const Error& error) {
            if (error.code == ErrorCode::cancelled) throw;
        }
        rest->close();
    }
    // Both waits together keep to the command's time-out, and the second one gets its share of it.
    const auto whole = endpoint_.timeouts.command;
    const auto for_the_end = std::min<std::chrono::milliseconds>(kTransferEnd, whole / 2);
    const auto for_an_answer = std::min<std::chrono::milliseconds>(kAnswer, whole - for_the_end);
    const auto deadline = Clock::now() + whole;
    bool asked = false;
    std::optional<Reply> ended;
    try {
        while (usable() && control_->owed() > 0) {
            auto reply = co_await control_->receive_within(asked ? for_an_answer : for_the_end, step);
            const bool nothing = !reply || reply->is_preliminary();
            if (nothing && (Clock::now() > deadline || (!reply && asked))) {
                control_->give_up();
            } else if (nothing && !asked) {
                // Pure-FTPd tells of a broken download in a 150 that nothing follows.
                asked = true;
                co_await control_->send(command_line("NOOP"), step);
            } else if (!nothing && asked && reply->code == 200) {
                while (control_->owed() > 0)
                    control_->forgive();
            } else if (!nothing && (asked || control_->has_ahead()) && is_of_the_question(*reply)) {
                control_->give_up();  // it is still amid the transfer, and takes no other command
            } else if (!nothing && !ended) {
                ended = std::move(reply);
            }
        }
    } catch (const Error& error) {
        if (error.code == ErrorCode::cancelled) throw;
    }
    co_return ended;
}

void Session::abandon_listing(std::unique_ptr<net::Stream> rest) noexcept {
    if (mixes_listings_)
        control_->give_up();
    else
        abandon_transfer(std::move(rest));
}

awaitable<void> Session::ready(std::string_view step) {
    if (std::exchange(abandoned_, false)) co_await end_transfer(std::move(abandoned_rest_), step);
    if (usable() && control_->owed() > 0) control_->give_up();
    if (!usable())
        throw Error(ErrorCode::connection_lost, "This session has ended; open a new one.")
            .at(std::string(step))
            .ends_session();
}

awaitable<Reply> Session::command(std::string_view verb, std::string_view argument, std::string_view step) {
    const auto line = command_line(verb, argument);
    co_return co_await control_->exchange(line, step);
}

awaitable<std::vector<Reply>> Session::commands(std::vector<std::string> lines, std::string_view step) {
    if (!pipelines_) {
        std::vector<Reply> replies;
        for (const auto& line : lines)
            replies.push_back(co_await control_->exchange(line, step));
        co_return replies;
    }
    const auto count = lines.size();
    co_await send(std::move(lines), step);
    co_return co_await receive(count, step);
}

awaitable<void> Session::send(std::vector<std::string> lines, std::string_view step) {
    std::string all;
    for (const auto& line : lines)
        all += line;
    co_await control_->send(all, step, lines.size());
}

awaitable<std::vector<Reply>> Session::receive(std::size_t count, std::string_view step) {
    std::vector<Reply> replies;
    replies.reserve(count);
    while (replies.size() < count) {
        auto reply = co_await control_->receive(step);
        if (reply.is_preliminary()) continue;
        if (!usable()) throw error_for(reply, step);  // 421 in place of an answer
        replies.push_back(std::move(reply));
    }
    co_return replies;
}

awaitable<void> Session::set_type(bool text) {
    const auto wanted = text ? Type::text : Type::binary;
    if (type_ == Type::unknown) co_await control_->receive_ahead("type");
    if (type_ == wanted) co_return;
    const auto reply = co_await command("TYPE", text ? "A" : "I", "type");
    if (reply.is_success())
        type_ = wanted;
    else
        throw error_for(reply, "type");
}

void Session::prepare_data() {
    if (!pipelines_ || !data.ahead || !data.several || !data.proven || endpoint_.ftp.active || prepared_ ||
        !usable())
        return;
    const bool extended = data.epsv && features_.may_try("EPSV");
    prepared_ = Prepared{extended, Clock::now(), std::nullopt};
    std::function<void(Reply)> answered = [this](Reply reply) {
        if (prepared_) prepared_->reply = std::move(reply);
    };
    control_->send_ahead(command_line(extended ? "EPSV" : "PASV"), std::move(answered));
}

awaitable<std::optional<Reply>> Session::prepared_data(bool extended, std::string_view step) {
    if (!prepared_) co_return std::nullopt;
    if (!prepared_->reply) co_await control_->receive_ahead(step);
    const auto prepared = std::exchange(prepared_, std::nullopt);
    if (!prepared->reply || !prepared->reply->is_success()) {
        data.ahead = false;
        co_return std::nullopt;
    }
    if (prepared->extended != extended || Clock::now() - prepared->asked > kPreparedLasts)
        co_return std::nullopt;
    co_return prepared->reply;
}

awaitable<ListDialect> Session::system_dialect() {
    if (asked_system_ && system_ == ListDialect::unknown) co_await control_->receive_ahead("list");
    if (!asked_system_) {
        asked_system_ = true;
        const auto reply = co_await command("SYST", {}, "list");
        if (reply.is_success()) {
            system_ = dialect_for_system(reply.text());
            peer_.server += fmt::format(" ({})", reply.text());
        }
    }
    co_return system_;
}

awaitable<void> Session::quit() {
    try {
        if (usable() && control_->owed() == 0) {
            co_await control_->send(command_line("QUIT"), "quit");
            co_await control_->receive_within(kFarewell, "quit");
        }
    } catch (const std::exception&) {
        // The session is over either way.
    }
    control_->close();
}

std::span<std::byte> Session::buffer() {
    if (!buffer_) buffer_ = PageBuffer(kBufferSize);
    return {buffer_.get(), kBufferSize};
}

}  // namespace fairlead::ftp
