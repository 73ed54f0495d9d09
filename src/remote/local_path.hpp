#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fairlead/error.hpp"

/// Opening local paths below a directory without ever leaving it.
namespace fairlead::local {

/// An open descriptor, closed when it goes.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();

    int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }
    /// Closes it now; gives errno, or 0.
    int close() noexcept;

  private:
    int number_ = -1;
};

/// What errno says, in our words: "reading '/in/a.txt'" + ENOENT is not_found.
Error error_of(int reason, std::string_view doing, std::string_view path);

/// A directory that paths are resolved below. A link inside it may point to another place inside it; one that
/// leaves it is refused (outside_working_directory), because it may have been put there by whoever filled the
/// directory. Below "/" there is nothing to leave, so all links are followed there.
class Root {
  public:
    /// With `whole_paths`, paths are those of the machine and must be the directory or below it
    /// ("/home/x/in/a.txt"); else the directory is "/" and they are below it.
    explicit Root(std::string_view directory, bool whole_paths = false);

    /// open(2) below the root. Gives an empty descriptor and errno on failure.
    Descriptor open(const std::string& path, int flags, mode_t mode = 0) const noexcept;
    /// The directory that holds `path`, for the *at calls, with the last name. Throws.
    std::pair<Descriptor, std::string> parent(const std::string& path) const;
    /// Whether a path is the directory itself.
    bool is_top(const std::string& path) const { return below(path) == "."; }
    /// The path as the rest of the machine knows it, for messages.
    std::string shown(std::string_view path) const;

  private:
    std::optional<std::string> below(const std::string& path) const;

    std::string directory_;
    bool whole_paths_;
    bool whole_machine_;
    Descriptor descriptor_;
};

}  // namespace fairlead::local
