#include "support/scripted_ftp.hpp"

#include "support/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>

namespace fairlead::test {
namespace {

std::pair<std::string, std::string> split_command(const std::string& line) {
    const auto space = line.find(' ');
    auto verb = line.substr(0, space);
    std::transform(verb.begin(), verb.end(), verb.begin(), [](unsigned char c) { return std::toupper(c); });
    return {verb, space == std::string::npos ? std::string() : line.substr(space + 1)};
}

}  // namespace

ScriptedFtp::ScriptedFtp(Tls tls, const std::string& certificate, int tls_version)
    : tls_(tls),
      identity_(tls == Tls::none ? nullptr : std::make_unique<TlsIdentity>(certificate, tls_version)) {
    acceptor_ = std::thread([this] {
        try {
            while (true) {
                auto socket = std::make_shared<PeerSocket>(listener_.accept(std::chrono::hours(1)));
                const std::scoped_lock lock(mutex_);
                if (stopping_) return;
                open_.insert(socket->descriptor());
                ++connections_;
                conversations_.emplace_back([this, socket] { serve(std::move(*socket)); });
            }
        } catch (const PeerGone&) {
        }
    });
}

ScriptedFtp::~ScriptedFtp() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        for (const int descriptor : open_)
            ::shutdown(descriptor, SHUT_RDWR);
    }
    listener_.stop();
    acceptor_.join();
    for (auto& conversation : conversations_)
        conversation.join();
}

ScriptedFtp& ScriptedFtp::on(const std::string& verb, Handler handler) {
    handlers_[verb] = std::move(handler);
    return *this;
}

ScriptedFtp& ScriptedFtp::on(const std::string& verb, std::vector<std::string> lines) {
    return on(verb, [lines = std::move(lines)](FtpConversation& with, const std::string&) {
        for (const auto& line : lines)
            with.reply(line);
    });
}

ScriptedFtp& ScriptedFtp::silent_on(const std::string& verb) {
    return on(verb, [](FtpConversation& with, const std::string&) {
        with.control.wait_for_close();
        with.hang_up();
    });
}

ScriptedFtp& ScriptedFtp::file(const std::string& path, std::string content) {
    const std::scoped_lock lock(mutex_);
    files_[path] = std::move(content);
    return *this;
}

ScriptedFtp& ScriptedFtp::folder(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    folders_.insert(path);
    return *this;
}

void ScriptedFtp::rename_file(const std::string& from, const std::string& to) {
    const std::scoped_lock lock(mutex_);
    auto moved = files_.extract(from);
    files_.insert_or_assign(to, std::move(moved.mapped()));
}

void ScriptedFtp::remove_file(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    files_.erase(path);
}

std::optional<std::string> ScriptedFtp::content(const std::string& path) const {
    const std::scoped_lock lock(mutex_);
    const auto found = files_.find(path);
    return found == files_.end() ? std::nullopt : std::optional(found->second);
}

Endpoint ScriptedFtp::endpoint() const {
    Endpoint endpoint;
    endpoint.name = "scripted";
    endpoint.protocol = tls_ == Tls::none ? Protocol::ftp : Protocol::ftps;
    endpoint.host = "127.0.0.1";
    endpoint.port = port();
    endpoint.username = "tester";
    endpoint.password = Secret("open sesame");
    endpoint.timeouts = {std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10)};
    if (tls_ != Tls::none) {
        endpoint.tls.mode = tls_ == Tls::implicit ? TlsOptions::Mode::implicit : TlsOptions::Mode::explicit_;
        endpoint.tls.ca = read_file(certificates() / "ca.pem");
    }
    return endpoint;
}

std::vector<std::string> ScriptedFtp::commands() const {
    const std::scoped_lock lock(mutex_);
    return commands_;
}

std::size_t ScriptedFtp::count(std::string_view verb) const {
    const auto all = commands();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto& line) { return split_command(line).first == verb; }));
}

void ScriptedFtp::serve(PeerSocket socket) {
    const int descriptor = socket.descriptor();
    FtpConversation with(*this, std::move(socket));
    try {
        if (tls_ == Tls::implicit) with.control.start_tls(*identity_);
        converse(with);
    } catch (const PeerGone&) {
        // The client went away, which it may at any time.
    }
    const std::scoped_lock lock(mutex_);
    open_.erase(descriptor);
    with.control.close();
}

void ScriptedFtp::converse(FtpConversation& with) {
    if (const auto greeting = handlers_.find("GREETING"); greeting != handlers_.end())
        greeting->second(with, "");
    else
        with.reply("220 ready");
    while (!with.over) {
        const auto line = with.control.read_line();
        if (!line) return;
        {
            const std::scoped_lock lock(mutex_);
            commands_.push_back(*line);
        }
        const auto [verb, argument] = split_command(*line);
        if (const auto handler = handlers_.find(verb); handler != handlers_.end())
            handler->second(with, argument);
        else
            with.behave(verb, argument);
    }
}

}  // namespace fairlead::test
