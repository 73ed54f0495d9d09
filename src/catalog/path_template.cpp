#include "catalog/path_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "base/local_time.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

constexpr std::string_view kCodes = "YymdjHMSVGu%";
constexpr unsigned kMostDigits = 18;


std::string problem_of_format(std::string_view format) {
    if (format.empty()) return "has an empty format after the colon";
    for (std::size_t i = 0; i < format.size(); ++i)
        if (format[i] == '%' && (++i == format.size() || kCodes.find(format[i]) == std::string_view::npos))
            return fmt::format("has a date format '{}' with something else than %Y %y %m %d %j %H %M %S %V %G %u", format);
    return {};
}

std::string problem_of_place(std::string_view place) {
    const auto colon = place.find(':');
    const auto word = place.substr(0, colon);
    const bool has_format = colon != std::string_view::npos;
    const auto format = has_format ? place.substr(colon + 1) : std::string_view();
    if (word == "date" || word == "time" || word == "modified") return has_format ? problem_of_format(format) : "";
    if (word == "counter") {
        if (!has_format) return {};
        unsigned digits = 0;
        const auto [end, problem] = std::from_chars(format.data(), format.data() + format.size(), digits);
        const bool fine = problem == std::errc() && end == format.data() + format.size() && digits >= 1 &&
                          digits <= kMostDigits;
        return fine ? "" : fmt::format("asks for '{}' digits; give 1 to {}", format, kMostDigits);
    }
    for (const auto known : {"name", "stem", "extension", "directory", "flow"})
        if (word == known) return has_format ? fmt::format("gives {{{}}} a format", word) : "";
    return fmt::format("has {{{}}}, which means nothing; there are name, stem, extension, directory, date, time, "
                       "modified, counter and flow",
                       place);
}

/// Calls `text` for what stands as it is, `place` for what is between braces. Gives what is wrong.
template <class Text, class Place>
std::string walk(std::string_view whole, Text text, Place place) {
    for (std::size_t at = 0; at < whole.size();) {
        const char c = whole[at];
        const bool doubled = at + 1 < whole.size() && whole[at + 1] == c;
        if ((c == '{' || c == '}') && doubled) {
            text(whole.substr(at, 1));
            at += 2;
        } else if (c == '}') {
            return "has a } without its {; write }} for the brace itself";
        } else if (c == '{') {
            const auto end = whole.find('}', at);
            if (end == std::string_view::npos) return "has a { without its }; write {{ for the brace itself";
            const auto inside = whole.substr(at + 1, end - at - 1);
            if (auto problem = problem_of_place(inside); !problem.empty()) return problem;
            place(inside);
            at = end + 1;
        } else {
            const auto next = std::min(whole.find_first_of("{}", at), whole.size());
            text(whole.substr(at, next - at));
            at = next;
        }
    }
    return {};
}

std::string dated(Time time, std::string_view zone, const std::string& format) {
    const auto local = to_local_text(time, zone);  // "2026-03-01 09:30:00.000"
    const auto number = [&](std::size_t from, std::size_t count) { return std::stoi(local.substr(from, count)); };
    std::tm parts{};
    parts.tm_year = number(0, 4) - 1900;
    parts.tm_mon = number(5, 2) - 1;
    parts.tm_mday = number(8, 2);
    parts.tm_hour = number(11, 2);
    parts.tm_min = number(14, 2);
    parts.tm_sec = number(17, 2);
    ::timegm(&parts);  // fills in the days of week and year
    std::array<char, 256> text{};
    const auto length = std::strftime(text.data(), text.size(), format.c_str(), &parts);
    return {text.data(), length};
}

std::string filled(std::string_view place, const TemplateValues& values) {
    const auto colon = place.find(':');
    const auto word = place.substr(0, colon);
    const std::string format(colon == std::string_view::npos ? std::string_view() : place.substr(colon + 1));
    const auto dot = values.name.rfind('.');
    const bool dotted = dot != std::string::npos && dot > 0;
    if (word == "name") return values.name;
    if (word == "stem") return dotted ? values.name.substr(0, dot) : values.name;
    if (word == "extension") return dotted ? values.name.substr(dot) : "";
    if (word == "directory") return values.directory;
    if (word == "flow") return values.flow;
    if (word == "counter")
        return format.empty() ? std::to_string(values.counter) : fmt::format("{:0{}}", values.counter, std::stoi(format));
    if (word == "date") return dated(values.now, values.zone, format.empty() ? "%Y%m%d" : format);
    if (word == "time") return dated(values.now, values.zone, format.empty() ? "%H%M%S" : format);
    if (!values.modified)
        throw Error(ErrorCode::invalid_argument,
                    "The server does not tell the file's time, so {modified} cannot be filled in.")
            .hinting("use {date}, which is when the file was first seen");
    return dated(*values.modified, values.zone, format.empty() ? "%Y%m%d" : format);
}

}  // namespace

std::string problem_of_template(std::string_view text) {
    return walk(text, [](std::string_view) {}, [](std::string_view) {});
}

std::string fill_template(std::string_view text, const TemplateValues& values) {
    std::string result;
    const auto problem = walk(
        text, [&](std::string_view literal) { result += literal; },
        [&](std::string_view place) { result += filled(place, values); });
    if (!problem.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("The path '{}' {}.", text, problem));
    return result;
}

}  // namespace fairlead::catalog
