#include "transfer/options.hpp"

#include <fmt/format.h>

#include <array>

namespace fairlead::transfer {
namespace {

constexpr std::array<std::pair<IfExists, std::string_view>, 7> kPolicies{{
    {IfExists::overwrite, "overwrite"},
    {IfExists::fail, "fail"},
    {IfExists::skip, "skip"},
    {IfExists::append, "append"},
    {IfExists::rename, "rename"},
    {IfExists::newer, "newer"},
    {IfExists::different, "different"},
}};

}  // namespace

std::string_view to_string(IfExists policy) noexcept {
    for (const auto& [value, word] : kPolicies)
        if (value == policy) return word;
    return "overwrite";
}

IfExists parse_if_exists(std::string_view word) {
    for (const auto& [value, name] : kPolicies)
        if (name == word) return value;
    Error error(ErrorCode::invalid_argument, fmt::format("'{}' is not a policy for existing targets.", word));
    error.faults.push_back(
        {"if-exists", std::string(word), "choose overwrite, fail, skip, append, rename, newer or different"});
    throw error;
}

std::string_view to_string(Proof proof) noexcept {
    switch (proof) {
        case Proof::none:
            return "none";
        case Proof::size:
            return "size";
        case Proof::checksum:
            return "checksum";
    }
    return "none";
}

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::transferred:
            return "transferred";
        case Outcome::appended:
            return "appended";
        case Outcome::skipped:
            return "skipped";
        case Outcome::linked:
            return "linked";
        case Outcome::removed:
            return "removed";
        case Outcome::planned:
            return "planned";
    }
    return "skipped";
}

}  // namespace fairlead::transfer
