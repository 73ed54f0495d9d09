#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead::catalog {

/// What a template can say of one file.
struct TemplateValues {
    std::string name;       ///< "report.csv"
    std::string directory;  ///< where it was found below the source's path, without slashes at its ends
    Time now{};             ///< when the file was first seen, so that it has the same names whenever it is tried
    std::optional<Time> modified;
    std::int64_t counter = 0;  ///< of the flow: one more for each version of a file
    std::string flow;
    std::string zone = "UTC";
};

/// Text with places in it that are filled in for each file:
///
///   {name} {stem} {extension}  "a.tar.gz": itself, "a.tar", ".gz"
///   {directory}                 where it was found, below the source's path
///   {date} {time}               20260301, 093000; {date:%Y/%m} as strftime: %Y %y %m %d %j %H %M %S %V %G %u
///   {modified} {modified:%Y}    likewise, of the source's own time
///   {counter} {counter:6}       1, 2, 3; 000001
///   {flow}                      the flow's name
///   {{ and }}                   the braces themselves
///
/// Gives what is wrong with it, as the end of a sentence, or an empty text.
std::string problem_of_template(std::string_view text);

/// Fills it in. Values cannot add directories, only the template's own slashes, those of dates and {directory}
/// can. Throws Error{invalid_argument} for a malformed one, and where {modified} is not known.
std::string fill_template(std::string_view text, const TemplateValues& values);

}  // namespace fairlead::catalog
