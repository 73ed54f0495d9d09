#include "base/path.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "fairlead/error.hpp"

namespace fairlead::path {

void refuse_control_bytes(std::string_view text, std::string_view what) {
    const auto has = [&](char byte) { return text.find(byte) != std::string_view::npos; };
    if (!has('\r') && !has('\n') && !has('\0')) return;
    Error error(
        ErrorCode::invalid_argument,
        fmt::format("The {} holds a line break or a NUL byte, which would reach the server as another "
                    "command. Nothing was sent.",
                    what));
    error.faults.push_back({std::string(what), std::string(text), "holds a line break or a NUL byte"});
    throw error;
}

std::vector<std::string_view> parts(std::string_view path) {
    std::vector<std::string_view> found;
    for (std::size_t from = 0; from <= path.size();) {
        const auto to = std::min(path.find('/', from), path.size());
        const auto part = path.substr(from, to - from);
        if (!part.empty() && part != ".") found.push_back(part);
        from = to + 1;
    }
    return found;
}

std::string confine(std::string_view path) {
    std::string kept;
    kept.reserve(path.size() + 1);
    for (std::size_t from = 0; from <= path.size();) {
        const auto to = std::min(path.find('/', from), path.size());
        const auto part = path.substr(from, to - from);
        from = to + 1;
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            kept.append("/").append(part);
        } else if (!kept.empty()) {
            kept.resize(kept.rfind('/'));
        } else {
            throw Error(ErrorCode::outside_working_directory,
                        fmt::format("The path '{}' leaves the working directory.", path))
                .on(std::string(path));
        }
    }
    if (kept.empty()) kept = "/";
    return kept;
}

std::string join(std::string_view directory, std::string_view name) {
    if (directory.empty()) return std::string(name);
    std::string result;
    result.reserve(directory.size() + 1 + name.size());
    result.append(directory);
    if (result.back() != '/') result += '/';
    return result.append(name.substr(std::min(name.find_first_not_of('/'), name.size())));
}

std::pair<std::string_view, std::string_view> split(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return {"", path};
    return {path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1)};
}

std::string_view parent(std::string_view path) {
    return split(path).first;
}
std::string_view name(std::string_view path) {
    return split(path).second;
}

bool is_plain_name(std::string_view name) noexcept {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

}  // namespace fairlead::path
