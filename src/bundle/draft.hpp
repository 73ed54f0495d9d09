#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/connection.hpp"

/// What other programs' configurations say, as connections to make. Reading them is pure: text in, drafts
/// out.
namespace fairlead::bundle {

/// A connection to make.
struct Draft {
    std::string name;    ///< valid, and of its own among the drafts
    std::string origin;  ///< what the other program calls it
    catalog::ConnectionPatch fields;
    /// Fields whose content lies in a file of the machine that the configuration is from: field path to file
    /// path, which may begin with "~/".
    std::map<std::string, std::string> files;
    std::vector<std::string> to_enter;  ///< paths of secrets that the source does not hold, or not readably
    std::vector<std::string> notes;     ///< what is not carried over, or means something else here
};

/// An entry that no connection can be made of.
struct Skipped {
    std::string origin;
    std::string reason;
};

struct Drafts {
    std::vector<Draft> drafts;
    std::vector<Skipped> skipped;
    std::vector<std::string> notes;  ///< about the whole
};

/// What a configuration leaves to the machine that it is on.
struct Surroundings {
    /// The user's own name there, which rclone and ssh log in with where none is given.
    std::string user;
    /// Gives the texts of the files that a pattern of an `Include` line names, in order. Without it they are
    /// noted as not read.
    std::function<std::vector<std::string>(const std::string& pattern)> include;
};

/// The largest configuration that is read: a file of settings, not of data.
inline constexpr std::size_t kLargestConfiguration = 16 * 1024 * 1024;

/// A valid connection name like the given text, different from those taken without regard to case; it is
/// taken then.
class Names {
  public:
    std::string next(std::string_view wanted);

  private:
    std::set<std::string> taken_;
};

/// Throws Error{invalid_argument} for a text larger than kLargestConfiguration or with NUL bytes in it.
void require_configuration(std::string_view text, std::string_view what);

std::string_view trimmed(std::string_view text) noexcept;
/// With ASCII letters in lower case.
std::string lower(std::string_view text);
/// "yes", "true", "1" and "on", in any case.
bool is_true(std::string_view text);

}  // namespace fairlead::bundle
