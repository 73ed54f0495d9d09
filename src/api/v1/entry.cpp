#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/v1/place.hpp"
#include "base/entry_json.hpp"
#include "base/error_json.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"

namespace fairlead::api {
namespace {

using Role = http::Principal::Role;

std::string document_of(const Entry& entry) {
    fmt::memory_buffer text;
    append_json(text, entry);
    return fmt::to_string(text);
}

awaitable<http::Response> get_entry(http::Request& request, const AtPlace& at) {
    const auto path = path_of(request);
    Entry entry;
    std::function<awaitable<void>(Place&)> work = [&](Place& place) -> awaitable<void> {
        entry = co_await service::stat_entry(place.sessions, place.patience, place.absolute(path));
    };
    co_await at(request, std::move(work));
    auto response = json_response(200, document_of(entry));
    co_return response;
}

/// {"path"|"name", "replace", "mode", "modified"} as a change.
service::EntryChange change_of(const boost::json::object& fields, std::string& name) {
    service::EntryChange change;
    const auto text = [](std::string_view field, const boost::json::value& value) {
        if (!value.is_string()) throw bad_parameter(field, boost::json::serialize(value), "text");
        return std::string(value.get_string());
    };
    for (const auto& [field, value] : fields) {
        if (field == "path") {
            change.path = text(field, value);
        } else if (field == "name") {
            name = text(field, value);
            if (name.empty() || name.find('/') != std::string::npos)
                throw bad_parameter(field, name, "a name without a slash");
        } else if (field == "replace") {
            if (!value.is_bool()) throw bad_parameter(field, boost::json::serialize(value), "true or false");
            change.replace = value.get_bool();
        } else if (field == "mode") {
            const auto mode = text(field, value);
            const bool octal =
                !mode.empty() && mode.size() <= 4 && mode.find_first_not_of("01234567") == std::string::npos;
            if (!octal) throw bad_parameter(field, mode, "octal text, such as \"640\"");
            change.mode = static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8));
        } else if (field == "modified") {
            change.modified = parse_rfc3339(text(field, value), "modified");
        } else {
            throw bad_parameter(field, boost::json::serialize(value),
                                "left out: only path, name, replace, mode and modified can be given");
        }
    }
    return change;
}

awaitable<http::Response> patch_entry(http::Request& request, const AtPlace& at) {
    const auto path = path_of(request);
    const auto body = co_await request.text();
    boost::json::error_code wrong;
    const auto document = boost::json::parse(body, wrong);
    if (wrong || !document.is_object())
        throw Error(ErrorCode::invalid_argument, "The content is not a JSON object.")
            .hinting("such as {\"path\": \"/new/place.txt\"} or {\"mode\": \"640\"}");
    std::string name;
    auto change = change_of(document.get_object(), name);
    if (!change.path && name.empty() && !change.mode && !change.modified)
        throw Error(ErrorCode::invalid_argument, "Nothing is to be changed.")
            .hinting("give path, name, mode or modified");
    Entry entry;
    std::function<awaitable<void>(Place&)> work = [&](Place& place) -> awaitable<void> {
        const auto from = place.absolute(path);
        if (change.path) change.path = place.absolute(*change.path);
        if (!name.empty()) change.path = place.absolute(from.substr(0, from.rfind('/') + 1) + name);
        entry = co_await service::change_entry(place.sessions, from, change);
    };
    co_await at(request, std::move(work));
    auto response = json_response(200, document_of(entry));
    co_return response;
}

awaitable<http::Response> delete_entry(http::Request& request, const AtPlace& at) {
    const auto path = path_of(request);
    const bool recursive = flag(request, "recursive");
    service::Removed removed;
    std::function<awaitable<void>(Place&)> work = [&](Place& place) -> awaitable<void> {
        removed =
            co_await service::remove_entry(place.sessions, place.patience, place.absolute(path), recursive);
    };
    co_await at(request, std::move(work));
    boost::json::object document;
    auto& paths = document["removed"].emplace_array();
    for (const auto& one : removed.paths)
        paths.emplace_back(to_valid_utf8(one));
    document["count"] = removed.count;
    document["failed"] = removed.failed;
    if (removed.first_failure) document["error"] = to_json(*removed.first_failure);
    auto response = json_response(200, boost::json::serialize(document));
    co_return response;
}

awaitable<http::Response> put_directory(http::Request& request, const AtPlace& at) {
    const auto path = path_of(request);
    const bool parents = flag(request, "parents");
    std::vector<std::string> made;
    std::function<awaitable<void>(Place&)> work = [&](Place& place) -> awaitable<void> {
        made = co_await service::make_directory(place.sessions, place.absolute(path), parents);
    };
    co_await at(request, std::move(work));
    boost::json::object document;
    auto& paths = document["created"].emplace_array();
    for (const auto& one : made)
        paths.emplace_back(to_valid_utf8(one));
    auto response = json_response(made.empty() ? 200 : 201, boost::json::serialize(document));
    co_return response;
}

}  // namespace

std::vector<http::Route> entry_routes(const std::string& prefix, AtPlace at) {
    const auto notes = [](std::vector<http::RouteNotes::Parameter> more, std::string request,
                          std::string response, std::vector<unsigned> failures, unsigned success = 200) {
        http::RouteNotes all;
        all.parameters = {{"path", "where it is, below the place's root or the session's directory"}};
        all.parameters.insert(all.parameters.end(), more.begin(), more.end());
        all.request = std::move(request);
        all.response = std::move(response);
        all.failures = std::move(failures);
        all.success = success;
        return all;
    };
    return {
        {"GET", prefix + "/entry", Role::viewer, "Facts about one path",
         [at](http::Request& request) { return get_entry(request, at); }, notes({}, "", "Entry", {404})},
        {"PATCH", prefix + "/entry", Role::operator_, "Move or rename, or set mode or time",
         [at](http::Request& request) { return patch_entry(request, at); },
         notes({}, "EntryChange", "Entry", {404, 409})},
        {"DELETE", prefix + "/entry", Role::operator_, "Remove a file, or a directory with recursive=true",
         [at](http::Request& request) { return delete_entry(request, at); },
         notes({{"recursive", "a directory with all that is in it", "boolean"}}, "", "Removed",
               {404, 409})},
        {"PUT", prefix + "/directory", Role::operator_,
         "Make a directory, with parents=true those above it too",
         [at](http::Request& request) { return put_directory(request, at); },
         notes({{"parents", "those above it too; one that is there is as it should be", "boolean"}}, "",
               "Created", {200, 404, 409}, 201)},
    };
}

}  // namespace fairlead::api
