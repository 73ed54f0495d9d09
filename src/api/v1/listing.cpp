#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <limits>

#include "api/v1/place.hpp"
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
    for (const auto& pattern : request.arguments("pattern"))
        filter.names.emplace_back(pattern);
    for (const auto& pattern : request.arguments("include"))
        filter.include.emplace_back(pattern);
    for (const auto& pattern : request.arguments("exclude"))
        filter.exclude.emplace_back(pattern);
    if (const auto expression = request.argument("regex")) filter.expression.emplace(*expression);
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
        const auto kind = service::parse_match_kind(text("match").value_or("contains"));
        const bool exact_case = flag(request, "caseSensitive");
        query.match.emplace(kind, *search, !exact_case);
    }
    query.sort = service::parse_sort(text("sort").value_or(""));
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
            co_await transfer::wait_or_throw(*failure, failures, place.patience, query.path, {});
        }
    };
    co_await at(request, std::move(work));
    auto response = json_response(200, document);
    co_return response;
}

}  // namespace

std::vector<http::Route> listing_routes(const std::string& prefix, AtPlace at) {
    http::RouteNotes notes;
    notes.description =
        "Nothing is kept between two pages, and never more than a page is held, whatever the size of the "
        "directory.";
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
    notes.response = "application/json";
    notes.failures = {404};
    return {{"GET", prefix + "/entries", Role::viewer, "List a directory, filtered, sorted, page by page",
             [at](http::Request& request) { return list_page(request, at); }, notes}};
}

}  // namespace fairlead::api
