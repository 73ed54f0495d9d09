#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/charset.hpp"
#include "ftp/session.hpp"

namespace fairlead::ftp {

/// How our paths reach a server. The way follows from how its log-in directory looks:
///
/// - absolute: it has "/"-paths; commands get whole paths, the current directory does not matter.
/// - stepwise: its paths are its own ("DISK:[DIR]", "'USER.'", "C:\dir"); we change directory one name at a
/// time,
///   starting from the log-in directory (whose name stays opaque), and commands get the last name alone.
///
/// Paths of ours that do not start with "/" are below the log-in directory; "." and "" are that directory
/// itself. Names are converted to the server's charset here, and nowhere else.
class Directories {
  public:
    /// Both must outlive this.
    Directories(Session& session, const Charset& charset);

    /// What a command gets as its argument for `path`, after changing directory where that is needed.
    /// Throws not_found and the like when a directory on the way cannot be entered.
    awaitable<std::string> argument_for(std::string_view path, std::string_view step);
    /// The same for two paths of one command pair (RNFR, RNTO), between which the directory cannot change.
    awaitable<std::pair<std::string, std::string>> arguments_for(std::string_view first,
                                                                 std::string_view second,
                                                                 std::string_view step);
    /// Makes `path` the current directory. The reply tells whether that worked.
    awaitable<Reply> enter(std::string_view path, std::string_view step);
    /// What CWD would be given to make `path` the current directory; nothing where that is not one step.
    std::optional<std::string> entering(std::string_view path) const;
    /// CWD was sent with that, and answered so.
    void entered(std::string directory, const Reply& reply);
    /// `path` stands for the server's root or the log-in directory, of which nothing more can be asked.
    static bool is_top(std::string_view path);

    /// Commands get whole paths.
    bool absolute() const noexcept { return absolute_; }
    /// After something that may have changed the current directory behind our back.
    void forget() noexcept { current_.reset(); }

  private:
    std::string server_path(std::string_view path) const;
    awaitable<Reply> change_to(std::string directory, std::string_view step);
    awaitable<Reply> walk_to(std::vector<std::string> parts, std::string_view step);
    awaitable<void> walk_or_throw(std::vector<std::string> parts, std::string_view path,
                                  std::string_view step);
    std::vector<std::string> parts_of(std::string_view path) const;

    Session& session_;
    const Charset& charset_;
    bool absolute_ = true;
    std::optional<std::string> current_;      // absolute: the directory we are in, when it is known
    std::vector<std::string> current_parts_;  // stepwise: below the log-in directory
};

}  // namespace fairlead::ftp
