#include "conformance/deviations.hpp"

#include <algorithm>

namespace fairlead::test {

std::string_view to_string(Deviation deviation) {
    switch (deviation) {
        case Deviation::listed_times_are_coarse:
            return "listed_times_are_coarse";
        case Deviation::mode_not_reported:
            return "mode_not_reported";
        case Deviation::links_look_like_targets:
            return "links_look_like_targets";
        case Deviation::dangling_links_not_found:
            return "dangling_links_not_found";
        case Deviation::names_are_sanitised:
            return "names_are_sanitised";
        case Deviation::no_stars_in_directory_names:
            return "no_stars_in_directory_names";
        case Deviation::dropping_early_may_end_session:
            return "dropping_early_may_end_session";
        case Deviation::dropped_listing_ends_session:
            return "dropped_listing_ends_session";
        case Deviation::line_breaks_are_plain_bytes:
            return "line_breaks_are_plain_bytes";
        case Deviation::errors_name_the_path_on_disk:
            return "errors_name_the_path_on_disk";
    }
    return "";
}

const std::vector<DeclaredDeviation>& declared_deviations() {
    static const std::vector<DeclaredDeviation> table{
        {Deviation::listed_times_are_coarse, "vsftpd",
         "it has no MLSD, and LIST shows minutes, or days for older files"},
        {Deviation::listed_times_are_coarse, "vsftpd_explicit",
         "it has no MLSD, and LIST shows minutes, or days for older files"},
        {Deviation::listed_times_are_coarse, "vsftpd_implicit",
         "it has no MLSD, and LIST shows minutes, or days for older files"},
        {Deviation::mode_not_reported, "vsftpd", "it has no MLST; SIZE and MDTM tell no permissions"},
        {Deviation::mode_not_reported, "vsftpd_explicit",
         "it has no MLST; SIZE and MDTM tell no permissions"},
        {Deviation::mode_not_reported, "vsftpd_implicit",
         "it has no MLST; SIZE and MDTM tell no permissions"},
        {Deviation::links_look_like_targets, "vsftpd", "SIZE and MDTM follow links"},
        {Deviation::links_look_like_targets, "vsftpd_explicit", "SIZE and MDTM follow links"},
        {Deviation::links_look_like_targets, "vsftpd_implicit", "SIZE and MDTM follow links"},
        {Deviation::dangling_links_not_found, "vsftpd", "SIZE and MDTM follow links"},
        {Deviation::dangling_links_not_found, "vsftpd_explicit", "SIZE and MDTM follow links"},
        {Deviation::dangling_links_not_found, "vsftpd_implicit", "SIZE and MDTM follow links"},
        {Deviation::links_look_like_targets, "proftpd",
         "its MLST tells of the target, without the fact that names a link"},
        {Deviation::links_look_like_targets, "proftpd_explicit",
         "its MLST tells of the target, without the fact that names a link"},
        {Deviation::dangling_links_not_found, "proftpd", "its MLST follows links"},
        {Deviation::dangling_links_not_found, "proftpd_explicit", "its MLST follows links"},
        {Deviation::no_stars_in_directory_names, "proftpd", "its MKD refuses every name with a star"},
        {Deviation::no_stars_in_directory_names, "proftpd_explicit",
         "its MKD refuses every name with a star"},
        {Deviation::links_look_like_targets, "proftpd_sftp", "its LSTAT tells of the target inside a jail"},
        {Deviation::names_are_sanitised, "pure_ftpd",
         "it guards its users against names that confuse other programs"},
        {Deviation::names_are_sanitised, "pure_ftpd_explicit",
         "it guards its users against names that confuse other programs"},
        {Deviation::dropped_listing_ends_session, "pure_ftpd",
         "it sends the rest of a dropped listing at the start of the next one"},
        {Deviation::dropped_listing_ends_session, "pure_ftpd_explicit",
         "it sends the rest of a dropped listing at the start of the next one"},
        {Deviation::dropping_early_may_end_session, "proftpd_explicit",
         "under TLS it ends the session when the data connection goes while it writes"},
        {Deviation::line_breaks_are_plain_bytes, "local", "a local name never reaches a control channel"},
        {Deviation::errors_name_the_path_on_disk, "local", "that is the path people can look at"},
    };
    return table;
}

bool deviates(std::string_view target, Deviation deviation) {
    const auto& table = declared_deviations();
    return std::any_of(table.begin(), table.end(),
                       [&](const auto& row) { return row.target == target && row.deviation == deviation; });
}

}  // namespace fairlead::test
