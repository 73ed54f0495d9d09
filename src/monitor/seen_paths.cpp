#include "monitor/seen_paths.hpp"

#include <algorithm>
#include <functional>

namespace fairlead::monitor {
namespace {

std::uint64_t hash_of(std::string_view path) {
    static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));
    return std::hash<std::string_view>{}(path);
}

}  // namespace

void SeenPaths::add(std::string_view path) {
    hashes_.push_back(hash_of(path));
    tidy_ = false;
}

bool SeenPaths::contains(std::string_view path) {
    tidy();
    return std::ranges::binary_search(hashes_, hash_of(path));
}

std::size_t SeenPaths::count() {
    tidy();
    return hashes_.size();
}

void SeenPaths::tidy() {
    if (tidy_) return;
    std::ranges::sort(hashes_);
    const auto repeated = std::ranges::unique(hashes_);
    hashes_.erase(repeated.begin(), repeated.end());
    tidy_ = true;
}

}  // namespace fairlead::monitor
