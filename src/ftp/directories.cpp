#include "ftp/directories.hpp"

#include <algorithm>

#include "base/path.hpp"
#include "ftp/reply_error.hpp"

namespace fairlead::ftp {

Directories::Directories(Session& session, const Charset& charset)
    : session_(session),
      charset_(charset),
      absolute_(session.home().empty() || path_style(session.home()) == PathStyle::unix_),
      current_(session.home()) {}

bool Directories::is_top(std::string_view path) {
    return path::parts(path).empty();
}

std::string Directories::server_path(std::string_view path) const {
    path::refuse_control_bytes(path, "path");
    if (path.starts_with('/')) return charset_.from_utf8(path);
    std::string below;
    for (const auto part : path::parts(path))
        below = path::join(below, part);
    if (below.empty()) return session_.home().empty() ? "/" : session_.home();
    if (session_.home().empty()) return charset_.from_utf8(below);
    return path::join(session_.home(), charset_.from_utf8(below));
}

std::vector<std::string> Directories::parts_of(std::string_view path) const {
    path::refuse_control_bytes(path, "path");
    std::vector<std::string> parts;
    for (const auto part : path::parts(path))
        parts.push_back(charset_.from_utf8(part));
    return parts;
}

awaitable<Reply> Directories::change_to(std::string directory, std::string_view step) {
    current_.reset();  // unknown until the reply is here
    auto reply = co_await session_.command("CWD", directory, step);
    if (reply.is_success()) current_ = std::move(directory);
    co_return reply;
}

awaitable<Reply> Directories::walk_to(std::vector<std::string> parts, std::string_view step) {
    Reply reply;
    reply.code = 250;
    const bool below_current = current_ && current_parts_.size() <= parts.size() &&
                               std::equal(current_parts_.begin(), current_parts_.end(), parts.begin());
    if (!below_current) {
        reply = co_await change_to(session_.home(), step);
        if (!reply.is_success()) co_return reply;
        current_parts_.clear();
    }
    while (current_parts_.size() < parts.size()) {
        auto& next = parts[current_parts_.size()];
        reply = co_await session_.command("CWD", next, step);
        if (!reply.is_success()) co_return reply;  // still where we were
        current_parts_.push_back(std::move(next));
    }
    co_return reply;
}

awaitable<void> Directories::walk_or_throw(std::vector<std::string> parts, std::string_view path,
                                           std::string_view step) {
    const auto reply = co_await walk_to(std::move(parts), step);
    if (reply.is_success()) co_return;
    auto error = error_for(reply, step, path);
    if (is_ambiguous(reply)) error.code = ErrorCode::not_found;
    throw error;
}

awaitable<std::string> Directories::argument_for(std::string_view path, std::string_view step) {
    if (absolute_) co_return server_path(path);
    auto parts = parts_of(path);
    if (parts.empty()) co_return session_.home();
    auto name = std::move(parts.back());
    parts.pop_back();
    co_await walk_or_throw(std::move(parts), path, step);
    co_return name;
}

awaitable<std::pair<std::string, std::string>> Directories::arguments_for(std::string_view first,
                                                                          std::string_view second,
                                                                          std::string_view step) {
    if (absolute_) co_return std::pair(server_path(first), server_path(second));
    auto a = parts_of(first);
    auto b = parts_of(second);
    const auto shortest = std::min(a.size(), b.size());
    const auto common = static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shortest > 0 ? shortest - 1 : 0),
                      b.begin())
            .first -
        a.begin());
    const auto rest = [common](const std::vector<std::string>& parts) {
        std::string joined;
        for (auto i = common; i < parts.size(); ++i)
            joined = path::join(joined, parts[i]);
        return joined;
    };
    auto arguments = std::pair(rest(a), rest(b));
    a.resize(common);
    co_await walk_or_throw(std::move(a), first, step);
    co_return arguments;
}

std::optional<std::string> Directories::entering(std::string_view path) const {
    if (!absolute_) return std::nullopt;
    auto directory = server_path(path);
    if (current_ == directory) return std::nullopt;
    return directory;
}

void Directories::entered(std::string directory, const Reply& reply) {
    if (reply.is_success()) current_ = std::move(directory);
}

awaitable<Reply> Directories::enter(std::string_view path, std::string_view step) {
    if (!absolute_) co_return co_await walk_to(parts_of(path), step);
    auto directory = server_path(path);
    if (current_ == directory) {
        Reply there;
        there.code = 250;
        co_return there;
    }
    co_return co_await change_to(std::move(directory), step);
}

}  // namespace fairlead::ftp
