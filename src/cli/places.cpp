#include "cli/places.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <filesystem>
#include <limits>

#include "base/path.hpp"
#include "fairlead/open.hpp"
#include "remote/local_file_system.hpp"
#include "service/connections.hpp"
#include "service/workspace.hpp"
#include "transfer/failure.hpp"

namespace fairlead::cli {
namespace {

using Kind = Location::Kind;
constexpr unsigned kUnlimited = std::numeric_limits<unsigned>::max();

/// What stands before the path of a URL: "sftp://user@host:22".
std::string url_prefix(const std::string& text) {
    const auto authority = text.find("://");
    return text.substr(0, text.find('/', authority + 3));
}

/// What tells places apart: the connection, or the part of the URL before the path and where that path
/// begins.
std::string key_of(const Location& location) {
    if (location.kind == Kind::connection) return location.connection + ":";
    if (location.kind == Kind::local) return "";
    const auto prefix = url_prefix(location.text);
    const auto path = location.text.substr(prefix.size());
    const bool home = path.starts_with("/~"), root = path.starts_with("/%2F") || path.starts_with("/%2f");
    return prefix + (home ? "/~" : root ? "/%2F" : "/");
}

std::string prefix_of(const Location& location) {
    if (location.kind == Kind::connection) return location.connection + ":";
    return location.kind == Kind::url ? url_prefix(location.text) : "";
}

}  // namespace

std::string Place::located(std::string_view inside) const {
    return prefix + std::string(inside);
}

Places::Places(Context& context, const ConnectionFlags& flags, boost::asio::any_io_executor executor,
               unsigned sessions)
    : context_(context), flags_(flags), executor_(executor), sessions_(sessions), servers_(executor) {}

std::shared_ptr<transfer::Sessions> Places::make_sessions(const Location& location) {
    transfer::PlaceFacts facts;
    if (location.kind == Kind::local) {
        auto opener = []() -> awaitable<std::shared_ptr<FileSystem>> { co_return open_local("/"); };
        facts.identity = "local";
        return std::make_shared<transfer::Sessions>(executor_, opener, 1, std::move(facts));
    }
    const auto destination = destination_of(context_, location, flags_);
    auto opener = [this, location]() -> awaitable<std::shared_ptr<FileSystem>> {
        auto opened = co_await open_location(context_, location, flags_);
        co_return std::move(opened.files);
    };
    facts.identity = destination.identity;
    facts.retries = destination.retry_count;
    auto server = servers_.at(destination.server, destination.max_sessions.value_or(kUnlimited),
                              {.retries = destination.retry_count});
    return std::make_shared<transfer::Sessions>(executor_, opener, sessions_, std::move(facts),
                                                std::move(server));
}

Place Places::at(const Location& location, const std::string& role) {
    if (location.kind == Kind::standard_stream)
        throw Error(ErrorCode::invalid_argument,
                    "'-' stands for standard input or output, which is not possible here.");
    const auto key = key_of(location);
    const auto opened = opened_.find(key);
    const bool known = opened != opened_.end();
    const auto sessions = known ? opened->second : make_sessions(location);
    if (!known) opened_.emplace(key, sessions);
    const bool another_role = roles_.insert(role + "|" + key).second;
    if (known && another_role && location.kind != Kind::local) sessions->allow_more(sessions_);
    Place place;
    place.sessions = sessions;
    place.local = location.kind == Kind::local;
    place.ends_in_slash = location.ends_in_slash;
    place.label = location.text;
    place.prefix = prefix_of(location);
    place.limit = limit_of(location);
    place.path =
        path::confine(place.local ? std::filesystem::absolute(location.path).string() : location.path);
    return place;
}

std::shared_ptr<net::RateLimit> Places::limit_of(const Location& location) {
    if (location.kind != Kind::connection) return nullptr;
    const auto connection =
        context_.workspace().connections().get(context_.options.project, location.connection);
    if (connection.bandwidth_limit.empty()) return nullptr;
    return net::RateLimit::shared(connection.record.id, RateSchedule::parse(connection.bandwidth_limit));
}

Place Places::confined_folder(const std::string& folder) {
    auto& sessions = opened_["folder|" + folder];
    if (!sessions) {
        auto opener = [folder]() -> awaitable<std::shared_ptr<FileSystem>> {
            co_return open_local_folder(folder);
        };
        sessions = std::make_shared<transfer::Sessions>(executor_, std::move(opener), 1,
                                                        transfer::PlaceFacts{.identity = "local"});
    }
    Place place;
    place.sessions = sessions;
    place.local = true;
    place.path = folder;
    place.label = folder;
    return place;
}

awaitable<void> Places::close() {
    for (const auto& [key, sessions] : opened_)
        co_await sessions->close();
}

net::RateLimits limits_of(const std::string& own) {
    net::RateLimits limits;
    if (!own.empty()) limits.add(std::make_shared<net::RateLimit>(RateSchedule::parse(own)));
    return limits;
}

void with_places(Context& context, const ConnectionFlags& flags, unsigned sessions,
                 std::function<awaitable<void>(Places&)> body) {
    const auto task = [&]() -> awaitable<void> {
        Places places(context, flags, co_await boost::asio::this_coro::executor, sessions);
        const auto failure = co_await transfer::caught(body(places));
        co_await places.close();
        if (failure) throw Error(*failure);
    };
    context.run(task());
}

}  // namespace fairlead::cli
