#include "store/file_place.hpp"

#include "base/path.hpp"
#include "base/utf8.hpp"

namespace fairlead::store {
namespace {

constexpr std::size_t kLongestKey = 400;  // bytes; PostgreSQL refuses keys of an index beyond 2704

std::string key(std::string_view text) {
    return to_valid_utf8(text.substr(0, kLongestKey));
}

/// Of "partner:/in/a.csv"; nothing for a path of this machine, or of the run's own connection.
std::string_view label_of(std::string_view path) {
    if (path.starts_with('/')) return {};
    const auto end = path.find(":/");
    return end == std::string_view::npos ? std::string_view() : path.substr(0, end);
}

}  // namespace

std::string lower_case(std::string_view name) {
    std::string lowered(name);
    for (auto& c : lowered)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lowered;
}

FilePlace place_of(std::string_view connection, const catalog::RunFile& file) {
    FilePlace place;
    place.connection = lower_case(connection);
    place.target_connection = lower_case(label_of(file.target));
    if (place.target_connection == place.connection) place.target_connection.clear();
    place.name = key(path::name(file.source));
    place.target_name = key(path::name(file.target));
    if (place.name.empty()) place.name = place.target_name;
    if (place.target_name == place.name) place.target_name.clear();
    return place;
}

boost::json::object to_json(const FoundFile& found) {
    auto document = catalog::to_json(found.file);
    document["run"] = found.run;
    document["kind"] = found.kind;
    document["subject"] = found.subject;
    document["connection"] = found.connection;
    return document;
}

std::string beginning_of(std::string_view pattern) {
    return std::string(pattern.substr(0, pattern.find_first_of("*?[{\\")));
}

std::string after_all(std::string_view beginning) {
    return std::string(beginning) + "\xf4\x8f\xbf\xbf";  // the last of all characters, which is none
}

std::string like_of(std::string_view pattern) {
    std::string like;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '*') {
            like += '%';
        } else if (c == '?') {
            like += '_';
        } else if (c == '[' || c == '{') {
            // Whatever stands in there; what does not belong goes out later.
            const auto end = pattern.find(c == '[' ? ']' : '}', i + 2);
            like += c == '[' && end != std::string_view::npos ? '_' : '%';
            if (end == std::string_view::npos || c == '{') return like + '%';
            i = end;
        } else if (c == '\\' && i + 1 < pattern.size()) {
            const char taken = pattern[++i];
            if (taken == '%' || taken == '_' || taken == '\\') like += '\\';
            like += taken;
        } else {
            if (c == '%' || c == '_' || c == '\\') like += '\\';
            like += c;
        }
    }
    return like;
}

}  // namespace fairlead::store
