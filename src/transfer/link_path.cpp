#include "transfer/link_path.hpp"

#include <algorithm>

#include "base/path.hpp"

namespace fairlead::transfer {
namespace {

constexpr unsigned kMostLinks = 8;  // inside each other

/// `path` without "." and ".."; nothing when it climbs above the root.
std::optional<std::string> resolved(std::string_view path) {
    std::vector<std::string_view> kept;
    for (const auto part : path::parts(path)) {
        if (part != "..") {
            kept.push_back(part);
        } else if (kept.empty()) {
            return std::nullopt;
        } else {
            kept.pop_back();
        }
    }
    std::string result;
    for (const auto part : kept)
        result.append("/").append(part);
    return result.empty() ? "/" : result;
}

bool holds(std::string_view directory, std::string_view path) {
    if (directory == "/" || directory == path) return true;
    return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace

LinkPath LinkPath::down(std::string_view name) const {
    auto path = *this;
    path.real_.push_back(path::join(real_.back(), name));
    return path;
}

std::optional<LinkPath> LinkPath::through(std::string_view link_name, std::string_view target) const {
    if (links_ >= kMostLinks) return std::nullopt;
    const bool absolute = target.starts_with('/');
    const auto real = resolved(absolute ? std::string(target)
                                        : path::join(real_.back(), target.empty() ? link_name : target));
    // Whoever climbs above the root may come back; the number of links ends that.
    const auto leads_back = [&](const std::string& been) {
        if (!real) return false;
        if (holds(*real, been)) return true;
        // The server may know our "/in" as "/home/user/in".
        return absolute && been != "/" && real->ends_with(been);
    };
    if (!target.empty() && std::ranges::any_of(real_, leads_back)) return std::nullopt;
    auto path = *this;
    path.real_.push_back(real.value_or(path::join(real_.back(), link_name)));
    ++path.links_;
    return path;
}

bool LinkPath::stays_inside(std::string_view link, std::string_view target) {
    if (target.empty() || target.starts_with('/')) return false;
    return resolved(path::join(path::parent(link), target)).has_value();
}

}  // namespace fairlead::transfer
