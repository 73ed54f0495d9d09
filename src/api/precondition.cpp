#include "api/precondition.hpp"

#include <fmt/format.h>

#include <utility>

namespace fairlead::api {
namespace {

/// Whether a list such as `"a", W/"b"` holds the tag, or is "*". `weak`: a weak one counts too.
bool holds(std::string_view list, std::string_view tag, bool weak) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto one = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        while (one.starts_with(' ') || one.starts_with('\t'))
            one.remove_prefix(1);
        while (one.ends_with(' ') || one.ends_with('\t'))
            one.remove_suffix(1);
        if (weak && one.starts_with("W/")) one.remove_prefix(2);
        if (one == "*" || one == tag) return true;
        // Without the quotes, as the "etag" of a document has it: people copy that.
        if (tag.size() > 2 && one == tag.substr(1, tag.size() - 2)) return true;
    }
    return false;
}

}  // namespace

std::string entity_tag(const catalog::Record& record) {
    return fmt::format("\"{}\"", record.etag());
}

std::int64_t require_match(const http::Request& request, const catalog::Record& record) {
    const auto wanted = request.header("if-match");
    if (!wanted) {
        auto error =
            Error(ErrorCode::conflict, "A change says in the header If-Match which version it is based on.")
                .hinting("read the resource and send its ETag, or * for whatever it is now");
        throw http::Refusal{428, std::move(error), {}};
    }
    const auto tag = entity_tag(record);
    if (holds(*wanted, tag, false)) return record.revision;
    auto error = Error(ErrorCode::conflict, "Somebody changed it meanwhile; nothing was done.")
                     .hinting("read it again and repeat the change on what it is now");
    throw http::Refusal{412, std::move(error), {{"ETag", tag}}};
}

bool has_already(const http::Request& request, std::string_view tag) {
    const auto known = request.header("if-none-match");
    return known && holds(*known, tag, true);
}

http::Response tagged(const http::Request& request, const catalog::Record& record, http::Response response) {
    return tagged(request, entity_tag(record), std::move(response));
}

http::Response tagged(const http::Request& request, const std::string& tag, http::Response response) {
    response.with("ETag", tag);
    if ((request.method != "GET" && request.method != "HEAD") || !has_already(request, tag)) return response;
    http::Response unchanged;
    unchanged.status = 304;
    unchanged.with("ETag", tag);
    return unchanged;
}

}  // namespace fairlead::api
