#include "catalog/operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/path.hpp"
#include "catalog/checks.hpp"
#include "catalog/connection.hpp"
#include "catalog/operation_fields.hpp"
#include "catalog/receivers.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

std::string key_of(std::string_view name) {
    std::string key;
    for (const char c : name)
        if (c != ' ' && c != '_' && c != '-') key += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    return key == "id" ? "filename" : key;  // what others call the file to get or delete
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

bool is_for(std::string_view actions, Action action) {
    if (actions.empty()) return true;
    const auto padded = fmt::format(" {} ", actions);
    return padded.find(fmt::format(" {} ", to_string(action))) != std::string::npos;
}

Error bad(std::string field, std::string value, std::string problem) {
    Error error(ErrorCode::invalid_argument, fmt::format("{} '{}' {}.", field, value, problem));
    error.faults.push_back({std::move(field), std::move(value), std::move(problem)});
    return error;
}

bool appends(const Operation& operation) {
    return operation.existing_policy() == "append";
}

/// A directory and a name of `name` below `base`; an absolute one does not need it.
RemoteTarget below(const std::string& base, const std::string& name, std::string_view field) {
    path::refuse_control_bytes(name, field);
    auto given = name;
    while (given.size() > 1 && given.ends_with('/'))
        given.pop_back();
    const auto last = std::string(path::name(given));
    if (!path::is_plain_name(last)) throw bad(std::string(field), name, "names no file");
    const auto whole = path::confine(given.starts_with('/') ? given : path::join(base, given));
    return {std::string(path::parent(whole)), std::string(path::name(whole))};
}

std::string directory_of(const std::string& given, std::string_view field) {
    const auto directory = trimmed(given);
    path::refuse_control_bytes(directory, field);
    return path::confine(directory);
}

}  // namespace

std::string_view to_string(Action action) noexcept {
    switch (action) {
        case Action::create:
            return "create";
        case Action::get:
            return "get";
        case Action::query:
            return "query";
        case Action::list:
            return "list";
        case Action::remove:
            return "delete";
        case Action::upsert:
            return "upsert";
        case Action::move:
            return "move";
    }
    return "list";
}

bool takes_content(Action action) noexcept {
    return action == Action::create || action == Action::upsert;
}
bool works_per_document(Action action) noexcept {
    return action != Action::query && action != Action::list;
}
bool gives_content(Action action) noexcept {
    return action == Action::get || action == Action::query;
}

std::string_view Operation::existing_policy() const noexcept {
    if (!if_exists.empty()) return if_exists;
    return action == Action::upsert ? "overwrite" : "fail";
}

std::vector<Fault> validate(const Operation& operation) {
    std::vector<Fault> faults;
    const auto fault = [&](std::string_view field, std::string value, std::string problem) {
        faults.push_back({std::string(field), std::move(value), std::move(problem)});
    };
    if (!is_connection_name(operation.name))
        fault("name", operation.name,
              "must be 1 to 128 letters, digits, . _ - and inner spaces");
    if (count_characters(operation.description) > 1000) fault("description", "", "is longer than 1000 characters");
    if (trimmed(operation.connection).empty()) fault("connection", "", "is missing: name a connection");
    // What was set although it means nothing for the action would be a surprise later.
    static const Operation defaults;
    const auto set = fields_to_json(operation), unset = fields_to_json(defaults);
    for (const auto& field : operation_fields())
        if (!is_for(field.actions, operation.action) && set.at(field.name) != unset.at(field.name))
            fault(field.name,
                  set.at(field.name).is_string() ? std::string(set.at(field.name).get_string())
                                                 : json::serialize(set.at(field.name)),
                  fmt::format("means nothing for {}; it is for {}", to_string(operation.action), field.actions));
    for (const auto& [name, text] : std::initializer_list<std::pair<std::string_view, const std::string&>>{
             {"remoteDirectory", operation.remote_directory},
             {"fileName", operation.file_name},
             {"targetDirectory", operation.target_directory},
             {"targetName", operation.target_name},
             {"stagingDirectory", operation.staging_directory},
             {"temporaryExtension", operation.temporary_extension},
             {"moveAfter", operation.move_after}})
        if (has_control_bytes(text)) fault(name, "", "must not hold line breaks or NUL");
    for (auto& wrong : retry_faults(operation.retry, {"retryWait", "retryErrors", "retryLongestWait"}))
        faults.push_back(std::move(wrong));
    for (auto& wrong : receiver_faults("notifyWebhook", operation.notify_webhook, "notifyEmail", operation.notify_email))
        faults.push_back(std::move(wrong));
    if (operation.delete_after && !operation.move_after.empty())
        fault("moveAfter", operation.move_after, "not together with deleteAfter");
    if (operation.temporary_extension.find('/') != std::string::npos)
        fault("temporaryExtension", operation.temporary_extension, "must be part of a file name, such as tmp");
    if (operation.text && operation.checksum)
        fault("checksum", "true", "ascii changes line ends, so the ends cannot be compared");
    if (operation.action == Action::move && (operation.if_exists == "append" || operation.if_exists == "newer" ||
                                             operation.if_exists == "different"))
        fault("ifExists", operation.if_exists, "of move must be overwrite, fail, skip or rename");
    const auto sort = std::string_view(operation.sort);
    const auto by = sort.ends_with("-desc") ? sort.substr(0, sort.size() - 5) : sort;
    if (!sort.empty() && by != "name" && by != "size" && by != "time")
        fault("sort", operation.sort, "must be name, size or time, or one with -desc");
    return faults;
}

Properties::Properties(std::initializer_list<std::pair<std::string, std::string>> values) {
    for (const auto& [name, value] : values)
        set(name, value);
}

void Properties::set(std::string_view name, std::string value) {
    values_.insert_or_assign(key_of(name), std::pair(std::string(name), std::move(value)));
}

std::optional<std::string> Properties::find(std::string_view name) const {
    const auto found = values_.find(key_of(name));
    if (found == values_.end()) return std::nullopt;
    if (trimmed(found->second.second).empty()) return std::nullopt;
    return found->second.second;
}

bool Properties::has(std::string_view name) const {
    return values_.contains(key_of(name));
}

std::map<std::string, std::string> Properties::all() const {
    std::map<std::string, std::string> found;
    for (const auto& [key, named] : values_)
        if (!trimmed(named.second).empty()) found.emplace(key, named.second);
    return found;
}

json::object Properties::to_json() const {
    json::object object;
    for (const auto& [key, named] : values_)
        object[named.first] = named.second;
    return object;
}

Operation with_properties(const Operation& operation, const Properties& properties) {
    json::object fields;
    for (const auto& field : operation_fields()) {
        const bool changeable = field.name != "name" && field.name != "description" && field.name != "enabled" &&
                                field.name != "tags" && field.name != "action" && field.name != "connection" &&
                                field.name != "filter";
        if (!changeable || !is_for(field.actions, operation.action)) continue;
        if (auto value = properties.find(field.name)) fields[field.name] = std::move(*value);
    }
    std::vector<Fault> faults;
    auto changed = apply(operation, fields, faults);
    // A name that was given and is blank is a mistake, and not the wish for the operation's own.
    if (properties.has("fileName") && !properties.find("fileName")) changed.file_name.clear();
    for (auto& fault : validate(changed))
        faults.push_back(std::move(fault));
    if (faults.empty()) return changed;
    const auto& first = faults.front();
    Error error(ErrorCode::invalid_argument,
                fmt::format("The properties do not fit the operation '{}': {} {}.", operation.name, first.field,
                            first.problem));
    error.faults = std::move(faults);
    throw error;
}

std::string RemoteTarget::path() const {
    return name.empty() ? directory : path::join(directory, name);
}

RemoteTarget remote_target(const Operation& operation) {
    auto base = directory_of(operation.remote_directory, "remoteDirectory");
    if (!works_per_document(operation.action)) return {std::move(base), {}};
    const auto& name = operation.file_name;
    if (trimmed(name).empty()) throw bad("fileName", "", "is blank; say which file");
    return below(base, name, "fileName");
}

RemoteTarget move_target(const Operation& operation) {
    const auto source = remote_target(operation);
    auto name = operation.target_name;
    if (trimmed(name).empty()) name = source.name;
    const auto given = trimmed(operation.target_directory);
    const auto directory = given.empty() ? source.directory : directory_of(given, "targetDirectory");
    if (given.empty() && trimmed(operation.target_name).empty())
        throw bad("targetDirectory", "", "is blank, and so is targetName; say where the file goes");
    return below(directory, name, "targetName");
}

std::string staging_of(const Operation& operation) {
    const auto given = trimmed(operation.staging_directory);
    return given.empty() || appends(operation) ? std::string() : directory_of(given, "stagingDirectory");
}

std::string temporary_extension_of(const Operation& operation) {
    auto given = trimmed(operation.temporary_extension);
    if (given.starts_with('.')) given.erase(0, 1);
    return appends(operation) ? std::string() : given;
}

}  // namespace fairlead::catalog
