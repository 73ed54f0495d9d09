#include "conformance/deviations.hpp"

#include <algorithm>

namespace fairlead::test {

std::string_view to_string(Deviation deviation) {
    switch (deviation) {
        case Deviation::lists_without_dot_files:
            return "lists_without_dot_files";
        case Deviation::modified_not_to_the_second:
            return "modified_not_to_the_second";
        case Deviation::mode_not_reported:
            return "mode_not_reported";
        case Deviation::links_look_like_targets:
            return "links_look_like_targets";
        case Deviation::empty_path_of_dangling_link:
            return "empty_path_of_dangling_link";
        case Deviation::names_must_be_utf8:
            return "names_must_be_utf8";
        case Deviation::leading_spaces_are_lost:
            return "leading_spaces_are_lost";
        case Deviation::directory_mode_refused:
            return "directory_mode_refused";
    }
    return "";
}

const std::vector<DeclaredDeviation>& declared_deviations() {
    static const std::vector<DeclaredDeviation> table{};
    return table;
}

bool deviates(std::string_view target, Deviation deviation) {
    const auto& table = declared_deviations();
    return std::any_of(table.begin(), table.end(),
                       [&](const auto& row) { return row.target == target && row.deviation == deviation; });
}

}  // namespace fairlead::test
