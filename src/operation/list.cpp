#include "base/local_time.hpp"
#include "base/path.hpp"
#include "base/utf8.hpp"
#include "operation/find.hpp"

namespace fairlead::operation {
namespace {

template <class Value>
boost::json::value or_null(const std::optional<Value>& value) {
    return value ? boost::json::value(*value) : boost::json::value();
}

}  // namespace

boost::json::object entry_document(const Entry& entry, const std::string& zone) {
    boost::json::object document;
    document["fileName"] = to_valid_utf8(entry.name);
    document["fileType"] = catalog::file_type_word(entry.type);
    document["linkPath"] = entry.target ? boost::json::value(to_valid_utf8(*entry.target)) : boost::json::value();
    document["remoteDirectory"] = to_valid_utf8(path::parent(entry.path));
    document["timestamp"] =
        entry.modified ? boost::json::value(to_local_text(*entry.modified, zone)) : boost::json::value();
    document["path"] = to_valid_utf8(entry.path);
    document["size"] = or_null(entry.size);
    document["modified"] = entry.modified ? boost::json::value(to_rfc3339(*entry.modified)) : boost::json::value();
    document["modifiedPrecision"] =
        entry.modified ? boost::json::value(to_string(entry.modified_precision)) : boost::json::value();
    document["owner"] = entry.owner ? boost::json::value(to_valid_utf8(*entry.owner)) : boost::json::value();
    document["group"] = entry.group ? boost::json::value(to_valid_utf8(*entry.group)) : boost::json::value();
    return document;
}

/// The whole list is one document of the run; its entries go to the listener one by one.
awaitable<void> list(Work& work, const catalog::Operation& operation) {
    catalog::RunFile file;
    file.source = catalog::remote_target(operation).directory;
    file.outcome = "listed";
    file.started_at = now();
    std::uint64_t count = 0;
    std::function<bool(const Entry&)> wanted = [](const Entry&) { return true; };
    std::function<awaitable<bool>(Match)> visit = [&](Match match) -> awaitable<bool> {
        co_await work.listener.listed(match.entry);
        ++count;
        co_return true;
    };
    std::function<awaitable<void>(const std::string&, const Error&)> problem =
        [&](const std::string&, const Error& error) -> awaitable<void> {
        file.warnings.push_back(error.message);
        co_return;
    };
    co_await find(work, operation, wanted, visit, problem);
    file.properties["Remote Directory"] = to_valid_utf8(file.source);
    file.properties["count"] = count;
    co_await work.report(std::move(file));
}

}  // namespace fairlead::operation
