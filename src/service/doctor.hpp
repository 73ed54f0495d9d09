#pragma once

#include <string>
#include <vector>

namespace fairlead::service {

/// One thing that was looked at.
struct Finding {
    enum class Verdict { ok, warning, failure };

    std::string check;  ///< "data directory", "database", ...
    Verdict verdict = Verdict::ok;
    std::string detail;
    std::string fix;  ///< for warnings and failures
};

std::string_view to_string(Finding::Verdict verdict) noexcept;

/// Looks whether everything that Fairlead needs on this machine is there and safe: data directory and
/// database, key, disk space, known_hosts, time zones, libraries. Arguments as for
/// Workspace. Makes and changes nothing.
std::vector<Finding> diagnose(const std::string& data_directory, const std::string& store = {});

}  // namespace fairlead::service
