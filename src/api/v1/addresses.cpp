#include "api/v1/addresses.hpp"

#include <fmt/format.h>

namespace fairlead::api {

std::string escaped(std::string_view part) {
    std::string text;
    for (const char c : part) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            text += c;
        else
            text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return text;
}

std::string address_of(std::string_view project, std::string_view noun, std::string_view name) {
    return fmt::format("/v1/projects/{}/{}/{}", escaped(project), noun, escaped(name));
}

}  // namespace fairlead::api
