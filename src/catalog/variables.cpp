#include "catalog/variables.hpp"

#include <fmt/format.h>

#include "fairlead/error.hpp"

namespace fairlead::catalog {

std::optional<std::string> first_variable(std::string_view text) {
    for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
        if (at > 0 && text[at - 1] == '$') continue;
        const auto end = text.find('}', at);
        if (end != std::string_view::npos) return std::string(text.substr(at + 2, end - at - 2));
    }
    return std::nullopt;
}

std::string expand(std::string_view text, std::string_view field) {
    if (const auto name = first_variable(text))
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The {} needs the variable '{}', which is not defined.", field, *name))
            .hinting("write the value itself, or $${ for a literal ${");
    std::string result(text);
    for (auto at = result.find("$${"); at != std::string::npos; at = result.find("$${", at + 2))
        result.erase(at, 1);
    return result;
}

}  // namespace fairlead::catalog
