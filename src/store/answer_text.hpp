#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// How the headers of an answer stand in a column: [["Name","value"],...].
namespace fairlead::store {

using AnswerHeaders = std::vector<std::pair<std::string, std::string>>;

std::string headers_to_text(const AnswerHeaders& headers);
/// Throws Error{internal} for a damaged one.
AnswerHeaders headers_of_text(std::string_view text);

}  // namespace fairlead::store
