#include "transfer/names.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "base/path.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::size_t kLongestName = 255;  // bytes, on every file system in common use
constexpr std::size_t kRandomLetters = 16;

/// At most `most` bytes of it, not ending inside a UTF-8 character.
std::string_view shortened(std::string_view name, std::size_t most) {
    if (name.size() <= most) return name;
    while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xc0) == 0x80)
        --most;
    return name.substr(0, most);
}

}  // namespace

std::string unguessable() {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::array<unsigned char, kRandomLetters> random{};
    randombytes_buf(random.data(), random.size());
    std::string text;
    for (const auto byte : random)
        text += kAlphabet[byte % kAlphabet.size()];
    return text;
}

bool is_unguessable(std::string_view temporary) noexcept {
    return temporary.ends_with(".fairlead");
}

std::string temporary_path(std::string_view target, const Options& options, std::string_view unguessable) {
    const auto [parent, name] = path::split(target);
    const auto directory =
        options.staging_directory.empty() ? parent : std::string_view(options.staging_directory);
    const auto& extension = options.temporary_extension;
    if (!extension.empty() && !is_unguessable(extension))
        return path::join(directory, fmt::format("{}.{}", name, extension));
    const auto tail = fmt::format(".{}.{}", unguessable, extension.empty() ? "fairlead" : extension);
    return path::join(directory, fmt::format(".{}{}", shortened(name, kLongestName - 1 - tail.size()), tail));
}

std::string numbered(std::string_view path, unsigned n) {
    if (n == 0) return std::string(path);
    const auto name = path::name(path);
    const auto dot = name.rfind('.');
    const auto stem_end =
        dot == std::string_view::npos || dot == 0 ? path.size() : path.size() - name.size() + dot;
    return fmt::format("{}{}{}", path.substr(0, stem_end), n, path.substr(stem_end));
}

bool is_safe_name(std::string_view name) {
    return path::is_plain_name(name) && name.find_first_of("\r\n") == std::string_view::npos;
}

bool is_portable(std::string_view relative) {
    return relative.find('\\') == std::string_view::npos;
}

Error not_portable(const std::string& path) {
    return Error(ErrorCode::outside_working_directory,
                 fmt::format(
                     "'{}' holds a backslash, which separates directories on other systems. It was left "
                     "alone.",
                     path))
        .on(path)
        .hinting("transfer it by itself, under a name that you choose");
}

void check_name(std::string_view name, std::string_view directory) {
    if (!path::is_plain_name(name))
        throw Error(
            ErrorCode::outside_working_directory,
            fmt::format("The listing of '{}' holds the name '{}', which would lead out of the target folder. "
                        "It was left alone.",
                        directory, name))
            .on(std::string(directory));
    path::refuse_control_bytes(name, "name");
}

}  // namespace fairlead::transfer
