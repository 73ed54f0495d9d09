#include "cli/report.hpp"

#include <fmt/format.h>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "base/utf8.hpp"

namespace fairlead::cli {
namespace {

void add_line(std::string& text, std::string_view label, std::string_view value) {
    if (value.empty()) return;
    text += fmt::format("  {}: {}\n", label, to_printable(value));
}

}  // namespace

std::string to_text(const Error& error) {
    std::string text = fmt::format("fairlead: {}\n", to_printable(error.message));
    for (const auto& fault : error.faults) {
        text += fmt::format("  {} ", to_printable(fault.field));
        if (!fault.value.empty()) text += fmt::format("'{}' ", to_printable(fault.value));
        text += to_printable(fault.problem) + "\n";
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
