#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "api/parameters.hpp"
#include "api/v1/place.hpp"
#include "api/v1/way.hpp"
#include "base/entry_json.hpp"
#include "base/error_json.hpp"
#include "base/quantity.hpp"
#include "service/browse.hpp"
#include "transfer/attempts.hpp"
#include "transfer/failure.hpp"

namespace fairlead::api {
namespace {

using Role = http::Principal::Role;

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

EntryType parse_type(std::string_view word) {
    for (const auto type : {EntryType::file, EntryType::directory, EntryType::symlink, EntryType::other})
        if (word == to_string(type)) return type;
    throw bad_parameter("type", word, "file, directory, symlink or other");
}

/// "a,b" and repeated parameters alike.
std::vector<std::string> words(const http::Request& request, std::string_view name) {
    std::vector<std::string> all;
    for (const auto& text : request.arguments(name)) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const auto end = std::min(rest.find(','), rest.size());
            if (end > 0) all.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return all;
}

service::BrowseQuery query_of(const http::Request& request) {
    service::BrowseQuery query;
    query.path = path_of(request, "");
    constexpr auto kAll = std::numeric_limits<unsigned>::max();
    if (flag(request, "recursive")) query.depth = kAll;
    if (const auto depth = number(request, "depth"))
        query.depth = static_cast<unsigned>(std::min<std::uint64_t>(*depth, kAll));
    if (query.depth == 0) throw bad_parameter("depth", "0", "1 or more");
    auto& filter = query.filter;
    const auto globs = [&](std::string_view name, std::vector<Glob>& into) {
        for (const auto& pattern : request.arguments(name))
            into.push_back(read_parameter(name, pattern, [](const std::string& one) { return Glob(one); }));
    };
    globs("pattern", filter.names);
    globs("include", filter.include);
    globs("exclude", filter.exclude);
    if (const auto expression = request.argument("regex"))
        filter.expression =
            read_parameter("regex", *expression, [](const std::string& one) { return Regex(one); });
    for (const auto& word : words(request, "type"))
        filter.types.push_back(parse_type(word));
    const auto text = [&](std::string_view name) { return request.argument(name); };
    if (const auto size = text("minSize")) filter.min_size = parse_size(*size, "minSize");
    if (const auto size = text("maxSize")) filter.max_size = parse_size(*size, "maxSize");
    if (const auto age = text("minAge")) filter.modified_before = parse_age(*age, now(), "minAge");
    if (const auto age = text("maxAge")) filter.modified_since = parse_age(*age, now(), "maxAge");
    if (const auto time = text("modifiedBefore"))
        filter.modified_before = parse_rfc3339(*time, "modifiedBefore");
    if (const auto time = text("modifiedSince"))
        filter.modified_since = parse_rfc3339(*time, "modifiedSince");
    if (const auto search = text("search")) {
        const auto kind = read_parameter("match", text("match").value_or("contains"), service::parse_match_kind);
        const bool exact_case = flag(request, "caseSensitive");
        query.match.emplace(kind, *search, !exact_case);
    }
    query.sort = read_parameter("sort", text("sort").value_or(""), service::parse_sort);
    if (const auto limit = number(request, "limit")) query.limit = *limit;
    query.cursor = text("cursor").value_or("");
    return query;
}

std::string page_document(const service::BrowseQuery& query, const service::BrowsePage& page) {
    fmt::memory_buffer text;
    const auto add = [&](std::string_view part) { text.append(part.data(), part.data() + part.size()); };
    add("{\"path\":");
    append_json_string(text, query.path);
    add(",\"entries\":[");
    for (std::size_t i = 0; i < page.entries.size(); ++i) {
        if (i > 0) add(",");
        append_json(text, page.entries[i]);
    }
    add("],\"next\":");
    add(page.next.empty() ? "null" : fmt::format("\"{}\"", page.next));
    add(",\"problems\":[");
    for (std::size_t i = 0; i < page.problems.size(); ++i) {
        if (i > 0) add(",");
        add(boost::json::serialize(to_json(page.problems[i].error)));
    }
    add("]}");
    return fmt::to_string(text);
}

awaitable<http::Response> list_page(http::Request& request, const AtPlace& at) {
    auto query = query_of(request);
    std::string document;
    std::function<awaitable<void>(Place&)> work = [&](Place& place) -> awaitable<void> {
        query.path = place.absolute(query.path);
        for (unsigned failures = 0;;) {
            service::BrowsePage page;
            const auto once = [](Place& where, const service::BrowseQuery& what,
                                 service::BrowsePage& found) -> awaitable<void> {
                found = co_await service::browse(where.sessions, what);
            };
            const auto failure = co_await transfer::caught(once(place, query, page));
            if (!failure) {
                document = page_document(query, page);
                co_return;
            }
            ++failures;
            co_await transfer::wait_or_throw(*failure, failures, place.patience, query.path, place.retrying);
        }
    };
    co_await at(request, std::move(work));
    auto response = json_response(200, document);
    co_return response;
}

constexpr std::string_view kLines = "application/x-ndjson";

bool wants_lines(const http::Request& request) {
    const auto accept = request.header("accept").value_or("");
    return accept.find(kLines) != std::string::npos || accept.find("application/jsonl") != std::string::npos;
}

/// Lines on their way to a client.
struct Lines : Way {
    using Way::Way;
    bool begun = false;  // the first of them are there

    /// On the engine's side. False: the client has gone.
    awaitable<bool> write() {
        const auto* first = reinterpret_cast<const std::byte*>(text.data());
        http::Bytes bytes(first, first + text.size());
        text.clear();
        const auto self = std::static_pointer_cast<Lines>(shared_from_this());
        if (!wrote)
            boost::asio::post(executor, [self] {
                self->begun = true;
                self->news.notify_all();
            });
        wrote = true;
        const bool wanted = co_await channel.write(std::move(bytes));
        co_return wanted;
    }
    awaitable<void> add(const Entry& entry) {
        append_json(text, entry);
        text.push_back('\n');
        if (text.size() < kPiece) co_return;
        const bool wanted = co_await write();
        if (!wanted) throw Error(ErrorCode::cancelled, "The client has gone.");
    }
    void add(const service::BrowseProblem& problem) {
        const auto line =
            boost::json::serialize(boost::json::object{{"problem", to_json(problem.error)}}) + "\n";
        text.append(line.data(), line.data() + line.size());
    }

    static constexpr std::size_t kPiece = 32 * 1024;
    fmt::memory_buffer text;  // of the engine's side
    bool wrote = false;
};

/// All entries in the order that is asked for, from one listing.
awaitable<void> write_entries(transfer::Sessions& sessions, service::BrowseQuery query, Lines& lines) {
    std::function<awaitable<void>(const Entry&)> visit = [&](const Entry& entry) { return lines.add(entry); };
    std::function<void(service::BrowseProblem)> problem = [&](service::BrowseProblem one) { lines.add(one); };
    co_await service::browse_all(sessions, std::move(query), std::move(visit), std::move(problem));
}

/// Every entry as a line of its own, as they come, for listings of any size.
awaitable<http::Response> list_lines(http::Request& request, const AtPlace& at) {
    for (const auto* name : {"limit", "cursor"})
        if (const auto value = request.argument(name))
            throw bad_parameter(name, *value, "left out: lines come without pages");
    const auto wanted = query_of(request);
    const auto lines = std::make_shared<Lines>(request, co_await boost::asio::this_coro::executor);
    std::function<awaitable<void>(Place&)> work = [=](Place& place) -> awaitable<void> {
        auto query = wanted;
        query.path = place.absolute(query.path);
        for (unsigned failures = 0;;) {
            lines->text.clear();
            const auto failure =
                co_await transfer::caught(write_entries(place.sessions, query, *lines));
            if (!failure) break;
            if (lines->wrote) throw Error(*failure);  // what has gone out cannot be begun again
            ++failures;
            co_await transfer::wait_or_throw(*failure, failures, place.patience, query.path, place.retrying);
        }
        if (lines->text.size() > 0) (void)co_await lines->write();
    };
    const auto holder = std::make_shared<Holder>(lines);
    if (request.method == "HEAD") lines->done = true;
    else lines->begin(at, std::move(work));
    while (!lines->begun && !lines->done)
        co_await lines->news.wait();
    if (!lines->begun && lines->failure) std::rethrow_exception(lines->failure);
    http::Response response;
    response.with("Content-Type", std::string(kLines));
    response.stream = [holder]() { return holder->way->channel.read(); };
    co_return response;
}

awaitable<http::Response> list(http::Request& request, const AtPlace& at) {
    http::Response response;
    if (wants_lines(request))
        response = co_await list_lines(request, at);
    else
        response = co_await list_page(request, at);
    response.with("Vary", "Accept");
    co_return response;
}

}  // namespace

std::vector<http::Route> listing_routes(const std::string& prefix, AtPlace at) {
    http::RouteNotes notes;
    notes.description =
        "Nothing is kept between two pages, and never more than a page is held, whatever the size of the "
        "directory. With `Accept: application/x-ndjson` all of it comes as lines, one entry each, while the "
        "server lists; directories that could not be listed come last, as {\"problem\": ...}.";
    notes.parameters = {
        {"path", "the directory; without it the root of the place, or the session's directory"},
        {"recursive", "everything below", "boolean"},
        {"depth", "so many levels below; 1 is the directory itself", "integer"},
        {"pattern", "globs for names, of every kind of entry; may be given several times"},
        {"include", "globs that files must match"},
        {"exclude", "globs; what matches is left out, and a directory that matches is not entered"},
        {"regex", "found in the path below the directory (RE2)"},
        {"search", "a text that names are searched for"},
        {"match", "how: contains, starts_with, ends_with, exact_match or wildcard"},
        {"caseSensitive", "whether upper and lower case differ in the search", "boolean"},
        {"type", "file, directory, symlink or other, separated by commas"},
        {"minSize", "bytes, or 10M"},
        {"maxSize", "bytes, or 10M"},
        {"minAge", "changed at least this long ago, such as 2h, or before a date"},
        {"maxAge", "changed at most this long ago, or since a date"},
        {"modifiedSince", "RFC 3339"},
        {"modifiedBefore", "RFC 3339"},
        {"sort", "name, path, size, modified, type, separated by commas; - in front for the other way round"},
        {"limit", "entries of a page, 1 to 10000; 1000 unless said", "integer"},
        {"cursor", "next of the page before"}};
    notes.response = "EntryPage application/x-ndjson";
    notes.failures = {404};
    std::vector<std::string> known;
    for (const auto& parameter : notes.parameters)
        known.push_back(parameter.name);
    return {{"GET", prefix + "/entries", Role::viewer, "List a directory, filtered, sorted, page by page",
             [at, known](http::Request& request) {
                 refuse_unknown_parameters(request, known);
                 return list(request, at);
             },
             notes}};
}

}  // namespace fairlead::api
