#include "cli/report.hpp"

#include <fmt/format.h>
#include <boost/asio/error.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/system/system_error.hpp>

#include "cli/visible.hpp"

namespace fairlead::cli {
namespace {

void add_line(std::string& text, std::string_view label, std::string_view value) {
    if (value.empty()) return;
    text += fmt::format("  {}: {}\n", label, visible(value));
}

}  // namespace

std::string to_text(const Error& error) {
    std::string text = fmt::format("fairlead: {}\n", visible(error.message));
    for (const auto& fault : error.faults) {
        text += fmt::format("  {}: ", visible(fault.field));
        if (!fault.value.empty()) text += fmt::format("'{}': ", visible(fault.value));
        text += visible(fault.problem) + "\n";
    }
    std::size_t from = 0;
    while (from < error.server_reply.size()) {
        const auto to = std::min(error.server_reply.find('\n', from), error.server_reply.size());
        auto line = std::string_view(error.server_reply).substr(from, to - from);
        if (line.ends_with('\r')) line.remove_suffix(1);
        add_line(text, "server", line);
        from = to + 1;
    }
    add_line(text, "step", error.step);
    add_line(text, "path", error.path);
    add_line(text, "hint", error.hint);
    return text;
}

boost::json::object to_json(const Error& error) {
    boost::json::object document{{"code", to_string(error.code)}, {"message", error.message}};
    if (!error.server_reply.empty()) document["serverReply"] = to_utf8(error.server_reply);
    if (!error.path.empty()) document["path"] = to_utf8(error.path);
    if (!error.step.empty()) document["step"] = error.step;
    if (!error.hint.empty()) document["hint"] = error.hint;
    document["retryable"] = error.retryable();
    if (error.retry_after) document["retryAfterMilliseconds"] = error.retry_after->count();
    if (!error.faults.empty()) {
        auto& faults = document["faults"].emplace_array();
        for (const auto& fault : error.faults)
            faults.push_back({{"field", fault.field},
                              {"value", to_utf8(fault.value)},
                              {"problem", to_utf8(fault.problem)}});
    }
    document["message"] = to_utf8(error.message);
    return document;
}

Error as_error(const std::exception& exception) {
    if (const auto* error = dynamic_cast<const Error*>(&exception)) return *error;
    if (const auto* system = dynamic_cast<const boost::system::system_error*>(&exception)) {
        if (system->code() == boost::asio::error::operation_aborted)
            return Error(ErrorCode::cancelled, "Stopped before the end.");
    }
    if (dynamic_cast<const std::bad_alloc*>(&exception))
        return Error(ErrorCode::internal, "There is not enough memory.");
    return Error(ErrorCode::internal,
                 fmt::format("Something went wrong that should not: {}.", exception.what()));
}

}  // namespace fairlead::cli
