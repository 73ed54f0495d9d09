#include "http/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace fairlead::http {
namespace {

using Parts = std::vector<std::string_view>;

int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Parts parts_of(std::string_view path) {
    Parts parts;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

bool is_parameter(std::string_view part) {
    return part.starts_with('{');
}

bool matches(const std::vector<std::string>& pattern, const Parts& parts) {
    if (pattern.size() != parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (is_parameter(pattern[i]) ? parts[i].empty() : pattern[i] != parts[i]) return false;
    return true;
}

/// How many parts from the left are in the pattern's own words: of two that match, this decides.
bool says_more(const std::vector<std::string>& one, const std::vector<std::string>& other) {
    for (std::size_t i = 0; i < one.size(); ++i)
        if (is_parameter(one[i]) != is_parameter(other[i])) return !is_parameter(one[i]);
    return false;
}

}  // namespace

void Router::add(std::vector<Route> routes) {
    for (auto& route : routes) {
        for (const auto& known : routes_)
            if (known.method == route.method && known.pattern == route.pattern)
                throw Error(ErrorCode::internal,
                            fmt::format("The route {} {} is there twice.", route.method, route.pattern));
        auto& parts = parts_.emplace_back();
        for (const auto part : parts_of(route.pattern))
            parts.emplace_back(part);
        routes_.push_back(std::move(route));
    }
}

const Route& Router::find(Request& request) const {
    const auto parts = parts_of(request.path);
    const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < routes_.size(); ++i)
        if (routes_[i].method == method && matches(parts_[i], parts) &&
            (!found || says_more(parts_[i], parts_[*found])))
            found = i;
    if (found) {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto& name = parts_[*found][i];
            if (is_parameter(name))
                request.parameters[name.substr(1, name.size() - 2)] = decoded(parts[i], false);
        }
        return routes_[*found];
    }
    const auto allow = allowed(request.path);
    if (allow.empty())
        throw Refusal{404, Error(ErrorCode::not_found, fmt::format("There is no {}.", request.path)), {}};
    throw Refusal{405,
                  Error(ErrorCode::invalid_argument, fmt::format("{} does not answer {}; it answers {}.",
                                                                 request.path, request.method, allow)),
                  {{"Allow", allow}}};
}

std::string Router::allowed(std::string_view path) const {
    const auto parts = parts_of(path);
    std::set<std::string> methods;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        if (!matches(parts_[i], parts)) continue;
        methods.insert({routes_[i].method, "OPTIONS"});
        if (routes_[i].method == "GET") methods.insert("HEAD");
    }
    std::string allow;
    for (const auto& method : methods)
        allow += (allow.empty() ? "" : ", ") + method;
    return allow;
}

std::string decoded(std::string_view text, bool plus) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (plus && text[i] == '+') {
            plain += ' ';
        } else if (text[i] == '%') {
            const int high = i + 2 < text.size() ? hexadecimal(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hexadecimal(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                throw Error(ErrorCode::invalid_argument,
                            "The address holds a % that no two hexadecimal digits follow.");
            plain += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const auto pair = text.substr(0, end);
        const auto middle = std::min(pair.find('='), pair.size());
        if (!pair.empty())
            pairs.emplace_back(decoded(pair.substr(0, middle), true),
                               decoded(pair.substr(std::min(middle + 1, pair.size())), true));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return pairs;
}

}  // namespace fairlead::http
